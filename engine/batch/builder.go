package batch

import (
	"math"
	"slices"
	"unsafe"

	"github.com/vexfs/vexstream/engine/types"
)

// Builder appends values to one column. It is for the places where rows come one value at a time (VALUES, COPY,
// results of state); operators fill slices instead. Reset keeps the memory, so a column that Finish gave is borrowed
// until the next Reset.
type Builder struct {
	t     types.Type
	width int
	n     int
	nulls int
	valid Bitmap
	bits  Bitmap
	fixed []byte
	offs  []int32
	data  []byte
}

// NewBuilder makes a Builder for type t with room for rows values.
func NewBuilder(t types.Type, rows int) *Builder {
	b := &Builder{t: t, width: t.Layout().Width(), valid: NewBitmap(rows)}
	switch {
	case t.Layout() == types.LayoutBool:
		b.bits = NewBitmap(rows)
	case b.width > 0:
		b.fixed = MakeBytes(rows * b.width)[:0]
	default:
		b.offs = append(MakeValues[int32](rows + 1)[:0], 0)
		b.data = MakeBytes(16 * rows)[:0]
	}
	return b
}

// Len is the number of values so far.
func (b *Builder) Len() int { return b.n }

// Type is the type of the column.
func (b *Builder) Type() types.Type { return b.t }

// Size is the number of bytes of values so far.
func (b *Builder) Size() int { return len(b.fixed) + len(b.data) + 4*len(b.offs) }

func (b *Builder) grow(valid bool) {
	if b.n>>6 >= len(b.valid) {
		b.valid = append(b.valid, 0)
	}
	if valid {
		b.valid.Set(b.n)
	} else {
		b.valid.Clear(b.n)
		b.nulls++
	}
	b.n++
}

// Null appends a null.
func (b *Builder) Null() {
	switch {
	case b.t.Layout() == types.LayoutBool:
		b.putBit(false)
	case b.width > 0:
		b.fixed = append(b.fixed, zeros[:b.width]...)
	default:
		b.offs = append(b.offs, int32(len(b.data)))
	}
	b.grow(false)
}

var zeros [16]byte

// Bool appends to a boolean column.
func (b *Builder) Bool(v bool) {
	b.putBit(v)
	b.grow(true)
}

func (b *Builder) putBit(v bool) {
	if b.n>>6 >= len(b.bits) {
		b.bits = append(b.bits, 0)
	}
	if v {
		b.bits.Set(b.n)
	} else {
		b.bits.Clear(b.n)
	}
}

// Put appends v to a fixed-width column of T's width.
func Put[T Value](b *Builder, v T) {
	b.fixed = append(b.fixed, unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v))...)
	b.grow(true)
}

// Bytes appends a copy of v to a LayoutBytes column.
func (b *Builder) Bytes(v []byte) {
	if len(v) > math.MaxInt32-len(b.data) {
		panic(tooLong())
	}
	b.data = append(b.data, v...)
	b.offs = append(b.offs, int32(len(b.data)))
	b.grow(true)
}

// String appends v to a LayoutBytes column.
func (b *Builder) String(v string) {
	if len(v) > math.MaxInt32-len(b.data) {
		panic(tooLong())
	}
	b.data = append(b.data, v...)
	b.offs = append(b.offs, int32(len(b.data)))
	b.grow(true)
}

// Append appends row i of c, which has the builder's type.
func (b *Builder) Append(c *Column, i int) {
	switch {
	case c.Null(i):
		b.Null()
	case c.Bits != nil:
		b.Bool(c.Bits.Get(i))
	case b.width > 0:
		b.fixed = append(b.fixed, c.Fixed[i*b.width:(i+1)*b.width]...)
		b.grow(true)
	default:
		b.Bytes(c.At(i))
	}
}

// Same says whether values i and j have the same bytes, or are both null.
func (b *Builder) Same(i, j int) bool {
	if vi, vj := b.valid.Get(i), b.valid.Get(j); !vi || !vj {
		return vi == vj
	}
	switch {
	case b.bits != nil:
		return b.bits.Get(i) == b.bits.Get(j)
	case b.width > 0:
		return string(b.fixed[i*b.width:(i+1)*b.width]) == string(b.fixed[j*b.width:(j+1)*b.width])
	}
	return string(b.data[b.offs[i]:b.offs[i+1]]) == string(b.data[b.offs[j]:b.offs[j+1]])
}

// Truncate drops every value after the first n: how a row that failed half-way is taken back.
func (b *Builder) Truncate(n int) {
	for i := n; i < b.n; i++ {
		if !b.valid.Get(i) {
			b.nulls--
		}
	}
	b.n = n
	if b.width > 0 {
		b.fixed = b.fixed[:n*b.width]
	}
	if b.offs != nil {
		b.offs = b.offs[:n+1]
		b.data = b.data[:b.offs[n]]
	}
}

// Finish gives the column, borrowed until the next Reset.
func (b *Builder) Finish() Column {
	c := Column{Type: b.t, N: b.n}
	if b.nulls > 0 {
		c.Valid = b.valid[:words(b.n)]
	}
	switch {
	case b.bits != nil:
		c.Bits = b.bits[:words(b.n)]
	case b.width > 0:
		b.fixed = padded(b.fixed)
		c.Fixed = b.fixed
	default:
		b.data = padded(b.data)
		c.Offsets, c.Data = b.offs, b.data
	}
	return c
}

// padded makes sure that Padding bytes past the end of s can be read.
func padded(s []byte) []byte { return slices.Grow(s, Padding) }

// Reset empties the builder and keeps its memory: the column given by Finish is gone.
func (b *Builder) Reset() {
	b.n, b.nulls = 0, 0
	b.fixed, b.data = b.fixed[:0], b.data[:0]
	if b.offs != nil {
		b.offs = append(b.offs[:0], 0) // a poisoned loan overwrites it
	}
}

// NullColumn is a column of n nulls.
func NullColumn(t types.Type, n int) Column {
	b := NewBuilder(t, n)
	for range n {
		b.Null()
	}
	return b.Finish()
}
