package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// isSetFunction says whether f is functions that give rows, and no window.
func isSetFunction(f ast.From) (*ast.Func, bool) {
	fn, ok := f.(*ast.Func)
	if !ok || fn.Input != nil {
		return nil, false
	}
	switch fn.Name {
	case "tumble", "hop", "session", "cumulate":
		return nil, false
	}
	return fn, true
}

// functionAlone binds functions in FROM that read no columns of entries before them.
func (b *binder) functionAlone(f *ast.Func) (plan.Node, *scope, error) {
	if f.Name == "count_window" {
		return nil, nil, countWindow(f.Position(), "10")
	}
	rows := &selection{b: b, scope: &scope{eventTime: -1}, node: &plan.Values{Rows: oneEmptyRow}}
	calls, err := b.setCalls(f, rows)
	if err != nil {
		return nil, nil, err
	}
	s, err := callScope(f, calls)
	return unfolded(rows, &plan.Unfold{Calls: calls, Ordinality: f.Ordinality}, 0), s, err
}

// unfolded puts u over the rows, of which the first width columns remain: behind them are the results of subqueries in
// its arguments.
func unfolded(rows *selection, u *plan.Unfold, width int) plan.Node {
	u.Input = rows.node
	had := plan.Width(u.Input)
	if had == width {
		return u
	}
	schema := u.Schema()
	p := &plan.Project{Input: u}
	for i, f := range schema {
		if i < width || i >= had {
			p.Exprs, p.Names = append(p.Exprs, expr.Col(i, f.Type, f.Name)), append(p.Names, f.Name)
		}
	}
	return p
}

// functionBeside binds functions in FROM over the rows of the entries before them. In a query that ends, functions that
// read none of their columns stand for themselves, so that a join can choose how to meet them.
func (b *binder) functionBeside(l plan.Node, ls *scope, f *ast.Func, outer bool) (n plan.Node, s *scope, err error) {
	left := *ls
	left.cols = slices.Clip(left.cols)
	rows := &selection{b: b, scope: &left, node: l}
	calls, err := b.setCalls(f, rows)
	if err != nil {
		return nil, nil, err
	}
	rs, err := callScope(f, calls)
	if err != nil {
		return nil, nil, err
	}
	if err := distinctNames(ls, rs, f.Position()); err != nil {
		return nil, nil, err
	}
	if outer {
		rs.fillable()
	}
	both := &scope{cols: append(slices.Clone(ls.cols), rs.cols...), eventTime: ls.eventTime, window: ls.window}
	u := &plan.Unfold{Input: l, Calls: calls, Ordinality: f.Ordinality, Outer: outer}
	if b.env.Continuous || readsColumns(calls) {
		return unfolded(rows, u, plan.Width(l)), both, nil
	}
	u.Input, u.Outer = &plan.Values{Rows: oneEmptyRow}, false
	j := &plan.Join{Kind: plan.InnerJoin, Left: l, Right: u}
	if outer {
		j.Kind = plan.LeftJoin
	}
	return j, both, nil
}

// readsColumns says whether the calls read columns of their own query.
func readsColumns(calls []*expr.SetCall) bool {
	for _, c := range calls {
		for _, a := range c.Args() {
			if cols := expr.Columns(a); len(cols) > 0 && cols[0] < plan.OuterBase {
				return true
			}
		}
	}
	return false
}

// setCalls binds the functions of f over the rows, beside which subqueries in their arguments are put.
func (b *binder) setCalls(f *ast.Func, rows *selection) ([]*expr.SetCall, error) {
	if f.Rows == nil {
		return b.setCalls1(f, rows)
	}
	var out []*expr.SetCall
	for _, r := range f.Rows {
		calls, err := b.setCalls1(r, rows)
		if err != nil {
			return nil, err
		}
		out = append(out, calls...)
	}
	return out, nil
}

// setCalls1 binds one function. unnest of several arrays is one call for each.
func (b *binder) setCalls1(f *ast.Func, rows *selection) ([]*expr.SetCall, error) {
	e := &exprs{b: b, s: rows.scope, clause: "functions in FROM", rows: rows}
	x := &ast.Call{Pos: f.Pos, Name: strings.Split(f.Name, "."), Args: f.Args, ArgNames: f.ArgNames}
	name := x.Name[len(x.Name)-1]
	if f.Fields != nil && name == "unnest" {
		return nil, missing(f.Fields[0].Position(), "a column definition list for unnest")
	}
	if f.Fields != nil && !expr.TakesColumns(name) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "a column definition list is only allowed for functions returning \"record\"").At(f.Fields[0].Position())
	}
	if !expr.IsSetReturning(name) {
		v, err := e.call(x)
		if err != nil {
			return nil, err
		}
		if v.Type() == types.Unknown {
			if v, err = expr.Cast(v, types.Text, expr.Implicit); err != nil {
				return nil, at(err, x.Position())
			}
		}
		return []*expr.SetCall{expr.OnceSet(name, v)}, nil
	}
	args, err := e.args(f.Args)
	if err != nil {
		return nil, err
	}
	if args, err = named(x, name, args); err != nil {
		return nil, err
	}
	if expr.NeedsColumns(name, args) || f.Fields != nil {
		c, err := b.recordCall(f, name, args)
		if err != nil {
			return nil, e.callError(err, x, args)
		}
		return []*expr.SetCall{c}, nil
	}
	parts := [][]expr.Expr{args}
	if name == "unnest" && len(args) > 1 {
		parts = nil
		for i := range args {
			parts = append(parts, args[i:i+1])
		}
	}
	var out []*expr.SetCall
	for _, p := range parts {
		c, err := expr.CallSet(name, p)
		if err != nil {
			return nil, e.callError(err, x, args)
		}
		if b.env.Continuous && c.Volatility() == expr.Volatile {
			return nil, volatileInView(name, f.Position())
		}
		out = append(out, c)
	}
	return out, nil
}

// recordCall binds a function that gives records, with its column definition list.
func (b *binder) recordCall(f *ast.Func, name string, args []expr.Expr) (*expr.SetCall, error) {
	if f.Fields == nil {
		return nil, sqlerr.New(sqlerr.SyntaxError, "a column definition list is required for functions returning \"record\"")
	}
	var cols []expr.SetColumn
	for _, d := range f.Fields {
		t, err := Type(d.Type)
		if err != nil {
			return nil, err
		}
		cols = append(cols, expr.SetColumn{Name: d.Name, Type: t})
	}
	return expr.CallRecords(name, args, cols)
}

// callScope is the columns of functions in FROM under their names: a function of one column without a name of its own
// gives it the alias, where it is alone.
func callScope(f *ast.Func, calls []*expr.SetCall) (*scope, error) {
	table := f.Alias.Name
	if table == "" {
		table = calls[0].Name()
	}
	s := &scope{eventTime: -1}
	for _, c := range calls {
		for _, col := range c.Columns() {
			name := col.Name
			if !c.Named() && len(calls) == 1 && f.Alias.Name != "" {
				name = f.Alias.Name
			}
			s.cols = append(s.cols, column{table: table, name: name, t: col.Type, scalar: len(calls) == 1 && len(c.Columns()) == 1 && !f.Ordinality})
		}
	}
	if f.Ordinality {
		s.cols = append(s.cols, column{table: table, name: "ordinality", t: types.Int8})
	}
	if err := checkAlias(f.Alias, len(s.cols), f.Position()); err != nil {
		return nil, err
	}
	for i, name := range f.Alias.Columns {
		s.cols[i].name = name
	}
	return s, nil
}

// functionJoin binds a JOIN whose right side is functions that may read columns of the left one.
func (b *binder) functionJoin(f *ast.Join, l plan.Node, ls *scope, fn *ast.Func) (plan.Node, *scope, error) {
	if f.Kind == "left" {
		yes, ok := f.On.(*ast.Literal)
		if !ok || yes.Kind != ast.LitBool || yes.Text != "true" {
			return b.lateral(plan.LeftJoin, l, ls, fn, func(both *scope) (expr.Expr, error) {
				on, _, err := b.joinCondition(f, nil, nil, nil, both)
				return on, err
			})
		}
		return b.functionBeside(l, ls, fn, true)
	}
	n, both, err := b.functionBeside(l, ls, fn, false)
	if err != nil || f.On == nil {
		return n, both, err
	}
	on, _, err := b.joinCondition(f, nil, nil, nil, both)
	if err != nil {
		return nil, nil, err
	}
	return &plan.Filter{Input: n, Cond: on}, both, nil
}
