package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// pushLimit moves a limit, also one with an order by columns that the projection only passes on, below the projection, so that nothing
// is computed for rows that do not come, and gives it to each input of a union, too.
func pushLimit(n Node) Node {
	l, ok := n.(*Limit)
	if !ok {
		return n
	}
	switch in := l.Input.(type) {
	case *Project:
		return in.With([]Node{pushLimit(l.With([]Node{in.Input}))})
	case *Order:
		p, ok := in.Input.(*Project)
		if !ok || !computes(p) {
			return n
		}
		keys := make([]SortKey, len(in.Keys))
		for i, k := range in.Keys {
			if keys[i] = k; !isColumn(p.Exprs[k.Column], &keys[i].Column) {
				return n
			}
		}
		return p.With([]Node{l.With([]Node{&Order{Input: p.Input, Keys: keys}})})
	case *Union:
		if l.Count == nil || l.Offset != nil {
			return n
		}
		u := &Union{Inputs: make([]Node, len(in.Inputs))}
		for i, side := range in.Inputs {
			if s, is := side.(*Limit); is && s.Offset == nil && expr.Equal(s.Count, l.Count) {
				return n
			}
			u.Inputs[i] = pushLimit(&Limit{Input: side, Count: l.Count})
		}
		return &Limit{Input: u, Count: l.Count}
	}
	return n
}

// computes says whether a projection does more than to choose columns.
func computes(p *Project) bool {
	return slices.ContainsFunc(p.Exprs, func(e expr.Expr) bool {
		_, column := expr.IsCol(e)
		_, constant := expr.IsConst(e)
		return !column && !constant
	})
}

// isColumn says whether e is a column, and which.
func isColumn(e expr.Expr, at *int) bool {
	c, ok := expr.IsCol(e)
	if ok {
		*at = c
	}
	return ok
}
