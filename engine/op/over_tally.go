package op

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/agg"
)

// overTally is what the rows of a partition up to a place amount to, so that those after it can be computed without them.
type overTally struct {
	place        string // of the last row
	rows, groups int
	words        [][]uint64 // by call: the accumulators of those whose frames only grow
}

func (t *overTally) bytes() int64 {
	n := int64(len(t.place)) + 64
	for _, w := range t.words {
		n += int64(len(w))*8 + 24
	}
	return n
}

// overPart is what is kept of a partition beside its rows: tallies, one about every tallyRows rows.
type overPart struct {
	tallies []overTally
	blocked bool // something cannot be tallied: it keeps more than words
	bytes   int64
}

// tallyRows is how many rows there are between two tallies, and how many a partition has that keeps some.
const tallyRows = 256

// cut drops the tallies of rows from a place on.
func (p *overPart) cut(place string) {
	at, _ := slices.BinarySearchFunc(p.tallies, place, func(t overTally, place string) int { return strings.Compare(t.place, place) })
	for i := range p.tallies[at:] {
		p.bytes -= p.tallies[at+i].bytes()
	}
	p.tallies = slices.Delete(p.tallies, at, len(p.tallies))
}

// before gives the last tally of rows that are all before a place; nil: there is none.
func (p *overPart) before(place string) *overTally {
	at, _ := slices.BinarySearchFunc(p.tallies, place, func(t overTally, place string) int { return strings.Compare(t.place, place) })
	if at == 0 {
		return nil
	}
	return &p.tallies[at-1]
}

// learn makes tallies of the rows behind the last one. q has these rows, in their places, and its tally is one of p's.
func (p *overPart) learn(q *partition, places []string) error {
	last, at := overTally{}, q.lo
	r := *q
	if n := len(p.tallies); n > 0 {
		last = p.tallies[n-1]
		at, _ = slices.BinarySearch(places, last.place+"\x00")
		r.tally = &last
	}
	sums := make([]*folding, len(q.o.spec.Calls))
	for i := range sums {
		if c := &q.o.spec.Calls[i]; c.growing() {
			var err error
			if sums[i], err = r.folding(c); err != nil {
				return err
			}
		}
	}
	next := overTally{rows: last.rows, groups: last.groups}
	for _, end := range q.starts[1:] {
		if end <= at {
			continue
		}
		if next.groups++; end-at < tallyRows {
			continue
		}
		next.place, next.rows, next.words = places[end-1], next.rows+end-at, make([][]uint64, len(sums))
		for i, f := range sums {
			if f == nil {
				continue
			}
			if f.fold(&q.o.rows, at, end); !f.tallyable() {
				p.blocked = true
				return nil
			}
			next.words[i] = slices.Clone(f.groups.Pages.Row(0))
		}
		p.tallies = append(p.tallies, next)
		p.bytes += next.bytes()
		at = end
	}
	return nil
}

// tallyable says whether a folding's words are all there is of it.
func (f *folding) tallyable() bool {
	layout := f.groups.shape.Layout
	for i := range layout.Sets {
		if s, _ := f.groups.Pages.Box(0, i, layout.Sets).(*agg.Set); s != nil {
			return false
		}
	}
	return f.groups.shape.Strings.Len() == 0
}
