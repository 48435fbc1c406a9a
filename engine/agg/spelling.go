package agg

import (
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

// foldSpelling keeps the code plus 1 of the first value.
func (l *Layout) foldSpelling(addr []*uint64, off int, col *batch.Column, lo int, w []int64) {
	for i, a := range addr {
		if cur := state.At[uint64](a, off); *cur == 0 && (w == nil || w[i] != 0) {
			*cur = l.word(col, lo+i)
		}
	}
}

// appendSpelling puts the value whose code plus 1 is w into b; 0 is null.
func appendSpelling(b *batch.Builder, w uint64, strings group.Frozen) {
	switch {
	case w == 0:
		b.Null()
	case b.Type().Layout() == types.LayoutFixed16:
		batch.Put(b, [16]byte(strings.At(uint32(w-1))))
	default:
		b.Bytes(strings.At(uint32(w - 1)))
	}
}
