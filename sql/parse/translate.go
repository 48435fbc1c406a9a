package parse

import (
	"sort"
	"strconv"

	tidb "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// translator turns TiDB's tree of a sheet into package ast's.
type translator struct {
	p *parser
	s *sheet
}

func (p *parser) translator() *translator { return &translator{p: p, s: &p.sheet} }

// resolve has TiDB read the sheet.
func (p *parser) resolve() tidb.StmtNode {
	stmt, err := p.parseTiDB(string(p.sheet.text))
	if err != nil {
		p.refused(err)
	}
	return stmt
}

// onlyField translates SELECT x.
func (t *translator) onlyField(stmt tidb.StmtNode) ast.Expr {
	return t.expr(stmt.(*tidb.SelectStmt).Fields.Fields[0].Expr)
}

// carrierOf gives the carrier that a name stands for.
func (t *translator) carrierOf(name string) *carrier {
	k, err := strconv.Atoi(name[1:])
	if err != nil {
		panic("parse: no carrier: " + name)
	}
	return &t.s.carriers[k]
}

// expr translates an expression.
func (t *translator) expr(n tidb.ExprNode) ast.Expr {
	switch n := n.(type) {
	case *tidb.ColumnNameExpr, *tidb.FuncCallExpr:
		c, args := t.call(n)
		if c.build == nil {
			return c.expr
		}
		if c.infix {
			t.p.fail(sqlerr.New(sqlerr.SyntaxError, "syntax error: an operand is missing"))
		}
		return c.build(t.exprs(args, nil))
	case *tidb.BinaryOperationExpr:
		return t.binary(n)
	case *tidb.PatternLikeOrIlikeExpr:
		return t.leftOf(n.Pattern, t.expr(n.Expr))
	case *tidb.SubqueryExpr:
		return &ast.Subquery{Query: t.query(n.Query)}
	case *tidb.ParenthesesExpr: // around a query that stood in more parentheses than it needs
		return t.expr(n.Expr)
	}
	panic("parse: TiDB made something else of the sheet")
}

// call gives a carrier and the operands TiDB read for it.
func (t *translator) call(n tidb.ExprNode) (*carrier, []tidb.ExprNode) {
	if f, ok := n.(*tidb.FuncCallExpr); ok {
		return t.carrierOf(f.FnName.O), f.Args
	}
	return t.carrierOf(n.(*tidb.ColumnNameExpr).Name.Name.O), nil
}

// exprs appends the translated nodes to out.
func (t *translator) exprs(nodes []tidb.ExprNode, out []ast.Expr) []ast.Expr {
	if out == nil && len(nodes) > 0 {
		out = make([]ast.Expr, 0, len(nodes))
	}
	for _, n := range nodes {
		out = append(out, t.expr(n))
	}
	return out
}

// leftOf builds a carrier that takes what stands to its left.
func (t *translator) leftOf(n tidb.ExprNode, left ast.Expr) ast.Expr {
	c, args := t.call(n)
	return c.build(t.exprs(args, []ast.Expr{left}))
}

// takesLeft tells whether n is a carrier that takes what stands to its left.
func (t *translator) takesLeft(n tidb.ExprNode) bool {
	switch n.(type) {
	case *tidb.ColumnNameExpr, *tidb.FuncCallExpr:
		c, _ := t.call(n)
		return c.infix
	}
	return false
}

// binary walks down the left spine and folds it back up, so that a long sum is a loop and not a recursion.
func (t *translator) binary(n *tidb.BinaryOperationExpr) ast.Expr {
	spine, left := t.spine(n)
	return t.foldSpine(spine, t.expr(left))
}

// spine gives the operators down the left side of n, the outermost first, and what stands leftmost.
func (t *translator) spine(n tidb.ExprNode) ([]*tidb.BinaryOperationExpr, tidb.ExprNode) {
	var spine []*tidb.BinaryOperationExpr
	left := n
	for {
		b, ok := left.(*tidb.BinaryOperationExpr)
		if !ok {
			break
		}
		spine = append(spine, b)
		left = b.L
	}
	return spine, left
}

// foldSpine applies the operators of a spine to what stands leftmost, from the inside out.
func (t *translator) foldSpine(spine []*tidb.BinaryOperationExpr, x ast.Expr) ast.Expr {
	for k := len(spine) - 1; k >= 0; k-- {
		x = t.step(spine[k], x)
	}
	return x
}

// step makes one operator over a left operand that is translated already.
func (t *translator) step(b *tidb.BinaryOperationExpr, left ast.Expr) ast.Expr {
	// An operator that follows a test (x IS TRUE || y) binds tighter than the test, so TiDB puts it to the test's
	// carrier; to PostgreSQL the whole test is its left operand.
	if spine, leaf := t.spine(b.R); t.takesLeft(leaf) {
		return t.foldSpine(spine, t.leftOf(leaf, left))
	}
	m := t.markBefore(b.R.OriginTextPosition())
	right := t.expr(b.R)
	switch b.Op {
	case opcode.LogicAnd, opcode.LogicOr:
		return logic([]ast.Expr{left, right}, b.Op == opcode.LogicAnd, m.pos)
	}
	return &ast.Binary{Pos: m.pos, Op: m.op, Left: left, Right: right}
}

// markBefore is the operator whose right operand starts at off.
func (t *translator) markBefore(off int) *mark {
	k := sort.Search(len(t.s.ops), func(i int) bool { return t.s.ops[i].off >= off })
	return &t.s.ops[k-1]
}
