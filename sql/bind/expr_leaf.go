package bind

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

func literal(x *ast.Literal) (expr.Expr, error) {
	t := types.Unknown
	switch x.Kind {
	case ast.LitNull:
		return expr.Null(types.Unknown), nil
	case ast.LitBool:
		t = types.Bool
	case ast.LitNumber:
		t = numberType(x.Text)
	case ast.LitBits:
		return nil, missing(x.Position(), "a bit string")
	}
	v, err := expr.Lit(t, x.Text)
	return v, at(err, x.Position())
}

// numberType is PostgreSQL's type of a number: the first of integer, bigint, numeric that holds it.
func numberType(text string) types.Type {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if int64(int32(n)) == n {
			return types.Int4
		}
		return types.Int8
	}
	return types.Numeric
}

// interval is INTERVAL 'text' with fields such as YEAR TO MONTH, digits of its seconds, a unit of Flink's, or none.
func interval(x *ast.Interval) (expr.Expr, error) {
	fields, rest, precise := strings.Cut(x.Unit, "(")
	t := types.Interval
	if precise {
		if p, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), ")")); err == nil {
			t.Mod = types.DigitsMod(p)
		}
	}
	t, ok := t.WithFields(strings.ToLower(strings.TrimSpace(fields)))
	if !ok {
		return intervalOf(x, fields)
	}
	v, err := expr.Lit(types.Unknown, x.Text)
	if err == nil {
		v, err = expr.Cast(v, t, expr.Explicit)
	}
	return v, at(err, x.Position())
}

// intervalOf counts a unit that PostgreSQL has no field for.
func intervalOf(x *ast.Interval, unit string) (expr.Expr, error) {
	s, err := types.ParseIntervalIn(x.Text, unit, nil)
	if err != nil {
		return nil, at(err, x.Position())
	}
	return expr.Lit(types.Interval, string(types.AppendInterval(nil, s)))
}

func (e *exprs) cast(x *ast.Cast) (expr.Expr, error) {
	t, err := e.typeOf(x.To)
	if err != nil {
		return nil, err
	}
	if a, ok := x.X.(*ast.Array); ok && t.Elem() != (types.Type{}) {
		return e.arrayAs(a, t)
	}
	if err := e.registered(x.X, t); err != nil {
		return nil, err
	}
	v, err := e.typed(x.X, t)
	if err != nil {
		return nil, err
	}
	pos := x.Position()
	if v.Type() == types.Unknown {
		pos = x.X.Position()
	}
	v, err = expr.Cast(v, t, expr.Explicit)
	return v, at(err, pos)
}

// registered says at its place that a constant name of type t, regclass or its kin, is none.
func (e *exprs) registered(x ast.Expr, t types.Type) error {
	l, ok := x.(*ast.Literal)
	if !ok || l.Kind != ast.LitString || !types.Reg(t) || e.b.env.Registered == nil {
		return nil
	}
	return at(e.b.env.Registered(t, l.Text), x.Position())
}

// ofRelations are the functions whose first argument is a regclass.
var ofRelations = map[string]bool{
	"nextval": true, "currval": true, "setval": true, "pg_relation_size": true, "pg_total_relation_size": true, "pg_table_size": true, "pg_indexes_size": true,
}

// typeOf finds a type, or the row type of a relation.
func (e *exprs) typeOf(name ast.TypeName) (types.Type, error) {
	t, err := Type(name)
	if sqlerr.CodeOf(err) != sqlerr.UndefinedObject || len(name.Name) > 2 || name.Array > 0 || e.b.env.Catalog == nil {
		return t, err
	}
	r, _, _, missing := e.b.relation(&ast.Table{Pos: name.Pos, Name: name.Name})
	if missing != nil {
		return t, cmp.Or(e.b.env.Catalog.Within(name.Position(), name.Name...), err)
	}
	if e.b.env.Continuous {
		return t, sqlerr.NotSupported("the row type of %s in a materialized view", r.QualifiedName()).At(name.Position())
	}
	var fields []types.RowField
	for _, c := range r.Visible() {
		fields = append(fields, types.RowField{Name: c.Name, Type: c.Type})
	}
	return types.NamedRow(fields, e.rowName(r)), nil
}

func (e *exprs) zone(x *ast.AtTimeZone) (expr.Expr, error) {
	z, err := e.typed(x.Zone, types.Text)
	if err != nil {
		return nil, err
	}
	v, err := e.bind(x.X)
	if err != nil {
		return nil, err
	}
	v, err = expr.Call("timezone", []expr.Expr{z, v})
	return v, at(err, x.Position())
}
