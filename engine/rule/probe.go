package rule

import (
	"slices"
	"unsafe"
)

const entrySize = int(unsafe.Sizeof(entry{}))

// prober looks up texts. It is scratch of one goroutine for one segment.
type prober struct {
	terms []int32
	low   []byte
	back  []byte
	tried []uint32 // of each test: the text it was last tried for
	hit   []bool   // and whether it matched
	now   uint32   // the text's number
}

// text appends the conjunctions that a text of subject s reaches and that ask nothing else of it, each once, by number.
func (p *prober) text(dst []entry, g *segment, s *subject, text []byte) []entry {
	p.terms = p.terms[:0]
	if term, ok := s.keys[string(text)]; ok {
		p.terms = append(p.terms, term)
	}
	if s.prefixes != nil {
		p.terms = s.prefixes.find(p.terms, text)
	}
	if s.suffixes != nil {
		p.back = reversed(p.back, text)
		p.terms = s.suffixes.find(p.terms, p.back)
	}
	if s.parts != nil {
		p.low = lowered(p.low, text)
		p.terms = s.parts.find(p.terms, p.low)
	}
	if s.matched >= 0 {
		p.terms = append(p.terms, s.matched)
	}
	if s.present >= 0 {
		p.terms = append(p.terms, s.present)
	}
	p.now++
	if p.now == 0 || len(p.tried) < len(g.tests) {
		p.tried, p.hit, p.now = make([]uint32, len(g.tests)), make([]bool, len(g.tests)), 1
	}
	from := len(dst)
	for _, term := range p.terms {
		for _, e := range s.entries[s.first[term]:s.first[term+1]] {
			if e.flags&hasSame == 0 || p.same(g, &g.conds[e.cond], text) {
				dst = append(dst, e)
			}
		}
	}
	if added := dst[from:]; len(added) > 1 {
		slices.SortFunc(added, byCond)
		dst = dst[:from+len(slices.CompactFunc(added, func(a, b entry) bool { return a.cond == b.cond }))]
	}
	return dst
}

// same checks what else c asks of the text that reached it.
func (p *prober) same(g *segment, c *cond, text []byte) bool {
	for _, ch := range c.same {
		switch ch.op {
		case opText:
			if p.tried[ch.arg] != p.now {
				p.tried[ch.arg], p.hit[ch.arg] = p.now, g.tests[ch.arg].Match(text)
			}
			if !p.hit[ch.arg] {
				return false
			}
		case opKey:
			if g.literals[ch.col].texts[ch.arg-classed] != string(text) {
				return false
			}
		default: // opKeys
			if _, ok := g.lists[ch.arg][g.class(ch.col, text)]; !ok {
				return false
			}
		}
	}
	return true
}
