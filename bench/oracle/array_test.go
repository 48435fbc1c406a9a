package oracle

import (
	"fmt"

	"github.com/vexfs/vexstream/engine/types"
)

// arrayForm is an array made of pieces.
func (g *generator) arrayForm(t types.Type, d int) *node {
	elem := t.Elem()
	switch g.r.IntN(6) {
	case 0, 1, 2:
		n := &node{t: t, text: "ARRAY[\x00", kids: []*node{g.expr(elem, d)}}
		for range g.r.IntN(3) {
			n.text += ", \x00"
			n.kids = append(n.kids, g.expr(elem, d-1))
		}
		n.text += "]::" + typeText(t)
		return n
	case 3:
		return &node{t: t, text: "(\x00)[\x00:\x00]", kids: []*node{g.expr(t, d), g.subscript(), g.subscript()}}
	case 4:
		return &node{t: t, text: "(\x00)[" + pick(g, []string{":2", "2:", ":"}) + "]", kids: []*node{g.expr(t, d)}}
	}
	return &node{t: t, text: "(\x00 || \x00)", kids: []*node{g.expr(t, d), g.appended(t, elem, d)}}
}

// appended is what || puts behind an array of type t. An unknown literal would be an array, too.
func (g *generator) appended(t, elem types.Type, d int) *node {
	if g.calm && elem == types.Text {
		return g.expr(t, d)
	}
	return g.expr(pick(g, []types.Type{t, elem}), d)
}

func (g *generator) subscript() *node {
	if g.calm {
		return &node{t: types.Int4, text: pick(g, []string{"1", "2", "0", "-1"})}
	}
	return &node{t: types.Int4, text: pick(g, []string{"1", "2", "0", "3", "-1", "i4", "j4"})}
}

// element is a piece of an array of t.
func (g *generator) element(t types.Type, d int) *node {
	if g.chance(20) {
		return &node{t: t, text: "(\x00)[\x00][\x00]", kids: []*node{g.expr(t.Array(), d), g.subscript(), g.subscript()}}
	}
	return &node{t: t, text: "(\x00)[\x00]", kids: []*node{g.expr(t.Array(), d), g.subscript()}}
}

var comparisons = []string{"=", "<>", "!=", "<", "<=", ">", ">="}

// quantified compares with the elements of an array.
func (g *generator) quantified(d int) *node {
	t := pick(g, arrayKinds)
	form := fmt.Sprintf("(\x00 %s %s (\x00))", pick(g, comparisons), pick(g, []string{"ANY", "ALL", "SOME"}))
	if g.chance(10) && t == types.TextArray {
		form = fmt.Sprintf("(\x00 %s ANY (\x00))", pick(g, []string{"LIKE", "ILIKE", "NOT LIKE"}))
	}
	return &node{t: types.Bool, text: form, kids: []*node{g.expr(t.Elem(), d), g.expr(t, d)}, loose: true}
}

// rowwise is a condition about rows.
func (g *generator) rowwise(d int) *node {
	left := make([]types.Type, 2+g.r.IntN(2))
	for i := range left {
		left[i] = g.comparable()
	}
	n := &node{t: types.Bool, loose: true}
	row := func(make func(types.Type, int) *node) string {
		text := "("
		if g.chance(30) {
			text = "ROW("
		}
		for i, t := range left {
			if i > 0 {
				text += ", "
			}
			text += "\x00"
			n.kids = append(n.kids, make(t, d))
		}
		return text + ")"
	}
	first := row(g.expr)
	not := pick(g, []string{"", "", "NOT "})
	switch g.r.IntN(6) {
	case 0:
		n.text = "(" + first + " IS " + not + "DISTINCT FROM " + row(g.argument) + ")"
	case 1:
		n.text = "(" + first + " IS " + not + "NULL)"
	case 2:
		n.text = "(" + first + " " + not + "IN (" + row(g.argument) + ", " + row(g.argument) + "))"
	case 3:
		n.text = "(" + first + " " + not + "BETWEEN " + row(g.expr) + " AND " + row(g.expr) + ")"
	default:
		n.text = "(" + first + " " + pick(g, comparisons) + " " + row(g.argument) + ")"
	}
	return n
}

// pathForm is an operator or a function with a constant SQL/JSON path.
func (g *generator) pathForm(t types.Type, d int) *node {
	path := quote(pick(g, pools[types.OIDJSONPath]))
	json := g.expr(types.JSONB, d)
	vars := pick(g, []string{"", "", `, '{"x": 2}'`, `, '{"x": "1"}', true`, `, '{}', true`})
	switch {
	case t == types.Bool && g.chance(50):
		return &node{t: t, text: "((\x00)::jsonb " + pick(g, []string{"@?", "@@"}) + " " + path + ")", kids: []*node{json}}
	case t == types.Bool:
		return &node{t: t, text: pick(g, []string{"jsonb_path_exists", "jsonb_path_match"}) + "(\x00, " + path + vars + ")", kids: []*node{json}}
	}
	return &node{t: t, text: pick(g, []string{"jsonb_path_query_array", "jsonb_path_query_first"}) + "(\x00, " + path + vars + ")", kids: []*node{json}}
}

// typmods are the modifiers that a cast to a type may have.
var typmods = map[types.Type][]string{
	types.Numeric:     {"numeric(8,2)", "numeric(20)", "numeric(3,5)", "decimal(30,10)", "numeric(5,-2)"},
	types.Varchar:     {"varchar(3)", "varchar(10)", "character varying(1)"},
	types.BPChar:      {"char(3)", "char", "character(8)", "bpchar"},
	types.Timestamp:   {"timestamp(0)", "timestamp(3)"},
	types.Timestamptz: {"timestamptz(0)", "timestamp(1) with time zone"},
	types.Time:        {"time(0)", "time(2)"},
	types.Interval:    {"interval(0)", "interval(3)", "interval year to month", "interval day", "interval hour to second(1)", "interval month"},
}
