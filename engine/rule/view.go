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
	from   int    // the first row of the chunk
	now    uint64 // counts batches
	room   int    // entries that are remembered of a dictionary

	found   []entry // of a chunk without a dictionary
	slots   [chunk]slot
	nodes   [chunk]uint32
	late    []int // rows of a chunk whose values are not remembered
	filled  [chunk]uint16
	touched int64
	hits    []uint64 // row<<32 | rank
	runs    []int    // where runs of hits in order begin, of the chunk
	merged  []uint64
	pending []uint64 // conjunction<<32 | row
}

// chunk is how many rows are looked up before the first of them is checked, so that the memory they need comes together.
const chunk = 512

func newView(p *part) *view {
	return &view{part: p, room: maxEntries, dicts: make([][]*reached, len(p.subjects)), coded: map[uint16][]*classes{}}
}

// rows finds matches and candidates of rows [from, to), a chunk at most.
func (v *view) rows(from, to int) {
	v.from = from
	v.columns(from, to)
	v.runs = v.runs[:0]
	for i, s := range v.subjects {
		c := v.cols[s.col].Column
		switch {
		case !s.text:
			v.byOrdinal(s, from, to)
		case c.Dict != nil:
			v.byCode(i, s, from, to)
		default:
			v.byText(s, from, to)
		}
		if s.absent >= 0 && c.Valid != nil {
			v.byNull(s, from, to)
		}
	}
	for _, at := range v.always {
		v.runs = append(v.runs, len(v.hits))
		for row := from; row < to; row++ {
			if v.hold(v.conds[at].checks, row) {
				v.hit(at, row, v.conds[at].rest >= 0)
			}
		}
	}
	v.order()
}

// byCode looks the rows' codes up, and then checks what they reach.
func (v *view) byCode(i int, s *subject, from, to int) {
	c := v.cols[s.col].Column
	var known *reached
	v.dicts[i], known = knownOf(v.dicts[i], c.Dict.ID, v.now)
	known.begin(c.Dict, v.room)
	codes := c.Codes[from:to]
	slots := v.slots[:len(codes)]
	rare := uint32(0)
	for k, code := range codes {
		slots[k] = known.slots[code].slot()
		rare |= slots[k].n + 1
	}
	if c.Valid != nil {
		for k := range slots {
			if c.Null(from + k) {
				slots[k] = slot{}
			}
		}
	}
	v.late = v.late[:0]
	if rare > longLists {
		v.learn(known, s, c, codes, slots)
	}
	v.try(known.entries, slots, from)
	for _, k := range v.late {
		v.found = v.prober.text(v.found[:0], v.segment, s, c.At(from+k))
		slots[0] = slot{n: uint32(len(v.found))}
		v.try(v.found, slots[:1], from+k)
	}
}

// learn looks up the values that were not met yet, as long as there is room to remember what they reach; others are late.
func (v *view) learn(known *reached, s *subject, c *batch.Column, codes []uint32, slots []slot) {
	for k, code := range codes {
		if slots[k].n != longLists {
			continue
		}
		if known.slots[code] == untried {
			from := len(known.entries)
			if from >= v.room {
				slots[k] = slot{}
				v.late = append(v.late, k)
				continue
			}
			known.entries = v.prober.text(known.entries, v.segment, s, c.Dict.At(code))
			known.put(code, from)
		}
		slots[k] = known.slot(code)
	}
}

func (v *view) byText(s *subject, from, to int) {
	c := v.cols[s.col].Column
	slots := v.slots[:to-from]
	v.found = v.found[:0]
	for k := range slots {
		slots[k] = slot{}
		if c.Null(from + k) {
			continue
		}
		off := len(v.found)
		if v.found = v.prober.text(v.found, v.segment, s, c.At(from+k)); len(v.found) > off {
			slots[k] = slot{uint32(off), uint32(len(v.found) - off)}
		}
	}
	v.try(v.found, slots, from)
}

func (v *view) byOrdinal(s *subject, from, to int) {
	c := &v.cols[s.col]
	slots := v.slots[:to-from]
	if s.ranges != nil {
		for top := s.ranges.pieces(v.nodes[:], c.ordinals); ; top = s.ranges.up(v.nodes[:to-from]) {
			for k := range slots {
				slots[k] = s.ranges.lists[v.nodes[k]]
			}
			if c.Valid != nil {
				for k := range slots {
					if c.Null(from + k) {
						slots[k].n = 0
					}
				}
			}
			v.try(s.ranges.entries, slots, from)
			if top {
				break
			}
		}
	}
	if len(s.numbers) > 0 {
		for k := range slots {
			slots[k] = slot{}
			if term, ok := s.numbers[c.ordinals[k]]; ok && !c.Null(from+k) {
				slots[k] = s.slot(term)
			}
		}
		v.try(s.entries, slots, from)
	}
	if s.present >= 0 {
		for k := range slots {
			slots[k] = slot{}
			if !c.Null(from + k) {
				slots[k] = s.slot(s.present)
			}
		}
		v.try(s.entries, slots, from)
	}
}

func (v *view) byNull(s *subject, from, to int) {
	c := v.cols[s.col].Column
	slots := v.slots[:to-from]
	for k := range slots {
		slots[k] = slot{}
		if c.Null(from + k) {
			slots[k] = s.slot(s.absent)
		}
	}
	v.try(s.entries, slots, from)
}

// try checks the conjunctions that rows reached: row from+k those of slots[k].
func (v *view) try(entries []entry, slots []slot, from int) {
	if len(entries) == 0 {
		return
	}
	v.runs = append(v.runs, len(v.hits))
	n, touched := 0, int64(0)
	for k, sl := range slots {
		touched |= entries[sl.off].arg // what is far away comes for all rows together
		v.filled[n&(chunk-1)] = uint16(k)
		full := 0
		if sl.n > 0 {
			full = 1
		}
		n += full
	}
	v.touched = touched
	for _, k := range v.filled[:n] {
		sl, row := slots[k], from+int(k)
		at := row - v.from
		of := entries[sl.off : sl.off+sl.n]
		for i := range of {
			e := &of[i]
			c := &v.cols[e.col]
			if e.op < opOrdinal && c.ordinals != nil {
				if outcome(c.ordinals[at], e.arg)&e.op == 0 || e.op != opTrue && c.Null(row) {
					continue
				}
			} else if !v.holds(e.op, e.col, e.arg, row) {
				continue
			}
			if e.flags&hasMore != 0 && !v.hold(v.conds[e.cond].checks[1:], row) {
				continue
			}
			v.hit(e.cond, row, e.flags&hasRest != 0)
		}
	}
}

// outcome is the bit of how an ordinal compares with another.
func outcome(a, b int64) op {
	o := op(1)
	if a > b {
		o = 4
	}
	if a == b {
		o = 2
	}
	return o
}

// hit takes in that a conjunction's predicates hold for a row.
func (v *view) hit(at uint32, row int, rest bool) {
	rank := at
	if v.ruleOf != nil {
		rank = v.ruleOf[at]
	}
	switch {
	case v.gone(rank):
	case rest:
		v.pending = append(v.pending, uint64(at)<<32|uint64(row))
	default:
		v.hits = append(v.hits, uint64(row)<<32|uint64(rank))
	}
}

// order merges the runs of hits of a chunk, each of which is in order.
func (v *view) order() {
	for len(v.runs) > 1 {
		a, b := v.runs[len(v.runs)-2], v.runs[len(v.runs)-1]
		v.runs = v.runs[:len(v.runs)-1]
		if b == len(v.hits) || a == b {
			continue
		}
		v.merged = append(v.merged[:0], v.hits[a:b]...)
		to, x, y := a, v.merged, v.hits[b:]
		for len(x) > 0 && len(y) > 0 {
			if x[0] <= y[0] {
				v.hits[to], x = x[0], x[1:]
			} else {
				v.hits[to], y = y[0], y[1:]
			}
			to++
		}
		copy(v.hits[to:], x)
	}
}
