package expr

import "github.com/vexfs/vexstream/engine/types"

// Simplify gives a condition that has the same value as e, and less to compute: constants are folded, what decides an
// AND or OR is all that is left of it, a term that stands twice stands once, and comparisons of one operand with several
// constants become an IN.
//
// Like PostgreSQL, it lets a constant false decide an AND whose other terms can fail, wherever it stands.
func Simplify(e Expr) Expr {
	return rebuild(Fold(e), func(e Expr) Expr {
		l, ok := e.(*logic)
		if !ok {
			return e
		}
		var terms []Expr
		for _, t := range l.terms {
			if c, ok := t.(*constant); ok && !c.col.Null(0) {
				if c.col.Bits.Get(0) != l.and {
					return t
				}
				continue
			}
			if Volatility(t) == Volatile || !hasEqual(terms, t) {
				terms = append(terms, t)
			}
		}
		if !l.and {
			terms = gatherIn(terms)
		}
		if len(terms) == len(l.terms) {
			return e
		}
		return newLogic(l.and, terms)
	})
}

// SimplifyCondition simplifies a condition that rows pass for which it is true, so that null in an AND or OR is false.
func SimplifyCondition(e Expr) Expr {
	e, _ = nullIsFalse(Simplify(e))
	return e
}

func nullIsFalse(e Expr) (simpler Expr, changed bool) {
	switch e := e.(type) {
	case *constant:
		if e.Type() == types.Bool && e.col.Null(0) {
			return boolean(false), true
		}
	case *logic:
		terms := make([]Expr, 0, len(e.terms))
		for _, t := range e.terms {
			x, other := nullIsFalse(t)
			changed = changed || other
			if c, ok := x.(*constant); ok && c.col.Type == types.Bool && c.col.Bits.Get(0) != e.and {
				return x, true
			}
			terms = append(terms, x)
		}
		if changed {
			return newLogic(e.and, terms), true
		}
	}
	return e, false
}

func hasEqual(es []Expr, e Expr) bool {
	for _, x := range es {
		if Equal(x, e) {
			return true
		}
	}
	return false
}

// gatherIn makes an IN of the terms x = c and x IN (c, ...) of an OR with the same x, in the place of the first of them.
func gatherIn(terms []Expr) []Expr {
	type group struct {
		x    Expr
		eq   *function
		list []Expr
		at   int
		n    int
	}
	var groups []*group
	out := make([]Expr, 0, len(terms))
	for _, t := range terms {
		x, eq, list := alternatives(t)
		if x == nil {
			out = append(out, t)
			continue
		}
		var g *group
		for _, have := range groups {
			if have.eq == eq && Equal(have.x, x) {
				g = have
			}
		}
		if g == nil {
			g = &group{x: x, eq: eq, at: len(out)}
			groups = append(groups, g)
			out = append(out, t)
		}
		g.list = append(g.list, list...)
		g.n++
	}
	for _, g := range groups {
		if g.n > 1 {
			out[g.at] = newIn(g.x, g.list, g.eq, false)
		}
	}
	return out
}

// alternatives takes x = constant, constant = x and x IN (constants) apart. x is nil if t is neither, or if computing x
// fewer times could spare an error or change a value.
func alternatives(t Expr) (x Expr, eq *function, list []Expr) {
	switch t := t.(type) {
	case *call:
		if len(t.args) != 2 || t.fn.name != "=" || t.fn.in[0] != t.fn.in[1] {
			return nil, nil, nil
		}
		a, b := t.args[0], t.args[1]
		if _, ok := a.(*constant); ok {
			a, b = b, a
		}
		if _, ok := b.(*constant); !ok {
			return nil, nil, nil
		}
		x, eq, list = a, t.fn, []Expr{b}
	case *in:
		if t.negate {
			return nil, nil, nil
		}
		for _, el := range t.list {
			if _, ok := el.(*constant); !ok {
				return nil, nil, nil
			}
		}
		x, eq, list = t.x, t.eq, t.list
	default:
		return nil, nil, nil
	}
	if _, ok := x.(*constant); ok || Fallible(x) || Volatility(x) == Volatile {
		return nil, nil, nil
	}
	return x, eq, list
}
