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
	if n := len(p.tallies); n > 0 {
		last = p.tallies[n-1]
		at, _ = slices.BinarySearch(places, last.place+"\x00")
	}
	sums, err := q.sums(&last)
	if err != nil {
		return err
	}
	for _, end := range q.starts[1:] {
		if end-at < tallyRows {
			continue
		}
		next, ok := last.onward(sums, q, places, at, end)
		if !ok {
			p.blocked = true
			return nil
		}
		p.tallies = append(p.tallies, next)
		p.bytes += next.bytes()
		last, at = next, end
	}
	return nil
}

// sums are the accumulators of q's functions as they are in a tally, by call; nil for those that are not in it.
func (q *partition) sums(t *overTally) ([]*folding, error) {
	r := *q
	if r.tally = nil; t.rows > 0 {
		r.tally = t
	}
	out := make([]*folding, len(q.o.spec.Calls))
	for i := range out {
		if c := &q.o.spec.Calls[i]; c.growing() {
			var err error
			if out[i], err = r.folding(c); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// onward is t with rows at to end of q, which come behind it; sums are t's, and are what it gives then. ok is false if they
// are more than words.
func (t *overTally) onward(sums []*folding, q *partition, places []string, at, end int) (next overTally, ok bool) {
	next = overTally{place: places[end-1], rows: t.rows + end - at, groups: t.groups, words: make([][]uint64, len(sums))}
	next.groups += q.group[end-1-q.lo] - q.group[at-q.lo] + 1
	for i, f := range sums {
		if f == nil {
			continue
		}
		if f.fold(&q.o.rows, at, end); !f.tallyable() {
			return next, false
		}
		next.words[i] = slices.Clone(f.groups.Pages.Row(0))
	}
	return next, true
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
