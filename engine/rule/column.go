package rule

import (
	"github.com/vexfs/vexstream/engine/batch"
)

// colState is a column of the batch as checks read it.
type colState struct {
	*batch.Column
	ordinals []int64 // of the chunk's rows; of texts their classes
	buf      []int64 // of ordinals
	classes  []uint32
}

// smallDict is up to how many values of a dictionary the classes of all rows are looked up before checks ask for them.
const smallDict = 1 << 12

// begin prepares the columns of a batch: those that are derived from it, which are the first, and its own.
func (v *view) begin(b *batch.Batch, cols []batch.Column, computed int) {
	v.b = b
	v.now++
	v.cols = longer(v.cols, len(cols), colState{})
	for i := range cols {
		if i == computed {
			break
		}
		v.cols[i] = colState{Column: &cols[i], buf: v.cols[i].buf}
	}
	for i := MaxDerived; i < len(cols); i++ {
		v.cols[i] = colState{Column: &cols[i], buf: v.cols[i].buf}
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

// columns prepares the columns that checks read of a chunk.
func (v *view) columns(from, to int) {
	for _, i := range v.numeric {
		c := &v.cols[i]
		c.ordinals, c.buf = ordinals(c.buf, c.Column, from, to)
	}
	for _, i := range v.compared {
		c := &v.cols[i]
		if c.Dict == nil || c.Dict.Len() > smallDict {
			continue
		}
		c.buf = sized(c.buf, to-from)
		for k, code := range c.Codes[from:to] {
			class := c.classes[code]
			if class == 0 && !c.Null(from+k) {
				class = v.class(c, i, from+k)
			}
			c.buf[k] = int64(class)
		}
		c.ordinals = c.buf
	}
}

func (v *view) hold(checks []check, row int) bool {
	for i := range checks {
		if c := &checks[i]; !v.holds(c.op, c.col, c.arg, row) {
			return false
		}
	}
	return true
}

// holds says whether a check is true of a row.
func (v *view) holds(op op, col uint16, arg int64, row int) bool {
	if op == opTrue {
		return true
	}
	c := &v.cols[col]
	if op == opNull || c.Null(row) {
		return op == opNull && c.Null(row)
	}
	switch op {
	case opNumber, opAtMost, opAtLeast:
		return outcome(c.ordinals[row-v.from], arg)&op != 0
	case opKey:
		return int64(v.class(c, col, row)) == arg
	case opNotNull:
		return true
	case opBetween:
		n, span := c.ordinals[row-v.from], &v.spans[arg]
		return span[0] <= n && n <= span[1]
	case opNumbers:
		_, ok := v.sets[arg][c.ordinals[row-v.from]]
		return ok
	case opKeys:
		_, ok := v.lists[arg][v.class(c, col, row)]
		return ok
	}
	return v.tests[arg].Match(c.At(row))
}

// class is the class of a row's text.
func (v *view) class(c *colState, col uint16, row int) uint32 {
	if c.Dict == nil {
		return v.segment.class(col, c.At(row))
	}
	class := c.classes[c.Codes[row]]
	if class == 0 {
		class = v.segment.class(col, c.At(row))
		c.classes[c.Codes[row]] = class
	}
	return class
}

// class is the class of a text of a column.
func (s *predicates) class(col uint16, text []byte) uint32 {
	if id, ok := s.literals[col].ids[string(text)]; ok {
		return id + classed
	}
	return noLiteral
}
