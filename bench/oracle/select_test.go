package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// selects makes random queries over the small tables.
type selects struct {
	*generator
	aliases int
	ctes    []relation
	nested  int // how deep the subquery being made is
}

func newSelects(g *generator) *selects {
	s := &selects{generator: g}
	g.calm, g.calmly = true, queryTypes
	g.sub, g.inQuery = s.scalar, s.condition
	return s
}

func part(text string, kids ...*node) *node { return &node{t: clause, text: text, kids: kids} }

func option(text string, kids ...*node) *node {
	n := part(text, kids...)
	n.optional = true
	return n
}

func (s *selects) alias() string {
	s.aliases++
	return fmt.Sprintf("r%d", s.aliases)
}

// within makes something in a scope of more columns, and goes back to the scope before.
func (s *selects) within(cols []column, make func()) {
	outer := s.columns
	s.columns = append(slices.Clip(outer), cols...)
	make()
	s.columns = outer
}

// top is a whole query: with a WITH, a set operation, an order and a limit now and then.
func (s *selects) top() *node {
	s.aliases, s.ctes, s.columns, s.nested = 0, nil, nil, 0
	with := part("")
	if s.chance(12) {
		var want []types.Type
		for range 1 + s.r.IntN(3) {
			want = append(want, s.anyType())
		}
		q, rel := s.query(want), relation{name: "w"}
		names := make([]string, len(want))
		for i, t := range want {
			names[i] = fmt.Sprintf("c%d", i)
			rel.cols = append(rel.cols, column{names[i], t})
		}
		with = option("WITH w("+strings.Join(names, ", ")+") AS (\x00) ", q)
		s.ctes = append(s.ctes, rel)
	}
	want := make([]types.Type, 1+s.r.IntN(4))
	for i := range want {
		want[i] = s.anyType()
	}
	body := s.query(want)
	if s.chance(15) {
		op := pick(s.generator, []string{"UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"})
		body = &node{t: whole, text: "\x00 " + op + " \x00", kids: []*node{body, s.query(want)}}
		if s.chance(20) {
			op = pick(s.generator, []string{"UNION", "INTERSECT", "EXCEPT"})
			body = &node{t: whole, text: "\x00 " + op + " \x00", kids: []*node{body, s.query(want)}}
		}
	}
	order, limit := part(""), part("")
	if s.chance(40) {
		order = option(s.totalOrder(len(want)))
		if s.chance(60) {
			limit = option(fmt.Sprintf(" LIMIT %d", s.r.IntN(8)))
			if s.chance(40) {
				limit.text += fmt.Sprintf(" OFFSET %d", s.r.IntN(4))
			}
		}
	}
	return &node{t: whole, text: "\x00\x00\x00\x00", kids: []*node{with, body, order, limit}}
}

func (s *selects) totalOrder(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint(i+1) + pick(s.generator, []string{"", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"})
	}
	return " ORDER BY " + strings.Join(keys, ", ")
}

// deeper goes into a subquery: aggregates and window functions of the query around it stay out of sight.
func (s *selects) deeper() (back func()) {
	outer := s.columns
	s.columns = slices.DeleteFunc(slices.Clone(outer), func(c column) bool { return strings.Contains(c.name, "(") })
	s.nested++
	return func() { s.columns = outer; s.nested-- }
}

// query is one SELECT that gives columns of the types want.
func (s *selects) query(want []types.Type) *node {
	defer s.deeper()()
	from, cols := s.from(3 - min(s.nested, 2) + s.r.IntN(2))
	var n *node
	s.within(cols, func() {
		where := part("")
		if s.chance(60) {
			where = option(" WHERE \x00", s.expr(types.Bool, 3-min(s.nested, 2)))
		}
		if s.chance(35) {
			n = s.grouped(want, from, where, cols)
			return
		}
		if s.chance(20) && s.nested < 3 {
			s.columns = append(s.columns, s.overs(cols)...)
		}
		distinct := part("")
		if s.chance(15) {
			distinct = option("DISTINCT ")
		}
		n = &node{t: whole, text: "SELECT \x00\x00 FROM \x00\x00", kids: []*node{distinct, s.items(want), from, where}}
	})
	return n
}

func (s *selects) items(want []types.Type) *node {
	items := part("")
	for i, t := range want {
		item := part("\x00", s.expr(t, 2))
		if i > 0 {
			item = option(", \x00", item.kids[0])
		}
		items.text += "\x00"
		items.kids = append(items.kids, item)
	}
	return items
}

// grouped is a SELECT with GROUP BY, HAVING and aggregates.
func (s *selects) grouped(want []types.Type, from, where *node, cols []column) *node {
	inner := s.columns
	var keys []column
	sets := s.chance(30) // an expression that folds to a constant is not null there where its set lacks it
	for range s.r.IntN(3) {
		t := s.anyType()
		key := s.leaf(t)
		if !sets && s.chance(25) {
			key = s.expr(t, 1)
		}
		if key.any(func(n *node) bool { return isClause(n.t) }) || !mentions(key, cols) {
			continue
		}
		keys = append(keys, column{key.String(), t})
	}
	var calls []column
	for range 1 + s.r.IntN(4) {
		calls = append(calls, s.aggregate(cols))
	}
	group := part("")
	if len(keys) > 0 {
		names := make([]string, len(keys))
		for i, k := range keys {
			names[i] = k.name
		}
		list := strings.Join(names, ", ")
		switch form := s.r.IntN(3); {
		case !sets:
			group = part(" GROUP BY " + list)
		case form == 0:
			group = part(" GROUP BY ROLLUP (" + list + ")")
		case form == 1:
			group = part(" GROUP BY CUBE (" + list + ")")
		default:
			group = part(" GROUP BY GROUPING SETS ((" + list + "), (" + names[0] + "), ())")
		}
		if len(names) > 1 || s.chance(50) {
			calls = append(calls, column{"grouping(" + names[0] + ")", types.Int4})
		}
	}
	// What may be read now: keys, aggregates, and columns of queries around this one.
	outer := inner[:len(inner)-len(cols)]
	s.columns = append(append(slices.Clone(outer), keys...), calls...)
	having := part("")
	if s.chance(30) {
		having = option(" HAVING \x00", s.expr(types.Bool, 2))
	}
	items := s.items(want)
	s.columns = inner
	return &node{t: whole, text: "SELECT \x00 FROM \x00\x00\x00\x00", kids: []*node{items, from, where, group, having}}
}

// mentions says whether n reads one of cols.
func mentions(n *node, cols []column) bool {
	return n.any(func(n *node) bool { return slices.ContainsFunc(cols, func(c column) bool { return c.name == n.text }) })
}

// aggregate is a call over columns. Where order matters, it is given.
func (s *selects) aggregate(cols []column) column {
	c := pick(s.generator, cols)
	distinct := pick(s.generator, []string{"", "", "", "DISTINCT "})
	var call column
	switch p := s.r.IntN(10); {
	case p == 0:
		call = column{"count(*)", types.Int8}
	case p == 1:
		call = column{"count(" + distinct + c.name + ")", types.Int8}
	case p <= 3 && c.t != types.Bool:
		call = column{pick(s.generator, []string{"min", "max"}) + "(" + c.name + ")", c.t}
	case p == 4 && c.t == types.Text:
		call = column{"string_agg(" + distinct + c.name + ", '+' ORDER BY " + c.name + ")", types.Text}
		if distinct != "" {
			call.name = "string_agg(DISTINCT " + c.name + ", '+')"
		}
	case c.t == types.Bool:
		call = column{pick(s.generator, []string{"bool_and", "bool_or", "every"}) + "(" + c.name + ")", types.Bool}
	case c.t == types.Int4:
		call = pick(s.generator, []column{{"sum(" + distinct + c.name + ")", types.Int8}, {"avg(" + distinct + c.name + ")", types.Numeric}, {"stddev(" + c.name + ")", types.Numeric}})
	case c.t == types.Int8 || c.t == types.Numeric:
		call = column{pick(s.generator, []string{"sum", "avg", "variance", "stddev_pop"}) + "(" + c.name + ")", types.Numeric}
	case c.t == types.Float8:
		call = column{pick(s.generator, []string{"sum", "avg"}) + "(" + distinct + c.name + ")", types.Float8}
	default:
		call = column{"count(" + c.name + ")", types.Int8}
	}
	if s.chance(20) {
		s.within(nil, func() {
			s.columns = cols
			sub, in := s.sub, s.inQuery
			s.sub, s.inQuery = nil, nil
			call.name += " FILTER (WHERE " + s.expr(types.Bool, 1).String() + ")"
			s.sub, s.inQuery = sub, in
		})
	}
	return call
}

// overs are calls of window functions.
func (s *selects) overs(cols []column) []column {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
	}
	var out []column
	for range 2 {
		total := strings.Join(names, pick(s.generator, []string{", ", " DESC, "}))
		by := pick(s.generator, names)
		partition := ""
		if s.chance(60) {
			partition = "PARTITION BY " + pick(s.generator, names) + " "
		}
		c := pick(s.generator, cols)
		frame := pick(s.generator, []string{
			"", "", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING",
			" ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW", " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " RANGE UNBOUNDED PRECEDING", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES",
		})
		over := " OVER (" + partition + "ORDER BY " + total + frame + ")"
		loose := " OVER (" + partition + "ORDER BY " + by + ")"
		out = append(out, pick(s.generator, []column{
			{"row_number()" + over, types.Int8},
			{"rank()" + loose, types.Int8},
			{"dense_rank()" + loose, types.Int8},
			{"percent_rank()" + loose, types.Float8},
			{"cume_dist()" + loose, types.Float8},
			{"ntile(3)" + over, types.Int4},
			{"lag(" + c.name + ")" + over, c.t},
			{"lead(" + c.name + ", 2)" + over, c.t},
			{"first_value(" + c.name + ")" + over, c.t},
			{"last_value(" + c.name + ")" + over, c.t},
			{"nth_value(" + c.name + ", 2)" + over, c.t},
			{"count(" + c.name + ")" + over, types.Int8},
			{"count(*)" + loose, types.Int8},
		}))
		if a := s.aggregate(cols); !strings.Contains(a.name, "DISTINCT") && !strings.Contains(a.name, "ORDER BY") {
			out = append(out, column{a.name + over, a.t})
		}
	}
	return out
}
