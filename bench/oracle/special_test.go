package oracle

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// special is a form of the language that is no call.
func (g *generator) special(t types.Type, depth int) *node {
	d := depth - 1
	switch p := g.r.IntN(100); {
	case p < 14:
		n := &node{t: t, text: "CASE"}
		for range 1 + g.r.IntN(2) {
			n.text += " WHEN \x00 THEN \x00"
			n.kids = append(n.kids, g.expr(types.Bool, d), g.argument(t, d))
		}
		if g.chance(70) {
			n.text += " ELSE \x00"
			n.kids = append(n.kids, g.argument(t, d))
		}
		n.text += " END"
		return n
	case p < 18:
		by := g.comparable()
		return &node{t: t, text: "CASE \x00 WHEN \x00 THEN \x00 WHEN \x00 THEN \x00 END", kids: []*node{
			g.expr(by, d), g.argument(by, d), g.expr(t, d), g.argument(by, d), g.argument(t, d),
		}}
	case p < 26:
		return g.list(t, "coalesce", d)
	case p < 30 && sortable(t):
		return &node{t: t, text: "nullif(\x00, \x00)", kids: []*node{g.expr(t, d), g.argument(t, d)}}
	case p < 36 && sortable(t):
		return g.list(t, pick(g, []string{"greatest", "least"}), d)
	case p < 50:
		if n := g.cast(t, d); n != nil {
			return n
		}
	}
	switch {
	case t.Category() == 'A' && typeText(t) != "" && g.chance(8) && !g.calm:
		return g.nested(t, d)
	case t == types.Interval && g.chance(30) && !g.calm:
		return g.limited(d)
	case (t == types.Bool || t == types.JSONB) && g.chance(6) && !g.calm:
		return g.jsonForm(t, d)
	case t.Category() == 'A' && g.chance(70):
		return g.arrayForm(t, d)
	case (t == types.Bool || t == types.JSONB) && g.chance(8) && !g.calm:
		return g.pathForm(t, d)
	case slices.Contains(arrayKinds, t.Array()) && g.chance(8) && !g.calm:
		return g.element(t, d)
	case t == types.Bool:
		return g.condition(d)
	case t == types.Text && g.chance(50) && !g.calm:
		return g.textForm(d)
	case t == types.Timestamp && g.chance(50) && !g.calm:
		return &node{t: t, text: "(\x00 AT TIME ZONE \x00)", kids: []*node{g.expr(types.Timestamptz, d), {t: types.Text, text: pick(g, zones)}}}
	case t == types.Timestamptz && g.chance(50) && !g.calm:
		return &node{t: t, text: "(\x00 AT TIME ZONE \x00)", kids: []*node{g.expr(types.Timestamp, d), {t: types.Text, text: pick(g, zones)}}}
	case t == types.Numeric && g.chance(25) && !g.calm:
		from := pick(g, []types.Type{types.Date, types.Time, types.Timestamp, types.Timestamptz, types.Interval})
		return &node{t: t, text: "extract(" + strings.Trim(pick(g, fields), "'") + " FROM \x00)", kids: []*node{g.expr(from, d)}}
	case t == types.Interval && g.chance(30) && !g.calm:
		unit := pick(g, []string{"", "", "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "DAY TO SECOND", "YEAR TO MONTH"})
		text := pick(g, pools[types.OIDInterval])
		if unit != "" {
			text = pick(g, []string{"1", "-3", "40"})
		}
		if strings.Contains(unit, "TO") {
			text = pick(g, []string{"1 mon", "2 days 03:04:05", "1 year 2 months"})
		}
		return &node{t: t, text: strings.TrimSpace("INTERVAL " + quote(text) + " " + unit)}
	}
	return nil
}

func (g *generator) list(t types.Type, name string, d int) *node {
	n := &node{t: t, text: name + "(\x00", kids: []*node{g.expr(t, d)}}
	for range 1 + g.r.IntN(2) {
		n.text += ", \x00"
		n.kids = append(n.kids, g.argument(t, d))
	}
	n.text += ")"
	return n
}

func sortable(t types.Type) bool { return t != types.JSON && t.Category() != 'P' }

func (g *generator) comparable() types.Type {
	for {
		if t := g.anyType(); sortable(t) {
			return t
		}
	}
}

// cast is a value of another type, cast to t.
func (g *generator) cast(t types.Type, d int) *node {
	name := typeText(t)
	if name == "" {
		return nil
	}
	from := pick(g, kinds)
	if g.calm {
		from = pick(g, g.calmly)
	}
	text := from.Category() == 'S' || from == types.JSONB || from == types.JSON || from == types.TextArray
	switch {
	case from == t || !expr.CanCast(from, t, expr.Explicit):
		return nil
	case text && t.Category() != 'S' && !g.chance(10):
		return nil // nearly always an error
	case g.calm && (text || from.Category() == 'N' && t.Category() == 'N' && !widens(from, t)):
		return nil
	}
	if mods := typmods[t]; mods != nil && g.chance(40) && !g.calm {
		name = pick(g, mods)
	}
	form := "CAST(\x00 AS " + name + ")"
	if g.chance(60) {
		form = "(\x00)::" + name
	}
	return &node{t: t, text: form, kids: []*node{g.expr(from, d)}}
}

// widens says whether every value of from is one of t.
func widens(from, t types.Type) bool {
	rank := map[types.Type]int{types.Int2: 1, types.Int4: 2, types.Int8: 3, types.Numeric: 4}
	return rank[from] > 0 && rank[from] < rank[t]
}

// condition is a boolean form.
func (g *generator) condition(d int) *node {
	of := func(text string, kids ...*node) *node { return &node{t: types.Bool, text: text, kids: kids} }
	not := pick(g, []string{"", "", "NOT "})
	if g.inQuery != nil && g.chance(15) {
		return g.inQuery(d)
	}
	switch g.r.IntN(17) {
	case 14:
		return g.quantified(d)
	case 15, 16:
		return g.rowwise(d)
	case 0, 1:
		n := of("(\x00 "+pick(g, []string{"AND", "OR"})+" \x00)", g.expr(types.Bool, d), g.expr(types.Bool, d))
		n.loose = true
		return n
	case 2:
		return of("(NOT \x00)", g.expr(types.Bool, d))
	case 3:
		return of("(\x00 IS "+not+pick(g, []string{"TRUE", "FALSE", "UNKNOWN", "NULL"})+")", g.expr(types.Bool, d))
	case 4:
		return of("(\x00 IS "+not+"NULL)", g.expr(g.anyType(), d))
	case 5:
		t := g.comparable()
		return of("(\x00 IS "+not+"DISTINCT FROM \x00)", g.expr(t, d), g.argument(t, d))
	case 6, 7:
		t := g.comparable()
		n := of("(\x00 "+not+"IN (\x00", g.expr(t, d), g.argument(t, d))
		for range g.r.IntN(4) {
			n.text += ", \x00"
			n.kids = append(n.kids, g.argument(t, d-1))
		}
		n.text += "))"
		n.loose = true
		return n
	case 8:
		t := g.comparable()
		n := of("(\x00 "+not+"BETWEEN "+pick(g, []string{"", "SYMMETRIC "})+"\x00 AND \x00)", g.expr(t, d), g.argument(t, d), g.argument(t, d))
		n.loose = true
		return n
	case 9, 10:
		return g.match(not, d)
	case 11:
		if g.calm || !expr.IsFunction("overlaps") {
			break
		}
		t := pick(g, []types.Type{types.Date, types.Timestamp, types.Timestamptz, types.Time})
		n := of("((\x00, \x00) OVERLAPS (\x00, \x00))", g.expr(t, d), g.expr(t, d), g.expr(t, d), g.expr(t, d))
		return n
	}
	t := g.comparable()
	return of("(\x00 "+pick(g, comparisons)+" \x00)", g.expr(t, d), g.argument(t, d))
}

// match is LIKE and its kin.
func (g *generator) match(not string, d int) *node {
	op := pick(g, []string{"LIKE", "ILIKE", "SIMILAR TO"})
	if g.calm {
		op = "LIKE"
	}
	pattern := &node{t: types.Text, text: quote(pick(g, []string{"%a%", "a_c", "", "%", "_%", `%\%%`, "Hello%", "ä%", "%o", "a%b!_c"}))}
	if op == "SIMILAR TO" {
		pattern.text = quote(pick(g, []string{"%(a|o)%", "[a-c]+", "_{3}", "%", "a?bc", "(ab|c)*"}))
	} else if !g.calm && g.chance(20) {
		pattern = g.expr(types.Text, d)
	}
	escape := ""
	if g.chance(15) && op != "SIMILAR TO" {
		escape = " ESCAPE '!'"
	}
	return &node{t: types.Bool, text: "(\x00 " + not + op + " \x00" + escape + ")", kids: []*node{g.expr(types.Text, d), pattern}}
}

// textForm is a function of strings that SQL writes with words between its arguments.
func (g *generator) textForm(d int) *node {
	small := func() *node { return &node{t: types.Int4, text: pick(g, []string{"1", "2", "0", "3", "-1"})} }
	s := g.expr(types.Text, d)
	switch g.r.IntN(6) {
	case 0:
		return &node{t: types.Text, text: "substring(\x00 FROM \x00 FOR \x00)", kids: []*node{s, small(), small()}}
	case 1:
		return &node{t: types.Text, text: "substring(\x00 FROM \x00)", kids: []*node{s, small()}}
	case 2:
		return &node{t: types.Text, text: "trim(" + pick(g, []string{"BOTH", "LEADING", "TRAILING"}) + " \x00 FROM \x00)", kids: []*node{g.expr(types.Text, d-1), s}}
	case 3:
		if !expr.IsFunction("overlay") {
			return s
		}
		return &node{t: types.Text, text: "overlay(\x00 PLACING \x00 FROM \x00 FOR \x00)", kids: []*node{s, g.expr(types.Text, d-1), small(), small()}}
	case 4:
		return &node{t: types.Text, text: "(\x00 || \x00)", kids: []*node{s, g.expr(g.anyType(), d)}}
	}
	return &node{t: types.Text, text: "substring(\x00 FROM \x00)", kids: []*node{s, {t: types.Text, text: pick(g, patterns)}}}
}
