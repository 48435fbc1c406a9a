package rule

import (
	"github.com/vexfs/vexstream/engine/batch"
)

// view is what a Matcher knows of one segment, and the batch it is at.
type view struct {
	*part
	prober prober
	dicts  [][]*reached // by subject
	coded  map[uint16][]*classes
	cols   []colState // by column
	b      *batch.Batch
	now    uint64 // counts batches

	found   []entry // of one row
	slots   [chunk]slot
	hits    []uint64 // row<<32 | rank
	pending []uint64 // conjunction<<32 | row
}

// chunk is how many rows are looked up before the first of them is checked, so that the memory they need comes together.
const chunk = 512

// colState is a column of the batch as checks read it.
type colState struct {
	*batch.Column
	ordinals []int64
	buf      []int64 // of ordinals
	classes  []uint32
}

func newView(p *part) *view {
	return &view{part: p, dicts: make([][]*reached, len(p.subjects)), coded: map[uint16][]*classes{}}
}

// begin prepares the columns of a batch.
func (v *view) begin(b *batch.Batch) {
	v.b = b
	v.now++
	v.cols = longer(v.cols, len(b.Cols), colState{})
	for i := range b.Cols {
		v.cols[i].Column, v.cols[i].ordinals, v.cols[i].classes = &b.Cols[i], nil, nil
	}
	for _, c := range v.numeric {
		s := &v.cols[c]
		if s.Type.Layout().Width() != 8 {
			s.buf = sized(s.buf, b.N)
		}
		s.ordinals = ordinals(s.buf, s.Column)
	}
	for _, c := range v.compared {
		s := &v.cols[c]
		if s.Dict != nil {
			var known *classes
			v.coded[c], known = knownOf(v.coded[c], s.Dict.ID, v.now)
			known.of = longer(known.of, s.Dict.Len(), 0)
			s.classes = known.of
		}
	}
}

// rows finds matches and candidates of rows [from, to).
func (v *view) rows(from, to int) {
	for i, s := range v.subjects {
		c := &v.b.Cols[s.col]
		switch {
		case !s.text:
			v.byOrdinal(s, from, to)
		case s.text && c.Dict != nil:
			v.byCode(i, s, from, to)
		case s.text:
			v.byText(s, from, to)
		}
		if s.absent >= 0 && c.Valid != nil {
			v.byNull(s, from, to)
		}
	}
	for _, at := range v.always {
		if v.gone(v.conds[at].rule) {
			continue
		}
		for row := from; row < to; row++ {
			v.tryAll(at, row)
		}
	}
}

// byCode looks the rows' codes up, and then checks what they reach.
func (v *view) byCode(i int, s *subject, from, to int) {
	c := v.cols[s.col].Column
	var known *reached
	v.dicts[i], known = knownOf(v.dicts[i], c.Dict.ID, v.now)
	known.begin(c.Dict)
	codes := c.Codes[from:to]
	slots := v.slots[:len(codes)]
	for k, code := range codes {
		slots[k] = known.slots[code]
	}
	for k := range slots {
		if slots[k].n == 0 || c.Null(from+k) {
			continue
		}
		if slots[k].n == untried {
			slots[k] = v.learn(known, s, c, codes[k])
		}
		sl := slots[k]
		v.try(known.entries[sl.off:sl.off+sl.n], from+k)
	}
}

// learn looks up a value that was not met yet.
func (v *view) learn(known *reached, s *subject, c *batch.Column, code uint32) slot {
	sl := known.slots[code]
	if sl.n != untried { // met earlier in this chunk
		return sl
	}
	sl.off = uint32(len(known.entries))
	known.entries = v.prober.text(known.entries, v.segment, s, c.Dict.At(code))
	sl.n = uint32(len(known.entries)) - sl.off
	known.slots[code] = sl
	return sl
}

func (v *view) byText(s *subject, from, to int) {
	c := v.cols[s.col].Column
	for row := from; row < to; row++ {
		if !c.Null(row) {
			v.found = v.prober.text(v.found[:0], v.segment, s, c.At(row))
			v.try(v.found, row)
		}
	}
}

func (v *view) byOrdinal(s *subject, from, to int) {
	c := &v.cols[s.col]
	terms := v.prober.terms
	for row := from; row < to; row++ {
		if c.Null(row) {
			continue
		}
		terms = terms[:0]
		if s.present >= 0 {
			terms = append(terms, s.present)
		}
		if len(s.numbers) > 0 {
			if term, ok := s.numbers[c.ordinals[row]]; ok {
				terms = append(terms, term)
			}
		}
		if s.ranges != nil {
			terms = s.ranges.find(terms, c.ordinals[row])
		}
		for _, term := range terms {
			v.try(s.entries[s.first[term]:s.first[term+1]], row)
		}
	}
	v.prober.terms = terms
}

func (v *view) byNull(s *subject, from, to int) {
	c := v.cols[s.col].Column
	for row := from; row < to; row++ {
		if c.Null(row) {
			v.try(s.entries[s.first[s.absent]:s.first[s.absent+1]], row)
		}
	}
}

// try checks the conjunctions that a row reached.
func (v *view) try(entries []entry, row int) {
	for i := range entries {
		e := &entries[i]
		if !v.holds(&e.check, row) {
			continue
		}
		if e.more && !v.hold(v.conds[e.cond].checks[1:], row) {
			continue
		}
		v.hit(e.cond, row)
	}
}

// tryAll checks a conjunction that every row reaches.
func (v *view) tryAll(at uint32, row int) {
	if v.hold(v.conds[at].checks, row) {
		v.hit(at, row)
	}
}

func (v *view) hit(at uint32, row int) {
	c := &v.conds[at]
	switch {
	case v.gone(c.rule):
	case c.rest >= 0:
		v.pending = append(v.pending, uint64(at)<<32|uint64(row))
	default:
		v.hits = append(v.hits, uint64(row)<<32|uint64(c.rule))
	}
}

func (v *view) hold(checks []check, row int) bool {
	for i := range checks {
		if !v.holds(&checks[i], row) {
			return false
		}
	}
	return true
}

// holds says whether a check is true of a row.
func (v *view) holds(ch *check, row int) bool {
	if ch.op == opTrue {
		return true
	}
	c := &v.cols[ch.col]
	if ch.op == opNull || c.Null(row) {
		return ch.op == opNull && c.Null(row)
	}
	switch ch.op {
	case opNotNull:
		return true
	case opNumber:
		return c.ordinals[row] == ch.arg
	case opAtLeast:
		return c.ordinals[row] >= ch.arg
	case opAtMost:
		return c.ordinals[row] <= ch.arg
	case opBetween:
		n, span := c.ordinals[row], &v.spans[ch.arg]
		return span[0] <= n && n <= span[1]
	case opNumbers:
		_, ok := v.sets[ch.arg][c.ordinals[row]]
		return ok
	case opKey:
		if c.Dict == nil {
			return v.literals[ch.col].texts[ch.arg] == c.Str(row)
		}
		return int64(v.class(c, ch.col, row))-classed == ch.arg
	case opKeys:
		class := v.class(c, ch.col, row)
		_, ok := v.lists[ch.arg][class-classed]
		return ok && class >= classed
	}
	return v.tests[ch.arg].Match(c.At(row))
}

// class is the literal that a row's text is.
func (v *view) class(c *colState, col uint16, row int) uint32 {
	if c.Dict == nil {
		if id, ok := v.literals[col].ids[c.Str(row)]; ok {
			return id + classed
		}
		return noLiteral
	}
	class := c.classes[c.Codes[row]]
	if class == 0 {
		class = noLiteral
		if id, ok := v.literals[col].ids[c.Str(row)]; ok {
			class = id + classed
		}
		c.classes[c.Codes[row]] = class
	}
	return class
}
