package agg

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/state"
)

// Call is an aggregate function applied to columns of the input.
type Call struct {
	Func
	Column   int // of the argument; -1 for count(*)
	Filter   int // boolean column: only rows where it is true count; -1 for none
	Distinct bool
}

// Layout is calls with their places in a row: words from Base on, and Sets.
type Layout struct {
	Calls  []Call
	Offset []int // the first word of each call
	Set    []int // the number of the call's Set, or -1
	Width  int   // words of a row, including Base
	Sets   int

	strings *group.Strings
	weights []int64 // scratch
}

// NewLayout places calls after base words. appendOnly promises that no row is ever taken back, which spares a minimum
// its Set. strings keeps the texts of minima and of DISTINCT.
func NewLayout(base int, calls []Call, appendOnly bool, strings *group.Strings) *Layout {
	l := &Layout{Calls: calls, Width: base, strings: strings}
	for _, c := range calls {
		set := -1
		if c.Distinct || c.Kind.collected() || !appendOnly && (c.Kind == Min || c.Kind == Max) {
			set, l.Sets = l.Sets, l.Sets+1
		}
		l.Offset, l.Set = append(l.Offset, l.Width), append(l.Set, set)
		l.Width += width(c.Kind)
	}
	return l
}

func width(k Kind) int {
	switch k {
	case CountRows, Count:
		return 1
	case SumInt, Min, Max, BoolAnd, BoolOr:
		return 2
	case SumBig, AvgInt:
		return 3
	case SumFloat, AvgFloat:
		return 6
	}
	return 0
}

// Fold takes the rows lo..hi of b into their groups: addr[i] is the first word of row lo+i's group, which pages was
// told of by Touch, and groups[i] its number.
func (l *Layout) Fold(pages *state.Pages, addr []*uint64, groups []uint32, b *batch.Batch, lo, hi int) {
	for i := range l.Calls {
		c := &l.Calls[i]
		w := l.weigh(c, b, lo, hi)
		switch {
		case l.Set[i] >= 0:
			l.foldSet(i, pages, addr, groups, b, lo, w)
		case c.Kind == CountRows || c.Kind == Count:
			foldCount(addr, l.Offset[i], w)
		case c.Kind == BoolAnd || c.Kind == BoolOr:
			foldBool(addr, l.Offset[i], b.Cols[c.Column].Bits, lo, w)
		default:
			l.foldValues(c, addr, l.Offset[i], &b.Cols[c.Column], lo, hi, w)
		}
	}
}

// weigh gives each row's weight for a call: 0 for what a FILTER leaves out and for nulls. nil means 1 for all.
func (l *Layout) weigh(c *Call, b *batch.Batch, lo, hi int) []int64 {
	var filter, valid, truth batch.Bitmap
	if c.Filter >= 0 {
		filter, truth = b.Cols[c.Filter].Valid, b.Cols[c.Filter].Bits
	}
	if c.Column >= 0 {
		valid = b.Cols[c.Column].Valid
	}
	if truth == nil && valid == nil {
		if b.Diff == nil {
			return nil
		}
		return b.Diff[lo:hi]
	}
	w := append(l.weights[:0], make([]int64, hi-lo)...)
	for i := range w {
		r := lo + i
		if truth != nil && (!truth.Get(r) || filter != nil && !filter.Get(r)) || valid != nil && !valid.Get(r) {
			continue
		}
		w[i] = b.Weight(r)
	}
	l.weights = w
	return w
}

// Merge adds the accumulators of src to those of dst: two panes of one window, two partial results of one group.
// strings holds the texts that the rows speak of.
func (l *Layout) Merge(dst, src []uint64, dstSets, srcSets []*Set, strings group.Frozen) {
	for i := range l.Calls {
		if s := l.Set[i]; s >= 0 {
			dstSets[s].merge(srcSets[s])
			continue
		}
		off, k := l.Offset[i], l.Calls[i].Kind
		mergeWords(l.Calls[i], dst[off:off+width(k)], src[off:off+width(k)], strings)
	}
}
