package oracle

import (
	"fmt"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// groupBy is the list of a GROUP BY over keys: sets of them, or just these.
func (s *selects) groupBy(keys []column, sets bool) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	list, first, last := strings.Join(names, ", "), names[0], names[len(names)-1]
	if !sets {
		return list
	}
	return pick(s.generator, []string{
		"ROLLUP (" + list + ")",
		"CUBE (" + list + ")",
		"GROUPING SETS ((" + list + "), (" + first + "), ())",
		first + ", ROLLUP (" + last + ")",
		"GROUPING SETS (ROLLUP (" + list + "), CUBE (" + last + "), (" + last + "))",
		"ROLLUP (" + first + "), CUBE (" + last + ")",
		"DISTINCT ROLLUP (" + list + "), ROLLUP (" + first + ")",
		"ROLLUP ((" + list + "), " + first + ")",
	})
}

// distinctOn is a SELECT DISTINCT ON, in parentheses because of its order.
func (s *selects) distinctOn(want []types.Type, from, where *node, cols []column) *node {
	on := []string{pick(s.generator, cols).name}
	if s.chance(40) {
		on = append(on, pick(s.generator, cols).name)
	}
	keys := make([]string, 0, len(cols))
	for _, name := range on {
		keys = append(keys, name+pick(s.generator, []string{"", " DESC", " NULLS FIRST"}))
	}
	for _, c := range cols {
		keys = append(keys, c.name+pick(s.generator, []string{"", " DESC"}))
	}
	outer := s.columns
	for _, call := range s.overs(cols, part(""))[:s.r.IntN(2)] { // rows that are else equal may differ in it
		s.columns = append(s.columns, call)
		keys = append(keys, call.name)
	}
	items := s.items(want)
	for _, item := range items.kids {
		if strings.Contains(item.text, "(") { // what returns a set is unfolded before DISTINCT ON
			item.text = strings.Repeat(", ", min(1, strings.Count(item.text[:1], ","))) + "\x00"
			item.kids = item.kids[:1]
			if item.kids[0].t != want[0] && item.text == "\x00" {
				item.kids[0] = s.leaf(want[0])
			}
		}
	}
	s.columns = outer
	text := fmt.Sprintf("(SELECT DISTINCT ON (%s) \x00 FROM \x00\x00 ORDER BY %s)", strings.Join(on, ", "), strings.Join(keys, ", "))
	q := &node{t: whole, text: text, kids: []*node{items, from, where}}
	return &node{t: whole, text: "SELECT * FROM \x00 AS " + s.alias(), kids: []*node{q}}
}

// aggregate is a call over columns. Where order matters, it is given.
func (s *selects) aggregate(cols []column) column {
	c, by := pick(s.generator, cols), pick(s.generator, cols)
	distinct := pick(s.generator, []string{"", "", "", "DISTINCT "})
	var call column
	switch p := s.r.IntN(16); {
	case p == 0:
		call = column{"count(*)", types.Int8}
	case p == 1:
		call = column{"count(" + distinct + c.name + ")", types.Int8}
	case p == 2 || p == 3:
		call = s.gathering(c, cols)
	case p == 4:
		call = s.orderedSet(c, by)
	case p <= 6 && sortable(c.t) && c.t != types.Bool && c.t != types.JSONB && c.t != types.UUID && c.t != types.Bytea:
		call = column{pick(s.generator, []string{"min", "max"}) + "(" + c.name + ")", c.t}
	case p == 7 && c.t == types.Text:
		call = column{"string_agg(" + distinct + c.name + ", '+' ORDER BY " + c.name + pick(s.generator, []string{"", " DESC"}) + ")", types.Text}
		if distinct != "" {
			call.name = "string_agg(DISTINCT " + c.name + ", '+' ORDER BY " + c.name + ", '+')"
		}
	case c.t == types.Bool:
		call = column{pick(s.generator, []string{"bool_and", "bool_or", "every"}) + "(" + distinct + c.name + ")", types.Bool}
	case c.t == types.Int4:
		call = pick(s.generator, []column{
			{"sum(" + distinct + c.name + ")", types.Int8},
			{"avg(" + distinct + c.name + ")", types.Numeric},
			{"stddev(" + distinct + c.name + ")", types.Numeric},
			{"bit_and(" + c.name + ")", types.Int4},
			{"bit_or(" + c.name + ")", types.Int4},
			{"bit_xor(" + distinct + c.name + ")", types.Int4},
			{"var_samp(" + c.name + ")", types.Numeric},
		})
	case c.t == types.Int8 || c.t == types.Numeric:
		call = column{pick(s.generator, []string{"sum", "avg", "variance", "stddev_pop"}) + "(" + distinct + c.name + ")", types.Numeric}
	case c.t == types.Interval:
		call = column{pick(s.generator, []string{"sum", "avg"}) + "(" + distinct + c.name + ")", c.t}
	case c.t == types.Float8:
		call = column{pick(s.generator, []string{"sum", "avg", "var_pop"}) + "(" + distinct + c.name + ")", types.Float8}
		if by.t == types.Float8 || by.t == types.Int4 {
			f := pick(s.generator, []string{"corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept", "regr_r2", "regr_avgx", "regr_sxy", "regr_syy"})
			call = column{f + "(" + c.name + ", " + by.name + ")", types.Float8}
		}
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

// gathering is an aggregate that keeps all values, in an order that leaves no ties but among equal rows.
func (s *selects) gathering(c column, cols []column) column {
	names := make([]string, 0, len(cols))
	for _, other := range cols {
		names = append(names, other.name+pick(s.generator, []string{"", " DESC", " NULLS FIRST"}))
	}
	total := " ORDER BY " + strings.Join(names, ", ")
	switch p := s.r.IntN(5); {
	case p <= 1 && (c.t == types.Int4 || c.t == types.Text):
		if s.chance(30) {
			return column{"array_agg(DISTINCT " + c.name + pick(s.generator, []string{"", " ORDER BY " + c.name + " DESC"}) + ")", c.t.Array()}
		}
		return column{"array_agg(" + c.name + total + ")", c.t.Array()}
	case p == 2:
		return column{"jsonb_object_agg(coalesce(" + c.name + "::text, '-'), " + pick(s.generator, cols).name + total + ")", types.JSONB}
	case p == 3 && c.t != types.JSONB:
		return column{"jsonb_agg(DISTINCT " + c.name + ")", types.JSONB}
	}
	return column{"jsonb_agg(" + c.name + total + ")", types.JSONB}
}

// orderedSet is an aggregate WITHIN GROUP.
func (s *selects) orderedSet(c, by column) column {
	order := " WITHIN GROUP (ORDER BY " + by.name + pick(s.generator, []string{"", "", " DESC"}) + ")"
	fraction := pick(s.generator, []string{"0.5", "0.25", "0", "1", "0.9"})
	switch {
	case s.chance(30):
		return column{"mode()" + order, by.t}
	case (by.t == types.Float8 || by.t == types.Int4 || by.t == types.Int8 || by.t == types.Numeric) && s.chance(50):
		return column{"percentile_cont(" + fraction + ")" + order, types.Float8}
	case by.t == types.Int4 && s.chance(50):
		f := pick(s.generator, []column{{"rank", types.Int8}, {"dense_rank", types.Int8}, {"percent_rank", types.Float8}, {"cume_dist", types.Float8}})
		return column{f.name + "(2)" + order, f.t}
	case by.t == types.Int4:
		return column{"percentile_disc(ARRAY[0.1, 0.5, NULL])" + order, types.Int4Array}
	}
	return column{"percentile_disc(" + fraction + ")" + order, by.t}
}
