package parse

import (
	tidb "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// statement translates the query that is all of the sheet.
func (t *translator) statement(stmt tidb.StmtNode) *ast.Query {
	if q, ok := stmt.(tidb.ResultSetNode); ok {
		return t.query(q)
	}
	panic("parse: TiDB made something else of a query")
}

// query translates a SELECT or a chain of set operators with what surrounds it.
func (t *translator) query(n tidb.ResultSetNode) *ast.Query {
	switch n := n.(type) {
	case *tidb.SubqueryExpr:
		return t.query(n.Query)
	case *tidb.SelectStmt:
		return t.around(n.With, t.selectBody(n), n.OrderBy)
	case *tidb.SetOprStmt:
		return t.around(n.With, t.setBody(n.SelectList.Selects), n.OrderBy)
	}
	panic("parse: TiDB made something else of a query")
}

// around makes a query of a body, its WITH and its tail.
func (t *translator) around(with *tidb.WithClause, body ast.Body, order *tidb.OrderByClause) *ast.Query {
	var ctes []*ast.CTE
	if with != nil {
		for _, c := range with.CTEs {
			cte := t.carrierOf(c.Name.O).node.(*ast.CTE)
			cte.Query = t.query(c.Query)
			ctes = append(ctes, cte)
		}
	}
	var tail *tailNode
	if order != nil {
		c, args := t.call(order.Items[0].Expr)
		tail = c.node.(*tailNode)
		tail.call.apply(t.exprs(args, nil))
	}
	return surround(body, ctes, with != nil && with.IsRecursive, tail)
}

// surround makes a query of a body, its WITH and its tail, whose operands are in place.
func surround(body ast.Body, with []*ast.CTE, recurse bool, tail *tailNode) *ast.Query {
	inner, nested := body.(*ast.Query)
	if nested && with == nil && tail == nil {
		return inner
	}
	q := &ast.Query{}
	if tail != nil {
		q = &tail.query
	}
	q.Body, q.Pos, q.Recurse = body, ast.Pos(body.Position()), recurse
	for _, c := range with {
		q.With = append(q.With, *c)
	}
	if nested {
		onlyOnce(q, inner)
	}
	return q
}

// onlyOnce refuses clauses that stand both in a query's parentheses and behind them.
func onlyOnce(q, inner *ast.Query) {
	twice := func(what string, pos int) {
		panic(bailout{sqlerr.New(sqlerr.SyntaxError, "multiple %s not allowed", what).At(pos)})
	}
	switch {
	case inner.OrderBy != nil && q.OrderBy != nil:
		twice("ORDER BY clauses", q.OrderBy[0].X.Position())
	case inner.Offset != nil && q.Offset != nil:
		twice("OFFSET clauses", q.Offset.Position())
	case inner.Limit != nil && q.Limit != nil:
		twice("LIMIT clauses", q.Limit.Position())
	case inner.With != nil && q.With != nil:
		twice("WITH clauses", int(q.With[0].Word))
	}
}

// setBody folds a flat list of members: runs of INTERSECT first, then UNION and EXCEPT from the left.
func (t *translator) setBody(nodes []tidb.Node) ast.Body {
	var terms []ast.Body
	var ops []*ast.SetOp
	for _, n := range nodes {
		body, after := t.member(n)
		op := setOp(after)
		if op != nil && op.Op == "intersect" {
			op.Left, op.Right = terms[len(terms)-1], body
			op.Pos = ast.Pos(op.Left.Position())
			terms[len(terms)-1] = op
			continue
		}
		if op != nil {
			ops = append(ops, op)
		}
		terms = append(terms, body)
	}
	body := terms[0]
	for i, op := range ops {
		op.Left, op.Right = body, terms[i+1]
		op.Pos = ast.Pos(body.Position())
		body = op
	}
	return body
}

// member translates one member and gives the operator before it.
func (t *translator) member(n tidb.Node) (ast.Body, *tidb.SetOprType) {
	switch n := n.(type) {
	case *tidb.SelectStmt:
		return bare(t.query(n)), n.AfterSetOperator
	case *tidb.SetOprSelectList:
		if one, ok := n.Selects[0].(*tidb.SelectStmt); ok && len(n.Selects) == 1 {
			return bare(t.query(one)), n.AfterSetOperator
		}
		return bare(t.around(n.With, t.setBody(n.Selects), n.OrderBy)), n.AfterSetOperator
	}
	panic("parse: TiDB made something else of a set operation")
}

// bare is the query's body where nothing surrounds it.
func bare(q *ast.Query) ast.Body {
	if q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil && q.Emit == nil {
		return q.Body
	}
	return q
}

func setOp(op *tidb.SetOprType) *ast.SetOp {
	if op == nil {
		return nil
	}
	switch *op {
	case tidb.Union:
		return &ast.SetOp{Op: "union"}
	case tidb.UnionAll:
		return &ast.SetOp{Op: "union", All: true}
	case tidb.Except:
		return &ast.SetOp{Op: "except"}
	case tidb.ExceptAll:
		return &ast.SetOp{Op: "except", All: true}
	case tidb.Intersect:
		return &ast.SetOp{Op: "intersect"}
	}
	return &ast.SetOp{Op: "intersect", All: true}
}

// selectBody translates one SELECT of TiDB's into what its head says it is.
func (t *translator) selectBody(n *tidb.SelectStmt) ast.Body {
	c, args := t.call(n.Fields.Fields[0].Expr)
	head := c.node.(*selectHead)
	switch {
	case head.body != nil:
		return head.body
	case head.wraps:
		return bare(t.source(n.From.TableRefs.Left).(*ast.Derived).Query)
	case head.values != nil:
		return head.filled(t.exprs(args, nil))
	}
	s := head.sel
	s.DistinctOn = t.exprs(args, nil)
	var items []ast.Expr
	for _, f := range n.Fields.Fields[1:] {
		items = append(items, t.expr(f.Expr))
	}
	s.Items = named(head.as, items)
	if n.From != nil {
		s.From = t.fromList(n.From.TableRefs)
	}
	if n.Where != nil {
		s.Where = t.expr(n.Where)
	}
	if n.GroupBy != nil {
		for _, it := range n.GroupBy.Items {
			s.GroupBy = append(s.GroupBy, t.expr(it.Expr))
		}
	}
	if n.Having != nil {
		c, args := t.call(n.Having.Expr)
		c.node.(*havingNode).call.apply(t.exprs(args, nil))
	}
	return s
}

// fromList translates what commas join.
func (t *translator) fromList(n tidb.ResultSetNode) []ast.From {
	if j, ok := n.(*tidb.Join); ok && !j.ExplicitParens {
		if j.Right == nil {
			return t.fromList(j.Left)
		}
		if j.On == nil {
			return append(t.fromList(j.Left), t.fromList(j.Right)...)
		}
	}
	if f := t.source(n); f != nil {
		return []ast.From{f}
	}
	return nil
}

// source translates one entry of FROM: a relation or a join. The place holder of a SELECT without FROM gives nil.
func (t *translator) source(n tidb.ResultSetNode) ast.From {
	switch n := n.(type) {
	case *tidb.Join:
		if n.Right == nil {
			return t.source(n.Left)
		}
		c, args := t.call(n.On.Expr)
		j := c.node.(*ast.Join)
		j.Left, j.Right = t.source(n.Left), t.source(n.Right)
		if len(args) > 0 {
			j.On = t.expr(args[0])
		}
		return j
	case *tidb.TableSource:
		return t.tableSource(n)
	}
	panic("parse: TiDB made something else of FROM")
}

func (t *translator) tableSource(n *tidb.TableSource) ast.From {
	if name, ok := n.Source.(*tidb.TableName); ok {
		switch node := t.carrierOf(name.Name.O).node.(type) {
		case *functionNode:
			return node.f
		case ast.From:
			return node
		}
		return nil
	}
	switch node := t.carrierOf(n.AsName.O).node.(type) {
	case *ast.Derived:
		node.Query = t.query(n.Source)
		return node
	case *ast.Table:
		node.AsOf = t.expr(n.Source.(*tidb.SelectStmt).Fields.Fields[0].Expr)
		return node
	case *functionNode:
		var xs []ast.Expr
		for _, f := range n.Source.(*tidb.SelectStmt).Fields.Fields {
			xs = append(xs, t.expr(f.Expr))
		}
		node.fill(xs)
		return node.f
	}
	panic("parse: TiDB made something else of FROM")
}
