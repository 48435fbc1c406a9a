package bind

import (
	"errors"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// setBase is the position from which columns are those of set-returning functions in a select list: their real places
// are known when the rows they are over are.
const setBase = overBase + pendingBase/4

// setItem is a set-returning function in a select list. Functions of one level go in step; those of the next have
// arguments that are columns of these.
type setItem struct {
	call  *expr.SetCall
	args  []expr.Expr
	level int
	first int // its first column, from setBase on
}

// keySet is a set-returning function in the GROUP BY, and the column of the scope that it gives.
type keySet struct {
	call *expr.SetCall
	col  int
}

// errNotKey says that a set-returning function is none of the GROUP BY: it is evaluated over the groups.
var errNotKey = errors.New("bind: not in GROUP BY")

func isSetCall(x ast.Expr) bool {
	c, ok := x.(*ast.Call)
	return ok && expr.IsSetReturning(c.Name[len(c.Name)-1])
}

// setValue binds a set-returning function where a value is expected.
func (e *exprs) setValue(x *ast.Call, name string) (expr.Expr, error) {
	call, col, err := e.setCall(x, name)
	if err != nil {
		return nil, err
	}
	if len(call.Columns()) == 1 {
		return e.setColumn(call, col, 0), nil
	}
	var items []expr.Expr
	var names []string
	for i, c := range call.Columns() {
		items, names = append(items, e.setColumn(call, col, i)), append(names, c.Name)
	}
	v, err := expr.Row(items, names)
	return v, at(err, x.Position())
}

func (e *exprs) setColumn(call *expr.SetCall, first, i int) expr.Expr {
	c := call.Columns()[i]
	return expr.Col(first+i, c.Type, c.Name)
}

// setCall binds a set-returning function, and gives the place of its first column.
func (e *exprs) setCall(x *ast.Call, name string) (*expr.SetCall, int, error) {
	pos := x.Position()
	key := e.clause == "GROUP BY" && e.rows != nil
	if err := e.setAllowed(x, name, key); err != nil {
		return nil, 0, err
	}
	args, err := e.args(x.Args)
	if err != nil {
		return nil, 0, err
	}
	if args, err = named(x, name, args); err != nil {
		return nil, 0, err
	}
	call, err := expr.CallSet(name, args)
	if err != nil {
		return nil, 0, e.callError(err, x, args)
	}
	if len(args) > 1 && name == "unnest" {
		return nil, 0, at(noSuchFunction(name, args), pos)
	}
	if e.b.env.Continuous && call.Volatility() == expr.Volatile {
		return nil, 0, volatileInView(name, pos)
	}
	s := e.rows
	for _, k := range s.keySets {
		if e.group == nil && expr.EqualSet(k.call, call) {
			return call, k.col, nil
		}
	}
	switch {
	case key:
		return s.addKeySet(call, pos)
	case e.group == nil && s.group != nil:
		return nil, 0, errNotKey
	}
	return call, s.addSet(call), nil
}

// setAllowed refuses a set-returning function where PostgreSQL has none.
func (e *exprs) setAllowed(x *ast.Call, name string, key bool) error {
	pos := x.Position()
	refused := func(format string, args ...any) error {
		return sqlerr.New(sqlerr.FeatureNotSupported, format, args...).At(pos).
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
	}
	switch {
	case x.Over != nil:
		return sqlerr.New(sqlerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name).At(pos)
	case x.Distinct || x.Star || x.OrderBy != nil || x.Filter != nil || x.Within != nil:
		return sqlerr.New(sqlerr.WrongObjectType, "%s is not an aggregate function", name).At(pos)
	case x.Variadic:
		return missing(pos, "VARIADIC arguments of %s", name)
	case e.noSets != "":
		return refused("set-returning functions are not allowed in %s", e.noSets)
	case e.clause == "aggregate arguments":
		return refused("aggregate function calls cannot contain set-returning function calls")
	case e.clause == "window":
		return refused("window function calls cannot contain set-returning function calls")
	case e.clause == "functions in FROM":
		return sqlerr.New(sqlerr.FeatureNotSupported, "set-returning functions must appear at top level of FROM").At(pos)
	case !e.windows && !key || e.place() == "QUALIFY":
		return sqlerr.New(sqlerr.FeatureNotSupported, "set-returning functions are not allowed in %s", e.place()).At(pos)
	}
	return nil
}

func noSuchFunction(name string, args []expr.Expr) error {
	ts := make([]string, len(args))
	for i, a := range args {
		ts[i] = sqlName(a.Type())
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, strings.Join(ts, ", ")).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// addSet gives the first column of a function of the select list, which is shared with one that is the same.
func (s *selection) addSet(call *expr.SetCall) int {
	next := setBase
	for _, it := range s.unfolds {
		if expr.EqualSet(it.call, call) && call.Volatility() != expr.Volatile {
			return it.first
		}
		next = it.first + len(it.call.Columns())
	}
	item := setItem{call: call, args: slices.Clone(call.Args()), first: next}
	for _, a := range item.args {
		for _, c := range expr.Columns(a) {
			for _, it := range s.unfolds {
				if c >= it.first && c < it.first+len(it.call.Columns()) {
					item.level = max(item.level, it.level+1)
				}
			}
		}
	}
	s.unfolds = append(s.unfolds, item)
	return next
}

// addKeySet puts a function of the GROUP BY over the rows that are grouped. Several go in step.
func (s *selection) addKeySet(call *expr.SetCall, pos int) (*expr.SetCall, int, error) {
	u := &plan.Unfold{Input: s.node}
	if len(s.keySets) > 0 {
		last, ok := s.node.(*plan.Unfold)
		if !ok || s.keyNode != last {
			return nil, 0, missing(pos, "a subquery beside set-returning functions in GROUP BY")
		}
		*u = *last
	}
	u.Calls = append(slices.Clone(u.Calls), call)
	s.node, s.keyNode = u, u
	first := len(s.scope.cols)
	for i, c := range call.Columns() {
		s.scope.cols = append(s.scope.cols, column{t: c.Type, hidden: true, only: true, name: "?" + itoa(first+i)})
	}
	s.keySets = append(s.keySets, keySet{call, first})
	return call, first, nil
}

// setArgs are the lists of the functions' arguments, which may be changed in place.
func (s *selection) setArgs() [][]expr.Expr {
	var out [][]expr.Expr
	for i := range s.unfolds {
		out = append(out, s.unfolds[i].args)
	}
	return out
}

// unfolded puts the set-returning functions of a select list over n, level by level, and gives its expressions their
// columns.
func (s *selection) unfolded(n plan.Node, es []expr.Expr) plan.Node {
	if len(s.unfolds) == 0 {
		return n
	}
	last := &s.unfolds[len(s.unfolds)-1]
	places := make([]int, last.first+len(last.call.Columns())-setBase)
	settled := func(v expr.Expr) expr.Expr {
		return expr.Remap(v, func(c int) int {
			if c >= setBase && c < setBase+len(places) {
				return places[c-setBase]
			}
			return c
		})
	}
	for level, left := 0, len(s.unfolds); left > 0; level++ {
		u := &plan.Unfold{Input: n}
		width := plan.Width(n)
		for i := range s.unfolds {
			it := &s.unfolds[i]
			if it.level != level {
				continue
			}
			left--
			for k := range it.args {
				it.args[k] = settled(it.args[k])
			}
			u.Calls = append(u.Calls, it.call.With(it.args))
			for k := range it.call.Columns() {
				places[it.first-setBase+k] = width
				width++
			}
		}
		n = u
	}
	for i := range es {
		es[i] = settled(es[i])
	}
	return n
}

// setStar makes items of (f(x)).* where f returns a set.
func (s *selection) setStar(x *ast.FieldOf, c *ast.Call) error {
	names := expr.SetNames(c.Name[len(c.Name)-1])
	if names == nil {
		return sqlerr.New(sqlerr.WrongObjectType, "column notation .* applied to a value that is not composite").At(x.X.Position())
	}
	for _, n := range names {
		s.items = append(s.items, item{x: &ast.FieldOf{Pos: x.Pos, X: x.X, Name: n}, name: n, pos: x.Position()})
	}
	return nil
}

// setField binds (f(x)).name where f returns a set.
func (e *exprs) setField(x *ast.FieldOf, c *ast.Call) (expr.Expr, error) {
	name := c.Name[len(c.Name)-1]
	call, first, err := e.setCall(c, name)
	if err != nil {
		return nil, err
	}
	if call.Named() {
		for i, col := range call.Columns() {
			if col.Name == x.Name && len(call.Columns()) > 1 {
				return e.setColumn(call, first, i), nil
			}
		}
		if len(call.Columns()) > 1 {
			return nil, sqlerr.New(sqlerr.UndefinedColumn, "could not identify column %q in record data type", x.Name).At(c.Position())
		}
	}
	return nil, sqlerr.New(sqlerr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", x.Name, sqlName(call.Columns()[0].Type)).At(c.Position())
}
