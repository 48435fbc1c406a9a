package bind

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// turned is each comparison with its sides changed.
var turned = map[string]string{"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<"}

// timeRange tells the scan under the query which event times the WHERE lets pass, as far as its AND-ed comparisons of
// the event time with something constant say so. A window in between changes nothing: it passes rows on as they are.
func (s *selection) timeRange() error {
	n, under := s.node, []plan.Node(nil)
	for {
		w, ok := n.(*plan.Window)
		if !ok {
			break
		}
		under, n = append(under, w), w.Input
	}
	scan, ok := n.(*plan.Scan)
	if !ok || scan.Relation.EventTime < 0 {
		return nil
	}
	d := *scan
	d.Range = nil
	for _, t := range conjuncts(s.s.Where) {
		if err := s.limit(&d, t); err != nil {
			return err
		}
	}
	s.node = &d
	for i := len(under) - 1; i >= 0; i-- {
		s.node = under[i].With([]plan.Node{s.node})
	}
	return nil
}

func conjuncts(x ast.Expr) []ast.Expr {
	switch x := x.(type) {
	case *ast.Logic:
		if x.And {
			var out []ast.Expr
			for _, t := range x.Terms {
				out = append(out, conjuncts(t)...)
			}
			return out
		}
	case *ast.Between:
		if !x.Negate && !x.Symmetric {
			return []ast.Expr{&ast.Binary{Pos: x.Pos, Op: ">=", Left: x.X, Right: x.Low}, &ast.Binary{Pos: x.Pos, Op: "<=", Left: x.X, Right: x.High}}
		}
	}
	return []ast.Expr{x}
}

// limit adds to scan what x says of the event time, if it is a comparison of it.
func (s *selection) limit(scan *plan.Scan, x ast.Expr) error {
	b, ok := x.(*ast.Binary)
	if !ok || turned[b.Op] == "" {
		return nil
	}
	op, left, right := b.Op, b.Left, b.Right
	if !s.isEventTime(left) {
		op, left, right = turned[op], right, left
	}
	if !s.isEventTime(left) {
		return nil
	}
	e := s.exprs("WHERE")
	l, r, err := e.pair(left, right)
	if err != nil {
		return err
	}
	if expr.CanCast(r.Type(), l.Type(), expr.Implicit) && len(expr.Columns(r)) == 0 && expr.Volatility(r) != expr.Volatile {
		if r, err = expr.Cast(r, l.Type(), expr.Implicit); err != nil {
			return at(err, right.Position())
		}
		scan.Range = append(scan.Range, plan.TimeLimit{Op: op, X: r})
	}
	return nil
}

func (s *selection) isEventTime(x ast.Expr) bool {
	c, ok := x.(*ast.Column)
	if !ok {
		return false
	}
	i, err := s.scope.find(c.Name, c.Position())
	return err == nil && i >= 0 && i == s.scope.eventTime
}
