package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// operatorThere looks for the schema of OPERATOR(schema.op). No other than pg_catalog, which op does not name, has operators:
// that it has not this one is said where its operands are known.
func (e *exprs) operatorThere(op string, pos int) error {
	schema, rest, named := strings.Cut(op, ".")
	if !named || e.b.env.Catalog == nil {
		return nil
	}
	return e.b.env.Catalog.Within(pos, schema, rest)
}

func (e *exprs) binary(x *ast.Binary) (expr.Expr, error) {
	if err := e.operatorThere(x.Op, x.Position()); err != nil {
		return nil, err
	}
	if a, b, ok := rowsOf(x.Left, x.Right); ok {
		if isOrder(x.Op) && len(a) > 1 {
			return e.rowOrder(x.Op, a, b, x.Position())
		}
		y, err := rowComparison(x.Op, a, b, x.Pos)
		if err != nil {
			return nil, err
		}
		return e.bind(y)
	}
	if l, ok := x.Left.(*ast.Row); ok {
		if sub, ok := x.Right.(*ast.Subquery); ok && !sub.Exists && !sub.Array {
			return e.rowSubquery(l, x.Op, sub, x.Position())
		}
	}
	l, r, err := e.operands(x.Op, x.Left, x.Right)
	if err != nil {
		return nil, err
	}
	return operator(x.Op, x.Position(), []ast.Expr{x.Left, x.Right}, l, r)
}

func (e *exprs) unary(x *ast.Unary) (expr.Expr, error) {
	if err := e.operatorThere(x.Op, x.Position()); err != nil {
		return nil, err
	}
	if n, ok := x.X.(*ast.Literal); ok && x.Op == "-" && n.Kind == ast.LitNumber {
		v, err := expr.Lit(numberType("-"+n.Text), "-"+n.Text)
		return v, at(err, n.Position())
	}
	v, err := e.bind(x.X)
	if err != nil {
		return nil, err
	}
	return operator(x.Op, x.Position(), []ast.Expr{x.X}, v)
}

// operator applies op. A literal that the other operand's type cannot read is at fault itself.
func operator(op string, pos int, from []ast.Expr, args ...expr.Expr) (expr.Expr, error) {
	v, err := expr.Operator(op, args)
	if err == nil {
		return v, nil
	}
	if sqlerr.CodeOf(err)[:2] == "22" {
		for i, a := range args {
			if a.Type() == types.Unknown {
				return nil, at(err, from[i].Position())
			}
		}
	}
	return nil, at(err, pos)
}

func (e *exprs) logic(x *ast.Logic) (expr.Expr, error) {
	in := e.inside("OR")
	if x.And {
		in.clause = "AND"
	}
	end := "true"
	if x.And {
		end = "false"
	}
	terms := make([]expr.Expr, len(x.Terms))
	for i, t := range x.Terms {
		var err error
		of := &in
		if in.sure = nil; x.And && e.sure == ast.Expr(x) {
			in.sure = t // one of the conditions of a WHERE, which are evaluated in any order
		} else if i > 0 && hasSubquery(t) {
			of = in.arm(passed(terms[:i], end)...)
		}
		if terms[i], err = of.condition(t); err != nil {
			return nil, err
		}
	}
	if x.And {
		return expr.And(terms...), nil
	}
	return expr.Or(terms...), nil
}

func (e *exprs) is(x *ast.Is) (expr.Expr, error) {
	if x.What == "null" {
		v, err := e.settled(x.X)
		if err != nil {
			return nil, err
		}
		if v.Type().OID == types.OIDRecord {
			return expr.RowIsNull(v, x.Negate), nil
		}
		return expr.IsNull(v, x.Negate), nil
	}
	in := e.inside("IS " + negated(x.Negate) + strings.ToUpper(x.What))
	v, err := in.condition(x.X)
	if err != nil {
		return nil, err
	}
	return expr.IsBool(v, x.What, x.Negate), nil
}

func negated(is bool) string {
	if is {
		return "NOT "
	}
	return ""
}

func (e *exprs) like(x *ast.Like) (expr.Expr, error) {
	v, err := e.typed(x.X, types.Text)
	if err != nil {
		return nil, err
	}
	p, err := e.typed(x.Pattern, types.Text)
	if err != nil {
		return nil, err
	}
	var esc expr.Expr
	if x.Escape != nil {
		if esc, err = e.typed(x.Escape, types.Text); err != nil {
			return nil, err
		}
	}
	if x.Op == "similar" {
		v, err = expr.Similar(v, p, esc, x.Negate)
	} else {
		v, err = expr.Like(v, p, esc, x.Op == "ilike", x.Negate)
	}
	return v, at(err, x.Position())
}

// between is x >= low AND x <= high, and the other way round too if SYMMETRIC.
func (e *exprs) between(x *ast.Between) (expr.Expr, error) {
	cmp := func(op string, y ast.Expr) ast.Expr { return &ast.Binary{Pos: x.Pos, Op: op, Left: x.X, Right: y} }
	and := func(lo, hi ast.Expr) ast.Expr {
		return &ast.Logic{Pos: x.Pos, And: true, Terms: []ast.Expr{cmp(">=", lo), cmp("<=", hi)}}
	}
	whole := and(x.Low, x.High)
	if x.Symmetric {
		whole = &ast.Logic{Pos: x.Pos, Terms: []ast.Expr{whole, and(x.High, x.Low)}}
	}
	if x.Negate {
		whole = &ast.Not{Pos: x.Pos, X: whole}
	}
	return e.bind(whole)
}

func (e *exprs) in(x *ast.In) (expr.Expr, error) {
	if x.Query != nil {
		v, err := e.quantifiedQuery(x.X, "=", false, x.Query, x.Position(), !x.Negate && e.sure == ast.Expr(x))
		if err == nil && x.Negate {
			v = expr.Not(v)
		}
		return v, err
	}
	if y, err := rowIn(x); y != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return e.bind(y)
	}
	vs, err := e.list(append([]ast.Expr{x.X}, x.List...))
	if err != nil {
		return nil, err
	}
	v, err := expr.In(vs[0], constantsFirst(vs[1:]), x.Negate)
	if err != nil && sqlerr.CodeOf(err)[:2] == "22" {
		for i, item := range x.List { // the first literal that x's type cannot read is at fault
			if _, bad := expr.In(vs[0], vs[i+1:i+2], false); bad != nil {
				return nil, at(err, item.Position())
			}
		}
	}
	return v, at(err, x.Position())
}

// constantsFirst gives the items of an IN in the order in which PostgreSQL evaluates them: several without columns come
// before those with.
func constantsFirst(items []expr.Expr) []expr.Expr {
	var without, with []expr.Expr
	for _, v := range items {
		if len(expr.Columns(v)) == 0 {
			without = append(without, v)
		} else {
			with = append(with, v)
		}
	}
	if len(without) < 2 {
		return items
	}
	return append(without, with...)
}

func (e *exprs) caseOf(x *ast.Case) (expr.Expr, error) {
	in := e.inside("CASE/WHEN")
	in.noSets = "CASE"
	conds := make([]expr.Expr, len(x.Whens))
	results := make([]ast.Expr, 0, len(x.Whens)+1)
	for i, w := range x.Whens {
		c := w.Cond
		if x.X != nil {
			c = &ast.Binary{Pos: ast.Pos(w.Cond.Position()), Op: "=", Left: x.X, Right: w.Cond}
		}
		var err error
		of := &in
		if i > 0 && hasSubquery(c) {
			of = in.arm(passed(conds[:i], "true")...)
		}
		if conds[i], err = of.condition(c); err != nil {
			return nil, err
		}
		results = append(results, w.Then)
	}
	if x.Else != nil {
		results = append(results, x.Else)
	}
	vs, err := in.arms(results, func(i int) []expr.Expr {
		if i == len(conds) {
			return passed(conds, "true")
		}
		return append(passed(conds[:i], "true"), conds[i])
	})
	if err != nil {
		return nil, err
	}
	var els expr.Expr
	if x.Else != nil {
		els = vs[len(vs)-1]
	}
	v, err := expr.Case(conds, vs[:len(conds)], els)
	if err == nil {
		return v, nil
	}
	if els != nil { // which PostgreSQL looks at first
		results, vs = rotated(results), rotated(vs)
	}
	return nil, misfit(err, results, vs, func(vs []expr.Expr) (expr.Expr, error) {
		return expr.Case(slices.Repeat([]expr.Expr{expr.Null(types.Bool)}, len(vs)-1), vs[1:], vs[0])
	}, x.Position())
}

// rotated is list with its last element first.
func rotated[T any](list []T) []T {
	last := len(list) - 1
	return append(slices.Clone(list[last:]), list[:last]...)
}
