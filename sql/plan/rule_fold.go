package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
)

// foldConstants makes conditions simpler: what is constant is computed, what decides an AND or OR leaves nothing else of
// it, a term stands once, and x = 1 OR x = 2 becomes x IN (1, 2). A filter that lets all pass goes.
func foldConstants(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		cond := expr.SimplifyCondition(n.Cond)
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
		simpler := expr.SimplifyCondition
		if n.NullAware {
			simpler = expr.Simplify
		}
		on := simpler(n.On)
		if truth(on) == isTrue && !n.NullAware {
			on = nil
		}
		if on == n.On {
			return n
		}
		d := *n
		d.On = on
		return &d
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
