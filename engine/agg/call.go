package agg

import (
	"slices"

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
	More     []int // columns of the arguments after the first
	Order    []Key // ORDER BY inside the call, or WITHIN GROUP
}

// Key is a column that an aggregate wants its input ordered by.
type Key struct {
	Column     int
	Desc       bool
	NullsFirst bool
}

// Layout is calls with their places in a row, and Sets. The first word of a row is its weight: the sum of the diffs of
// its rows. Calls whose words would be the same share them: count(*) is the weight, and a sum and an average of one
// column differ in their result only.
type Layout struct {
	Calls  []Call
	Offset []int // the first word of each call
	Set    []int // the number of the call's Set, or -1
	Width  int   // words of a row, including Base
	Sets   int

	spill  []int  // the number of the Set of a float sum, or -1
	shared []bool // the words are an earlier call's, or the weight
	passes []pass // how the calls without Sets are folded when every row weighs 1 and none is null
	// Arrival numbers the rows of the batch that is folded: aggregates that say no order take theirs from it. It stays
	// nil in a view, where the values are the order.
	Arrival *uint64

	more    int // Sets that are no call's: the last ones
	strings *group.Strings
	marked  []bool   // the Set is of words whose weights nobody asks for
	weights []int64  // scratch
	words   []uint64 // scratch
	recipes []*recipe
	hasher  hasher
	record  []byte // scratch
}

// NewLayout places calls after base words. appendOnly promises that no row is ever taken back, which spares a minimum
// its Set. strings keeps the texts of minima and of DISTINCT.
func NewLayout(base int, calls []Call, appendOnly bool, strings *group.Strings) *Layout {
	l := &Layout{Calls: slices.Clone(calls), Width: base, strings: strings}
	for i, c := range calls {
		set := -1
		if c.Kind == ApproxCount {
			if c.Distinct = !appendOnly; c.Distinct {
				c.Kind = Count
			}
		}
		var how *recipe
		if how = recipeOf(&c, appendOnly); how != nil {
			set, l.Sets = l.Sets, l.Sets+1
		} else if c.Distinct || c.Kind == ApproxCount || c.Kind.collected() || !appendOnly && (c.Kind == Min || c.Kind == Max) {
			set, l.Sets = l.Sets, l.Sets+1
		}
		l.Calls[i] = c
		l.Set, l.recipes = append(l.Set, set), append(l.recipes, how)
		l.marked = append(l.marked, marked(&c, appendOnly))
		l.spill = append(l.spill, -1)
		at, shared := l.sharedWords(i)
		if !shared {
			at = l.Width
			l.Width += width(c.Kind)
		}
		if c.Kind == SumFloat || c.Kind == AvgFloat {
			l.spills(i)
		}
		l.Offset, l.shared = append(l.Offset, at), append(l.shared, shared)
	}
	l.plan()
	return l
}

// spills gives call i a Set for what the words of its float sum cannot hold: that of a call with the same words.
func (l *Layout) spills(i int) {
	if l.Set[i] >= 0 {
		return
	}
	c := &l.Calls[i]
	for j := range i {
		if d := &l.Calls[j]; l.spill[j] >= 0 && d.Column == c.Column && d.Filter == c.Filter {
			l.spill[i] = l.spill[j]
			return
		}
	}
	l.spill[i], l.Sets = l.Sets, l.Sets+1
}

// MoreSets gives each group n Sets that are no call's, for whoever keeps the rows. It gives the number of the first.
func (l *Layout) MoreSets(n int) (first int) {
	first = l.Sets
	l.Sets, l.more = l.Sets+n, l.more+n
	return first
}

// Box is the number of call i's Set: of its values, or of what its words cannot hold; -1 if it has none.
func (l *Layout) Box(i int) int { return max(l.Set[i], l.spill[i]) }

// sharedWords gives the words that are there already for call i.
func (l *Layout) sharedWords(i int) (at int, ok bool) {
	c := &l.Calls[i]
	if l.Set[i] >= 0 {
		return 0, false
	}
	if c.Kind == CountRows && c.Filter < 0 {
		return 0, true
	}
	for j := range i {
		d := &l.Calls[j]
		if l.Set[j] >= 0 || l.shared[j] || d.Column != c.Column || d.Filter != c.Filter {
			continue
		}
		if d.Kind == c.Kind || c.Kind.summed() && d.Kind.summed() && width(c.Kind) == width(d.Kind) ||
			c.Kind == Count && d.Kind.summed() {
			return l.Offset[j], true
		}
	}
	return 0, false
}

// summed says whether the words of the kind begin with the number of values and go on with their sum.
func (k Kind) summed() bool { return k >= SumInt && k <= AvgFloat }

// Words gives the words of call i in a row: those from lo to before hi.
func (l *Layout) Words(i int) (lo, hi int) { return l.Offset[i], l.Offset[i] + width(l.Calls[i].Kind) }

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

// Fold takes the rows lo..hi of b into their groups, and their weights: addr[i] is the first word of row lo+i's group,
// which pages was told of by Touch, and groups[i] its number.
func (l *Layout) Fold(pages *state.Pages, addr []*uint64, groups []uint32, b *batch.Batch, lo, hi int) {
	if b.Diff == nil && l.foldPasses(pages, addr, groups, b, lo, hi) {
		for i, set := range l.Set {
			if l.recipes[i] != nil {
				l.foldRecords(i, pages, groups, b, lo, l.weigh(&l.Calls[i], b, lo, hi))
			} else if set >= 0 {
				l.foldSet(i, pages, addr, groups, b, lo, l.weigh(&l.Calls[i], b, lo, hi))
			}
		}
		return
	}
	if b.Diff == nil {
		foldCount(addr, 0, nil)
	} else {
		foldCount(addr, 0, b.Diff[lo:hi])
	}
	for i := range l.Calls {
		c := &l.Calls[i]
		if l.shared[i] {
			continue
		}
		w := l.weigh(c, b, lo, hi)
		switch {
		case l.recipes[i] != nil:
			l.foldRecords(i, pages, groups, b, lo, w)
		case l.Set[i] >= 0:
			l.foldSet(i, pages, addr, groups, b, lo, w)
		default:
			l.foldCall(i, pages, addr, groups, b, lo, hi, w)
		}
	}
}

func (l *Layout) foldCall(i int, pages *state.Pages, addr []*uint64, groups []uint32, b *batch.Batch, lo, hi int, w []int64) {
	switch c := &l.Calls[i]; c.Kind {
	case CountRows, Count:
		foldCount(addr, l.Offset[i], w)
	case BoolAnd, BoolOr:
		foldBool(addr, l.Offset[i], b.Cols[c.Column].Bits, lo, w)
	default:
		l.foldValues(c, addr, l.Offset[i], &b.Cols[c.Column], lo, hi, w, func(r int) *Set { return l.setOf(pages, groups[r], l.spill[i]) })
	}
}

// weigh gives each row's weight for a call: 0 for what a FILTER leaves out and for nulls. nil means 1 for all.
func (l *Layout) weigh(c *Call, b *batch.Batch, lo, hi int) []int64 {
	var filter, valid, truth batch.Bitmap
	if c.Filter >= 0 {
		filter, truth = b.Cols[c.Filter].Valid, b.Cols[c.Filter].Bits
	}
	if c.Column >= 0 && !c.Kind.keepsNulls() {
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

// Merge adds the accumulators of src to those of dst, but not the weight: two panes of one window, two partial results of one group.
// strings holds the texts that the rows speak of.
func (l *Layout) Merge(dst, src []uint64, dstSets, srcSets []*Set, strings group.Frozen) {
	for i := range l.Calls {
		if s := l.Set[i]; s >= 0 {
			dstSets[s].merge(srcSets[s])
			continue
		}
		if l.shared[i] {
			continue
		}
		off, k := l.Offset[i], l.Calls[i].Kind
		if s := l.spill[i]; s >= 0 {
			mergeFloats(dst[off:off+width(k)], src[off:off+width(k)], dstSets[s], srcSets[s])
			continue
		}
		mergeWords(l.Calls[i], dst[off:off+width(k)], src[off:off+width(k)], strings)
	}
	for s := l.Sets - l.more; s < l.Sets; s++ {
		dstSets[s].merge(srcSets[s])
	}
}

// MergeGroups adds group src of pages to group dst, weights too. Touch has told pages of dst in the epoch under way.
func (l *Layout) MergeGroups(pages *state.Pages, dst, src uint32, strings group.Frozen) {
	to, from := make([]*Set, l.Sets), make([]*Set, l.Sets)
	for i := range to {
		to[i] = l.setOf(pages, dst, i)
		from[i], _ = pages.Box(src, i, l.Sets).(*Set)
	}
	a, b := pages.Row(dst), pages.Row(src)
	a[0] += b[0]
	l.Merge(a, b, to, from, strings)
}
