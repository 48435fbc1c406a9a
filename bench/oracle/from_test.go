package oracle

import (
	"fmt"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// from is a FROM of up to n relations, with the columns that it shows.
func (s *selects) from(n int) (*node, []column) {
	left, cols := s.source(nil)
	for range s.r.IntN(max(n, 1)) {
		left, cols = s.join(left, cols)
	}
	return left, cols
}

// source is one entry of FROM: a table, a WITH query, a subquery, VALUES or a function. beside are the columns that a
// LATERAL one may read.
func (s *selects) source(beside []column) (*node, []column) {
	a := s.alias()
	item := func(text string, kids ...*node) *node { return &node{t: fromItem, text: text, kids: kids} }
	switch p := s.r.IntN(100); {
	case p < 8 && s.nested < 3 || beside != nil && p < 50:
		want := make([]types.Type, 1+s.r.IntN(3))
		cols := make([]column, len(want))
		names := make([]string, len(want))
		for i := range want {
			want[i] = s.anyType()
			names[i] = fmt.Sprintf("c%d", i)
			cols[i] = column{a + "." + names[i], want[i]}
		}
		var q *node
		outer := s.columns
		s.columns = append(append([]column(nil), outer...), beside...)
		q = s.query(want)
		s.columns = outer
		lateral := ""
		if beside != nil {
			lateral = "LATERAL "
		}
		if s.chance(25) {
			q = &node{t: whole, text: "\x00" + s.totalOrder(len(want)) + " LIMIT 3", kids: []*node{q}}
		}
		return item(lateral+"(\x00) AS "+a+"("+strings.Join(names, ", ")+")", q), cols
	case p < 12:
		return item("generate_series(1, 3) AS " + a + "(g)"), []column{{a + ".g", types.Int4}}
	case p < 16:
		return item("(VALUES (1, 'a'), (2, NULL), (NULL, 'b')) AS " + a + "(x, y)"), []column{{a + ".x", types.Int4}, {a + ".y", types.Text}}
	case p < 35 && len(s.ctes) > 0:
		w := pick(s.generator, s.ctes)
		return item(w.name + " AS " + a), qualified(a, w.cols)
	}
	rel := pick(s.generator, small)
	return item(rel.name + " AS " + a), qualified(a, rel.cols)
}

func qualified(alias string, cols []column) []column {
	out := make([]column, len(cols))
	for i, c := range cols {
		out[i] = column{alias + "." + c.name, c.t}
	}
	return out
}

// join puts one more relation beside what is there.
func (s *selects) join(left *node, cols []column) (*node, []column) {
	var beside []column
	if s.chance(8) && s.nested < 3 {
		beside = cols
	}
	right, more := s.source(beside)
	all := append(append([]column(nil), cols...), more...)
	on := func(text string, kids ...*node) (*node, []column) {
		return &node{t: fromItem, text: text, kids: append([]*node{left, right}, kids...)}, all
	}
	kind := pick(s.generator, []string{"JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"})
	if beside != nil {
		kind = pick(s.generator, []string{"JOIN", "LEFT JOIN"})
	}
	switch {
	case s.chance(10):
		return on("\x00 CROSS JOIN \x00")
	case s.chance(12) && len(left.kids) == 0 && len(right.kids) == 0 && plain(left) && plain(right):
		using := pick(s.generator, []string{"k", "k, s", "s"})
		for name := range strings.SplitSeq(using, ", ") {
			t := types.Int4
			if name == "s" {
				t = types.Text
			}
			all = append(all, column{name, t})
		}
		if s.chance(15) {
			return on("\x00 NATURAL " + kind + " \x00")
		}
		return on("\x00 " + kind + " \x00 USING (" + using + ")")
	case beside != nil && s.chance(60):
		return on("\x00 "+kind+" \x00 ON \x00", &node{t: types.Bool, text: "true"})
	}
	if x, y := sameType(s, cols, more); x != "" && s.chance(85) {
		cond := &node{t: types.Bool, text: x + " = " + y}
		if s.chance(30) && (kind != "FULL JOIN") {
			outer, sub, in := s.columns, s.sub, s.inQuery
			s.columns, s.sub, s.inQuery = all, nil, nil
			cond = &node{t: types.Bool, text: "(\x00 AND \x00)", kids: []*node{cond, s.expr(types.Bool, 1)}}
			s.columns, s.sub, s.inQuery = outer, sub, in
		}
		return on("\x00 "+kind+" \x00 ON \x00", cond)
	}
	if kind == "FULL JOIN" {
		kind = "LEFT JOIN"
	}
	outer, sub, in := s.columns, s.sub, s.inQuery
	s.columns, s.sub, s.inQuery = all, nil, nil
	cond := s.expr(types.Bool, 2)
	s.columns, s.sub, s.inQuery = outer, sub, in
	return on("\x00 "+kind+" \x00 ON \x00", cond)
}

func plain(n *node) bool { return strings.HasPrefix(n.text, "q") }

// sameType is a column of each side, both of one type.
func sameType(s *selects, left, right []column) (x, y string) {
	for range 8 {
		a, b := pick(s.generator, left), pick(s.generator, right)
		if a.t == b.t {
			return a.name, b.name
		}
	}
	return "", ""
}

// scalar is a subquery of at most one row, with what is around it in sight.
func (s *selects) scalar(t types.Type, depth int) *node {
	if s.nested >= 3 || depth < 0 {
		return nil
	}
	defer s.deeper()()
	from, cols := s.from(2)
	var n *node
	s.within(cols, func() {
		where := option(" WHERE \x00", s.expr(types.Bool, 2))
		x := s.expr(t, 1)
		if t != types.Bool && s.chance(60) {
			x = &node{t: t, text: "max(\x00)", kids: []*node{x}}
			if t == types.Int8 && s.chance(50) {
				x = &node{t: t, text: "count(*)"}
			}
			if !mentions(x, cols) && x.text != "count(*)" {
				n = nil // an aggregate of the query around it
				return
			}
			n = &node{t: whole, text: "SELECT \x00 FROM \x00\x00", kids: []*node{part("\x00", part("\x00", x)), from, where}}
			return
		}
		n = &node{t: whole, text: "SELECT \x00 FROM \x00\x00 ORDER BY 1 LIMIT 1", kids: []*node{part("\x00", part("\x00", x)), from, where}}
	})
	if n == nil {
		return nil
	}
	return &node{t: t, text: "(\x00)", kids: []*node{n}}
}

// condition is EXISTS, IN, ANY or ALL with a subquery.
func (s *selects) condition(depth int) *node {
	if s.nested >= 3 || depth < 0 {
		return s.leaf(types.Bool)
	}
	not := pick(s.generator, []string{"", "NOT "})
	t := s.anyType()
	q := s.query([]types.Type{t})
	switch s.r.IntN(5) {
	case 0, 1:
		return &node{t: types.Bool, text: "(" + not + "EXISTS (\x00))", kids: []*node{q}}
	case 2, 3:
		return &node{t: types.Bool, text: "(\x00 " + not + "IN (\x00))", kids: []*node{s.expr(t, 1), q}}
	}
	op := pick(s.generator, []string{"=", "<>", "<", ">="}) + pick(s.generator, []string{" ANY", " ALL"})
	return &node{t: types.Bool, text: "(\x00 " + op + " (\x00))", kids: []*node{s.expr(t, 1), q}}
}
