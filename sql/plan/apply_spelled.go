package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// spell adds to the outer columns the spellings of those whose values may be equal and written in several ways: a
// subquery that reads 1.0 is not answered with what it gives for 1.00. It says whether there are any.
func (d *dependent) spell() bool {
	schema := d.outer.Schema()
	p := firstOf(d.outer, len(schema)).(*Project)
	for k, c := range slices.Clone(d.refs) {
		f := schema[c]
		if bytes, ok := expr.Spelling(expr.Col(c, f.Type, f.Name)); ok {
			d.refs, d.spelled = append(d.refs, len(p.Exprs)), append(d.spelled, k)
			p.Exprs, p.Names = append(p.Exprs, bytes), append(p.Names, f.Name)
		}
	}
	if len(d.spelled) == 0 {
		return false
	}
	d.outer = p
	return true
}

// applySpelled is apply with the spellings of outer's columns behind them, which the result has not.
func (s *Subquery) applySpelled(outer Node, d *dependent) (Node, error) {
	width := Width(outer)
	more := Width(d.outer) - width
	spelled, in := firstOf(outer, width).(*Project), d.outer.(*Project)
	spelled.Exprs, spelled.Names = append(spelled.Exprs, in.Exprs[width:]...), append(spelled.Names, in.Names[width:]...)
	n, err := s.widened(width, more).applyTo(spelled, d)
	if err != nil {
		return nil, err
	}
	return narrowed(n, width, more), nil
}

// same gives the terms that say of two sets of the outer columns that they are of the same values: pair gives column k of both.
func (d *dependent) same(pair func(k int) (a, b expr.Expr)) ([]expr.Expr, error) {
	var terms []expr.Expr
	for k := range d.refs {
		if slices.Contains(d.spelled, k) { // its spelling tells it
			continue
		}
		t, err := alike(pair(k))
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// alike is a IS NOT DISTINCT FROM b. Values of types that have no = are told by their texts, as the set of them is.
func alike(a, b expr.Expr) (expr.Expr, error) {
	same, err := expr.IsDistinct(a, b, true)
	if sqlerr.CodeOf(err) != sqlerr.UndefinedFunction {
		return same, err
	}
	for _, x := range []*expr.Expr{&a, &b} {
		if *x, err = expr.Cast(*x, types.Text, expr.Explicit); err != nil {
			return nil, err
		}
	}
	return expr.IsDistinct(a, b, true)
}
