package pgwire

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// What is read is what was sent, whatever the lengths of messages and however it comes.
func TestFramerChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []byte
		for _, n := range rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 64), rapid.IntRange(0, 40_000), rapid.IntRange(longMessage-8, longMessage+4096)), 0, 6).Draw(t, "lengths") {
			sent = append(sent, 'd')
			sent = binary.BigEndian.AppendUint32(sent, uint32(n+4))
			sent = append(sent, bytes.Repeat([]byte{byte(n)}, n)...)
		}
		s := &Server{}
		var from io.Reader = bytes.NewReader(sent)
		if rapid.Bool().Draw(t, "halves") {
			from = iotest.HalfReader(from)
		}
		f := newFramer(from, s)
		f.max = MaxMessage
		got, err := io.ReadAll(f)
		if err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("%d bytes of %d, error %v", len(got), len(sent), err)
		}
		if s.long.Load() != 0 {
			t.Fatalf("%d bytes are not given back", s.long.Load())
		}
	})
}

// All long messages together are bounded, and a client that sends no more than the length takes next to nothing.
func TestFramerIsBounded(t *testing.T) {
	s := &Server{}
	head := append(giant('d', MaxMessage), make([]byte, 16)...)
	f := newFramer(io.MultiReader(bytes.NewReader(head), iotest.ErrReader(io.ErrUnexpectedEOF)), s)
	f.max = MaxMessage
	if _, err := f.Read(make([]byte, 5)); err != io.ErrUnexpectedEOF || s.long.Load() != 0 {
		t.Errorf("error %v, %d bytes are not given back", err, s.long.Load())
	}
	s.long.Store(maxLongBytes - longMessage/2)
	f = newFramer(bytes.NewReader(head), s)
	f.max = MaxMessage
	if _, err := f.Read(make([]byte, 5)); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Error(err)
	}
}
