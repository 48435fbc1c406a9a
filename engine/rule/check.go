package rule

import (
	"cmp"
	"slices"
)

// op is what a check does.
type op uint8

const (
	opTrue    op = iota
	opNull       // the column is null
	opNotNull    // it is not
	opNumber     // its ordinal is arg
	opAtLeast    // its ordinal is arg or more
	opAtMost     // its ordinal is arg or less
	opBetween    // its ordinal is in spans[arg]
	opKey        // its text is literal arg of the column
	opNumbers    // its ordinal is in sets[arg]
	opKeys       // its text is one of lists[arg], literals of the column
	opText       // tests[arg] matches its text
)

// check is a predicate of one column in the form that rows are checked with.
type check struct {
	arg int64
	col uint16
	op  op
}

// entry is a conjunction as it is listed under what reaches it: its first check, and whether there are more.
type entry struct {
	check
	more bool
	cond uint32
}

// cond is a conjunction of a segment.
type cond struct {
	rule   uint32 // its rank
	rest   int32  // in rests, or -1
	same   []check
	checks []check // of columns other than the one that reaches it; the first is in its entries too
}

// predicates keeps the operands of checks; equal ones once.
type predicates struct {
	literals map[uint16]*literals
	tests    []textTest
	known    map[testKey]int
	spans    [][2]int64
	sets     []map[int64]struct{}
	lists    []map[uint32]struct{}
}

// literals numbers the texts that a column is compared with.
type literals struct {
	ids   map[string]uint32
	texts []string
}

func (l *literals) id(text string) uint32 {
	i, ok := l.ids[text]
	if !ok {
		i = uint32(len(l.texts))
		l.ids[text] = i
		l.texts = append(l.texts, text)
	}
	return i
}

func (s *predicates) of(col uint16) *literals {
	l := s.literals[col]
	if l == nil {
		l = &literals{ids: map[string]uint32{}}
		s.literals[col] = l
	}
	return l
}

// checkOf makes the check of p.
func (s *predicates) checkOf(p *Pred) check {
	c := check{col: uint16(p.Col)}
	switch p.Kind {
	case Null:
		c.op = opNull
	case NotNull:
		c.op = opNotNull
	case Keys:
		l := s.of(c.col)
		if len(p.Keys) == 1 {
			c.op, c.arg = opKey, int64(l.id(p.Keys[0]))
			break
		}
		list := make(map[uint32]struct{}, len(p.Keys))
		for _, k := range p.Keys {
			list[l.id(k)] = struct{}{}
		}
		c.op, c.arg = opKeys, int64(len(s.lists))
		s.lists = append(s.lists, list)
	case Numbers:
		if len(p.Numbers) == 1 {
			c.op, c.arg = opNumber, p.Numbers[0]
			break
		}
		set := make(map[int64]struct{}, len(p.Numbers))
		for _, n := range p.Numbers {
			set[n] = struct{}{}
		}
		c.op, c.arg = opNumbers, int64(len(s.sets))
		s.sets = append(s.sets, set)
	case Range:
		switch {
		case p.Hi == most:
			c.op, c.arg = opAtLeast, p.Lo
		case p.Lo == least:
			c.op, c.arg = opAtMost, p.Hi
		default:
			c.op, c.arg = opBetween, int64(len(s.spans))
			s.spans = append(s.spans, [2]int64{p.Lo, p.Hi})
		}
	case Text:
		c.op, c.arg = opText, int64(s.test(p))
	}
	return c
}

func inOrderOfCost(cs []check) {
	slices.SortStableFunc(cs, func(a, b check) int { return cmp.Compare(a.op, b.op) })
}
