package bind

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// clocks are the functions that give a time of now, under PostgreSQL's and Flink's names.
var clocks = map[string]types.Type{
	"now": types.Timestamptz, "current_timestamp": types.Timestamptz, "transaction_timestamp": types.Timestamptz,
	"statement_timestamp": types.Timestamptz, "proctime": types.Timestamptz, "localtimestamp": types.Timestamp,
	"current_date": types.Date, "localtime": types.Time,
}

// clockDigits is p of current_timestamp(p), localtimestamp(p) and localtime(p), digits of seconds.
func clockDigits(x *ast.Call) (digits int, ok bool) {
	switch x.Name[len(x.Name)-1] {
	case "current_timestamp", "localtimestamp", "localtime":
	default:
		return 0, false
	}
	if len(x.Name) != 1 || len(x.Args) != 1 {
		return 0, false
	}
	l, ok := x.Args[0].(*ast.Literal)
	if !ok || l.Kind != ast.LitNumber {
		return 0, false
	}
	digits, err := strconv.Atoi(l.Text)
	return digits, err == nil
}

// clockOf is the clock x with so many digits of seconds.
func (e *exprs) clockOf(x *ast.Call, digits int) (expr.Expr, error) {
	whole := *x
	whole.Args = nil
	v, err := e.call(&whole)
	if err != nil {
		return nil, err
	}
	v, err = expr.Cast(v, types.Type{OID: clocks[x.Name[0]].OID, Mod: types.DigitsMod(digits)}, expr.Explicit)
	return v, at(err, x.Position())
}

// sessionValues are the functions whose values are the session's, and the key of each in Env.Session.
var sessionValues = map[string]string{
	"current_user": "current_user", "user": "current_user", "current_role": "current_user", "session_user": "session_user",
	"current_database": "current_database", "current_catalog": "current_database", "current_schema": "current_schema",
	"version": "version",
}

// noFunction is the error of a call in a schema that has no functions.
func (e *exprs) noFunction(x *ast.Call) error {
	if e.b.env.Catalog != nil {
		if err := e.b.env.Catalog.Within(x.Position(), x.Name...); err != nil {
			return err
		}
	}
	args, err := e.args(x.Args)
	if err != nil {
		return err
	}
	return at(noSuchFunction(strings.Join(x.Name, "."), args), x.Position())
}

func (e *exprs) call(x *ast.Call) (expr.Expr, error) {
	name, pos := x.Name[len(x.Name)-1], x.Position()
	if len(x.Name) > 1 && x.Name[0] != "pg_catalog" && x.Name[0] != "vex" && !strings.HasPrefix(strings.Join(x.Name, "."), "information_schema._pg_") {
		return nil, e.noFunction(x)
	}
	if name == "count_window" {
		return nil, countWindow(pos, "10")
	}
	if v, done, err := e.windowCall(name, x); done || err != nil {
		return v, err
	}
	if digits, ok := clockDigits(x); ok {
		return e.clockOf(x, digits)
	}
	if expr.IsSetReturning(name) {
		return e.setValue(x, name)
	}
	if err := e.probedTooOften(x); err != nil {
		return nil, err
	}
	switch {
	case x.Over != nil:
		return e.over(x, name)
	case isAggregate(name) && e.ofOuter(x):
		return e.outerAggregate(x)
	case isAggregate(name):
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in %s", e.clause).At(pos)
	case x.Within != nil || x.Star || x.Distinct || x.OrderBy != nil || x.Filter != nil:
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%s specified, but %s is not an aggregate function", ofAggregates(x, name), name).At(pos)
	case isOverName(name):
		return nil, sqlerr.New(sqlerr.WrongObjectType, "window function %s requires an OVER clause", name).At(pos)
	}
	if key, ok := sessionValues[name]; ok && len(x.Args) == 0 {
		return e.sessionValue(name, key, pos)
	}
	if t, ok := clocks[name]; ok && len(x.Args) == 0 {
		return e.now(name, t, pos)
	}
	if (e.b.env.Continuous || e.b.env.Unattended) && expr.AsksCatalog(name) {
		return nil, missing(pos, "%s() in %s", name, e.b.env.where())
	}
	if name == "normalize" && len(x.Args) == 2 {
		x = withForm(x)
	}
	args, err := e.callArgs(x, name)
	if err != nil {
		return nil, err
	}
	if x.Variadic {
		return e.spreadCall(x, name, args)
	}
	if args, err = named(x, name, args); err != nil {
		return nil, err
	}
	v, err := expr.Call(name, args)
	if err != nil {
		return nil, e.callError(err, x, args)
	}
	if e.b.env.Continuous && expr.Volatility(v) == expr.Volatile {
		return nil, volatileInView(name, pos)
	}
	return v, nil
}

// ofAggregates names what call x has that only aggregates take.
func ofAggregates(x *ast.Call, name string) string {
	switch {
	case x.Star:
		return name + "(*)"
	case x.Distinct:
	case x.Within != nil:
		return "WITHIN GROUP"
	case x.OrderBy != nil:
		return "ORDER BY"
	case x.Filter != nil:
		return "FILTER"
	}
	return "DISTINCT"
}

// callArgs binds the arguments of a function that is no aggregate.
func (e *exprs) callArgs(x *ast.Call, name string) ([]expr.Expr, error) {
	if ofRelations[name] && len(x.Args) > 0 {
		if err := e.registered(x.Args[0], types.Type{OID: types.OIDRegclass}); err != nil {
			return nil, err
		}
	}
	in := *e
	if name == "coalesce" {
		in.noSets = "COALESCE"
		return in.coalesced(x.Args)
	}
	return in.args(x.Args)
}

// withForm is normalize(x, NFC) with the word as a literal.
func withForm(x *ast.Call) *ast.Call {
	word, ok := x.Args[1].(*ast.Column)
	if !ok || len(word.Name) != 1 {
		return x
	}
	y := *x
	y.Args = []ast.Expr{x.Args[0], &ast.Literal{Pos: word.Pos, Kind: ast.LitString, Text: word.Name[0]}}
	return &y
}

func hasNames(names []string) bool {
	for _, n := range names {
		if n != "" {
			return true
		}
	}
	return false
}

// named puts arguments that were given by name in their places.
func named(x *ast.Call, name string, args []expr.Expr) ([]expr.Expr, error) {
	if !hasNames(x.ArgNames) {
		return args, nil
	}
	for i, n := range x.ArgNames {
		switch {
		case n == "" && i > 0 && x.ArgNames[i-1] != "":
			return nil, sqlerr.New(sqlerr.SyntaxError, "positional argument cannot follow named argument").At(x.Args[i].Position())
		case n != "" && slices.Contains(x.ArgNames[:i], n):
			return nil, sqlerr.New(sqlerr.SyntaxError, "argument name %q used more than once", n).At(x.Args[i].Position())
		}
	}
	out, err := expr.Named(name, args, x.ArgNames)
	return out, at(err, x.Position())
}

func (e *exprs) args(xs []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		var err error
		if out[i], err = e.bind(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// oneType are the forms of PostgreSQL's grammar that look like functions and whose arguments must have one type.
var oneType = map[string]bool{"coalesce": true, "greatest": true, "least": true}

// callError places err: a malformed literal is at fault itself.
func (e *exprs) callError(err error, x *ast.Call, args []expr.Expr) error {
	if name := x.Name[len(x.Name)-1]; len(args) == len(x.Args) && oneType[name] {
		return misfit(err, x.Args, args, func(vs []expr.Expr) (expr.Expr, error) { return expr.Call(name, vs) }, x.Position())
	}
	if sqlerr.CodeOf(err)[:2] == "22" {
		for i, a := range args {
			if a.Type() == types.Unknown && i < len(x.Args) {
				return at(err, x.Args[i].Position())
			}
		}
	}
	return at(err, x.Position())
}

func (e *exprs) sessionValue(name, key string, pos int) (expr.Expr, error) {
	if e.b.env.Continuous {
		return nil, missing(pos, "%s in a materialized view", name)
	}
	t := types.Name
	if key == "version" {
		t = types.Text
	}
	if key == "current_schema" && e.b.env.Session[key] == "" {
		return expr.Null(t), nil
	}
	return expr.Lit(t, e.b.env.Session[key])
}

// now is the time of acceptance in a view's select list, and the statement's start in a client's query.
func (e *exprs) now(name string, t types.Type, pos int) (expr.Expr, error) {
	compared := e.place() == "WHERE" || e.place() == "HAVING"
	if e.b.env.Continuous && !e.clock && !compared {
		return nil, missing(pos, "%s() in %s of a materialized view", name, e.clause).(*sqlerr.Error).
			WithHint("In a view now() may stand in WHERE and HAVING, compared with a time of the row, and in the select list, over rows that are only added.")
	}
	switch {
	case !e.b.env.Continuous:
	case compared:
		e.b.clockAt.compared = pos
	default:
		e.b.clockAt.listed = pos
	}
	v, err := expr.Call("now", nil)
	if err != nil {
		return nil, at(err, pos)
	}
	v, err = expr.Cast(v, t, expr.Explicit)
	return v, at(err, pos)
}

func volatileInView(name string, pos int) error {
	return missing(pos, "%s() in a materialized view", name).(*sqlerr.Error).
		WithHint("A view must give the same when it is computed again; use a column of the row.")
}
