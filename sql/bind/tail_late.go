package bind

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// The number of a LIMIT or OFFSET that has a subquery, or reads columns of a query around, is known when the query runs, and
// may be another one for each row of the query around. So its rows are numbered in their order, and a filter takes
// those whose numbers are in the limits, which stand beside each row:
//
//	SELECT x FROM t ORDER BY x LIMIT (SELECT n FROM u)
//	SELECT x FROM (SELECT x, row_number() OVER (ORDER BY x) AS r FROM t), (SELECT (SELECT n FROM u) AS n) WHERE r <= n ORDER BY r

// late says whether the number is known when the query runs only.
func late(x ast.Expr) bool {
	return x != nil && find(x, func(x ast.Expr) bool {
		_, column := x.(*ast.Column)
		return column || isSubquery(x)
	}) != nil
}

// lateLimit is ordered where a number is late. own are the columns of the query's FROM, which the numbers must not read.
func (b *binder) lateLimit(n plan.Node, own *scope, keys []plan.SortKey, q *ast.Query) (plan.Node, error) {
	pos := some(q.Limit, q.Offset)[0].Position()
	switch {
	case b.env.Continuous:
		if _, _, _, err := b.besideCounts(n, own, q); err != nil {
			return nil, err
		}
		return nil, missing(pos, "LIMIT of a subquery in a materialized view").(*sqlerr.Error).
			WithHint("Write the number, or put the LIMIT where the view is read.")
	case q.Ties && keys == nil:
		return nil, sqlerr.New(sqlerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
	}
	if p, ok := n.(*plan.Project); ok && keys == nil { // which is not computed for the rows that go
		in, err := b.lateLimit(p.Input, own, nil, q)
		if err != nil {
			return nil, err
		}
		return p.With([]plan.Node{in}), nil
	}
	width := plan.Width(n)
	n, count, offset, err := b.besideCounts(n, own, q)
	if err != nil {
		return nil, err
	}
	at := plan.Width(n)
	o := &plan.Over{Input: n, Order: keys, Calls: []plan.OverCall{plan.Numbering("row_number")}}
	last := expr.Col(at, types.Int8, "row_number")
	if q.Ties {
		o.Calls = append(o.Calls, plan.Numbering("rank"))
		last = expr.Col(at+1, types.Int8, "rank")
	}
	cond, err := within(expr.Col(at, types.Int8, "row_number"), last, count, offset)
	if err != nil {
		return nil, err
	}
	n = &plan.Order{Input: &plan.Filter{Input: o, Cond: cond}, Keys: []plan.SortKey{{Column: at}}}
	return firstColumns(n, width), nil
}

// besideCounts puts the numbers of LIMIT and OFFSET beside the rows of n; nil: there is none.
func (b *binder) besideCounts(n plan.Node, own *scope, q *ast.Query) (with plan.Node, count, offset expr.Expr, err error) {
	if q.Limit != nil {
		if n, count, err = b.besideCount(n, own, q.Limit, "LIMIT", sqlerr.InvalidRowCountInLimit); err != nil {
			return nil, nil, nil, err
		}
	}
	if q.Offset != nil {
		n, offset, err = b.besideCount(n, own, q.Offset, "OFFSET", sqlerr.InvalidRowCountInOffset)
	}
	return n, count, offset, err
}

func (b *binder) besideCount(n plan.Node, own *scope, x ast.Expr, clause string, code sqlerr.Code) (plan.Node, expr.Expr, error) {
	pos := ast.Pos(x.Position())
	read := false
	e := &exprs{b: b, s: own, clause: clause, seen: &read}
	one, err := e.subplan(&ast.Query{Pos: pos, Body: &ast.Select{Pos: pos, Items: []ast.SelectItem{{X: x, Name: clause}}}})
	switch {
	case err != nil:
		return nil, nil, err
	case read:
		return nil, nil, sqlerr.New(sqlerr.InvalidColumnReference, "argument of %s must not contain variables", clause).At(x.Position())
	}
	v, err := expr.Cast(expr.Col(0, one.Schema()[0].Type, clause), types.Int8, expr.Assignment)
	if err != nil {
		t := types.FormatType(one.Schema()[0].Type)
		return nil, nil, sqlerr.New(sqlerr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", clause, t).At(x.Position())
	}
	one = &plan.Project{Input: one, Exprs: []expr.Expr{expr.RowCount(v, clause, code)}, Names: []string{clause}}
	p := pending{sub: plan.Subquery{Kind: plan.LeftJoin, Query: one, Single: !plan.AtMostOne(one), Value: true}, pos: x.Position()}
	at := plan.Width(n)
	n, err = p.join(n, func(v expr.Expr) expr.Expr { return v })
	return n, expr.Col(at, types.Int8, clause), err
}

// within is that number > offset, and last <= offset + count; null is no limit.
func within(number, last, count, offset expr.Expr) (expr.Expr, error) {
	from, err := expr.Lit(types.Int8, "0")
	if err != nil {
		return nil, err
	}
	if offset != nil {
		if from, err = expr.Coalesce([]expr.Expr{offset, from}); err != nil {
			return nil, err
		}
	}
	cond, err := expr.Operator(">", []expr.Expr{number, from})
	if err != nil || count == nil {
		return cond, err
	}
	past, err := expr.Operator("-", []expr.Expr{last, from}) // which cannot overflow
	if err != nil {
		return nil, err
	}
	most, err := expr.Operator("<=", []expr.Expr{past, count})
	if err != nil {
		return nil, err
	}
	return expr.And(cond, expr.Or(expr.IsNull(count, false), most)), nil
}
