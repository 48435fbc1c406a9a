package op

import "github.com/vexfs/vexstream/engine/types"

// Spans that end are asked how they stood before the rows of an epoch came, so that the order of these makes no difference.

// Settle has the spans of the given partitions stand as they are now.
func (s *Spans) Settle(partitions []uint32) {
	for len(s.stood) < len(s.latest) {
		s.stood = append(s.stood, noSpan)
	}
	for _, p := range partitions {
		s.stood[p] = s.latest[p]
	}
	if s.stoodEarlier == nil || s.moved {
		s.stoodEarlier, s.moved = s.earlier.Copy(), false
	}
}

// Stood says whether partition p had a span at the last Settle.
func (s *Spans) Stood(p uint32) bool { return int(p) < len(s.stood) && s.stood[p] != noSpan }

// Near says whether t lay less than a gap from a span of p, or in one, at the last Settle.
func (s *Spans) Near(p uint32, t types.Micros) bool {
	if !s.Stood(p) {
		return false
	}
	near := func(x Span) bool { return t-x.Last < s.gap && x.First-t < s.gap }
	if near(s.stood[p]) {
		return true
	}
	was, ok := spanBefore(s.stoodEarlier, p, t)
	if ok && near(was) {
		return true
	}
	next, ok := spanAfter(s.stoodEarlier, p, t)
	return ok && near(next)
}

// First gives the first span of partition p, if it has one.
func (s *Spans) First(p uint32) (Span, bool) {
	if s.latest[p] == noSpan {
		return Span{}, false
	}
	if s.earlier.Len() > 0 {
		if x, ok := spanAfter(s.earlier, p, types.MinTime); ok {
			return x, true
		}
	}
	return s.latest[p], true
}

// Drop forgets x, the first span of partition p.
func (s *Spans) Drop(p uint32, x Span) {
	if s.latest[p] == x {
		s.latest[p] = noSpan
		return
	}
	s.delete(earlierSpan{p, x})
}

// Reach makes partitions up to p, which have no span unless they had one.
func (s *Spans) Reach(p uint32) {
	for uint32(len(s.latest)) <= p {
		s.latest = append(s.latest, noSpan)
	}
}
