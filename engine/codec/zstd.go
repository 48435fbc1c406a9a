package codec

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Both are made when they are first needed, and may be used from several goroutines at once.
var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // of constant options
		}
		return z
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.IgnoreChecksum(true))
		if err != nil {
			panic(err) // of constant options
		}
		return z
	})
)

// Pack appends raw to dst as one frame of zstd, without a sum of its own: whoever keeps it has one.
func Pack(dst, raw []byte) []byte { return packer().EncodeAll(raw, dst) }

// Unpack gives what Pack has packed, in dst's memory if that has room for size bytes. More than that, or damage, is XX001.
func Unpack(dst, packed []byte, size int) ([]byte, error) {
	if size < 0 || size > MaxColumnBytes {
		return nil, corrupt("%d bytes are said to be packed", size)
	}
	if dst == nil || cap(dst) < size {
		dst = make([]byte, 0, size)
	}
	out, err := unpacker().DecodeAll(packed, dst[:0:size])
	if err != nil || len(out) != size {
		return nil, corrupt("%d packed bytes are not %d plain ones", len(packed), size)
	}
	return out, nil
}
