package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// liftProject takes a projection out from under another one, or under an aggregate, where that computes nothing twice,
// and drops one that changes nothing: subqueries and SELECT * leave them. As in PostgreSQL, an expression of a subquery
// that can fail is computed where the query around uses it, so that a CASE there guards it.
func liftProject(n Node) Node {
	if p, ok := n.(*Project); ok && unchanged(p) {
		return p.Input
	}
	p, ok := input(n).(*Project)
	if !ok {
		return n
	}
	in := func(i int) expr.Expr { return p.Exprs[i] }
	switch n := n.(type) {
	case *Project:
		if mergeable(p.Exprs, n.Exprs) {
			return liftProject(&Project{Input: p.Input, Exprs: replaceAll(n.Exprs, in), Names: n.Names})
		}
	case *Aggregate:
		if mergeable(p.Exprs, append(aggExprs(n.Aggs), n.Keys...)) {
			return &Aggregate{Input: p.Input, Keys: replaceAll(n.Keys, in), KeyNames: n.KeyNames, Aggs: replaceAggs(n.Aggs, in)}
		}
	}
	return n
}

// unchanged says whether p gives just what it gets.
func unchanged(p *Project) bool {
	if Width(p.Input) != len(p.Exprs) {
		return false
	}
	for i, e := range p.Exprs {
		if c, ok := expr.IsCol(e); !ok || c != i {
			return false
		}
	}
	in := p.Input.Schema()
	for i, e := range p.Exprs {
		if p.Names[i] != in[i].Name || e.Type() != in[i].Type {
			return false
		}
	}
	return true
}

// mergeable says whether the expressions above may contain those below instead of reading them: each is a column, can
// fail, or is read once. Constants may be read often. None may be volatile.
func mergeable(below, above []expr.Expr) bool {
	used := make([]int, len(below))
	for _, e := range above {
		expr.EachColumn(e, func(c int) { used[c]++ })
	}
	for i, e := range below {
		_, bare := expr.IsCol(e)
		_, constant := expr.IsConst(e)
		if expr.Volatility(e) == expr.Volatile || !bare && !constant && used[i] > 1 && !expr.Fallible(e) {
			return false
		}
	}
	return true
}

func replaceAll(es []expr.Expr, with func(int) expr.Expr) []expr.Expr {
	return changed(es, func(e expr.Expr) expr.Expr { return expr.Replace(e, with) })
}

// changed gives what change makes of expressions: the same list, if they stay what they are.
func changed(es []expr.Expr, change func(expr.Expr) expr.Expr) []expr.Expr {
	out := es
	for i, e := range es {
		r := change(e)
		if r == e {
			continue
		}
		if &out[0] == &es[0] {
			out = slices.Clone(es)
		}
		out[i] = r
	}
	return out
}

func replaceAggs(aggs []Agg, with func(int) expr.Expr) []Agg {
	out := make([]Agg, len(aggs))
	for i, a := range aggs {
		out[i] = a
		out[i].Args = replaceAll(a.Args, with)
		if a.Filter != nil {
			out[i].Filter = expr.Replace(a.Filter, with)
		}
	}
	return out
}
