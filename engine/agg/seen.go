package agg

import (
	"math/bits"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
)

// seen is words that lie close together, as codes of strings do, as bits in pages. How often a word came is not known, so it is
// for rows that are never taken back.
type seen struct {
	pages []*seenPage // by word / seenWords; nil: none of its words
	n     int
}

// seenPage has a bit for each of seenWords words. Who has not made it may not write to it: it copies it first.
type seenPage struct {
	owner *seen
	bits  [seenWords / 64]uint64
}

const (
	seenShift = 12
	seenWords = 1 << seenShift
	// A Set of words becomes bits when it has that many, and at least one in seenSparse of those there are: then bits take no
	// more memory.
	seenLeast  = 32
	seenSparse = 256
	pageBytes  = 8 + seenWords/8
)

// has says whether a word is there.
func (s *seen) has(word uint64) bool {
	no := word >> seenShift
	return no < uint64(len(s.pages)) && s.pages[no] != nil && s.pages[no].bits[word>>6&(seenWords/64-1)]>>(word&63)&1 != 0
}

// add adds a word, and says by how many bytes that made it larger.
func (s *seen) add(word uint64) (grown int64) {
	if s.has(word) {
		return 0
	}
	p, grown := s.page(int(word >> seenShift))
	p.bits[word>>6&(seenWords/64-1)] |= 1 << (word & 63)
	s.n++
	return grown
}

// page gives page no for writing, and by how many bytes that made s larger.
func (s *seen) page(no int) (p *seenPage, grown int64) {
	if no >= len(s.pages) {
		grown += int64(8 * (no + 1 - len(s.pages)))
		s.pages = append(s.pages, make([]*seenPage, no+1-len(s.pages))...)
	}
	p = s.pages[no]
	switch {
	case p == nil:
		p, grown = &seenPage{owner: s}, grown+pageBytes
	case p.owner != s:
		p = &seenPage{owner: s, bits: p.bits}
	default:
		return p, grown
	}
	s.pages[no] = p
	return p, grown
}

// clone copies s; whoever reads s meanwhile is not disturbed. s is not written any more.
func (s *seen) clone() *seen {
	if s == nil {
		return nil
	}
	return &seen{pages: append([]*seenPage(nil), s.pages...), n: s.n}
}

// merge adds the words of o.
func (s *seen) merge(o *seen) {
	for no, from := range o.pages {
		if from == nil {
			continue
		}
		to, _ := s.page(no)
		for i, w := range from.bits {
			s.n += bits.OnesCount64(w &^ to.bits[i])
			to.bits[i] |= w
		}
	}
}

// mergeSeen adds the words of o, and makes s bits as o is.
func (s *Set) mergeSeen(o *seen) {
	if s.seen != nil {
		s.seen.merge(o)
		return
	}
	s.seen = o.clone()
	s.weights.Scan(func(w uint64, _ int64) bool {
		s.seen.add(w)
		return true
	})
	s.weights.Clear()
}

// each visits the words in order.
func (s *seen) each(visit func(word uint64)) {
	for no, p := range s.pages {
		if p == nil {
			continue
		}
		for i, w := range p.bits {
			for ; w != 0; w &= w - 1 {
				visit(uint64(no)<<seenShift | uint64(i)<<6 | uint64(bits.TrailingZeros64(w)))
			}
		}
	}
}

// become makes the set bits, if it has so many words of those up to limit that these take no more memory. It says by how
// many bytes that made it larger.
func (s *Set) become(limit int) (grown int64) {
	if n := s.weights.Len(); n < seenLeast || n < limit/seenSparse {
		return 0
	}
	s.seen = &seen{}
	s.weights.Scan(func(w uint64, _ int64) bool {
		grown += s.seen.add(w)
		return true
	})
	grown -= int64(s.weights.Len()) * weightBytes
	s.weights.Clear()
	return grown
}

// foldSeen is foldSet for calls that are counted.
func (l *Layout) foldSeen(i int, pages *state.Pages, groups []uint32, b *batch.Batch, lo int, w []int64) {
	col := b.Cols[l.Calls[i].Column].Slice(lo, lo+len(groups))
	l.words = l.strings.Column(&col, l.words[:0])
	var s *Set
	var in seen // what is looked at: s's, while it has bits
	var last uint32
	grown := int64(0)
	for r, word := range l.words {
		if w != nil && w[r] == 0 {
			continue
		}
		if g := groups[r]; s == nil || g != last {
			s, last, in = l.setOf(pages, g, l.Set[i]), g, seen{}
			if s.seen != nil {
				in = *s.seen
			}
		}
		if in.has(word) {
			continue
		}
		grown += s.mark(word, l.strings.Len())
		if s.seen != nil {
			in = *s.seen
		}
	}
	pages.Boxed(grown)
}

// mark adds a word of those up to limit, and says by how many bytes that made the set larger.
func (s *Set) mark(word uint64, limit int) (grown int64) {
	if s.seen != nil {
		return s.seen.add(word)
	}
	before := s.weights.Len()
	s.add(word, 1)
	if s.weights.Len() == before {
		return 0
	}
	return weightBytes + s.become(limit)
}
