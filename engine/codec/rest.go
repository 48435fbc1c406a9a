package codec

import (
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
)

// maxResting is how many bytes of buffers an encoder may have to be kept for the next block. A block of usual rows
// takes a tenth of it; one of long strings is rare, and its buffers would be held for nothing.
const maxResting = 16 << 20

// resting has the encoders that wait for a block, each with its buffers: memory that is new to the process costs more
// than what is written there.
var resting = sync.Pool{New: func() any { return new(restingEncoder) }}

type restingEncoder struct {
	Encoder
	block []byte
}

// EncodeBlock appends b as a block to dst, as Encoder.Encode does. It is for who has no Encoder to keep, and safe for
// concurrent use. What it appends takes memory once, of the block's size.
func EncodeBlock(dst []byte, b *batch.Batch) ([]byte, error) {
	e := resting.Get().(*restingEncoder)
	block, err := e.Encode(e.block[:0], b)
	if err != nil {
		return dst, err // the encoder goes too: what it noted of the batch may be half done
	}
	e.block = block
	dst = append(dst, block...)
	if e.held() <= maxResting {
		resting.Put(e)
	}
	return dst, nil
}

// held is the bytes of e's buffers.
func (e *restingEncoder) held() int64 {
	n := cap(e.block) + cap(e.raw) + cap(e.packed) + cap(e.dict.Data) + 4*cap(e.dict.Offsets)
	n += 4 * (cap(e.lens) + cap(e.recode) + cap(e.used) + cap(e.codes) + cap(e.interned))
	if e.seen == nil {
		return int64(n)
	}
	return int64(n) + e.seen.Bytes()
}
