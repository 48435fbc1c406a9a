package rule

import (
	"context"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Limits of a Sieve.
const (
	// MinSifted is how many conditions make a Sieve worth its while: fewer are cheaper to evaluate one by one.
	MinSifted = 8
	// MaxSifted is how many rows of a batch a Sieve notes for all conditions together.
	MaxSifted = 1 << 18
)

// Sieve finds the rows of a batch that many conditions let pass, of all of them at once, for many who ask for one of them
// each. Any goroutine may use it.
type Sieve struct {
	mu       sync.Mutex
	index    *Index
	added    []Rule // they are not in index yet: many at a time make a better one
	age      uint64 // grows with each change
	slots    int
	free     []uint32
	matchers []*Matcher // those that nobody uses
}

// Mesh is a condition in a Sieve. Who added it removes it.
type Mesh struct {
	of    *Sieve // nil: none
	slot  uint32
	since uint64 // what was sifted before does not know it
}

// In says whether it is in a Sieve.
func (m Mesh) In() bool { return m.of != nil }

// Sift gives the rows of b that pass each of the conditions of its Sieve as they are now.
func (m Mesh) Sift(b *batch.Batch) *Sifted { return m.of.sift(b) }

// Remove takes the condition out of its Sieve, and says whether none is left there.
func (m Mesh) Remove() (empty bool) { return m.of.remove(m.slot) }

// Sifted is which rows of one batch pass, by condition. It never changes.
type Sifted struct {
	by    *Sieve
	age   uint64
	first []uint32 // by slot: where its rows begin; nil: there were too many, or too few conditions
	rows  []uint32
}

// Filter is a filter whose rows somebody else may find: those of a batch of which any of When holds. Pass takes the batch as
// the filter takes it, and the rows in ascending order; both are borrowed until it returns.
type Filter struct {
	When []Cond
	Pass func(ctx context.Context, b *batch.Batch, rows []uint32) error
}

// Siftable says whether a condition over the columns of a batch may be added to a Sieve: it cannot fail, goes by its row alone, and an
// index reaches it.
func Siftable(condition expr.Expr, when []Cond) bool {
	return !expr.Fallible(condition) && expr.Volatility(condition) == expr.Immutable && len(New([]Rule{{When: when}}).Scanned()) == 0
}

// Add takes a condition in, which is Siftable.
func (s *Sieve) Add(when []Cond) Mesh {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := uint32(s.slots)
	if n := len(s.free); n > 0 {
		slot, s.free = s.free[n-1], s.free[:n-1]
	} else {
		s.slots++
	}
	s.age++
	s.added = append(s.added, Rule{ID: slot, When: when})
	return Mesh{s, slot, s.age}
}

func (s *Sieve) remove(slot uint32) (empty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age++
	s.settle()
	s.index = s.index.With(nil, []uint32{slot})
	s.free = append(s.free, slot)
	return s.index.Len() == 0
}

// settle puts the conditions that were added into the index. The lock is held.
func (s *Sieve) settle() {
	if s.index == nil {
		s.index = New(nil)
	}
	if len(s.added) > 0 {
		s.index, s.added = s.index.With(s.added, nil), nil
	}
}

func (s *Sieve) sift(b *batch.Batch) *Sifted {
	s.mu.Lock()
	s.settle()
	x, slots := s.index, s.slots
	out := &Sifted{by: s, age: s.age}
	if x.Len() < MinSifted {
		s.mu.Unlock()
		return out
	}
	m := NewMatcher()
	if n := len(s.matchers); n > 0 {
		m, s.matchers = s.matchers[n-1], s.matchers[:n-1]
	}
	s.mu.Unlock()
	out.match(m, x, slots, b)
	s.mu.Lock()
	s.matchers = append(s.matchers, m)
	s.mu.Unlock()
	return out
}

// match notes the rows of each condition, if they are not too many.
func (s *Sifted) match(m *Matcher, x *Index, slots int, b *batch.Batch) {
	var rows, ids []uint32
	for from := 0; from < b.N; {
		var got *Matches
		got, from = m.Match(x, b, from)
		if len(rows)+len(got.Rows) > MaxSifted {
			return
		}
		rows, ids = append(rows, got.Rows...), append(ids, got.Rules...)
	}
	first := make([]uint32, slots+1)
	for _, id := range ids {
		first[id+1]++
	}
	for i := range slots {
		first[i+1] += first[i]
	}
	sorted, next := make([]uint32, len(rows)), slices.Clone(first[:slots])
	for i, id := range ids {
		sorted[next[id]] = rows[i]
		next[id]++
	}
	s.first, s.rows = first, sorted
}

// Rows gives the rows of the batch that pass a condition, ascending; known is false if that was not found out. They are
// not to be written to.
func (s *Sifted) Rows(m Mesh) (rows []uint32, known bool) {
	if s.first == nil || m.of != s.by || m.since > s.age {
		return nil, false
	}
	return s.rows[s.first[m.slot]:s.first[m.slot+1]], true
}
