package agg

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// NewSpelling is the call that knows how the key in a column of type t is written in a group: values may be equal and
// differ in their bytes, as 1.0 and 1.00 do, and a group shows one that it has. Where rows are never taken back it is the
// first that came, which stays; else the one whose bytes are least of those that are there, whatever came and went before.
func NewSpelling(column int, t types.Type) Call {
	return Call{Func: Func{Name: "spelling", Kind: Spelling, Arg: t, Result: t}, Column: column, Filter: -1}
}

// foldSpelling keeps the word of the first value.
func (l *Layout) foldSpelling(addr []*uint64, off int, col *batch.Column, lo int, w []int64) {
	for i, a := range addr {
		if cur := state.At[uint64](a, off); *cur == 0 && (w == nil || w[i] != 0) {
			*cur = l.spellingWord(col, lo+i)
		}
	}
}

// spellingWord is what a value's bytes are told by, never 0: the code of a string plus 1, the bits of a float plus 1.
func (l *Layout) spellingWord(c *batch.Column, r int) uint64 {
	v := 0.0
	switch c.Type.Layout() {
	case types.LayoutFloat32:
		v = float64(batch.Values[float32](c)[r])
	case types.LayoutFloat64:
		v = batch.Values[float64](c)[r]
	default:
		return l.word(c, r)
	}
	if v != v {
		v = math.NaN() // whose bits are not all ones
	}
	return math.Float64bits(v) + 1
}

// leastSpelling gives the word of the value that a group with the values of s shows. A page of an older version has one
// spelling only, from which others may have been taken back.
func (l *Layout) leastSpelling(i int, s *Set, strings group.Frozen) (least uint64) {
	s.Each(func(w uint64, n int64) {
		switch {
		case n <= 0:
		case least == 0 || !l.Coded(i) && w < least:
			least = w
		case l.Coded(i) && string(strings.At(uint32(w-1))) < string(strings.At(uint32(least-1))):
			least = w
		}
	})
	return least
}

// appendSpelling puts the value of a word into b; 0 is null.
func appendSpelling(b *batch.Builder, w uint64, strings group.Frozen) {
	if w == 0 {
		b.Null()
		return
	}
	switch w--; b.Type().Layout() {
	case types.LayoutFloat32:
		batch.Put(b, float32(math.Float64frombits(w)))
	case types.LayoutFloat64:
		batch.Put(b, math.Float64frombits(w))
	case types.LayoutFixed16:
		batch.Put(b, [16]byte(strings.At(uint32(w))))
	default:
		b.Bytes(strings.At(uint32(w)))
	}
}
