package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// buildSmaller exchanges the sides of an inner join whose left side is the smaller one by far, as far as estimates say:
// the right side is held in memory while the left one passes by. Nothing of the join may fail, as which of several
// failures is met first depends on the order of rows.
func (o Options) buildSmaller(n Node) Node {
	j, ok := n.(*Join)
	if !ok || j.Kind != InnerJoin || o.Rows == nil || j.On != nil && expr.Fallible(j.On) {
		return n
	}
	for _, k := range j.Keys {
		if expr.Fallible(k.Left) || expr.Fallible(k.Right) {
			return n
		}
	}
	l, okL := o.estimate(j.Left)
	r, okR := o.estimate(j.Right)
	if !okL || !okR || l*exchangeFactor >= r {
		return n
	}
	lw, rw := Width(j.Left), Width(j.Right)
	d := &Join{Kind: InnerJoin, Left: j.Right, Right: j.Left}
	if j.On != nil {
		d.On = expr.Remap(j.On, func(i int) int {
			if i < lw {
				return rw + i
			}
			return i - lw
		})
	}
	for _, k := range j.Keys {
		d.Keys = append(d.Keys, JoinKey{Left: k.Right, Right: k.Left, NullSafe: k.NullSafe})
	}
	order := make([]int, 0, lw+rw)
	for i := range lw {
		order = append(order, rw+i)
	}
	for i := range rw {
		order = append(order, i)
	}
	return chosen(d, order)
}

// exchangeFactor is how many times smaller the left side must be: below, an exchange is not worth a surprise.
const exchangeFactor = 2

// Estimate guesses how many rows n gives.
func (o Options) Estimate(n Node) (rows int64, known bool) {
	if o.Rows == nil {
		return 0, false
	}
	r, known := o.estimate(n)
	return int64(min(r, 1e18)), known
}

// filtered is the share of rows that a filter is guessed to let pass: one in so many for an equality, and for another term.
const (
	filteredEqual = 10
	filteredOther = 3
)

func atMost(count expr.Expr, rows float64) float64 {
	if count == nil {
		return rows
	}
	if c, ok := expr.IsConst(expr.Fold(count)); ok && !c.Null(0) {
		return min(rows, float64(batch.Values[int64](&c)[0]))
	}
	return rows
}

// oneKey says whether a filter over a table's scan says which value each column of a key has.
func oneKey(s *Scan, cond expr.Expr) bool {
	if s.Relation.Kind != catalog.Table {
		return false
	}
	said := map[int]bool{}
	for _, t := range expr.Terms(cond) {
		if k, ok := keyValues(t); ok && len(k.Values) == 1 {
			said[s.Columns[k.Column]] = true
		}
	}
	return slices.ContainsFunc(s.Relation.Keys, func(k catalog.Key) bool {
		return !slices.ContainsFunc(k.Columns, func(c int) bool { return !said[c] })
	})
}

// estimate guesses how many rows n gives, from the sizes of the relations under it.
func (o Options) estimate(n Node) (rows float64, known bool) {
	switch n := n.(type) {
	case *Scan:
		r, ok := o.Rows(n.Relation.ID)
		return float64(r), ok
	case *Values:
		return float64(len(n.Rows)), true
	case *Filter:
		rows, known = o.estimate(n.Input)
		if s, ok := n.Input.(*Scan); ok && oneKey(s, n.Cond) {
			return 1, known
		}
		for _, t := range expr.Terms(n.Cond) {
			if _, _, _, equal := expr.Equality(t); equal {
				rows /= filteredEqual
			} else {
				rows /= filteredOther
			}
		}
		return max(rows, 1), known
	case *Project, *Order, *Distinct, *Over:
		return o.estimate(n.Children()[0])
	case *Shared: // whose plan may have several places of another, and so on: each is looked at once
		if n.Of.guess == nil {
			rows, known = o.estimate(n.Of.Plan)
			n.Of.guess = &guess{rows, known}
		}
		return n.Of.guess.rows, n.Of.guess.known
	case *Limit:
		rows, known = o.estimate(n.Input)
		return atMost(n.Count, rows), known
	case *TopN:
		rows, known = o.estimate(n.Input)
		return atMost(n.Count, rows), known
	case *Aggregate:
		if len(n.Keys) == 0 {
			return 1, true
		}
		rows, known = o.estimate(n.Input)
		return max(rows/filteredEqual, 1), known
	case *Union:
		for _, in := range n.Inputs {
			r, ok := o.estimate(in)
			if !ok {
				return 0, false
			}
			rows += r
		}
		return rows, true
	case *Join:
		l, okL := o.estimate(n.Left)
		r, okR := o.estimate(n.Right)
		switch {
		case n.Kind == SemiJoin || n.Kind == AntiJoin || n.Kind == MarkJoin:
			return l, okL
		case len(n.Keys) > 0:
			return max(l, r), okL && okR
		}
		return l * r, okL && okR
	}
	return 0, false
}
