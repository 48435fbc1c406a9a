package op

import (
	"github.com/tidwall/btree"

	"github.com/vexfs/vexstream/engine/types"
)

// Span is a piece of time, from First to Last, both times of rows, and the group that has these rows.
type Span struct {
	First, Last types.Micros
	Group       uint32
}

// noSpan is the latest span of a partition that has none: no time lies in it.
var noSpan = Span{First: types.MaxTime, Last: types.MinTime}

// Spans puts times together that lie less than a gap apart, in each partition for itself. The latest span of a partition
// stands in an array, where nearly every row ends up; those before it are in one tree for all partitions.
type Spans struct {
	gap     types.Micros
	latest  []Span // by partition
	earlier *btree.BTreeG[earlierSpan]
	looked  int // spans that were looked at to find a place

	stood        []Span // by partition: the latest span when Settle was called last; nil: it never was
	stoodEarlier *btree.BTreeG[earlierSpan]
	moved        bool // earlier is not as stoodEarlier
}

type earlierSpan struct {
	partition uint32
	Span
}

// NewSpans makes Spans without a partition. Times that lie gap apart, or more, are of two spans.
func NewSpans(gap types.Micros) *Spans {
	s := &Spans{gap: gap}
	s.earlier = btree.NewBTreeGOptions(func(a, b earlierSpan) bool {
		s.looked++
		if a.partition != b.partition {
			return a.partition < b.partition
		}
		return a.First < b.First
	}, btree.Options{NoLocks: true})
	return s
}

// spanBytes is the memory of a span in the tree, about.
const spanBytes = 48

// Bytes is the memory held.
func (s *Spans) Bytes() int64 {
	return int64(24*(cap(s.latest)+cap(s.stood)) + spanBytes*s.earlier.Len())
}

// New makes a partition. They are numbered from 0.
func (s *Spans) New() uint32 {
	s.latest = append(s.latest, noSpan)
	return uint32(len(s.latest) - 1)
}

func (s *Spans) set(x earlierSpan)    { s.moved = true; s.earlier.Set(x) }
func (s *Spans) delete(x earlierSpan) { s.moved = true; s.earlier.Delete(x) }

// Load puts a span that is apart from all others into partition p.
func (s *Spans) Load(p uint32, x Span) {
	if l := &s.latest[p]; x.First > l.First || *l == noSpan {
		*l, x = x, *l
	}
	if x != noSpan {
		s.set(earlierSpan{p, x})
	}
}

// Run gives the groups of rows, by their partitions and times, as long as each lies in the latest span of its partition
// or is the next in it. It gives how many rows that were.
func (s *Spans) Run(partitions []uint32, ts []types.Micros, groups []uint32) int {
	ts, groups = ts[:len(partitions)], groups[:len(partitions)]
	gap, latest := s.gap, s.latest
	for i, p := range partitions {
		l, t := &latest[p], ts[i]
		if t < l.First || t-l.Last >= gap {
			return i
		}
		l.Last = max(l.Last, t)
		groups[i] = l.Group
	}
	return len(partitions)
}

// Place puts a time into partition p, and gives the group of its span, which fresh has made if the time is the first in it.
// A time between two spans may make them one: then both is true, and the rows of the other group, gone, are to
// go to that one.
func (s *Spans) Place(p uint32, t types.Micros, fresh func() uint32) (group, gone uint32, both bool) {
	l := &s.latest[p]
	switch {
	case t < l.First && *l != noSpan:
		return s.before(p, t, fresh)
	case t-l.Last < s.gap && *l != noSpan:
		l.Last = max(l.Last, t)
		return l.Group, 0, false
	case *l != noSpan:
		s.set(earlierSpan{p, *l})
	}
	*l = Span{First: t, Last: t, Group: fresh()}
	return l.Group, 0, false
}

// before is Place for a time before the latest span.
func (s *Spans) before(p uint32, t types.Micros, fresh func() uint32) (group, gone uint32, both bool) {
	was, next, hasWas, isLatest := s.around(p, t)
	if hasWas && t <= was.Last {
		return was.Group, 0, false
	}
	afterWas, beforeNext := hasWas && t-was.Last < s.gap, next.First-t < s.gap
	switch {
	case afterWas && beforeNext:
		s.delete(earlierSpan{p, was})
		s.begin(p, next, isLatest, was.First)
		return next.Group, was.Group, true
	case afterWas:
		was.Last = t
		s.set(earlierSpan{p, was})
		return was.Group, 0, false
	case beforeNext:
		s.begin(p, next, isLatest, t)
		return next.Group, 0, false
	}
	x := Span{First: t, Last: t, Group: fresh()}
	s.set(earlierSpan{p, x})
	return x.Group, 0, false
}

// around gives the last span of p that begins at t or before, if there is one, and the first that begins later.
func (s *Spans) around(p uint32, t types.Micros) (was, next Span, hasWas, isLatest bool) {
	was, hasWas = spanBefore(s.earlier, p, t)
	next, found := spanAfter(s.earlier, p, t)
	if !found {
		return was, s.latest[p], hasWas, true
	}
	return was, next, hasWas, false
}

// begin makes span x of p begin earlier.
func (s *Spans) begin(p uint32, x Span, isLatest bool, first types.Micros) {
	if isLatest {
		s.latest[p].First = first
		return
	}
	s.delete(earlierSpan{p, x})
	x.First = first
	s.set(earlierSpan{p, x})
}

// spanBefore gives the last span of p in a tree that begins at t or before.
func spanBefore(tree *btree.BTreeG[earlierSpan], p uint32, t types.Micros) (was Span, ok bool) {
	tree.Descend(earlierSpan{p, Span{First: t}}, func(x earlierSpan) bool {
		was, ok = x.Span, x.partition == p
		return false
	})
	return was, ok
}

// spanAfter gives the first span of p in a tree that begins after t.
func spanAfter(tree *btree.BTreeG[earlierSpan], p uint32, t types.Micros) (next Span, ok bool) {
	tree.Ascend(earlierSpan{p, Span{First: t + 1}}, func(x earlierSpan) bool {
		next, ok = x.Span, x.partition == p
		return false
	})
	return next, ok
}
