package bind

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// exprs binds expressions in one clause of a query.
type exprs struct {
	b       *binder
	s       *scope
	clause  string      // what messages call the place: "WHERE", "JOIN conditions"
	group   *grouping   // set where the query is grouped: columns are keys and aggregates
	clock   bool        // now() may stand here in a view
	windows bool        // window functions may stand here
	rows    *selection  // the query whose rows a subquery can be joined to; nil: none
	sure    ast.Expr    // a condition where null is as good as false
	noSets  string      // what set-returning functions may not stand in: "CASE"; empty: nothing
	around  string      // the clause that an operator with a name of its own in messages stands in
	seen    *bool       // becomes true when a column of this query is bound; nil: nobody asks
	reached []expr.Expr // what is true of the rows that come to this place, in the order of evaluation; see arm
}

// inside is e for the operands of what messages call name.
func (e *exprs) inside(name string) exprs {
	in := *e
	in.clause, in.around = name, e.place()
	return in
}

// place is the clause, whatever operators are in between.
func (e *exprs) place() string {
	p := e.clause
	if e.around != "" {
		p = e.around
	}
	if p == "JOIN/ON" {
		p = "JOIN conditions"
	}
	return p
}

// settled binds x, and makes text of a literal that met no type.
func (e *exprs) settled(x ast.Expr) (expr.Expr, error) {
	v, err := e.bind(x)
	if err != nil || v.Type() != types.Unknown {
		return v, err
	}
	to, met := e.b.met[x]
	if !met {
		to = types.Text
	}
	v, err = expr.Cast(v, to, expr.Implicit)
	return v, at(err, x.Position())
}

// condition binds a boolean.
func (e *exprs) condition(x ast.Expr) (expr.Expr, error) {
	v, err := e.typed(x, types.Bool)
	if err != nil {
		return nil, err
	}
	if v.Type().OID == types.OIDUnknown {
		v, err = expr.Cast(v, types.Bool, expr.Implicit)
		return v, at(err, x.Position())
	}
	if v.Type() != types.Bool {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "argument of %s must be type boolean, not type %s", e.clause, sqlName(v.Type())).At(x.Position())
	}
	return v, nil
}

// assigned binds a value for a column of type to.
func (e *exprs) assigned(x ast.Expr, to types.Type) (expr.Expr, error) {
	v, err := e.typed(x, to)
	if err != nil {
		return nil, err
	}
	v, err = expr.Cast(v, to, expr.Assignment)
	return v, at(err, x.Position())
}

// typed binds x where a value of type t is wanted, which a parameter takes as its type.
func (e *exprs) typed(x ast.Expr, t types.Type) (expr.Expr, error) {
	if p, ok := x.(*ast.Param); ok {
		if err := e.b.reach(p); err != nil {
			return nil, err
		}
		e.b.param(p.N, t)
	}
	return e.bind(x)
}

// pair binds two operands; a parameter takes the type of the other.
func (e *exprs) pair(x, y ast.Expr) (a, b expr.Expr, err error) {
	if e.b.open(x) {
		if b, err = e.bind(y); err == nil {
			a, err = e.typed(x, b.Type())
		}
		return a, b, err
	}
	if a, err = e.bind(x); err == nil {
		b, err = e.typed(y, a.Type())
	}
	return a, b, err
}

// operands binds those of an operator. A parameter takes the type of the other where the operator has two of it, as an unknown
// literal does; elsewhere the operator that is chosen tells its type.
func (e *exprs) operands(op string, x, y ast.Expr) (a, b expr.Expr, err error) {
	if e.b.open(x) == e.b.open(y) {
		return e.pair(x, y)
	}
	known, open := x, y
	if e.b.open(x) {
		known, open = y, x
	}
	if a, err = e.bind(known); err != nil {
		return nil, nil, err
	}
	if expr.TakesTwo(op, a.Type()) {
		b, err = e.typed(open, a.Type())
	} else {
		b, err = e.bind(open)
	}
	if known == y {
		a, b = b, a
	}
	return a, b, err
}

// list binds several expressions that must agree; parameters take the type of the first that has one.
func (e *exprs) list(xs []ast.Expr) ([]expr.Expr, error) { return e.arms(xs, nil) }

// arms is list of operands that not every row comes to: conds gives what is true of the rows that come to the one at i.
func (e *exprs) arms(xs []ast.Expr, conds func(i int) []expr.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	known := types.Unknown
	var err error
	for _, late := range []bool{false, true} {
		for i, x := range xs {
			if out[i] != nil || !late && e.b.open(x) {
				continue
			}
			in := e
			if conds != nil && hasSubquery(x) {
				in = e.arm(conds(i)...)
			}
			if out[i], err = in.typed(x, known); err != nil {
				return nil, err
			}
			if known == types.Unknown {
				known = out[i].Type()
			}
		}
	}
	return out, nil
}

// bind gives x its meaning. Its type may be unknown still.
func (e *exprs) bind(x ast.Expr) (expr.Expr, error) {
	if e.group != nil {
		if c, ok := x.(*ast.Column); ok {
			if f := e.group.inner.s.passedField(c); f != nil {
				x = f
			}
		}
		if v, done, err := e.grouped(x); done || err != nil {
			return v, err
		}
	}
	switch x := x.(type) {
	case *ast.Literal:
		return literal(x)
	case *ast.Column:
		return e.column(x)
	case *ast.Param:
		return e.param(x)
	case *ast.Interval:
		return interval(x)
	case *ast.Call:
		return e.call(x)
	case *ast.Binary:
		return e.binary(x)
	case *ast.Unary:
		return e.unary(x)
	case *ast.Cast:
		return e.cast(x)
	}
	if isSubquery(x) {
		return e.query(x)
	}
	return e.form(x)
}

// form binds the expressions that PostgreSQL has a syntax of their own for.
func (e *exprs) form(x ast.Expr) (expr.Expr, error) {
	switch x := x.(type) {
	case *ast.Logic:
		return e.logic(x)
	case *ast.Not:
		in := e.inside("NOT")
		in.sure = nil
		v, err := in.condition(x.X)
		if err != nil {
			return nil, err
		}
		return expr.Not(v), nil
	case *ast.Is:
		return e.is(x)
	case *ast.Distinct:
		if a, b, ok := rowsOf(x.Left, x.Right); ok {
			y, err := rowDistinct(x, a, b)
			if err != nil {
				return nil, err
			}
			return e.bind(y)
		}
		l, r, err := e.pair(x.Left, x.Right)
		if err != nil {
			return nil, err
		}
		v, err := expr.IsDistinct(l, r, x.Negate)
		return v, at(err, x.Position())
	case *ast.Like:
		return e.like(x)
	case *ast.Between:
		return e.between(x)
	case *ast.In:
		return e.in(x)
	case *ast.Case:
		return e.caseOf(x)
	case *ast.Quantified:
		return e.quantified(x)
	case *ast.AtTimeZone:
		return e.zone(x)
	case *ast.Collate:
		if n := x.Name[len(x.Name)-1]; n != "C" && n != "POSIX" && n != "default" && n != "ucs_basic" {
			return nil, missing(x.Position(), "collation %q", n)
		}
		return e.bind(x.X)
	case *ast.FieldOf:
		return e.field(x)
	case *ast.Subquery:
		return e.subquery(x)
	case *ast.Array:
		return e.array(x)
	case *placed:
		return e.s.read(x.col), nil
	case *ofSource:
		return e.ofSource(x)
	case *ast.Row:
		return e.row(x)
	case *ast.Star:
		if v, done, err := e.starRow(x); done {
			return v, err
		}
	case *ast.Subscript:
		return e.subscript(x)
	case *ast.SetPart:
		return e.setPart(x)
	}
	return nil, unsupported(x)
}

// unsupported names what x is.
func unsupported(x ast.Expr) error {
	pos := x.Position()
	switch x.(type) {
	case *ast.Star:
		return sqlerr.New(sqlerr.SyntaxError, "* is not allowed here").At(pos)
	case *ast.Default:
		return sqlerr.New(sqlerr.SyntaxError, "DEFAULT is not allowed in this context").At(pos)
	}
	return missing(pos, "this expression")
}

func (e *exprs) column(x *ast.Column) (expr.Expr, error) {
	if v, done, err := e.ownColumn(x); done {
		if e.seen != nil {
			*e.seen = true
		}
		return v, err
	}
	if v, ok, err := e.outside(x); ok || err != nil {
		return v, err
	}
	if f := e.s.passedField(x); f != nil {
		return e.rowField(f)
	}
	return nil, e.s.undefined(x.Name, x.Position())
}

// ownColumn binds a column of this query, if it has it.
func (e *exprs) ownColumn(x *ast.Column) (v expr.Expr, done bool, err error) {
	i, err := e.s.find(x.Name, x.Position())
	switch {
	case err != nil:
		return nil, true, err
	case i >= 0 && x.Implied:
		return e.s.col(i), true, nil
	case i >= 0:
		return e.s.read(i), true, nil
	}
	if w := e.s.window; w != nil && len(x.Name) == 2 && w.aliases[x.Name[0]] {
		v, err = e.s.windowField(x.Name[1], x.Position())
		return v, true, err
	}
	if w := e.s.window; w != nil && len(x.Name) == 1 && w.aliases[x.Name[0]] {
		return nil, true, missing(x.Position(), "a window as a value here")
	}
	return e.wholeRow(x.Name, x.Position())
}

// reach makes room for a parameter.
func (b *binder) reach(p *ast.Param) error {
	if p.N < 1 || p.N > maxParams {
		return sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%d", p.N).At(p.Position())
	}
	for len(b.env.Params) < p.N {
		b.env.Params = append(b.env.Params, types.Type{})
	}
	return nil
}

// open says whether x is a parameter whose type is not known yet.
func (b *binder) open(x ast.Expr) bool {
	p, ok := x.(*ast.Param)
	return ok && (p.N > len(b.env.Params) || b.env.Params[p.N-1] == types.Type{})
}

func (e *exprs) param(x *ast.Param) (expr.Expr, error) {
	if err := e.b.reach(x); err != nil {
		return nil, err
	}
	if e.b.env.Continuous {
		return nil, missing(x.Position(), "a parameter in a materialized view")
	}
	t := e.b.env.Params[x.N-1]
	if t == (types.Type{}) {
		e.b.loose = append(e.b.loose, x.N)
		return expr.OpenParam(x.N, func(t types.Type) {
			if t.OID != types.OIDText { // which it is at last, if nothing tells of another type
				e.b.param(x.N, t)
			}
		}), nil
	}
	return expr.Param(x.N, t), nil
}

func sqlName(t types.Type) string {
	for i := range types.Table {
		if types.Table[i].OID == t.OID {
			return types.Table[i].SQL
		}
	}
	return t.Name()
}
