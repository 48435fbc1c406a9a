package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// bound is an entry of FROM that is bound already.
type bound struct {
	ast.Pos
	node  plan.Node
	scope *scope
}

// rise puts the views of an aim over n, whose first columns are those of the base. Behind the columns of the named view are
// then those at keep of n. With filter they leave out the rows that they do not show; of those in checked, by their place among the levels,
// it is instead a column more, from the innermost on, whether the row is shown.
func (b *binder) rise(a *aim, n plan.Node, keep []int, filter bool, checked []int) (plan.Node, error) {
	width := plan.Width(n) - len(keep)
	if filter {
		width = len(a.base.Columns)
	}
	for k := len(a.levels) - 1; k >= 0; k-- {
		l := &a.levels[k]
		body := &ast.Select{Pos: l.body.Pos, Items: slices.Clone(l.body.Items)}
		body.From = []ast.From{&bound{Pos: l.table.Pos, node: n, scope: l.scope(n.Schema(), min(width, len(l.below.Columns)))}}
		for _, c := range keep {
			body.Items = append(body.Items, ast.SelectItem{X: &placed{col: c}, Name: n.Schema()[c].Name})
		}
		if slices.Contains(checked, k) {
			body.Items = append(body.Items, ast.SelectItem{X: l.body.Where, Name: "\x01shown"})
		}
		if filter {
			body.Where = l.body.Where
		}
		inner := b.inView(l.view)
		var err error
		if n, err = inner.query(&ast.Query{Pos: l.body.Pos, Body: body}); err != nil {
			return nil, inView(err, l.view.QualifiedName(), 0)
		}
		b.loose, b.said, b.clockAt, b.rounds = inner.loose, inner.said, inner.clockAt, inner.rounds
		width = len(l.to)
		keep = keep[:0:0]
		for c := width; c < plan.Width(n); c++ {
			keep = append(keep, c)
		}
	}
	return n, nil
}

// scope is the first width columns as the view's query knows those of the relation that it reads; the others have no name.
func (l *level) scope(in batch.Schema, width int) *scope {
	visible := len(l.below.Visible())
	if l.ref != nil && l.ref.Columns != nil {
		visible = len(l.ref.Columns)
	}
	s := l.ref.known(relationScope(l.below, l.ref.alias(l.table.Alias, l.table, l.below)), visible)
	s.cols = slices.Clone(s.cols[:width])
	for _, f := range in[width:] {
		s.cols = append(s.cols, column{t: f.Type, hidden: true, shown: f.Name})
	}
	return s
}

// shown is the columns of the named view in n as the statement knows them, under its alias or the view's own name.
func (a *aim) shown(alias string, into *Access) *scope {
	return visibleScope(a.named, alias).from(into)
}

// behind adds the columns of n that s lacks, without names.
func (s *scope) behind(n plan.Node) *scope {
	out := &scope{eventTime: -1, cols: slices.Clone(s.cols)}
	for _, f := range n.Schema()[len(s.cols):] {
		out.cols = append(out.cols, column{t: f.Type, hidden: true, shown: f.Name})
	}
	return out
}

// target is the aim as an entry of FROM, and all columns of the base as items of a select list.
func (b *binder) target(a *aim, name ast.Name, alias string) (ast.From, []ast.SelectItem, error) {
	if a.levels == nil || a.refused != nil {
		t, items := target(a.named, name, alias)
		return t, items, nil
	}
	scan := &plan.Scan{Relation: a.base, Columns: make([]int, len(a.base.Columns))}
	for i := range scan.Columns {
		scan.Columns[i] = i
	}
	n, err := b.rise(a, scan, slices.Clone(scan.Columns), true, nil)
	if err != nil {
		return nil, nil, at(err, name.Position())
	}
	items := make([]ast.SelectItem, len(a.base.Columns))
	for i, c := range a.base.Columns {
		items[i] = ast.SelectItem{X: &placed{Pos: name.Pos, col: len(a.named.Visible()) + i}, Name: c.Name}
	}
	return &bound{Pos: name.Pos, node: n, scope: a.shown(alias, b.into).behind(n)}, items, nil
}

// given is rows of a base, nil for none, and others beside them, as the Working GivenID with the rows' numbers as the last column.
func given(base *catalog.Relation, beside []column) *plan.Working {
	w := &plan.Working{ID: GivenID, Name: "RETURNING"}
	if base != nil {
		for _, c := range base.Visible() {
			w.Columns = append(w.Columns, batch.Field{Name: c.Name, Type: c.Type})
		}
	}
	for _, c := range beside {
		w.Columns = append(w.Columns, batch.Field{Name: c.name, Type: c.t})
	}
	w.Columns = append(w.Columns, batch.Field{Name: numberColumn[1], Type: types.Int8, NotNull: true})
	return w
}

// from lists the columns from one on up to width.
func from(first, width int) []int {
	out := make([]int, 0, width-first)
	for i := first; i < width; i++ {
		out = append(out, i)
	}
	return out
}

// seenThrough is rows of the base, and columns of rest beside them, as a statement sees them that names a view.
func (b *binder) seenThrough(a *aim, alias string, rest *scope) (ast.From, error) {
	w := given(a.base, rest.cols)
	n, err := b.rise(a, w, from(len(a.base.Visible()), plan.Width(w)), false, nil)
	if err != nil {
		return nil, err
	}
	s := a.shown(alias, b.into)
	s.cols = append(slices.Clone(s.cols), rest.cols...)
	s.cols = append(s.cols, column{table: givenName, name: numberColumn[1], t: types.Int8, hidden: true})
	return &bound{node: n, scope: s}, nil
}

// bothThrough is pairs of a row that is there and one that was to be inserted, as ON CONFLICT DO UPDATE of a view sees them.
func (b *binder) bothThrough(a *aim, alias string) (ast.From, error) {
	base := a.base.Visible()
	var others []column
	for _, c := range base {
		others = append(others, column{name: c.Name, t: c.Type})
	}
	w := given(a.base, others)
	n, err := b.rise(a, w, from(len(base), plan.Width(w)), false, nil)
	if err != nil {
		return nil, err
	}
	// The other row's columns to the front: the views are put over them in their turn.
	in, width := n.Schema(), len(a.named.Visible())
	p := &plan.Project{Input: n}
	order := append(from(width, width+len(base)), from(0, width)...)
	for _, c := range append(order, width+len(base)) {
		p.Exprs, p.Names = append(p.Exprs, expr.Col(c, in[c].Type, in[c].Name)), append(p.Names, in[c].Name)
	}
	if n, err = b.rise(a, p, from(len(base), plan.Width(p)), false, nil); err != nil {
		return nil, err
	}
	s := a.shown("excluded", b.into)
	s.cols = append(slices.Clone(s.cols), a.shown(alias, b.into).cols...)
	s.cols = append(s.cols, column{table: givenName, name: numberColumn[1], t: types.Int8, hidden: true})
	return &bound{node: n, scope: s}, nil
}

// Checks are the conditions of views that a row must meet that is written through them. The plan gives, for rows in the visible
// columns of the base as the Working GivenID, whether each view shows the row, and then the row's number.
type Checks struct {
	Views []string
	Plan  plan.Node
}

// checks are the CHECK OPTIONs of an aim; nil: there are none. That of a view holds for the views below it too, if it is
// cascaded.
func (b *binder) checks(a *aim) (*Checks, error) {
	var of []int
	cascaded := false
	for k := range a.levels {
		l := &a.levels[k]
		option := l.view.Option(catalog.CheckOption, "")
		cascaded = cascaded || option == "cascaded"
		if l.body.Where != nil && (cascaded || option != "") {
			of = append(of, k)
		}
	}
	if of == nil {
		return nil, nil
	}
	w := given(a.base, nil)
	n, err := b.rise(a, w, from(len(a.base.Visible()), plan.Width(w)), false, of)
	if err != nil {
		return nil, err
	}
	out := &Checks{}
	in, width := n.Schema(), len(a.named.Visible())
	p := &plan.Project{Input: n}
	for i, k := range slices.Backward(of) {
		at := width + len(of) - i
		out.Views = append(out.Views, a.levels[k].view.Name)
		p.Exprs, p.Names = append(p.Exprs, expr.Col(at, types.Bool, in[at].Name)), append(p.Names, in[at].Name)
	}
	p.Exprs, p.Names = append(p.Exprs, expr.Col(width, types.Int8, numberColumn[1])), append(p.Names, numberColumn[1])
	out.Plan = plan.Optimize(p, plan.Options{Bounded: true, Rows: b.env.Rows})
	return out, nil
}
