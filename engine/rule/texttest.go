package rule

import "github.com/vexfs/vexstream/engine/expr"

// textTest is a Text predicate that several conjunctions may share.
type textTest struct {
	col uint16
	*expr.TextTest
}

type testKey struct {
	col uint16
	of  string
}

// test gives p's test a number.
func (s *predicates) test(p *Pred) int {
	k := testKey{uint16(p.Col), p.Text.Pattern}
	i, ok := s.known[k]
	if !ok {
		i = len(s.tests)
		s.known[k] = i
		s.tests = append(s.tests, textTest{uint16(p.Col), p.Text})
	}
	return i
}
