package format

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Limits of a message of an Arrow stream, in bytes.
const (
	maxArrowMeta = 4 << 20
	maxArrowBody = 64 << 20
)

// MaxArrowMessage is how long a message of an Arrow stream may be, its metadata and its body, in bytes.
const MaxArrowMessage = maxArrowMeta + maxArrowBody

// frames cuts an Arrow IPC stream into its messages.
//
//	ff ff ff ff | length of the metadata, 4 bytes | metadata | body, as long as the metadata says
//
// A length of zero ends the stream. Metadata is checked before the library sees it, and no length is believed that is
// beyond its limit.
type frames struct {
	part  part
	want  int    // bytes of the part at hand
	have  []byte // those that came
	meta  *memory.Buffer
	check arrowCheck
	ended bool
}

// part is what comes next.
type part uint8

const (
	framePart part = iota // the mark and the length
	metaPart
	bodyPart
)

const frameLen = 8

// next takes bytes until a message is whole, and gives it with the bytes that are left; nil if it is not whole yet.
func (f *frames) next(p []byte) (*ipc.Message, []byte, error) {
	for {
		if f.part == framePart {
			f.want = frameLen
		}
		n := min(f.want-len(f.have), len(p))
		f.have = append(f.have, p[:n]...)
		if p = p[n:]; len(f.have) < f.want {
			return nil, nil, nil
		}
		got := f.have
		f.have = nil
		switch f.part {
		case framePart:
			if err := f.frame(got); err != nil || f.ended {
				return nil, p, err
			}
		case metaPart:
			body, err := f.check.message(got)
			if err != nil {
				return nil, p, err
			}
			f.meta, f.part, f.want = memory.NewBufferBytes(got), bodyPart, body
		case bodyPart:
			f.part = framePart
			return ipc.NewMessage(f.meta, memory.NewBufferBytes(got)), p, nil
		}
	}
}

// fileMark is how an Arrow file begins.
var fileMark = []byte("ARROW1")

func (f *frames) frame(b []byte) error {
	if bytes.HasPrefix(b, fileMark) {
		return sqlerr.NotSupported("an Arrow file in the place of a stream").WithHint("Write the stream format: pyarrow.ipc.new_stream, not new_file.")
	}
	n := binary.LittleEndian.Uint32(b[4:])
	switch {
	case binary.LittleEndian.Uint32(b) != 0xffffffff:
		return sqlerr.New(sqlerr.BadCopyFileFormat, "a message of the Arrow stream does not begin with its mark")
	case n == 0:
		f.ended = true
	case n > maxArrowMeta:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "the metadata of an Arrow message have %d bytes, beyond %d", n, maxArrowMeta)
	}
	f.part, f.want = metaPart, int(n)
	return nil
}

// half says whether the stream stands in the middle of a message.
func (f *frames) half() bool { return f.part != framePart || len(f.have) > 0 }
