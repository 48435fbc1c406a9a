package bind

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// pendingBase is the position from which columns are results of subqueries above a GROUP BY: their real places are
// known when all aggregates are.
const pendingBase = plan.OuterBase / 2

// pending is a subquery that waits for the group's node.
type pending struct {
	sub plan.Subquery                                // Reached is over the rows that the subquery is put beside
	on  func(columns []expr.Expr) (expr.Expr, error) // nil: no condition
	pos int
}

// subplan binds the query of a subquery. Its expressions may name columns of this one.
func (e *exprs) subplan(q *ast.Query) (plan.Node, error) {
	inner := *e.b
	inner.outer, inner.depth, inner.locks = e, e.b.depth+1, nil
	n, err := inner.query(q)
	e.b.loose, e.b.said, e.b.clockAt = inner.loose, inner.said, inner.clockAt
	return n, err
}

// outside binds a column of the query around, if that has it.
func (e *exprs) outside(x *ast.Column) (v expr.Expr, ok bool, err error) {
	o := e.b.outer
	if o == nil {
		return nil, false, nil
	}
	v, err = o.bind(x)
	switch sqlerr.CodeOf(err) {
	case sqlerr.UndefinedColumn, sqlerr.UndefinedTable:
		return nil, false, nil
	}
	if g, ok := sqlerr.As(err); ok && g.Code == sqlerr.GroupingError {
		g.Message = strings.Replace(g.Message, "column ", "subquery uses ungrouped column ", 1)
		g.Message = strings.Replace(g.Message, " must appear in the GROUP BY clause or be used in an aggregate function", " from outer query", 1)
	}
	if err != nil {
		return nil, false, err
	}
	if c, ok := expr.IsCol(v); ok {
		return expr.Col(plan.OuterBase+c, v.Type(), x.Name[len(x.Name)-1]), true, nil
	}
	for _, c := range expr.Columns(v) {
		if c >= pendingBase && c < plan.OuterBase {
			return nil, false, missing(x.Position(), "this column of the query around, here")
		}
	}
	return expr.Remap(v, func(i int) int { return plan.OuterBase + i }), true, nil
}

// columnsAround are the columns of a relation of a query around, the nearest that has one of that name.
func (b *binder) columnsAround(name []string, pos ast.Pos) (out []*ast.Column) {
	for o := b.outer; o != nil && out == nil; o = o.b.outer {
		out = o.s.columnsOf(name, pos)
	}
	return out
}

// attach makes the subquery's result a column of the rows that e is over.
func (e *exprs) attach(p pending) (expr.Expr, error) {
	t := types.Bool
	if p.sub.Kind != plan.MarkJoin {
		t = p.sub.Query.Schema()[0].Type
	}
	if e.rows == nil {
		return nil, missing(p.pos, "a subquery in %s", e.clause)
	}
	p.sub.Reached = e.reaching()
	if g := e.group; g != nil {
		g.subs = append(g.subs, p)
		return expr.Col(pendingBase+len(g.subs)-1, t, "subquery"), nil
	}
	s := e.rows
	width := len(s.scope.cols)
	n, err := p.join(s.node, func(v expr.Expr) expr.Expr { return v })
	if err != nil {
		return nil, err
	}
	s.node = n
	for i, f := range n.Schema()[width:] {
		s.scope.cols = append(s.scope.cols, column{t: f.Type, hidden: true, only: true, name: "?" + itoa(width+i)})
	}
	return expr.Col(width, t, "subquery"), nil
}

// join puts the subquery beside the rows of n; settled gives expressions over n their real columns.
func (p *pending) join(n plan.Node, settled func(expr.Expr) expr.Expr) (plan.Node, error) {
	if p.on != nil {
		width := plan.Width(n)
		var cols []expr.Expr
		for i, f := range p.sub.Query.Schema() {
			cols = append(cols, expr.Col(width+i, f.Type, f.Name))
		}
		on, err := p.on(cols)
		if err != nil {
			return nil, err
		}
		p.sub.On = settled(on)
	}
	p.sub.Reached = guard(settled(p.sub.Reached), n)
	n, err := plan.Apply(n, p.sub)
	return n, at(err, p.pos)
}

// applied puts the subqueries of a group's expressions over its node, and gives the expressions their columns.
func (g *grouping) applied(n plan.Node, es ...[]expr.Expr) (plan.Node, error) {
	places := make([]int, len(g.subs))
	settled := func(v expr.Expr) expr.Expr {
		if v == nil {
			return nil
		}
		return expr.Remap(v, func(i int) int {
			if i >= pendingBase && i < pendingBase+len(places) {
				return places[i-pendingBase]
			}
			return i
		})
	}
	for k := range g.subs {
		places[k] = plan.Width(n)
		var err error
		if n, err = g.subs[k].join(n, settled); err != nil {
			return nil, err
		}
	}
	for _, list := range es {
		for i := range list {
			list[i] = settled(list[i])
		}
	}
	return n, nil
}

// subquery binds a query where a value is expected.
func (e *exprs) subquery(x *ast.Subquery) (expr.Expr, error) {
	if x.Array {
		return e.arrayOf(x)
	}
	before := len(e.b.env.accesses)
	n, err := e.subplan(x.Query)
	if err != nil {
		return nil, err
	}
	if x.Exists {
		if e.sure == ast.Expr(x) {
			e.b.env.beside(before, n, e.b.depth)
		}
		return e.attach(pending{sub: plan.Subquery{Kind: plan.MarkJoin, Query: existence(n)}, pos: x.Position()})
	}
	if plan.Width(n) != 1 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "subquery must return only one column").At(x.Position())
	}
	return e.attach(pending{sub: plan.Subquery{Kind: plan.LeftJoin, Query: n, Single: !plan.AtMostOne(n), Value: true}, pos: x.Position()})
}

// arrayOf binds ARRAY(query) as the aggregate that it is: the rows in the query's order, and an empty array for none.
func (e *exprs) arrayOf(x *ast.Subquery) (expr.Expr, error) {
	const name = "array"
	all := &ast.Call{Pos: x.Pos, Name: []string{"array_agg"}, Args: []ast.Expr{&ast.Column{Pos: x.Pos, Name: []string{name}}}}
	q := &ast.Query{Pos: x.Pos, Body: &ast.Select{
		Pos: x.Pos, Items: []ast.SelectItem{{X: all, Name: name}},
		From: []ast.From{&ast.Derived{Pos: x.Pos, Query: x.Query, Alias: ast.Alias{Name: name, Columns: []string{name}}}},
	}}
	n, err := e.subplan(x.Query)
	if err != nil {
		return nil, err
	}
	if len(n.Schema()) != 1 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "subquery must return only one column").At(x.Position())
	}
	if e.b.env.Continuous {
		if all.OrderBy, err = orderOfArray(x.Query, all.Args[0]); err != nil {
			return nil, err
		}
	}
	v, err := e.subquery(&ast.Subquery{Pos: x.Pos, Query: q})
	if err != nil {
		return nil, err
	}
	none, err := expr.Lit(v.Type(), "{}")
	if err != nil {
		return nil, at(err, x.Position())
	}
	return expr.Coalesce([]expr.Expr{v, none})
}

// orderOfArray is the order of a query with one column as that of an aggregate over it: in a view rows come in no order.
func orderOfArray(q *ast.Query, column ast.Expr) ([]ast.OrderItem, error) {
	var out []ast.OrderItem
	for _, o := range q.OrderBy {
		if !isFirstColumn(q, o.X) {
			return nil, missing(o.X.Position(), "ARRAY(query) in a materialized view with an order by other than its column").(*sqlerr.Error).
				WithHint("Use array_agg(x ORDER BY y).")
		}
		item := o
		item.X = column
		out = append(out, item)
	}
	return out, nil
}

// isFirstColumn says whether x in the ORDER BY of q means its only column.
func isFirstColumn(q *ast.Query, x ast.Expr) bool {
	if n, ok := x.(*ast.Literal); ok && n.Kind == ast.LitNumber {
		return n.Text == "1"
	}
	s, ok := q.Body.(*ast.Select)
	if !ok || len(s.Items) != 1 {
		return false
	}
	c, ok := x.(*ast.Column)
	return sameTree(s.Items[0].X, x) || ok && len(c.Name) == 1 && c.Name[0] == nameOf(s.Items[0])
}

// existence is n without what cannot change whether it has a row: as in PostgreSQL, nothing of that is evaluated.
func existence(n plan.Node) plan.Node {
	for {
		switch x := n.(type) {
		case *plan.Project:
			n = x.Input
		case *plan.Order:
			n = x.Input
		case *plan.Distinct:
			n = x.Input
		case *plan.Over:
			n = x.Input
		case *plan.Aggregate:
			if len(x.Keys) == 0 {
				return n
			}
			n = x.Input
		case *plan.TopN:
			if !keepsOne(x.Count, x.Offset) {
				return n
			}
			n = x.Input
		case *plan.Limit:
			if !keepsOne(x.Count, x.Offset) {
				return n
			}
			n = x.Input
		default:
			return n
		}
	}
}

// keepsOne says whether a limit leaves a row of those that there are.
func keepsOne(count, offset expr.Expr) bool {
	if offset != nil {
		return false
	}
	c, ok := expr.IsConst(expr.Fold(count))
	return ok && (c.Null(0) || c.Type == types.Int8 && batch.Values[int64](&c)[0] > 0)
}

// quantifiedQuery binds x op ANY (query) and x op ALL (query): ALL is that no row makes it false.
func (e *exprs) quantifiedQuery(left ast.Expr, op string, all bool, q *ast.Query, pos int, sure bool) (expr.Expr, error) {
	n, err := e.subplan(q)
	if err != nil {
		return nil, err
	}
	lefts := []ast.Expr{left}
	if r, ok := left.(*ast.Row); ok {
		lefts = r.Items
	}
	vs, err := e.matched(lefts, n, pos)
	if err != nil {
		return nil, err
	}
	on := func(cols []expr.Expr) (expr.Expr, error) {
		cond, err := compareAll(op, pos, lefts, vs, cols)
		if err != nil {
			return nil, err
		}
		if cond.Type() != types.Bool {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "operator %s must return type boolean", op).At(pos)
		}
		if all {
			cond = expr.Not(cond)
		}
		return cond, nil
	}
	sub := pending{sub: plan.Subquery{Kind: plan.MarkJoin, Query: n, NullAware: !sure}, on: on, pos: pos}
	var mark expr.Expr
	if e.rows != nil && readsWindow(vs) {
		mark = e.rows.attachLate(sub, vs)
	} else {
		mark, err = e.attach(sub)
	}
	if err == nil && all {
		mark = expr.Not(mark)
	}
	return mark, err
}

// isSubquery says whether x itself has a query, which is joined to the rows.
func isSubquery(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Subquery:
		return true
	case *ast.In:
		return x.Query != nil
	case *ast.Quantified:
		return x.Query != nil
	}
	return false
}
