package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// setPart binds what an assignment to a part of a column makes the column.
func (e *exprs) setPart(x *ast.SetPart) (expr.Expr, error) {
	v, err := e.bind(x.X)
	if err != nil {
		return nil, err
	}
	slice := slices.ContainsFunc(x.At, func(s *ast.Subscript) bool { return s.Slice })
	chain := slices.Clone(x.At)
	slices.Reverse(chain) // the innermost ends a chain
	want := v.Type().Elem()
	switch {
	case v.Type() == types.JSONB:
		want = types.JSONB
	case want == types.Type{}:
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", sqlName(v.Type())).At(x.Position())
	case slice:
		want = v.Type()
	}
	to, err := e.assignedPart(x, want)
	if err != nil {
		return nil, err
	}
	if v.Type() == types.JSONB {
		keys, list, err := e.jsonKeys(chain)
		if err != nil {
			return nil, err
		}
		return expr.SetJSONPart(v, keys, list, to), nil
	}
	bounds, err := e.bounds(chain, slice)
	if err != nil {
		return nil, err
	}
	v, err = expr.SetPart(v, bounds, slice, to)
	return v, at(err, x.Position())
}

// assignedPart binds the value of a part of a column, of type want.
func (e *exprs) assignedPart(x *ast.SetPart, want types.Type) (expr.Expr, error) {
	if _, preset := x.Value.(*ast.Default); preset {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot set an array element to DEFAULT").At(x.Position())
	}
	to, err := e.typed(x.Value, want)
	if err != nil {
		return nil, err
	}
	cast, err := expr.Cast(to, want, expr.Assignment)
	if code := sqlerr.CodeOf(err); err != nil && (code == sqlerr.DatatypeMismatch || code == sqlerr.CannotCoerce) {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "subscripted assignment to %q requires type %s but expression is of type %s", x.Column, sqlName(want), sqlName(to.Type())).
			At(x.Value.Position()).WithHint("You will need to rewrite or cast the expression.")
	}
	return cast, at(err, x.Value.Position())
}

// setPartChildren are the expressions of an assignment to a part of a column but for the column: who assigns need not be
// allowed to read it.
func setPartChildren(x *ast.SetPart) []ast.Expr {
	out := []ast.Expr{x.Value}
	if inner, ok := x.X.(*ast.SetPart); ok {
		out = append(out, inner)
	}
	for _, s := range x.At {
		out = append(out, some(s.Lo, s.Hi)...)
	}
	return out
}

// setParts puts an assignment to a part of a column upon those before it.
func (a *assignment) setParts(column, called string, at []*ast.Subscript, v ast.Expr, before ast.Expr) {
	if before == nil {
		before = &ast.Column{Pos: ast.Pos(a.pos), Name: []string{called, column}}
	}
	a.x = &ast.SetPart{Pos: ast.Pos(a.pos), X: before, Column: column, At: at, Value: v}
}
