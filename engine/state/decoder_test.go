package state_test

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/state"
)

// TestDecoder reads back what was written, and notices at whatever byte the rest is cut off.
func TestDecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, i := rapid.Uint64().Draw(t, "u"), rapid.Int64().Draw(t, "i")
		b, one := rapid.SliceOf(rapid.Byte()).Draw(t, "b"), rapid.Byte().Draw(t, "one")
		data := binary.AppendVarint(binary.AppendUvarint([]byte{one}, u), i)
		data = append(binary.AppendUvarint(data, uint64(len(b))), b...)
		for n := range len(data) + 1 {
			d := state.Decoder{Data: data[:n]}
			gotOne, gotU, gotI := d.Byte(), d.Uint(), d.Int()
			got := d.Bytes(d.Uint())
			if d.Bad != (n < len(data)) {
				t.Fatalf("%d of %d bytes: bad is %v", n, len(data), d.Bad)
			}
			if !d.Bad && (gotOne != one || gotU != u || gotI != i || string(got) != string(b) || len(d.Data) != 0) {
				t.Fatalf("%d %d %d %x, want %d %d %d %x", gotOne, gotU, gotI, got, one, u, i, b)
			}
			if d.Bad && (d.Uint() != 0 || d.Bytes(1) != nil) {
				t.Fatal("it goes on after what does not fit")
			}
		}
	})
}
