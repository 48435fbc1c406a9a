package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
)

// foldConstants makes conditions simpler: what is constant is computed, what decides an AND or OR leaves nothing else of
// it, a term stands once, and x = 1 OR x = 2 becomes x IN (1, 2). A filter that lets all pass goes.
func foldConstants(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		cond := expr.Simplify(n.Cond)
		if truth(cond) == isTrue {
			return n.Input
		}
		if !expr.Equal(cond, n.Cond) {
			return &Filter{Input: n.Input, Cond: cond}
		}
	case *Join:
		if n.On == nil {
			return n
		}
		d := *n
		if d.On = expr.Simplify(n.On); truth(d.On) == isTrue && !n.NullAware {
			d.On = nil
		}
		return &d
	}
	return n
}

// emptyFilter makes no rows of a filter that lets none pass, and of what a join asks for in vain: PostgreSQL evaluates
// nothing of it either. In a query that ends only: a view has inputs.
func emptyFilter(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		if truth(n.Cond) == isFalse {
			return &Values{Columns: n.Schema()}
		}
	case *Join:
		if n.On == nil || truth(n.On) != isFalse || n.NullAware {
			return n
		}
		switch n.Kind {
		case InnerJoin:
			return &Values{Columns: n.Schema()}
		case LeftJoin:
			return n.With([]Node{n.Left, &Values{Columns: n.Right.Schema()}})
		}
	}
	return n
}

type verdict uint8

const (
	isOpen verdict = iota
	isTrue
	isFalse // or null
)

// truth says what a condition is for every row, if it is constant.
func truth(cond expr.Expr) verdict {
	c, ok := expr.IsConst(cond)
	switch {
	case !ok:
		return isOpen
	case c.Null(0) || !c.Bits.Get(0):
		return isFalse
	}
	return isTrue
}
