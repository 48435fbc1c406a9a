package agg

import (
	"github.com/tidwall/btree"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// Set is the values of one group with their weights: words that sort as the values do, or codes of strings plus 1,
// which do not; or records, which sort as the aggregate wants its input.
type Set struct {
	weights   btree.Map[uint64, int64]
	records   btree.Map[string, int64]
	seen      *seen // in place of weights, while that takes less memory: every word weighs 1
	scattered bool  // it takes more
	sketch    *sketch
	lent      bool   // a clone has the sketch too
	stamp     uint64 // the epoch that last wrote to it
}

// foldSet keeps the values of a DISTINCT or of a retractable minimum. What a view of the pages may still see is copied
// first, in constant time.
func (l *Layout) foldSet(i int, pages *state.Pages, addr []*uint64, groups []uint32, b *batch.Batch, lo int, w []int64) {
	if l.Calls[i].Kind == ApproxCount {
		l.foldApprox(i, pages, groups, b, lo, w)
		return
	}
	if l.marked[i] {
		l.foldSeen(i, pages, groups, b, lo, w)
		return
	}
	c := &l.Calls[i]
	col := &b.Cols[c.Column]
	for r := range addr {
		n := int64(1)
		if w != nil {
			if n = w[r]; n == 0 {
				continue
			}
		}
		l.AddTo(pages, groups[r], l.Set[i], l.word(col, lo+r), n)
	}
}

// AddTo adds a word with a weight to Set i of group g, which pages was told of by Touch in the epoch under way.
func (l *Layout) AddTo(pages *state.Pages, g uint32, i int, word uint64, n int64) {
	s := l.setOf(pages, g, i)
	before := s.weights.Len()
	s.add(word, n)
	pages.Boxed(int64(s.weights.Len()-before) * weightBytes)
}

// weightBytes is about what an entry of a Set takes in memory.
const weightBytes = 32

// setOf gives a group's Set for writing in this epoch.
func (l *Layout) setOf(pages *state.Pages, g uint32, i int) *Set {
	s, _ := pages.Box(g, i, l.Sets).(*Set)
	switch {
	case s == nil:
		s = &Set{stamp: pages.Epoch()}
	case s.stamp != pages.Epoch() && s.stamp <= pages.Pinned():
		c := s.Clone()
		c.stamp = pages.Epoch()
		s = c
	default:
		return s
	}
	pages.SetBox(g, i, l.Sets, s)
	return s
}

// Len is how many words are in the set.
func (s *Set) Len() int {
	switch {
	case s == nil:
		return 0
	case s.seen != nil:
		return s.seen.n
	}
	return s.weights.Len()
}

func (s *Set) add(word uint64, n int64) {
	if s.seen != nil {
		s.mark(word)
		return
	}
	have, _ := s.weights.Get(word)
	if have += n; have == 0 {
		s.weights.Delete(word)
		return
	}
	s.weights.Set(word, have)
}

// Add puts a value's word with a weight into the set: how a checkpoint is loaded.
func (s *Set) Add(word uint64, n int64) { s.add(word, n) }

// Each visits the words and weights in order.
func (s *Set) Each(visit func(word uint64, n int64)) {
	if s == nil {
		return
	}
	if s.seen != nil {
		s.seen.each(func(w uint64) { visit(w, 1) })
		return
	}
	s.weights.Scan(func(w uint64, n int64) bool {
		visit(w, n)
		return true
	})
}

// AddRecord puts a record with a weight into the set.
func (s *Set) AddRecord(record string, n int64) {
	have, _ := s.records.Get(record)
	if have += n; have == 0 {
		s.records.Delete(record)
		return
	}
	s.records.Set(record, have)
}

// EachRecord visits the records and weights in order, until visit says false.
func (s *Set) EachRecord(visit func(record string, n int64) bool) {
	switch {
	case s == nil:
	case s.sketch != nil:
		visit(string(s.sketch.record(nil)), 1)
	default:
		s.records.Scan(visit)
	}
}

func (s *Set) merge(o *Set) {
	if o != nil && o.sketch != nil {
		s.ownSketch().merge(o.sketch)
		return
	}
	if o != nil && o.seen != nil {
		s.mergeSeen(o.seen)
		return
	}
	o.Each(func(w uint64, n int64) { s.add(w, n) })
	o.EachRecord(func(r string, n int64) bool {
		s.AddRecord(r, n)
		return true
	})
}

// Coded says whether the words of call i's values are codes of strings plus 1.
func (l *Layout) Coded(i int) bool {
	return coded(&l.Calls[i])
}

func coded(c *Call) bool {
	t := c.Arg.Layout()
	return t == types.LayoutBytes || t == types.LayoutFixed16
}

// word gives the word of row r.
func (l *Layout) word(c *batch.Column, r int) uint64 {
	switch c.Type.Layout() {
	case types.LayoutBool:
		return c.Bits[r>>6] >> (uint(r) & 63) & 1
	case types.LayoutInt16:
		return intWord(int64(batch.Values[int16](c)[r]))
	case types.LayoutInt32:
		return intWord(int64(batch.Values[int32](c)[r]))
	case types.LayoutInt64:
		return intWord(batch.Values[int64](c)[r])
	case types.LayoutFloat32:
		return floatWord(float64(batch.Values[float32](c)[r]))
	case types.LayoutFloat64:
		return floatWord(batch.Values[float64](c)[r])
	case types.LayoutFixed16:
		return uint64(l.strings.Code(c.Fixed[16*r:16*r+16])) + 1
	}
	return uint64(l.strings.Code(c.At(r))) + 1
}

// total folds a set's distinct values into accumulator words, as if each came once; rest is the Set of a float sum.
func (l *Layout) total(i int, s *Set, strings group.Frozen) (acc []uint64, rest *Set) {
	c := &l.Calls[i]
	acc, rest = make([]uint64, 6), &Set{}
	if c.Kind == Count && types.Respelled(c.Arg) {
		l.each(i, s, strings, func(*batch.Column, int64) { acc[0]++ })
		return acc, rest
	}
	if !l.Coded(i) && s != nil && (c.Kind == Min || c.Kind == Max) {
		w, _, ok := s.weights.Min()
		if c.Kind == Max {
			w, _, ok = s.weights.Max()
		}
		if ok {
			acc[0], acc[1] = 1, w
		}
		return acc, rest
	}
	if c.Kind == Count {
		acc[0] = uint64(s.Len())
		return acc, rest
	}
	s.Each(func(w uint64, _ int64) {
		switch c.Kind {
		case SumInt:
			acc[0]++
			acc[1] += w ^ 1<<63
		case SumBig, AvgInt:
			v := int64(w ^ 1<<63)
			acc[0]++
			add128(&acc[1], &acc[2], uint64(v), uint64(v>>63))
		case SumFloat, AvgFloat:
			addFloat(&acc[0], 0, floatOf(w), 1, func() *Set { return rest })
		case BoolAnd, BoolOr:
			acc[1-w]++
		case Min:
			l.extreme(i, acc, w, strings, false)
		case Max:
			l.extreme(i, acc, w, strings, true)
		}
	})
	return acc, rest
}

func (l *Layout) extreme(i int, acc []uint64, w uint64, strings group.Frozen, greatest bool) {
	if !l.Coded(i) {
		if greatest {
			most(&acc[0], 0, w)
		} else {
			least(&acc[0], 0, w)
		}
		return
	}
	if acc[0] != 0 {
		less := string(strings.At(uint32(w-1))) < string(strings.At(uint32(acc[0]-1)))
		if less == greatest {
			return
		}
	}
	acc[0] = w
}

// Clone copies the set in constant time; the copy may be written while others read s.
func (s *Set) Clone() *Set {
	if s == nil {
		return &Set{}
	}
	return &Set{weights: *s.weights.Copy(), records: *s.records.Copy(), seen: s.seen.clone(), scattered: s.scattered, sketch: s.sketch, lent: s.sketch != nil}
}

// mergeWords adds accumulators that have no Set.
func mergeWords(c Call, dst, src []uint64, strings group.Frozen) {
	switch c.Kind {
	case CountRows, Count:
		dst[0] += src[0]
	case SumInt, BoolAnd, BoolOr:
		dst[0] += src[0]
		dst[1] += src[1]
	case SumBig, AvgInt:
		dst[0] += src[0]
		add128(&dst[1], &dst[2], src[1], src[2])
	case Min, Max:
		mergeExtreme(c, dst, src, strings)
	}
}

func mergeExtreme(c Call, dst, src []uint64, strings group.Frozen) {
	switch {
	case src[0] == 0:
	case c.Arg.Layout() == types.LayoutBytes:
		if dst[0] != 0 {
			less := string(strings.At(uint32(src[0]-1))) < string(strings.At(uint32(dst[0]-1)))
			if less != (c.Kind == Min) {
				return
			}
		}
		dst[0] = src[0]
	case c.Kind == Min:
		least(&dst[0], 0, src[1])
	default:
		most(&dst[0], 0, src[1])
	}
}
