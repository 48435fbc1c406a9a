package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// applyReached is Apply of a subquery in an arm of CASE, COALESCE, AND or OR that not every row comes to. Nothing of it
// may fail for the sake of the other rows: a subquery that can is evaluated over the values of those that come to it,
// and over nothing if none does.
func applyReached(outer Node, s Subquery) (Node, error) {
	reached := s.Reached
	s.Reached = nil
	if !failsByRow(s.Query) && !s.differs() {
		if s.Single || s.On != nil && expr.FailsByRow(s.On) {
			s.On = expr.And(append([]expr.Expr{reached}, expr.Terms(s.On)...)...)
		}
		return Apply(outer, s)
	}
	refs := s.refs()
	outer, err := once(outer, append(expr.Columns(reached), refs...))
	if err != nil {
		return nil, err
	}
	width := Width(outer)
	p := firstOf(outer, width).(*Project)
	p.Exprs, p.Names = append(p.Exprs, reached), append(p.Names, "reached")
	d := &dependent{
		outer: &Filter{Input: p, Cond: expr.Col(width, reached.Type(), "reached")},
		refs:  append(slices.Clone(refs), width), reached: true, alone: len(refs) == 0, each: s.number != nil,
	}
	n, err := s.widened(width, 1).apply(p, d)
	if err != nil {
		return nil, err
	}
	return narrowed(n, width, 1), nil
}

// failsByRow says whether n may fail for what a row of it has. What fails whatever rows there are, a constant, does so
// in PostgreSQL too.
func failsByRow(n Node) bool {
	fails := false
	Walk(n, func(n Node) {
		if j, ok := n.(*Join); ok && j.Single {
			fails = true
		}
		fails = fails || slices.ContainsFunc(exprsOf(n), expr.FailsByRow)
	})
	return fails
}
