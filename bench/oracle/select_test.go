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
	with := s.with()
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
	order, limit, unsorted := part(""), part(""), true
	if s.chance(45) {
		order, unsorted = option(s.totalOrder(len(want))), false
		switch {
		case s.chance(55):
			limit = option(pick(s.generator, []string{" LIMIT %d", " FETCH FIRST %d ROWS ONLY", " LIMIT (1 + %d)", " LIMIT (SELECT 1 + %d)"}))
			limit.text = fmt.Sprintf(limit.text, s.r.IntN(8))
			if s.chance(40) && !strings.Contains(limit.text, "FETCH") {
				limit.text += fmt.Sprintf(" OFFSET %d", s.r.IntN(4))
			}
		case s.chance(40):
			order = part(s.totalOrder(1))
			limit = part(fmt.Sprintf(" FETCH FIRST %d ROWS WITH TIES", 1+s.r.IntN(5)))
			unsorted = true
		}
	}
	return &node{t: whole, text: "\x00\x00\x00\x00", kids: []*node{with, body, order, limit}, unsorted: unsorted}
}

func (s *selects) totalOrder(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint(i+1) + pick(s.generator, []string{"", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"})
	}
	return " ORDER BY " + strings.Join(keys, ", ")
}

// deeper goes into a subquery: aggregates and window functions of the query around it stay out of sight, and the keys
// of its groups that are no columns, which PostgreSQL does not find there.
func (s *selects) deeper() (back func()) {
	outer := s.columns
	s.columns = slices.DeleteFunc(slices.Clone(outer), func(c column) bool { return strings.ContainsAny(c.name, "( :") })
	s.nested++
	return func() { s.columns = outer; s.nested-- }
}

// query is one SELECT that gives columns of the types want.
func (s *selects) query(want []types.Type) *node {
	defer s.deeper()()
	if s.nested > 1 && s.nested < 4 && s.chance(8) {
		return s.several(want)
	}
	if s.nested > 1 && s.nested < 4 && s.chance(4) {
		return s.withIn(want)
	}
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
		if s.chance(8) {
			n = s.distinctOn(want, from, where, cols)
			return
		}
		windows := part("")
		if s.chance(20) && s.nested < 3 {
			s.columns = append(s.columns, s.overs(cols, windows)...)
		}
		distinct := part("")
		if s.chance(15) {
			distinct = option("DISTINCT ")
		}
		n = &node{t: whole, text: "SELECT \x00\x00 FROM \x00\x00\x00", kids: []*node{distinct, s.items(want), from, where, windows}}
	})
	return n
}

// several is a set operation, or VALUES, in a subquery.
func (s *selects) several(want []types.Type) *node {
	if s.chance(60) {
		op := pick(s.generator, []string{"UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"})
		return &node{t: whole, text: "\x00 " + op + " \x00", kids: []*node{s.query(want), s.query(want)}}
	}
	n := &node{t: whole, text: "VALUES "}
	for r := range 1 + s.r.IntN(3) {
		n.text += []string{"", ", "}[min(r, 1)] + "("
		for i, t := range want {
			n.text += []string{"", ", "}[min(i, 1)] + "\x00"
			n.kids = append(n.kids, s.expr(t, 2))
		}
		n.text += ")"
	}
	return n
}

func (s *selects) items(want []types.Type) *node {
	items := part("")
	for i, t := range want {
		item := part("\x00", s.expr(t, 2))
		switch {
		case !s.chance(6):
		case t == types.Int4:
			item.text = "generate_series(1, \x00 % 3)"
		case t.Array() != types.Type{} && typeText(t) != "":
			item = part("unnest(ARRAY[\x00, \x00]::"+typeText(t)+"[])", s.expr(t, 1), s.leaf(t))
		}
		if i > 0 {
			item.text, item.optional = ", "+item.text, true
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
	if s.chance(12) {
		calls = append(calls, s.ofAround(cols))
	}
	group := part("")
	if len(keys) > 0 {
		group = part(" GROUP BY " + s.groupBy(keys, sets))
		if sets && (len(keys) > 1 || s.chance(50)) {
			calls = append(calls, column{"grouping(" + keys[s.r.IntN(len(keys))].name + ")", types.Int4})
		}
	}
	// What may be read now: keys, aggregates, and columns of queries around this one.
	outer := inner[:len(inner)-len(cols)]
	s.columns = append(append(slices.Clone(outer), keys...), calls...)
	having := part("")
	if s.chance(30) {
		having = option(" HAVING \x00", s.expr(types.Bool, 2))
	}
	if s.chance(25) {
		s.columns = append(s.columns, s.overGroups(keys, calls)...)
	}
	items := s.items(want)
	s.columns = inner
	return &node{t: whole, text: "SELECT \x00 FROM \x00\x00\x00\x00", kids: []*node{items, from, where, group, having}}
}

// mentions says whether n reads one of cols.
func mentions(n *node, cols []column) bool {
	return n.any(func(n *node) bool { return slices.ContainsFunc(cols, func(c column) bool { return c.name == n.text }) })
}
