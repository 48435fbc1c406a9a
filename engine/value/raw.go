package value

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// AppendRaw appends a value as it lies in its column: 0 for null, else 1 and the bytes, with their number before them
// where the type does not say it.
func AppendRaw(dst []byte, c *batch.Column, row int) []byte {
	if c.Null(row) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch w := c.Type.Layout().Width(); {
	case c.Type.Layout() == types.LayoutBool:
		return append(dst, byte(bit(c, row)))
	case w > 0:
		return append(dst, c.Fixed[row*w:(row+1)*w]...)
	}
	v := c.At(row)
	return append(binary.AppendUvarint(dst, uint64(len(v))), v...)
}

// TakeRaw appends to b the value that AppendRaw wrote at the start of raw, and gives what follows it.
func TakeRaw(b *batch.Builder, raw []byte) []byte {
	null := raw[0] == 0
	raw = raw[1:]
	if null {
		b.Null()
		return raw
	}
	t := b.Type()
	switch w := t.Layout().Width(); {
	case t.Layout() == types.LayoutBool:
		b.Bool(raw[0] != 0)
		return raw[1:]
	case w == 2:
		batch.Put(b, int16(binary.NativeEndian.Uint16(raw)))
		return raw[2:]
	case w == 4:
		batch.Put(b, binary.NativeEndian.Uint32(raw))
		return raw[4:]
	case w == 8:
		batch.Put(b, binary.NativeEndian.Uint64(raw))
		return raw[8:]
	case w == 16:
		batch.Put(b, [16]byte(raw))
		return raw[16:]
	}
	n, size := binary.Uvarint(raw)
	raw = raw[size:]
	b.Bytes(raw[:n])
	return raw[n:]
}
