package oracle

import (
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// intervalUnits are what an interval can be limited to.
var intervalUnits = []string{
	"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "YEAR TO MONTH", "DAY TO HOUR", "DAY TO MINUTE", "DAY TO SECOND",
	"HOUR TO MINUTE", "HOUR TO SECOND", "MINUTE TO SECOND",
}

// limited is an interval with fields and digits: a literal, or a cast of one or of a text.
func (g *generator) limited(d int) *node {
	unit := pick(g, append([]string{""}, intervalUnits...))
	digits := ""
	if unit == "" || strings.HasSuffix(unit, "SECOND") {
		digits = pick(g, []string{"", "", "(0)", "(1)", "(3)", "(6)"})
	}
	text := quote(pick(g, []string{"1", "-3", "40", "1.5", "5:30", "-5:30", "1:02:03.4567", "2 3:04", "1-2", "-1-2", "1 year 2 mons 3 days 04:05:06.789", "P1Y2M3DT4H5M6.5S", "1 2:03:04.99999", "3 days ago"}))
	t := types.Interval
	switch g.r.IntN(5) {
	case 0:
		if unit == "" {
			return &node{t: t, text: "INTERVAL" + digits + " " + text}
		}
		return &node{t: t, text: "INTERVAL " + text + " " + unit + digits}
	case 1:
		return &node{t: t, text: text + "::interval " + unit + digits}
	case 2:
		return &node{t: t, text: "((" + text + "::text)::interval " + unit + digits + ")"}
	case 3:
		return &node{t: t, text: "(\x00::interval " + unit + digits + "[])[1]", kids: []*node{g.expr(t.Array(), d)}}
	}
	return &node{t: t, text: "(\x00)::interval " + unit + digits, kids: []*node{g.expr(t, d)}}
}

// nested is an array of arrays, or a piece of one that is an array.
func (g *generator) nested(t types.Type, d int) *node {
	elem := t.Elem()
	row := func() string { return "ARRAY[\x00, \x00]" }
	n := &node{t: t, text: "ARRAY[" + row() + ", " + row() + "]::" + typeText(t)}
	for range 4 {
		n.kids = append(n.kids, g.expr(elem, d-1))
	}
	switch g.r.IntN(6) {
	case 0:
		n.text = "(" + n.text + ")[" + pick(g, []string{"1:1][2:2", "2:][:1", ":][2:", "1:2][2:1", "1][1:2", "0:1][1"}) + "]"
	case 1:
		n.text = "(" + n.text + " || " + row() + "::" + typeText(t) + ")"
		n.kids = append(n.kids, g.expr(elem, d-1), g.expr(elem, d-1))
	case 2:
		n.text = "(ARRAY(SELECT * FROM unnest(" + n.text + ")))"
	case 3:
		n.text = "(SELECT array_agg(x) FROM (VALUES (" + row() + "::" + typeText(t) + "), (" + row() + "::" + typeText(t) + ")) AS v(x))"
	}
	return n
}

// jsonForm is a subscript or a path of jsonb with methods and times.
func (g *generator) jsonForm(t types.Type, d int) *node {
	j := g.expr(types.JSONB, d)
	if t == types.JSONB && g.chance(40) {
		return &node{t: t, text: "(\x00)" + pick(g, []string{"['a']", "['b'][0]", "[0]", "[-1]", "['c']['d']", "['b']['x']", "[1]['a']"}), kids: []*node{j}}
	}
	path := quote(pick(g, morePaths))
	if t == types.Bool {
		return &node{t: t, text: pick(g, []string{"jsonb_path_exists", "jsonb_path_exists_tz", "jsonb_path_match_tz"}) + "(\x00, " + path + ", '{}', true)", kids: []*node{j}}
	}
	f := pick(g, []string{"jsonb_path_query_array", "jsonb_path_query_first", "jsonb_path_query_array_tz", "jsonb_path_query_first_tz"})
	return &node{t: t, text: f + "(\x00, " + path + pick(g, []string{"", ", '{}', true", `, '{"x": 1}'`}) + ")", kids: []*node{j}}
}

var morePaths = []string{
	"$.**{1}", "$.**{1 to 2}", "$.**{last}", "strict $.**", "$.b[*].size()", "$.b.type()", "$[*].a", "$.* ? (@ == null)", `$.b ? (@[*] == "x")`, "$.keyvalue().value", "$.keyvalue().id",
	`"2024-02-29".datetime()`, `"12:34:56".datetime()`, `"2024-02-29 12:34".datetime("YYYY-MM-DD HH24:MI")`, `"2024-02-29".datetime() < "2024-03-01 00:00:00+02".datetime()`,
	`"29.02.2024".datetime("DD.MM.YYYY").type()`, `$ ? (@.a like_regex "^[A-Z]" flag "i")`, `$.c.d like_regex "E" flag "q"`, "$.a.abs()", "$.a.floor() - 1", "(-1.5).ceiling()", `"1e3".double()`, "$[0, 2]", "$[last - 1]",
	"$.b[0 to last]", `$ ? (exists(@.b[*] ? (@ == "x")))`, "($.a > 0) is unknown", "$.a ? (@ > 0 && !(@ == 2))", "+$.b[*]", "$.a * $x", "1 + 2 * $.a - 3 % 2", `$."a"`, `$."k" == true`, "$.b[*] ? (@.type() <> \"null\")", "strict $[5]", "$.a[*]", "$ == 1.50", "lax $[0].a[0]",
}

// setOf is a function in FROM whose arguments have subqueries; beside are the columns that these may read.
func (s *selects) setOf(a string, beside []column) (*node, []column) {
	defer s.deeper()()
	outer := s.columns
	s.columns = append(append([]column(nil), outer...), beside...)
	defer func() { s.columns = outer }()
	item := func(text string, t types.Type, q *node) (*node, []column) {
		if q == nil {
			return nil, nil
		}
		return &node{t: fromItem, text: text + " AS " + a + "(x)", kids: []*node{q}}, []column{{a + ".x", t}}
	}
	switch s.r.IntN(4) {
	case 0:
		return item("generate_series(1, least(\x00, 4))", types.Int4, s.scalar(types.Int4, 1))
	case 1:
		return item("string_to_table(\x00, 'b')", types.Text, s.scalar(types.Text, 1))
	}
	t := pick(s.generator, []types.Type{types.Int4Array, types.TextArray})
	return item("unnest(\x00)", t.Elem(), s.scalar(t, 1))
}

// overGroups are window functions over groups: over keys and aggregates.
func (s *selects) overGroups(keys, calls []column) []column {
	var names []string
	for _, c := range append(append([]column(nil), keys...), calls...) {
		if sortable(c.t) {
			names = append(names, c.name)
		}
	}
	total := strings.Join(names, ", ")
	if total == "" {
		return nil
	}
	c := pick(s.generator, calls)
	over := " OVER (ORDER BY " + total + ")"
	if len(keys) > 0 && s.chance(50) {
		over = " OVER (PARTITION BY " + pick(s.generator, keys).name + " ORDER BY " + total + s.frame() + ")"
	}
	out := []column{pick(s.generator, []column{
		{"row_number()" + over, types.Int8},
		{"rank() OVER (ORDER BY " + names[0] + ")", types.Int8},
		{"lag(" + c.name + ")" + over, c.t},
		{"first_value(" + c.name + ")" + over, c.t},
		{"count(" + c.name + ")" + over, types.Int8},
		{"ntile(2)" + over, types.Int4},
	})}
	switch c.t {
	case types.Int4:
		out = append(out, column{"sum(" + c.name + ")" + over, types.Int8})
	case types.Int8, types.Numeric:
		out = append(out, column{"sum(" + c.name + ")" + over, types.Numeric}, column{"max(" + c.name + ")" + over, c.t})
	case types.Text:
		out = append(out, column{"string_agg(" + c.name + ", '+')" + over, types.Text}, column{"min(" + c.name + ")" + over, c.t})
	}
	return out
}

// withIn is a WITH inside a subquery; its query may read what is around.
func (s *selects) withIn(want []types.Type) *node {
	name := s.alias()
	had := len(s.ctes)
	with, entry := "WITH", (*node)(nil)
	if s.chance(35) {
		with, entry = "WITH RECURSIVE", s.named(name, func(want []types.Type) *node { return s.recursive(name, want) })
	} else {
		entry = s.named(name, s.query)
	}
	q := s.query(want)
	s.ctes = s.ctes[:had]
	return &node{t: whole, text: "(" + with + " \x00 \x00)", kids: []*node{entry, q}}
}

// ofAround is an aggregate of the query around a subquery, over a column of it or a subquery that reads that.
func (s *selects) ofAround(cols []column) column {
	c := pick(s.generator, cols)
	x := c.name
	if s.chance(50) {
		x = "(SELECT " + x + ")"
	}
	if c.t == types.Int4 && s.chance(50) {
		return column{"(SELECT sum(" + x + "))", types.Int8}
	}
	return column{"(SELECT count(" + x + "))", types.Int8}
}
