package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// beside puts two entries of a FROM next to each other: every row of one with every row of the other.
func (b *binder) beside(l plan.Node, ls *scope, f ast.From) (plan.Node, *scope, error) {
	if d, ok := f.(*ast.Derived); ok && d.Lateral {
		return b.lateral(plan.InnerJoin, l, ls, d, nil)
	}
	if fn, ok := isSetFunction(f); ok {
		return b.functionBeside(l, ls, fn, false)
	}
	said := len(b.said)
	r, rs, err := b.entry(f)
	if unknownName(err) && hasLateral(f) {
		b.said = b.said[:said]
		return b.sideways(plan.InnerJoin, l, ls, f, nil, err)
	}
	if err != nil {
		return nil, nil, ls.unreachable(err)
	}
	if err := distinctNames(ls, rs, f.Position()); err != nil {
		return nil, nil, err
	}
	return &plan.Join{Kind: plan.InnerJoin, Left: l, Right: r}, ls.and(rs), nil
}

// and is the columns of two entries, one after the other.
func (s *scope) and(r *scope) *scope {
	return &scope{cols: slices.Concat(s.cols, r.cols), eventTime: -1}
}

// fillable marks the columns of a side that an outer join fills up.
func (s *scope) fillable() {
	for i := range s.cols {
		s.cols[i].nullable = true
	}
}

// distinctNames refuses a name that two entries have.
func distinctNames(l, r *scope, pos int) error {
	for i := range r.cols {
		c := &r.cols[i]
		if c.table == "" {
			continue
		}
		for k := range l.cols {
			if l.cols[k].table == c.table && (l.cols[k].schema == c.schema || l.cols[k].schema == "" || c.schema == "") {
				return sqlerr.New(sqlerr.DuplicateAlias, "table name %q specified more than once", c.table).At(pos).
					WithHint("Give one of them another name: %s AS x.", c.table)
			}
		}
	}
	return nil
}

// join binds a JOIN.
func (b *binder) join(f *ast.Join) (plan.Node, *scope, error) {
	kind := plan.InnerJoin
	switch f.Kind {
	case "inner", "cross":
	case "left", "right":
		kind = plan.LeftJoin
	case "full":
		kind = plan.FullJoin
	case "asof", "asof left":
		return b.closest(f)
	default:
		return nil, nil, missing(f.Position(), "%s JOIN", f.Kind)
	}
	l, ls, err := b.entry(f.Left)
	if err != nil {
		return nil, nil, err
	}
	open := (kind == plan.InnerJoin || f.Kind == "left") && f.Using == nil && !f.Natural // to names of the left side
	on := func(both *scope) (expr.Expr, error) {
		on, _, err := b.joinCondition(f, nil, nil, nil, both)
		return on, err
	}
	if d, ok := f.Right.(*ast.Derived); ok && d.Lateral && open {
		return b.lateral(kind, l, ls, d, on)
	}
	if fn, ok := isSetFunction(f.Right); ok && open {
		return b.functionJoin(f, l, ls, fn)
	}
	right, asOf, err := b.asOf(f, l, ls)
	if err != nil {
		return nil, nil, err
	}
	said := len(b.said)
	r, rs, err := b.entry(right)
	if unknownName(err) && hasLateral(f.Right) && open {
		b.said = b.said[:said]
		return b.sideways(kind, l, ls, f.Right, on, err)
	}
	if err != nil {
		return nil, nil, ls.unreachable(err)
	}
	if err := distinctNames(ls, rs, f.Right.Position()); err != nil {
		return nil, nil, err
	}
	return b.joined(f, &plan.Join{Kind: kind, Left: l, Right: r, AsOf: asOf}, ls, rs)
}

// joined gives j, whose sides are bound, its condition.
func (b *binder) joined(f *ast.Join, j *plan.Join, ls, rs *scope) (plan.Node, *scope, error) {
	if f.Kind == "left" || f.Kind == "full" {
		rs.fillable()
	}
	if f.Kind == "right" || f.Kind == "full" {
		ls.fillable()
	}
	using := f.Using
	if f.Natural {
		using = shared(ls, rs)
	}
	both := ls.and(rs)
	on, merged, err := b.joinCondition(f, using, ls, rs, both)
	if err != nil {
		return nil, nil, err
	}
	j.On = on
	var n plan.Node = j
	if f.Kind == "right" {
		n = exchanged(j.Left, j.Right, on)
	}
	if len(merged) == 0 {
		return n, both, nil
	}
	if f.UsingAs != "" && both.hasTable(f.UsingAs) {
		return nil, nil, sqlerr.New(sqlerr.DuplicateAlias, "table name %q specified more than once", f.UsingAs)
	}
	n, both = b.merge(f, n, both, merged)
	return n, both, nil
}

// exchanged is a RIGHT JOIN: a left one of the sides in the other order, with the columns in the order of the text.
func exchanged(l, r plan.Node, on expr.Expr) plan.Node {
	ls, rs := l.Schema(), r.Schema()
	turn := func(i int) int {
		if i < len(ls) {
			return len(rs) + i
		}
		return i - len(ls)
	}
	if on != nil {
		on = expr.Remap(on, turn)
	}
	j := &plan.Join{Kind: plan.LeftJoin, Left: r, Right: l, On: on}
	p := &plan.Project{Input: j}
	in := j.Schema()
	for i := range in {
		at := turn(i)
		p.Exprs, p.Names = append(p.Exprs, expr.Col(at, in[at].Type, in[at].Name)), append(p.Names, in[at].Name)
	}
	return p
}

// shared gives the names that both sides of a NATURAL JOIN have, in the order of the left one.
func shared(l, r *scope) []string {
	var out []string
	for _, c := range l.cols {
		there := func(x column) bool { return !x.hidden && x.name == c.name }
		if !c.hidden && slices.ContainsFunc(r.cols, there) {
			out = append(out, c.name)
		}
	}
	return out
}

// merged is a column that USING makes of one of each side.
type merged struct {
	left, right int // places among both
	name        string
	l, r        expr.Expr // of their common type
}

// joinCondition binds ON, or the equality of the columns of USING.
func (b *binder) joinCondition(f *ast.Join, using []string, ls, rs, both *scope) (expr.Expr, []merged, error) {
	e := &exprs{b: b, s: both, clause: "JOIN/ON"}
	if f.On != nil {
		if a := aggregateIn(f.On); a != nil {
			return nil, nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in JOIN conditions").At(a.Position())
		}
		on, err := e.condition(f.On)
		return on, nil, err
	}
	var terms []expr.Expr
	var ms []merged
	for i, name := range using {
		if slices.Contains(using[:i], name) {
			return nil, nil, sqlerr.New(sqlerr.DuplicateColumn, "column name %q appears more than once in USING clause", name)
		}
		m := merged{name: name}
		var err error
		if m.left, err = ls.usingColumn(name, "left", f.Position()); err != nil {
			return nil, nil, err
		}
		if m.right, err = rs.usingColumn(name, "right", f.Position()); err != nil {
			return nil, nil, err
		}
		m.right += len(ls.cols)
		m.l, m.r = both.read(m.left), both.read(m.right)
		eq, err := expr.Operator("=", []expr.Expr{m.l, m.r})
		if err != nil {
			return nil, nil, at(err, f.Position())
		}
		t, err := expr.UnionType([]types.Type{m.l.Type(), m.r.Type()})
		if err != nil {
			return nil, nil, at(err, f.Position())
		}
		if m.l, err = expr.Cast(m.l, t, expr.Implicit); err != nil {
			return nil, nil, at(err, f.Position())
		}
		if m.r, err = expr.Cast(m.r, t, expr.Implicit); err != nil {
			return nil, nil, at(err, f.Position())
		}
		terms, ms = append(terms, eq), append(ms, m)
	}
	if len(terms) == 0 {
		return nil, nil, nil
	}
	return expr.And(terms...), ms, nil
}

func (s *scope) usingColumn(name, side string, pos int) (int, error) {
	found := -1
	for i := range s.cols {
		if s.cols[i].name != name || s.cols[i].only {
			continue
		}
		if found >= 0 {
			return 0, sqlerr.New(sqlerr.AmbiguousColumn, "common column name %q appears more than once in %s table", name, side).At(pos)
		}
		found = i
	}
	if found < 0 {
		return 0, sqlerr.New(sqlerr.UndefinedColumn, "column %q specified in USING clause does not exist in %s table", name, side).At(pos)
	}
	return found, nil
}

// merge puts the columns of USING before the others; theirs can still be named with their relation. They are those of USING's
// alias, if it has one.
func (b *binder) merge(f *ast.Join, n plan.Node, s *scope, ms []merged) (plan.Node, *scope) {
	width := len(ms) + len(s.cols)
	p := &plan.Project{Input: n, Exprs: make([]expr.Expr, 0, width), Names: make([]string, 0, width)}
	out := &scope{eventTime: -1, cols: make([]column, 0, width)}
	add := func(v expr.Expr, c column) {
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, c.name)
		out.cols = append(out.cols, c)
	}
	own := map[int]bool{}
	for _, m := range ms {
		v := m.l
		switch f.Kind {
		case "right":
			v = m.r
		case "full":
			v, _ = expr.Coalesce([]expr.Expr{m.l, m.r}) // they are of one type
		}
		add(v, column{table: f.UsingAs, name: m.name, t: v.Type(), same: m.same(f.Kind, v, len(ms))})
		own[m.left], own[m.right] = true, true
	}
	for i, c := range s.cols {
		if own[i] {
			c.hidden, c.only = true, true
		}
		add(s.col(i), c)
	}
	return p, out
}

// same is where the column stands, plus 1, that the merged one is, in a join that puts so many before the others; 0: none, it
// is of another type, or of either side.
func (m *merged) same(kind string, v expr.Expr, before int) int {
	c, ok := expr.IsCol(v)
	if !ok || kind == "full" {
		return 0
	}
	return before + c + 1
}
