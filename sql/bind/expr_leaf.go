package bind

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
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

func interval(x *ast.Interval) (expr.Expr, error) {
	v, err := expr.Lit(types.Interval, intervalText(x))
	if c, ok := expr.IsConst(v); ok && err == nil && x.Unit != "" {
		v = expr.Const(cutInterval(&c, x.Unit))
	}
	return v, at(err, x.Position())
}

// cutInterval leaves out what is smaller than the last of the fields that INTERVAL '...' YEAR TO MONTH names.
func cutInterval(c *batch.Column, fields string) batch.Column {
	us, days, months := intervalParts(c)
	last := strings.ToLower(fields[strings.LastIndexByte(fields, ' ')+1:])
	switch last {
	case "year":
		months, days, us = months-months%12, 0, 0
	case "month":
		days, us = 0, 0
	case "day":
		us = 0
	case "hour":
		us -= us % int64(types.Hour)
	case "minute":
		us -= us % int64(types.Minute)
	}
	var v [16]byte
	binary.LittleEndian.PutUint64(v[:], uint64(us))
	binary.LittleEndian.PutUint32(v[8:], uint32(days))
	binary.LittleEndian.PutUint32(v[12:], uint32(months))
	b := batch.NewBuilder(types.Interval, 1)
	batch.Put(b, v)
	return b.Finish()
}

// intervalText joins a bare number and the unit after it: INTERVAL '1' MINUTE.
func intervalText(x *ast.Interval) string {
	if x.Unit == "" || strings.ContainsAny(strings.ToLower(x.Text), "abcdefghijklmnopqrstuvwxyz:") {
		return x.Text
	}
	unit := strings.ToLower(x.Unit)
	if i := strings.LastIndex(unit, " to "); i >= 0 {
		unit = unit[i+4:]
	}
	if i := strings.IndexByte(unit, '('); i >= 0 {
		unit = strings.TrimSpace(unit[:i])
	}
	return x.Text + " " + unit
}

func (e *exprs) cast(x *ast.Cast) (expr.Expr, error) {
	t, err := e.typeOf(x.To)
	if err != nil {
		return nil, err
	}
	if a, ok := x.X.(*ast.Array); ok && t.Elem() != (types.Type{}) {
		return e.arrayAs(a, t)
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

// typeOf finds a type, or the row type of a relation.
func (e *exprs) typeOf(name ast.TypeName) (types.Type, error) {
	t, err := Type(name)
	if sqlerr.CodeOf(err) != sqlerr.UndefinedObject || len(name.Name) > 2 || name.Array > 0 || e.b.env.Catalog == nil {
		return t, err
	}
	r, _, missing := e.b.relation(&ast.Table{Pos: name.Pos, Name: name.Name})
	if missing != nil {
		return t, err
	}
	if e.b.env.Continuous {
		return t, sqlerr.NotSupported("the row type of %s in a materialized view", r.QualifiedName()).At(name.Position())
	}
	var fields []types.RowField
	for _, c := range r.Visible() {
		fields = append(fields, types.RowField{Name: c.Name, Type: c.Type})
	}
	return types.RowOf(fields), nil
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
