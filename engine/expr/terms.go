package expr

import (
	"slices"

	"github.com/vexfs/vexstream/engine/types"
)

// Terms gives the conditions that e is the AND of: e itself if it is none. A nil e has none.
func Terms(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if l, ok := e.(*logic); ok && l.and {
		return slices.Clone(l.terms)
	}
	return []Expr{e}
}

// Equality takes a = b or a IS NOT DISTINCT FROM b apart, if both operands have one type.
func Equality(e Expr) (a, b Expr, nullSafe, ok bool) {
	switch e := e.(type) {
	case *call:
		if len(e.args) != 2 || !slices.Contains(operators["="], e.fn) {
			return nil, nil, false, false
		}
		a, b = e.args[0], e.args[1]
	case *distinct:
		if !e.negate {
			return nil, nil, false, false
		}
		a, b, nullSafe = e.a, e.b, true
	default:
		return nil, nil, false, false
	}
	same := types.Type{OID: a.Type().OID} == types.Type{OID: b.Type().OID}
	return a, b, nullSafe, same
}
