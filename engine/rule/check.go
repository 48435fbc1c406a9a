package rule

import (
	"cmp"
	"slices"
)

// op is what a check does.
type op uint8

// The ops below opOrdinal compare an ordinal with arg; their bits say which outcomes they take: 1 less, 2 equal, 4 greater.
const (
	opNumber  op = 2  // the ordinal is arg
	opAtMost  op = 3  // it is arg or less
	opAtLeast op = 6  // it is arg or more
	opTrue    op = 7  // whatever it is, or null
	opKey     op = 10 // opNumber of texts: the class of the text is arg

	opOrdinal op = 16

	opNull    op = 16 // the column is null
	opNotNull op = 17 // it is not
	opBetween op = 18 // its ordinal is in spans[arg]
	opNumbers op = 19 // its ordinal is in sets[arg]
	opKeys    op = 20 // its text is one of lists[arg], classes of the column
	opText    op = 21 // tests[arg] matches its text
)

// check is a predicate of one column in the form that rows are checked with.
type check struct {
	arg int64
	col uint16
	op  op
}

// entry is a conjunction as it is listed under what reaches it, with its first check. It takes 16 bytes, so that those which a
// value reaches are in few lines of the cache.
type entry struct {
	arg   int64
	cond  uint32
	col   uint16
	op    op
	flags entryFlag
}

type entryFlag uint8

const (
	hasMore entryFlag = 1 << iota // there are more checks
	hasRest                       // there is a rest
	hasSame                       // something else is asked of the text that reaches it
)

// cond is a conjunction of a segment.
type cond struct {
	rest   int32 // in rests, or -1
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
			c.op, c.arg = opKey, classed+int64(l.id(p.Keys[0]))
			break
		}
		list := make(map[uint32]struct{}, len(p.Keys))
		for _, k := range p.Keys {
			list[classed+l.id(k)] = struct{}{}
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
	slices.SortStableFunc(cs, func(a, b check) int { return cmp.Compare(a.op, b.op) }) // their numbers are in this order
}
