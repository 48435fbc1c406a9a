package agg

import (
	"math"

	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// Additive says whether what an aggregate keeps of rows that are never taken back can be added up, in any order, at a cost
// that does not grow with the rows: so its rows may be folded apart.
func Additive(f Func, distinct bool) bool { return !distinct && f.Kind <= BoolOr }

// Additive says whether all calls of the Layout are.
func (l *Layout) Additive() bool {
	for i := range l.Calls {
		if l.Set[i] >= 0 || !Additive(l.Calls[i].Func, l.Calls[i].Distinct) {
			return false
		}
	}
	return l.more == 0
}

// TextWords are the words of a row that are codes of strings plus 1, after the keys.
func (l *Layout) TextWords() (at []int) {
	for i := range l.Calls {
		c := &l.Calls[i]
		if (c.Kind == Min || c.Kind == Max) && c.Arg.Layout() == types.LayoutBytes && !l.shared[i] {
			at = append(at, l.Offset[i])
		}
	}
	return at
}

// AddRow adds a row to group dst of pages, weights too, which Touch has told of it in the epoch under way. The row is that of
// group src of other pages of an equal Layout, all Additive, with its TextWords translated to strings.
func (l *Layout) AddRow(pages *state.Pages, dst uint32, row []uint64, other *state.Pages, src uint32, strings group.Frozen) {
	to := pages.Row(dst)
	to[0] += row[0]
	for i := range l.Calls {
		if l.shared[i] {
			continue
		}
		lo, hi := l.Words(i)
		if s := l.spill[i]; s >= 0 {
			set, _ := other.Box(src, s, l.Sets).(*Set)
			addFloats(to[lo:hi], row[lo:hi], set, func() *Set { return l.setOf(pages, dst, s) })
			continue
		}
		mergeWords(l.Calls[i], to[lo:hi], row[lo:hi], strings)
	}
}

// addFloats is mergeFloats for sums of which hardly any has a Set.
func addFloats(dst, src []uint64, set *Set, spill func() *Set) {
	for _, at := range []int{fCount, fNaN, fPlusInf, fMinusInf} {
		dst[at] += src[at]
	}
	addExact(&dst[0], 0, math.Float64frombits(src[fSum]), spill)
	addExact(&dst[0], 0, math.Float64frombits(src[fError]), spill)
	if set.Len() > 0 {
		into := spill()
		set.Each(func(k uint64, v int64) { into.addLimb(k, v) })
	}
}
