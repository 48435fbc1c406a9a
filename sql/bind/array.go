package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// array binds ARRAY[...].
func (e *exprs) array(x *ast.Array) (expr.Expr, error) {
	items, err := e.list(x.Items)
	if err != nil {
		return nil, err
	}
	v, err := expr.Array(items)
	if err != nil {
		return nil, misfit(err, x.Items, items, expr.Array, x.Position())
	}
	return v, nil
}

// misfit is err, which together gives for vs, what xs are bound to, because they must have one type. The first that does not
// fit those before it is at fault, or the first literal that the type of the others cannot read; else what stands at pos.
func misfit(err error, xs []ast.Expr, vs []expr.Expr, together func([]expr.Expr) (expr.Expr, error), pos int) error {
	switch code := sqlerr.CodeOf(err); {
	case code == sqlerr.DatatypeMismatch || code == sqlerr.CannotCoerce:
		for i := 1; i < len(vs); i++ {
			if _, bad := together(slices.Clone(vs[:i+1])); bad != nil {
				x := xs[i]
				if c, ok := x.(*ast.Cast); ok && isLiteral(c.X) {
					x = c.X // what PostgreSQL has cast stands where the literal does
				}
				return at(bad, start(x))
			}
		}
	case code[:2] == "22":
		var typed []expr.Expr
		for _, v := range vs {
			if v.Type() != types.Unknown {
				typed = append(typed, v)
			}
		}
		for i, v := range vs {
			if v.Type() == types.Unknown {
				if _, bad := together(append(slices.Clone(typed), v)); bad != nil {
					return at(bad, xs[i].Position())
				}
			}
		}
	}
	return at(err, pos)
}

func isLiteral(x ast.Expr) bool {
	_, ok := x.(*ast.Literal)
	return ok
}

// arrayAs binds ARRAY[...]::type, which each of its items is cast to.
func (e *exprs) arrayAs(x *ast.Array, to types.Type) (expr.Expr, error) {
	items := make([]expr.Expr, len(x.Items))
	elem := to.Elem()
	if elem.OID == types.OIDInterval {
		elem.Mod = to.Mod // whose fields say what a bare number counts
	}
	for i, it := range x.Items {
		var err error
		if inner, ok := it.(*ast.Array); ok {
			items[i], err = e.arrayAs(inner, to)
		} else {
			items[i], err = e.typed(it, to.Elem())
		}
		if err != nil {
			return nil, err
		}
		if items[i].Type() == types.Unknown {
			v, bad := expr.Cast(items[i], elem, expr.Explicit)
			if bad != nil {
				return nil, at(bad, it.Position())
			}
			if elem.Mod != 0 && elem.OID == types.OIDInterval {
				items[i] = v
			}
		}
	}
	v, err := expr.ArrayAs(items, to)
	return v, at(err, x.Position())
}

// subscript binds x[i][j] and x[lo:hi].
func (e *exprs) subscript(x *ast.Subscript) (expr.Expr, error) {
	chain, slice := []*ast.Subscript{x}, x.Slice
	of := x.X
	for {
		in, ok := of.(*ast.Subscript)
		if !ok || in.Closed {
			break
		}
		chain, slice, of = append(chain, in), slice || in.Slice, in.X
	}
	v, err := e.bind(of)
	if err != nil {
		return nil, err
	}
	if v.Type() == types.JSONB {
		return e.jsonSubscript(v, chain)
	}
	if v.Type().OID == types.OIDName && len(chain) == 1 && !slice {
		return e.nameSubscript(v, chain[0])
	}
	if v.Type().Elem() == (types.Type{}) {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", sqlName(v.Type())).At(of.Position())
	}
	bounds, err := e.bounds(chain, slice)
	if err != nil {
		return nil, err
	}
	v, err = expr.Subscript(v, bounds, slice)
	return v, at(err, x.Position())
}

// bounds binds the subscripts of a chain, which the innermost ends.
func (e *exprs) bounds(chain []*ast.Subscript, slice bool) ([]expr.Bound, error) {
	var bounds []expr.Bound
	for i := len(chain) - 1; i >= 0; i-- {
		c, b := chain[i], expr.Bound{}
		lo, hi := c.Lo, c.Hi
		if !c.Slice {
			lo, hi = nil, c.Lo
			if slice { // x[i] among slices is x[1:i]
				lo = &ast.Literal{Pos: c.Pos, Kind: ast.LitNumber, Text: "1"}
			}
		}
		var err error
		if b.Lo, err = e.index(lo); err != nil {
			return nil, err
		}
		if b.Hi, err = e.index(hi); err != nil {
			return nil, err
		}
		bounds = append(bounds, b)
	}
	return bounds, nil
}

// index binds a subscript; nil is none.
func (e *exprs) index(x ast.Expr) (expr.Expr, error) {
	if x == nil {
		return nil, nil
	}
	v, err := e.typed(x, types.Int4)
	if err != nil {
		return nil, err
	}
	i, err := expr.Cast(v, types.Int4, expr.Assignment)
	if code := sqlerr.CodeOf(err); err != nil && (code == sqlerr.DatatypeMismatch || code == sqlerr.CannotCoerce) {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "array subscript must have type integer").At(x.Position())
	}
	return i, at(err, x.Position())
}

// nameSubscript binds n[0], the first character of a name.
func (e *exprs) nameSubscript(v expr.Expr, x *ast.Subscript) (expr.Expr, error) {
	i, err := e.index(x.Lo)
	if err != nil {
		return nil, err
	}
	one, err := e.index(&ast.Literal{Pos: x.Pos, Kind: ast.LitNumber, Text: "1"})
	if err != nil {
		return nil, err
	}
	if i, err = expr.Operator("+", []expr.Expr{i, one}); err != nil {
		return nil, err
	}
	if v, err = expr.Cast(v, types.Text, expr.Explicit); err != nil {
		return nil, err
	}
	if v, err = expr.Call("substr", []expr.Expr{v, i, one}); err != nil {
		return nil, err
	}
	return expr.Cast(v, types.Char, expr.Explicit)
}

// jsonSubscript binds j['a'][1]: what #> gives for the path.
func (e *exprs) jsonSubscript(v expr.Expr, chain []*ast.Subscript) (expr.Expr, error) {
	keys, _, err := e.jsonKeys(chain)
	if err != nil {
		return nil, err
	}
	v, err = expr.Operator("#>", []expr.Expr{v, keys})
	return v, at(err, chain[0].Position())
}

// jsonKeys binds the subscripts of a chain, which the innermost ends, as a path; list says that the first is a number.
func (e *exprs) jsonKeys(chain []*ast.Subscript) (keys expr.Expr, list bool, err error) {
	var path []expr.Expr
	for i := len(chain) - 1; i >= 0; i-- {
		c := chain[i]
		if c.Slice {
			pos := c.Position()
			if c.Hi != nil {
				pos = start(c.Hi)
			}
			return nil, false, sqlerr.New(sqlerr.DatatypeMismatch, "jsonb subscript does not support slices").At(pos)
		}
		k, err := e.typed(c.Lo, types.Text)
		if err != nil {
			return nil, false, err
		}
		if t := k.Type(); t != types.Unknown && t.OID != types.OIDText && !expr.CanCast(t, types.Int4, expr.Implicit) && !expr.CanCast(t, types.Text, expr.Implicit) {
			return nil, false, sqlerr.New(sqlerr.DatatypeMismatch, "subscript type %s is not supported", sqlName(t)).At(c.Lo.Position()).
				WithHint("jsonb subscript must be coercible to either integer or text.")
		}
		if i == len(chain)-1 {
			list = k.Type() != types.Unknown && expr.CanCast(k.Type(), types.Int4, expr.Implicit)
		}
		if k, err = expr.Cast(k, types.Text, expr.Explicit); err != nil {
			return nil, false, at(err, c.Lo.Position())
		}
		path = append(path, k)
	}
	keys, err = expr.Array(path)
	return keys, list, at(err, chain[0].Position())
}

// quantified binds x op ANY (array) and x op ALL (array).
func (e *exprs) quantified(x *ast.Quantified) (expr.Expr, error) {
	if err := e.operatorThere(x.Op, x.Position()); err != nil {
		return nil, err
	}
	if x.Query != nil {
		return e.quantifiedQuery(x.X, x.Op, x.All, x.Query, x.Position(), !x.All && e.sure == ast.Expr(x))
	}
	v, err := e.bind(x.X)
	if err != nil {
		return nil, err
	}
	want := v.Type().Array()
	if v.Type() == types.Unknown || want == (types.Type{}) {
		want = types.TextArray
	}
	a, err := e.typed(x.Array, want)
	if err != nil {
		return nil, err
	}
	if e.b.open(x.X) && a.Type().Elem() != (types.Type{}) {
		if v, err = e.typed(x.X, a.Type().Elem()); err != nil {
			return nil, err
		}
	}
	q, err := expr.Quantified(x.Op, v, a, x.All)
	if err != nil && sqlerr.CodeOf(err)[:2] == "22" && a.Type() == types.Unknown {
		return nil, at(err, x.Array.Position())
	}
	return q, at(err, x.Position())
}

// spreadCall binds f(a, VARIADIC array).
func (e *exprs) spreadCall(x *ast.Call, name string, args []expr.Expr) (expr.Expr, error) {
	last := len(args) - 1
	switch name {
	case "coalesce", "greatest", "least", "nullif":
		return nil, missing(x.Position(), "this VARIADIC argument of %s", name)
	}
	v, err := expr.CallSpread(name, args)
	if sqlerr.CodeOf(err) == sqlerr.DatatypeMismatch {
		return nil, at(err, x.Args[last].Position())
	}
	if err != nil {
		return nil, e.callError(err, x, args)
	}
	return v, nil
}
