package expr

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Terms gives the conditions that e is the AND of: e itself if it is none. A nil e has none. The list may be appended to,
// and not changed.
func Terms(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if l, ok := e.(*logic); ok && l.and {
		return slices.Clip(l.terms)
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

// Comparison takes a op b apart, where op is =, <>, <, <=, > or >= of one type.
func Comparison(e Expr) (op string, a, b Expr, ok bool) {
	c, ok := e.(*call)
	if !ok || len(c.args) != 2 || c.fn.in[0] != c.fn.in[1] {
		return "", nil, nil, false
	}
	switch c.fn.name {
	case "=", "<>", "<", "<=", ">", ">=":
		return c.fn.name, c.args[0], c.args[1], true
	}
	return "", nil, nil, false
}

// Listed takes apart a condition that is true only where x is one of some values: x = v, x IN (v, ...) or x = ANY (array),
// of one type. array is nil unless it is that.
func Listed(e Expr) (x Expr, values []Expr, array Expr, ok bool) {
	switch e := e.(type) {
	case *in:
		return e.x, e.list, nil, !e.negate
	case *quantified:
		return e.x, nil, e.array, e.set && !e.all
	}
	a, b, nullSafe, ok := Equality(e)
	if !ok || nullSafe {
		return nil, nil, nil, false
	}
	if len(Columns(a)) == 0 {
		a, b = b, a
	}
	return a, []Expr{b}, nil, true
}

// Widened takes the casts off e that change no value and no value.WideKey: of integers to wider ones, of varchar to text.
func Widened(e Expr) Expr {
	for {
		c, ok := e.(*call)
		if !ok || len(c.args) != 1 || c.fn.name != "cast" && c.fn.name != "retype" {
			return e
		}
		from, to := c.args[0].Type(), c.t
		switch {
		case wholeNumber(from) > 0 && wholeNumber(from) <= wholeNumber(to):
		case isText(from) && from.OID != types.OIDBPChar && to.OID == types.OIDText:
		default:
			return e
		}
		e = c.args[0]
	}
}

// wholeNumber is how many bytes an integer of type t has; 0 for other types.
func wholeNumber(t types.Type) int {
	switch t.OID {
	case types.OIDInt2:
		return 2
	case types.OIDInt4:
		return 4
	case types.OIDInt8:
		return 8
	}
	return 0
}

// Items is the elements of an array: the value of an expression of type t, which is not null.
func Items(raw []byte, t types.Type) batch.Column { return itemsOf(raw, t.Elem()) }

// NeverTrueOfNulls says that e, a condition, is false or null for every row whose columns for which of says yes are all
// null. It may say no of one that is.
func NeverTrueOfNulls(e Expr, of func(column int) bool) bool {
	switch e := e.(type) {
	case *logic:
		for _, t := range e.terms {
			if NeverTrueOfNulls(t, of) == e.and {
				return e.and
			}
		}
		return !e.and && len(e.terms) > 0
	case *isTest:
		switch {
		case e.what == "null" && e.negate, e.what == "true" && !e.negate, e.what == "false" && !e.negate:
			return nullOfNulls(e.x, of) || e.what == "true" && NeverTrueOfNulls(e.x, of)
		}
		return false
	}
	return nullOfNulls(e, of)
}

// nullOfNulls says that e is null for such rows.
func nullOfNulls(e Expr, of func(column int) bool) bool {
	switch e := e.(type) {
	case *column:
		return of(e.i)
	case *call:
		if e.fn.flags&lenient != 0 {
			return false
		}
		for _, a := range e.args {
			if nullOfNulls(a, of) {
				return true
			}
		}
	case *not:
		return nullOfNulls(e.x, of)
	case *like:
		return nullOfNulls(e.kids()[0], of)
	case *in:
		return nullOfNulls(e.x, of)
	}
	return false
}
