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
	if s.nested < 3 && s.chance(5) {
		if n, cols := s.setOf(a, beside); n != nil {
			return n, cols
		}
	}
	switch p := s.r.IntN(100); {
	case p < 8 && s.nested < 3 || beside != nil && p < 50 && p%2 == 0:
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
	case p < 18:
		f := pick(s.generator, functions)
		return item(f.text + " AS " + fmt.Sprintf(f.as, a)), qualified(a, f.cols)
	case p < 26 && beside != nil || beside != nil && s.nested >= 3:
		return s.unfolded(a, beside)
	case p < 35 && len(s.ctes) > 0:
		w := pick(s.generator, s.ctes)
		return item(w.name + " AS " + a), qualified(a, w.cols)
	}
	rel := pick(s.generator, small)
	return item(rel.name + " AS " + a), qualified(a, rel.cols)
}

// functions are entries of FROM that need no other.
var functions = []struct {
	text, as string
	cols     []column
}{
	{"generate_series(1, 3)", "%s(g)", []column{{"g", types.Int4}}},
	{"generate_series(3, 1, -1) WITH ORDINALITY", "%s(g, o)", []column{{"g", types.Int4}, {"o", types.Int8}}},
	{"generate_series('2024-03-30 23:30Z'::timestamptz, '2024-03-31 02:00Z', '30 min')", "%s(g)", []column{{"g", types.Timestamptz}}},
	{"(VALUES (1, 'a'), (2, NULL), (NULL, 'b'))", "%s(x, y)", []column{{"x", types.Int4}, {"y", types.Text}}},
	{"unnest(ARRAY['a', 'b', NULL]) WITH ORDINALITY", "%s(x, o)", []column{{"x", types.Text}, {"o", types.Int8}}},
	{"unnest(ARRAY[1, 2], ARRAY['x'])", "%s(x, y)", []column{{"x", types.Int4}, {"y", types.Text}}},
	{`jsonb_each_text('{"a": 1, "b": null}')`, "%s", []column{{"key", types.Text}, {"value", types.Text}}},
	{`jsonb_array_elements('[1, {"a": 2}, null]') WITH ORDINALITY`, "%s(e, o)", []column{{"e", types.JSONB}, {"o", types.Int8}}},
	{"string_to_table('a,b,,abc', ',')", "%s(x)", []column{{"x", types.Text}}},
	{"regexp_matches('abcab', 'a(b)', 'g')", "%s(m)", []column{{"m", types.TextArray}}},
	{"regexp_split_to_table('a b  c', ' ')", "%s(x)", []column{{"x", types.Text}}},
	{"ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b', 'ä']))", "%s(x, y)", []column{{"x", types.Int4}, {"y", types.Text}}},
	{"generate_subscripts(ARRAY[4, 5, 6], 1)", "%s(x)", []column{{"x", types.Int4}}},
	{`jsonb_to_recordset('[{"x": 1, "y": "a"}, {"x": null}]')`, "%s(x int, y text)", []column{{"x", types.Int4}, {"y", types.Text}}},
}

// unfolded is a function that returns a set, of a column beside it.
func (s *selects) unfolded(a string, beside []column) (*node, []column) {
	c := pick(s.generator, beside)
	text, t := "", types.Text
	switch {
	case c.t == types.Int4:
		text, t = "generate_series(1, least("+c.name+", 4))", types.Int4
	case c.t == types.Text:
		text = pick(s.generator, []string{"string_to_table(%s, 'b')", "regexp_split_to_table(%s, '[ab]')", "unnest(string_to_array(%s, NULL))"})
		text = fmt.Sprintf(text, c.name)
	case c.t.Category() == 'A':
		text, t = "unnest("+c.name+")", c.t.Elem()
	default:
		text = "jsonb_object_keys(jsonb_build_object('k', " + c.name + ", 'l', 1))"
	}
	return &node{t: fromItem, text: text + " AS " + a + "(x)"}, []column{{a + ".x", t}}
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
	if s.chance(14) {
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
		if t.Category() == 'A' {
			x := part("\x00", part("\x00", s.expr(t.Elem(), 1)))
			n = &node{t: whole, text: "SELECT \x00 FROM \x00\x00 ORDER BY 1", kids: []*node{x, from, option(" WHERE \x00", s.expr(types.Bool, 2))}}
			return
		}
		where := option(" WHERE \x00", s.expr(types.Bool, 2))
		x := s.expr(t, 1)
		if t != types.Bool && t != types.JSONB && t != types.UUID && t != types.Bytea && s.chance(60) {
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
	if t.Category() == 'A' {
		return &node{t: t, text: "ARRAY(\x00)", kids: []*node{n}}
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
	if s.chance(40) {
		u := s.anyType()
		for !sortable(u) {
			u = s.anyType()
		}
		rows := s.query([]types.Type{t, u})
		text := pick(s.generator, []string{"((\x00, \x00) " + not + "IN (\x00))", "((\x00, \x00) IN (VALUES (\x00, \x00), (\x00, \x00)))", "((\x00, \x00) = ANY (\x00))"})
		kids := []*node{s.expr(t, 1), s.expr(u, 1), rows}
		if strings.Contains(text, "VALUES") {
			defer s.deeper()() // aggregates of a query around are not looked for in VALUES
			kids = append(kids[:2], s.expr(t, 0), s.expr(u, 0), s.expr(t, 1), s.expr(u, 1))
		}
		return &node{t: types.Bool, text: text, kids: kids}
	}
	op := pick(s.generator, []string{"=", "<>", "<", ">="}) + pick(s.generator, []string{" ANY", " ALL"})
	return &node{t: types.Bool, text: "(\x00 " + op + " (\x00))", kids: []*node{s.expr(t, 1), q}}
}
