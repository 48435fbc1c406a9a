package oracle

import (
	"fmt"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// with is a WITH clause now and then, whose queries can be read from then on.
func (s *selects) with() *node {
	switch p := s.r.IntN(100); {
	case p < 10:
		first := s.named("w", s.query)
		if s.chance(30) {
			return option("WITH \x00, \x00 ", first, s.named("v", s.query))
		}
		return option("WITH \x00 ", first)
	case p < 16:
		return option("WITH RECURSIVE \x00 ", s.named("w", func(want []types.Type) *node { return s.recursive("w", want) }))
	}
	return part("")
}

// named is an entry of WITH with the query that make gives.
func (s *selects) named(name string, make func([]types.Type) *node) *node {
	want := []types.Type{types.Int4}
	for range s.r.IntN(3) {
		want = append(want, s.anyType())
	}
	q, rel, names := make(want), relation{name: name}, []string(nil)
	for i, t := range want {
		names = append(names, fmt.Sprintf("c%d", i))
		rel.cols = append(rel.cols, column{names[i], t})
	}
	s.ctes = append(s.ctes, rel)
	return part(name+"("+strings.Join(names, ", ")+") AS "+pick(s.generator, []string{"", "", "MATERIALIZED ", "NOT MATERIALIZED "})+"(\x00)", q)
}

// recursive is a query that reads itself, under its name, at most a few rounds: its first column is a count.
func (s *selects) recursive(name string, want []types.Type) *node {
	base := s.query(append([]types.Type(nil), want...))
	defer s.deeper()()
	self := column{s.alias(), types.Int4}
	cols := make([]column, len(want))
	for i, t := range want {
		cols[i] = column{fmt.Sprintf("%s.c%d", self.name, i), t}
	}
	from := part(name + " AS " + self.name)
	if s.chance(40) {
		rel, alias := pick(s.generator, small), s.alias()
		from.text += fmt.Sprintf(" %s %s AS %s ON %s.id = %s.c0", pick(s.generator, []string{"JOIN", "LEFT JOIN"}), rel.name, alias, alias, self.name)
		cols = append(cols, qualified(alias, rel.cols)...)
	}
	n := &node{t: whole, text: "\x00 UNION " + pick(s.generator, []string{"", "ALL "}) + "SELECT " + self.name + ".c0 + 1", kids: []*node{base}}
	s.within(cols, func() {
		for _, t := range want[1:] {
			n.text += ", \x00"
			n.kids = append(n.kids, s.expr(t, 2))
		}
		n.text += " FROM \x00 WHERE " + self.name + ".c0 BETWEEN 0 AND 3\x00"
		n.kids = append(n.kids, from, option(" AND \x00", s.expr(types.Bool, 2)))
	})
	return n
}
