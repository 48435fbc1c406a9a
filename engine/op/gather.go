package op

import (
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Gather copies chosen rows of a batch into buffers of its own, which it uses again for the next batch: the dense batch
// that a Filter passes on. Dictionary codes stay codes.
type Gather struct {
	skip []bool // columns that nobody reads: they are not copied
	out  batch.Batch
	cols []gathered
	diff []int64
	seq  []uint32
}

// gathered is the buffers of one column. words backs Fixed, so that values are aligned.
type gathered struct {
	valid, bits batch.Bitmap
	words       []uint64
	offsets     []int32
	data        []byte
	codes       []uint32
}

// Rows gives the rows of sel, in its order; a row may come more than once. sel has at most batch.MaxRows positions. The
// result is borrowed until the next call. It shares only dictionaries with b.
func (g *Gather) Rows(b *batch.Batch, sel []uint32) *batch.Batch {
	if len(g.cols) != len(b.Cols) {
		g.cols = make([]gathered, len(b.Cols))
		g.out.Cols = make([]batch.Column, len(b.Cols))
	}
	g.out.Epoch, g.out.N, g.out.Seq0 = b.Epoch, len(sel), 0
	for i := range b.Cols {
		if i < len(g.skip) && g.skip[i] {
			g.out.Cols[i] = batch.Column{Type: b.Cols[i].Type, N: len(sel)}
			continue
		}
		g.out.Cols[i] = g.cols[i].take(&b.Cols[i], sel)
	}
	g.out.Diff = nil
	if b.Diff != nil {
		g.diff = sized(g.diff, len(sel))
		pick(g.diff, b.Diff, sel)
		g.out.Diff = g.diff
	}
	g.seq = sized(g.seq, len(sel))
	if b.Seq != nil {
		pick(g.seq, b.Seq, sel)
	} else {
		for i, r := range sel {
			g.seq[i] = b.Seq0 + r
		}
	}
	g.out.Seq = g.seq
	return &g.out
}

// Poison overwrites the buffers under the invariants tag, when the loan of the last result ends.
func (g *Gather) Poison() { g.out.Poison() }

func (g *gathered) take(c *batch.Column, sel []uint32) batch.Column {
	if c.Dict == nil && c.Offsets != nil && c.Repeats(sel) {
		return c.TakeCoded(sel)
	}
	d := batch.Column{Type: c.Type, N: len(sel), Dict: c.Dict}
	if c.Valid != nil {
		g.valid = takeBits(g.valid, c.Valid, sel)
		d.Valid = g.valid
	}
	switch {
	case c.Dict != nil:
		g.codes = sized(g.codes, len(sel))
		pick(g.codes, c.Codes, sel)
		d.Codes = g.codes
	case c.Type.Layout() == types.LayoutBool:
		g.bits = takeBits(g.bits, c.Bits, sel)
		d.Bits = g.bits
	case c.Type.Layout().Width() > 0:
		d.Fixed = g.takeFixed(c, sel)
	default:
		g.takeBytes(c, sel)
		d.Offsets, d.Data = g.offsets, g.data
	}
	return d
}

func (g *gathered) takeFixed(c *batch.Column, sel []uint32) []byte {
	n, w := len(sel), c.Type.Layout().Width()
	g.words = sized(g.words, (n*w+7)/8)
	at := unsafe.Pointer(unsafe.SliceData(g.words))
	switch w {
	case 2:
		pick(unsafe.Slice((*int16)(at), n), batch.Values[int16](c), sel)
	case 4:
		pick(unsafe.Slice((*uint32)(at), n), batch.Values[uint32](c), sel)
	case 8:
		pick(unsafe.Slice((*uint64)(at), n), batch.Values[uint64](c), sel)
	case 16:
		pick(unsafe.Slice((*[16]byte)(at), n), batch.Values[[16]byte](c), sel)
	}
	return unsafe.Slice((*byte)(at), cap(g.words)*8)[:n*w]
}

func (g *gathered) takeBytes(c *batch.Column, sel []uint32) {
	g.offsets = sized(g.offsets, len(sel)+1)
	total := int32(0)
	g.offsets[0] = 0
	for i, r := range sel {
		total += c.Offsets[r+1] - c.Offsets[r]
		g.offsets[i+1] = total
	}
	g.data = sized(g.data, int(total))
	if len(sel) > 0 && cap(c.Data)-int(c.Offsets[c.N]) >= chunk {
		g.copyChunks(c, sel)
		return
	}
	for i, r := range sel {
		copy(g.data[g.offsets[i]:g.offsets[i+1]], c.Data[c.Offsets[r]:c.Offsets[r+1]])
	}
}

// chunk is how many bytes copyChunks moves at once: a call of copy costs more than two registers.
const chunk = 32

// copyChunks copies the values of sel in order, each with some bytes too many: what is written behind a value is
// overwritten by the next one, or lies in the padding. c.Data must have chunk readable bytes past its last value.
func (g *gathered) copyChunks(c *batch.Column, sel []uint32) {
	from, to := unsafe.Pointer(unsafe.SliceData(c.Data)), unsafe.Pointer(unsafe.SliceData(g.data))
	for i, r := range sel {
		lo, n := c.Offsets[r], int(c.Offsets[r+1]-c.Offsets[r])
		at := g.offsets[i]
		*(*[chunk]byte)(unsafe.Add(to, at)) = *(*[chunk]byte)(unsafe.Add(from, lo))
		if n > chunk {
			copy(g.data[int(at)+chunk:int(at)+n], c.Data[int(lo)+chunk:int(lo)+n])
		}
	}
}

func takeBits(dst, src batch.Bitmap, sel []uint32) batch.Bitmap {
	dst = sized(dst, (len(sel)+63)/64)
	clear(dst)
	for i, r := range sel {
		dst[i>>6] |= (src[r>>6] >> (r & 63) & 1) << (uint(i) & 63)
	}
	return dst
}

func pick[T any](dst, src []T, sel []uint32) {
	dst = dst[:len(sel)]
	for i, r := range sel {
		dst[i] = src[r]
	}
}

// sized gives n elements with batch.Padding readable behind them, reusing s where it is large enough. The contents are
// arbitrary.
func sized[T any, S ~[]T](s S, n int) S {
	var zero T
	need := n + batch.Padding/int(unsafe.Sizeof(zero)) + 1
	if cap(s) < need {
		s = make(S, n, need+need/4)
	}
	return s[:n]
}
