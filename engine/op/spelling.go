package op

import (
	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/state"
)

// Spelling says which of the spellings that its rows have a group shows of a key: 1.0 and 1.00 are one key.
type Spelling uint8

// The rules.
const (
	// ExactSpelling makes groups of what is spelled the same: rows as they are, whose types Plain has made such that equal values
	// have the same bytes, but for floats.
	ExactSpelling Spelling = iota
	// FirstSpelling is that of the group's first row, as PostgreSQL has it. No row is ever taken back.
	FirstSpelling
	// LeastSpelling is the one whose bytes are the least among the rows that are there: whatever comes and goes, it depends on
	// the rows alone, and some row has it.
	LeastSpelling
)

// SpellingOf is the rule for groups over an input that says whether it only adds rows.
func SpellingOf(appendOnly, bounded bool) Spelling {
	if appendOnly || bounded {
		return FirstSpelling
	}
	return LeastSpelling
}

// spellings is where a Shape keeps them: a word behind the keys for each key that may have several, and with
// LeastSpelling a Set for it, of the spellings that are not the one that stands for all, with the weights of their
// rows. Hardly any group has such a Set.
type spellings struct {
	keys  []int // the loose keys
	at    int   // the word of the first of them
	sets  int   // the number of its Set; -1 without Sets
	again []bool
}

// spell makes room for the spellings of the loose keys, at the words from s.base on.
func (s *Shape) spell(rule Spelling) {
	s.spellings = spellings{at: s.base, sets: -1}
	if rule == ExactSpelling {
		s.Keys.Exact()
		return
	}
	for k := range s.KeyCols {
		if s.Keys.Loose(k) {
			s.spellings.keys = append(s.spellings.keys, k)
		}
	}
	s.base += len(s.spellings.keys)
}

// shown gives the word of key k to be shown: that of the group's own spelling.
func (s *Shape) shown(k int, row []uint64) uint64 {
	for j, loose := range s.spellings.keys {
		if loose == k {
			return row[s.spellings.at+j]
		}
	}
	return row[1+k]
}

// writeSpellings gives a new group its spellings: those of row r of b, or where they are counted those that stand for all.
func (s *Shape) writeSpellings(row *uint64, b *batch.Batch, r int) {
	for j, k := range s.spellings.keys {
		w := s.Keys.Words(k)[r]
		if s.spellings.sets < 0 {
			w = s.Keys.Spelling(k, &b.Cols[s.KeyCols[k]], r)
		}
		*state.At[uint64](row, s.spellings.at+j) = w
	}
}

// countSpellings counts the spellings of rows lo..hi of b, whose groups have taken them in.
func (g *Groups) countSpellings(b *batch.Batch, lo, hi int, groups []uint32) {
	s, l := g.shape, g.shape.Layout
	if s.spellings.sets < 0 {
		return
	}
	for j, k := range s.spellings.keys {
		c, words, at := &b.Cols[s.KeyCols[k]], s.Keys.Words(k), s.spellings.sets+j
		again := append(s.spellings.again[:0], make([]bool, hi-lo)...)
		for r := lo; r < hi; r++ {
			n := groups[r-lo]
			if w := s.Keys.Spelling(k, c, r); w != words[r] && !c.Null(r) {
				l.AddTo(g.Pages, n, at, w, b.Weight(r))
			} else if set, _ := g.Pages.Box(n, at, l.Sets).(*agg.Set); set == nil {
				continue
			}
			again[r-lo] = true
		}
		strings := s.Strings.Freeze()
		for i, yes := range again {
			if yes {
				set, _ := g.Pages.Box(groups[i], at, l.Sets).(*agg.Set)
				s.respell(j, g.Pages.Row(groups[i]), set, strings)
			}
		}
		s.spellings.again = again
	}
}

// respell chooses anew among the spellings of loose key j that a group's row and its Set have.
func (s *Shape) respell(j int, row []uint64, set *agg.Set, strings group.Frozen) {
	k := s.spellings.keys[j]
	best, there := row[1+k], standingWeight(row, set) > 0
	set.Each(func(w uint64, n int64) {
		if n > 0 && (!there || s.Keys.Less(k, w, best, strings)) {
			best, there = w, true
		}
	})
	row[s.spellings.at+j] = best
}

// standingWeight is the weight of a group's rows with the spelling that stands for all: the Set has those of the others.
func standingWeight(row []uint64, set *agg.Set) int64 {
	rest := int64(row[0])
	set.Each(func(_ uint64, n int64) { rest -= n })
	return rest
}

// Respell chooses the spellings anew of a row that was merged of several, which sets goes with.
func (s *Shape) Respell(row []uint64, sets []*agg.Set, strings group.Frozen) {
	if s.spellings.sets < 0 {
		return
	}
	for j := range s.spellings.keys {
		if set := sets[s.spellings.sets+j]; set.Len() > 0 {
			s.respell(j, row, set, strings)
		}
	}
}
