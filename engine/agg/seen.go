package agg

import (
	"math/bits"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// seen is words that lie close together, as codes of strings and numbers of things do, as bits in pages. How often a word came is
// not known, so it is for rows that are never taken back.
type seen struct {
	base  uint64      // the page that pages begins with
	pages []*seenPage // by word / seenWords; nil: none of its words
	used  int         // pages that are there
	n     int         // words
}

// seenPage has a bit for each of seenWords words. Who has not made it may not write to it: it copies it first.
type seenPage struct {
	owner *seen
	bits  [seenWords / 64]uint64
}

const (
	seenShift = 12
	seenWords = 1 << seenShift
	seenLeast = 32 // words that a Set has before it may become bits
	pageBytes = 8 + seenWords/8
	slotBytes = 8 // of a page that may not be there
)

// seenAtMost is what bits may take in memory before n words are a tree again: twice what they take there.
func seenAtMost(n int) int { return 2 * weightBytes * (n + seenLeast) }

// has says whether a word is there.
func (s *seen) has(word uint64) bool {
	no := word>>seenShift - s.base
	return no < uint64(len(s.pages)) && s.pages[no] != nil && s.pages[no].bits[word>>6&(seenWords/64-1)]>>(word&63)&1 != 0
}

// reach makes pages reach to that of word. It says by how many bytes that made s larger, and whether it does: not when bits would
// take too much memory.
func (s *seen) reach(word uint64) (grown int64, ok bool) {
	no, have := word>>seenShift, uint64(len(s.pages))
	switch {
	case have == 0:
		s.base, s.pages = no, make([]*seenPage, 1)
		return slotBytes, true
	case no-s.base < have:
		return 0, true
	}
	first, end := min(s.base, no), max(s.base+have, no+1)
	if end-first > uint64(seenAtMost(s.n)/slotBytes) || int(end-first)*slotBytes+(s.used+1)*pageBytes > seenAtMost(s.n) {
		return 0, false
	}
	if first < s.base { // to the front
		wider := make([]*seenPage, end-first)
		copy(wider[s.base-first:], s.pages)
		s.base, s.pages = first, wider
	} else {
		s.pages = append(s.pages, make([]*seenPage, end-first-have)...)
	}
	return slotBytes * int64(end-first-have), true
}

// add adds a word within reach, and says by how many bytes that made s larger.
func (s *seen) add(word uint64) (grown int64) {
	if s.has(word) {
		return 0
	}
	p, grown := s.page(word >> seenShift)
	p.bits[word>>6&(seenWords/64-1)] |= 1 << (word & 63)
	s.n++
	return grown
}

// page gives a page within reach for writing, and by how many bytes that made s larger.
func (s *seen) page(no uint64) (p *seenPage, grown int64) {
	at := no - s.base
	switch p = s.pages[at]; {
	case p == nil:
		p, grown = &seenPage{owner: s}, pageBytes
		s.used++
	case p.owner != s:
		p = &seenPage{owner: s, bits: p.bits}
	default:
		return p, 0
	}
	s.pages[at] = p
	return p, grown
}

// apart copies s, which may be written later, and its pages.
func (s *seen) apart() *seen {
	d := s.clone()
	for i, p := range d.pages {
		if p != nil {
			d.pages[i] = &seenPage{owner: d, bits: p.bits}
		}
	}
	return d
}

// clone copies s; whoever reads s meanwhile is not disturbed. s is not written any more: what both have are its pages.
func (s *seen) clone() *seen {
	if s == nil {
		return nil
	}
	return &seen{base: s.base, pages: append([]*seenPage(nil), s.pages...), used: s.used, n: s.n}
}

// merge adds the words of o, and says whether all are within reach; else some of them are there.
func (s *seen) merge(o *seen) bool {
	for i, from := range o.pages {
		if from == nil {
			continue
		}
		no := o.base + uint64(i)
		if _, ok := s.reach(no << seenShift); !ok {
			return false
		}
		to, _ := s.page(no)
		for i, w := range from.bits {
			s.n += bits.OnesCount64(w &^ to.bits[i])
			to.bits[i] |= w
		}
	}
	return true
}

// each visits the words in order.
func (s *seen) each(visit func(word uint64)) {
	for no, p := range s.pages {
		if p == nil {
			continue
		}
		for i, w := range p.bits {
			for ; w != 0; w &= w - 1 {
				visit((s.base+uint64(no))<<seenShift | uint64(i)<<6 | uint64(bits.TrailingZeros64(w)))
			}
		}
	}
}

// bytes is the memory held.
func (s *seen) bytes() int64 { return int64(slotBytes*len(s.pages) + pageBytes*s.used) }

// mark adds a word of a set whose weights nobody asks for, and says by how many bytes that made the set larger.
func (s *Set) mark(word uint64) (grown int64) {
	if s.seen != nil {
		grown, ok := s.seen.reach(word)
		if ok {
			return grown + s.seen.add(word)
		}
		grown = -s.scatter()
		s.add(word, 1)
		return grown + weightBytes
	}
	before := s.weights.Len()
	s.add(word, 1)
	if s.weights.Len() == before {
		return 0
	}
	return weightBytes + s.become()
}

// become makes the set bits, if these take no more memory. It is tried each time that the words have doubled, and says by
// how many bytes it made the set larger.
func (s *Set) become() (grown int64) {
	n := s.weights.Len()
	if n < seenLeast || n&(n-1) != 0 || s.scattered {
		return 0
	}
	first, _, _ := s.weights.Min()
	last, _, _ := s.weights.Max()
	if last>>seenShift-first>>seenShift >= uint64(n*weightBytes/pageBytes) && last>>seenShift != first>>seenShift {
		return 0
	}
	into := &seen{base: first >> seenShift, pages: make([]*seenPage, last>>seenShift-first>>seenShift+1)}
	s.weights.Scan(func(w uint64, _ int64) bool {
		into.add(w)
		return true
	})
	s.weights.Clear()
	s.seen = into
	return into.bytes() - int64(n)*weightBytes
}

// scatter makes the set a tree again, for good, and says by how many bytes smaller that made it.
func (s *Set) scatter() (less int64) {
	o := s.seen
	s.seen, s.scattered = nil, true
	o.each(func(w uint64) { s.add(w, 1) })
	return o.bytes() - int64(o.n)*weightBytes
}

// mergeSeen adds the words of o.
func (s *Set) mergeSeen(o *seen) {
	if s.seen == nil && !s.scattered {
		s.seen = o.apart()
		words := s.weights.Copy()
		s.weights.Clear()
		words.Scan(func(w uint64, _ int64) bool {
			s.mark(w)
			return true
		})
		return
	}
	if s.seen != nil && s.seen.merge(o) {
		return
	}
	if s.seen != nil {
		s.scatter()
	}
	o.each(func(w uint64) { s.add(w, 1) })
}

// marked says whether call c counts different values of rows that are never taken back: texts by their codes, and integers.
func marked(c *Call, appendOnly bool) bool {
	return appendOnly && c.Distinct && c.Kind == Count && (coded(c) || integers(c.Arg))
}

// foldSeen is foldSet for calls that are marked.
func (l *Layout) foldSeen(i int, pages *state.Pages, groups []uint32, b *batch.Batch, lo int, w []int64) {
	col := b.Cols[l.Calls[i].Column].Slice(lo, lo+len(groups))
	l.words = l.columnWords(i, &col, l.words[:0])
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
		grown += s.mark(word)
		if in = (seen{}); s.seen != nil {
			in = *s.seen
		}
	}
	pages.Boxed(grown)
}

// columnWords appends the words of a column of texts or integers, as word gives them.
func (l *Layout) columnWords(i int, c *batch.Column, dst []uint64) []uint64 {
	if l.Coded(i) {
		return l.strings.Column(c, dst)
	}
	switch c.Type.Layout() {
	case types.LayoutInt16:
		return intWords(batch.Values[int16](c), dst)
	case types.LayoutInt32:
		return intWords(batch.Values[int32](c), dst)
	}
	return intWords(batch.Values[int64](c), dst)
}

func intWords[T int16 | int32 | int64](v []T, dst []uint64) []uint64 {
	for _, x := range v {
		dst = append(dst, intWord(int64(x)))
	}
	return dst
}
