package agg

import (
	"math/bits"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// A pass is what one walk over a column of integers folds: a group's row is fetched once for all the calls that read
// the column, and for its weight. Offsets of what is not asked for are 0, which is the weight's.
type pass struct {
	column                   int
	narrow, wide, least, top int  // {count, sum}, {count, low, high}, and {seen, word} twice
	counts                   bool // the weight too
	calls                    []int
}

// plan puts the calls over integer columns that have neither Sets nor filters into passes.
func (l *Layout) plan() {
	for i := range l.Calls {
		c := &l.Calls[i]
		if l.shared[i] || l.Set[i] >= 0 || c.Filter >= 0 || !integers(c.Arg) {
			continue
		}
		p := l.passOf(c.Column)
		p.calls = append(p.calls, i)
		switch c.Kind {
		case SumInt:
			p.narrow = l.Offset[i]
		case SumBig, AvgInt:
			p.wide = l.Offset[i]
		case Min:
			p.least = l.Offset[i]
		case Max:
			p.top = l.Offset[i]
		default:
			p.calls = p.calls[:len(p.calls)-1]
		}
	}
	l.passes = slices.DeleteFunc(l.passes, func(p pass) bool { return len(p.calls) == 0 })
	if len(l.passes) > 0 {
		l.passes[0].counts = true
	}
}

func integers(t types.Type) bool {
	switch t.Layout() {
	case types.LayoutInt16, types.LayoutInt32, types.LayoutInt64:
		return true
	}
	return false
}

func (l *Layout) passOf(column int) *pass {
	for i := range l.passes {
		if l.passes[i].column == column {
			return &l.passes[i]
		}
	}
	l.passes = append(l.passes, pass{column: column})
	return &l.passes[len(l.passes)-1]
}

// foldPasses folds the weight and the calls without Sets of rows that weigh 1 each, pass by pass. It does nothing, and
// says so, where a pass's column has nulls.
func (l *Layout) foldPasses(pages *state.Pages, addr []*uint64, groups []uint32, b *batch.Batch, lo, hi int) bool {
	for i := range l.passes {
		if b.Cols[l.passes[i].column].Valid != nil {
			return false
		}
	}
	if len(l.passes) == 0 {
		foldCount(addr, 0, nil)
	}
	for i := range l.passes {
		p := &l.passes[i]
		switch c := &b.Cols[p.column]; c.Type.Layout() {
		case types.LayoutInt16:
			foldPass(p, addr, batch.Values[int16](c)[lo:hi])
		case types.LayoutInt32:
			foldPass(p, addr, batch.Values[int32](c)[lo:hi])
		case types.LayoutInt64:
			foldPass(p, addr, batch.Values[int64](c)[lo:hi])
		}
	}
	for i := range l.Calls {
		if l.Set[i] < 0 && !l.shared[i] && !l.passed(i) {
			l.foldCall(i, pages, addr, groups, b, lo, hi, l.weigh(&l.Calls[i], b, lo, hi))
		}
	}
	return true
}

// passed says whether a pass folds call i.
func (l *Layout) passed(i int) bool {
	return slices.ContainsFunc(l.passes, func(p pass) bool { return slices.Contains(p.calls, i) })
}

func foldPass[T int16 | int32 | int64](p *pass, addr []*uint64, v []T) {
	v = v[:len(addr)]
	narrow, wide, least, top := p.narrow, p.wide, p.least, p.top
	one := uint64(0)
	if p.counts {
		one = 1
	}
	for i, a := range addr {
		*a += one
		x := int64(v[i])
		if wide != 0 {
			lo, hi := state.At[uint64](a, wide+1), state.At[uint64](a, wide+2)
			var carry uint64
			*state.At[int64](a, wide)++
			*lo, carry = bits.Add64(*lo, uint64(x), 0)
			*hi += uint64(x>>63) + carry
		}
		if narrow != 0 {
			*state.At[int64](a, narrow)++
			*state.At[int64](a, narrow+1) += x
		}
		if least != 0 {
			seen, cur := state.At[uint64](a, least), state.At[uint64](a, least+1)
			if w := intWord(x); *seen == 0 || w < *cur {
				*seen, *cur = 1, w
			}
		}
		if top != 0 {
			seen, cur := state.At[uint64](a, top), state.At[uint64](a, top+1)
			if w := intWord(x); *seen == 0 || w > *cur {
				*seen, *cur = 1, w
			}
		}
	}
}
