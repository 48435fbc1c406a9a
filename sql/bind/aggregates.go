package bind

import (
	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

func isAggregate(name string) bool { return agg.IsAggregate(name) }

// aggregate binds an aggregate call to its column of the group's row.
func (e *exprs) aggregate(x *ast.Call) (expr.Expr, error) {
	name, pos := x.Name[len(x.Name)-1], x.Position()
	if e.ofOuter(x) {
		return e.outerAggregate(x)
	}
	if err := e.probedTooOften(x); err != nil {
		return nil, err
	}
	if err := callForm(x, name); err != nil {
		return nil, err
	}
	inner := *e.group.inner
	inner.clause, inner.clock = "aggregate arguments", false
	a := plan.Agg{Name: name, Distinct: x.Distinct, Label: name, Lead: len(x.Args), Within: x.Within != nil}
	for _, arg := range x.Args {
		v, err := inner.aggregated(arg)
		if err != nil {
			return nil, err
		}
		if set, _ := agg.IsOrderedSet(name); set && !e.group.constant(v) {
			return nil, sqlerr.New(sqlerr.GroupingError, "column %q must appear in the GROUP BY clause or be used in an aggregate function", firstColumn(inner.s, v)).At(arg.Position()).
				WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
		}
		a.Args = append(a.Args, v)
	}
	for _, o := range append(x.OrderBy, x.Within...) {
		if err := inner.aggregateKey(&a, o); err != nil {
			return nil, err
		}
	}
	if x.Filter != nil {
		inner.clause = "FILTER"
		if nested := aggregateIn(x.Filter); nested != nil {
			return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in FILTER").At(nested.Position())
		}
		var err error
		if a.Filter, err = inner.condition(x.Filter); err != nil {
			return nil, err
		}
	}
	if err := hypotheticalRow(&a, x.Args); err != nil {
		return nil, err
	}
	if err := resolveAggregate(&a, x.Star); err != nil {
		return nil, at(err, pos)
	}
	return e.group.add(a), nil
}

// callForm refuses what cannot stand in a call of an aggregate.
func callForm(x *ast.Call, name string) error {
	pos := x.Position()
	set, hypothetical := agg.IsOrderedSet(name)
	_, window := overNames[name]
	switch {
	case x.Variadic:
		return missing(pos, "VARIADIC arguments of %s", name)
	case hasNames(x.ArgNames):
		return missing(pos, "a named argument of %s", name)
	case x.Within != nil && x.Distinct:
		return sqlerr.New(sqlerr.SyntaxError, "cannot use DISTINCT with WITHIN GROUP").At(pos)
	case x.Within != nil && x.OrderBy != nil:
		return sqlerr.New(sqlerr.SyntaxError, "cannot use multiple ORDER BY clauses with WITHIN GROUP").At(pos)
	case hypothetical && window && x.Within == nil && len(x.Args) == 0:
		return sqlerr.New(sqlerr.WrongObjectType, "window function %s requires an OVER clause", name).At(pos)
	case set && x.Within == nil:
		return sqlerr.New(sqlerr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name).At(pos)
	case x.Star && name != "count":
		return sqlerr.New(sqlerr.UndefinedFunction, "function %s() does not exist", name).At(pos).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	case name == "count" && !x.Star && len(x.Args) == 0:
		return sqlerr.New(sqlerr.WrongObjectType, "count(*) must be used to call a parameterless aggregate function").At(pos)
	}
	return nil
}

// aggregated binds an expression inside an aggregate.
func (e *exprs) aggregated(x ast.Expr) (expr.Expr, error) {
	if nested := e.ownAggregate(x); nested != nil {
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate function calls cannot be nested").At(nested.Position())
	}
	if over := find(x, isOver); over != nil {
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate function calls cannot contain window function calls").At(over.Position())
	}
	return e.bind(x)
}

// aggregateKey adds a key of the ORDER BY inside an aggregate. Numbers and names of the output mean nothing there.
func (e *exprs) aggregateKey(a *plan.Agg, o ast.OrderItem) error {
	v, err := e.aggregated(o.X)
	if err != nil {
		return err
	}
	if v.Type() == types.Unknown {
		if v, err = expr.Cast(v, types.Text, expr.Implicit); err != nil {
			return err
		}
	}
	if err := sortable(v.Type(), start(o.X)); err != nil {
		return err
	}
	if a.Distinct && !containsExpr(a.Args[:a.Lead], v) {
		return sqlerr.New(sqlerr.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list").At(o.X.Position())
	}
	a.Order = append(a.Order, sortKey(len(a.Args), o))
	a.Args = append(a.Args, v)
	return nil
}

func containsExpr(es []expr.Expr, v expr.Expr) bool {
	for _, x := range es {
		if expr.Equal(x, v) {
			return true
		}
	}
	return false
}

// sortable refuses types without an order.
func sortable(t types.Type, pos int) error {
	if t.OID != types.OIDJSON {
		return nil
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "could not identify an ordering operator for type %s", sqlName(t)).At(pos).
		WithHint("Use an explicit ordering operator or modify the query.")
}

// constant says whether v is the same for all rows of a group.
func (g *grouping) constant(v expr.Expr) bool {
	if _, ok := g.key(v); ok {
		return true
	}
	cols := expr.Columns(v)
	for _, c := range cols {
		if c >= plan.OuterBase {
			continue
		}
		if _, ok := g.key(g.inner.s.col(c)); !ok {
			return false
		}
	}
	return true
}

func firstColumn(s *scope, v expr.Expr) string {
	cols := expr.Columns(v)
	if len(cols) == 0 || cols[0] >= len(s.cols) {
		return v.String()
	}
	c := &s.cols[cols[0]]
	if c.table == "" {
		return c.name
	}
	return c.table + "." + c.name
}

// resolveAggregate picks the overload of a, casts its arguments, and sets its type.
func resolveAggregate(a *plan.Agg, star bool) error {
	if star && a.Distinct {
		return sqlerr.New(sqlerr.SyntaxError, "DISTINCT specified, but %s(*) has no arguments", a.Name)
	}
	var err error
	if set, _ := agg.IsOrderedSet(a.Name); set {
		return resolveWithin(a)
	} else if a.Within {
		if _, err = agg.Resolve(a.Name, typesOf(a.Args), false); err == nil {
			err = sqlerr.New(sqlerr.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", a.Name)
		}
		return err
	}
	switch a.Name {
	case "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg":
		return resolveJSON(a)
	case "approx_count_distinct": // of different values anyway
		a.Distinct = false
	case "array_agg":
		if a.Lead == 1 && a.Args[0].Type() == types.Unknown {
			return sqlerr.New(sqlerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
		}
	}
	if a.Func, err = agg.Resolve(a.Name, typesOf(a.Args[:a.Lead]), star); err != nil {
		return err
	}
	return castAggregate(a)
}

func typesOf(es []expr.Expr) []types.Type {
	ts := make([]types.Type, len(es))
	for i, x := range es {
		ts[i] = x.Type()
	}
	return ts
}

// hypotheticalRow gives the arguments of a hypothetical set, and the keys that they are compared with, the same types.
func hypotheticalRow(a *plan.Agg, args []ast.Expr) error {
	direct, keys := a.Args[:a.Lead], a.Args[a.Lead:]
	if _, hypothetical := agg.IsOrderedSet(a.Name); !hypothetical || len(direct) != len(keys) {
		return nil
	}
	for i := range keys {
		t, err := expr.UnionType([]types.Type{keys[i].Type(), direct[i].Type()})
		if err != nil {
			return sqlerr.New(sqlerr.DatatypeMismatch, "WITHIN GROUP types %s and %s cannot be matched", sqlName(keys[i].Type()), sqlName(direct[i].Type())).At(start(args[i]))
		}
		for _, x := range []*expr.Expr{&direct[i], &keys[i]} {
			if *x, err = expr.Cast(*x, t, expr.Implicit); err != nil {
				return at(err, start(args[i]))
			}
		}
	}
	return nil
}

// resolveWithin finds an ordered-set aggregate.
func resolveWithin(a *plan.Agg) error {
	direct, keys := a.Args[:a.Lead], a.Args[a.Lead:]
	_, hypothetical := agg.IsOrderedSet(a.Name)
	var err error
	args := typesOf(direct)
	if !hypothetical && len(direct) == 1 && direct[0].Type() == types.Unknown {
		args[0] = types.Float8
	}
	if a.Func, err = agg.ResolveWithin(a.Name, args, typesOf(keys)); err != nil {
		return err
	}
	return castAggregate(a)
}

// resolveJSON finds an aggregate of JSON, whose values become JSON first.
func resolveJSON(a *plan.Agg) error {
	f, err := agg.Resolve(a.Name, typesOf(a.Args[:a.Lead]), false)
	if err != nil {
		return err
	}
	last := &a.Args[a.Lead-1]
	if (*last).Type() == types.Unknown && a.Lead == 1 {
		return sqlerr.New(sqlerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
	}
	distinctByValue(a)
	last = &a.Args[a.Lead-1]
	if (*last).Type() == types.Unknown {
		if *last, err = expr.Cast(*last, types.Text, expr.Implicit); err != nil {
			return err
		}
	}
	name := "to_json"
	if f.Result == types.JSONB {
		name = "to_jsonb"
	}
	if *last, err = expr.Call(name, []expr.Expr{*last}); err != nil {
		return err
	}
	if a.Lead == 2 {
		switch t := a.Args[0].Type(); {
		case t.Category() == 'A' || t.OID == types.OIDJSON || t.OID == types.OIDJSONB || t.OID == types.OIDRecord:
			return sqlerr.New(sqlerr.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
		}
		if a.Args[0], err = jsonKey(a.Args[0]); err != nil {
			return err
		}
	}
	a.Func = f
	return castAggregate(a)
}

// distinctByValue orders an aggregate with DISTINCT by its arguments as they are: their JSON has another order.
func distinctByValue(a *plan.Agg) {
	if !a.Distinct {
		return
	}
	for _, v := range a.Args[:a.Lead] {
		if v.Type().OID != types.OIDJSON && v.Type() != types.Unknown && !containsExpr(a.Args[a.Lead:], v) {
			a.Order = append(a.Order, plan.SortKey{Column: len(a.Args)})
			a.Args = append(a.Args, v)
		}
	}
}

// jsonKey is v as the name of a member: times are written as JSON writes them.
func jsonKey(v expr.Expr) (expr.Expr, error) {
	if v.Type().Category() != 'D' {
		return expr.Cast(v, types.Text, expr.Explicit)
	}
	quoted, err := expr.Call("to_json", []expr.Expr{v})
	if err != nil {
		return nil, err
	}
	if quoted, err = expr.Cast(quoted, types.Text, expr.Explicit); err != nil {
		return nil, err
	}
	mark, err := expr.Lit(types.Text, `"`)
	if err != nil {
		return nil, err
	}
	return expr.Call("btrim", []expr.Expr{quoted, mark})
}

// castAggregate gives the arguments and keys the types that the aggregate takes.
func castAggregate(a *plan.Agg) (err error) {
	f := &a.Func
	a.Type = f.Result
	for i := range a.Args {
		to := a.Args[i].Type()
		switch {
		case i == 0 && a.Lead > 0:
			to = f.Arg
		case i < a.Lead:
			to = f.Args[i-1]
		case a.Within:
			to = f.Ordered[i-a.Lead]
		}
		if a.Args[i], err = expr.Cast(a.Args[i], to, expr.Implicit); err != nil {
			return err
		}
	}
	return nil
}
