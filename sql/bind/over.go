package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// overBase is the position from which columns are results of window functions: their real places are known when the
// rows they are over are.
const overBase = pendingBase + pendingBase/2

// overCall is a window function of a SELECT, over the rows after WHERE, GROUP BY and HAVING.
type overCall struct {
	name      string
	args      []expr.Expr
	agg       *plan.Agg
	partition []expr.Expr
	order     []expr.Expr
	keys      []plan.SortKey // Column is not set yet
	frame     plan.OverFrame
	start     expr.Expr // offsets, or the values that a RANGE reaches to
	end       expr.Expr
	t         types.Type
}

// overNames are the window functions that are no aggregates, with their numbers of arguments.
var overNames = map[string]struct{ least, most int }{
	"row_number": {0, 0}, "rank": {0, 0}, "dense_rank": {0, 0}, "percent_rank": {0, 0}, "cume_dist": {0, 0},
	"ntile": {1, 1}, "lag": {1, 3}, "lead": {1, 3}, "first_value": {1, 1}, "last_value": {1, 1}, "nth_value": {2, 2},
}

func isOverName(name string) bool {
	_, ok := overNames[name]
	return ok
}

func isOver(x ast.Expr) bool {
	c, ok := x.(*ast.Call)
	return ok && c.Over != nil
}

// over binds a window function.
func (e *exprs) over(x *ast.Call, name string) (expr.Expr, error) {
	pos := x.Position()
	s := e.rows
	if s == nil || !e.windows {
		if e.clause == "window" {
			return nil, sqlerr.New(sqlerr.WindowingError, "window function calls cannot be nested").At(pos)
		}
		return nil, sqlerr.New(sqlerr.WindowingError, "window functions are not allowed in %s", e.place()).At(pos)
	}
	switch {
	case x.IgnoreNulls:
		return nil, missing(pos, "IGNORE NULLS")
	case x.Distinct:
		return nil, missing(pos, "DISTINCT for window functions")
	case x.OrderBy != nil:
		return nil, missing(pos, "aggregate ORDER BY for window functions")
	case x.Within != nil:
		return nil, missing(pos, "OVER for an ordered-set aggregate")
	}
	def, err := s.windowDef(x.Over, nil)
	if err != nil {
		return nil, err
	}
	in := *e
	in.clause, in.windows, in.reached = "window", false, nil // a window's rows are all rows
	c := overCall{name: name}
	if err := in.overWindow(&c, def); err != nil {
		return nil, err
	}
	if err := in.overArgs(&c, x, name); err != nil {
		return nil, at(err, pos)
	}
	for i := range s.overs {
		if sameOver(&s.overs[i], &c) {
			return expr.Col(overBase+i, c.t, name), nil
		}
	}
	s.overs = append(s.overs, c)
	return expr.Col(overBase+len(s.overs)-1, c.t, name), nil
}

// windowDef is a window with what it takes over from the named ones.
func (s *selection) windowDef(w *ast.WindowDef, seen []string) (*ast.WindowDef, error) {
	name := w.Base
	bare := w.Name != "" && w.Base == "" && w.PartitionBy == nil && w.OrderBy == nil && w.Frame == nil
	if bare && seen == nil {
		name = w.Name
	}
	if name == "" {
		return w, nil
	}
	for i := range s.s.Windows {
		d := &s.s.Windows[i]
		if d.Name != name || slices.Contains(seen, name) {
			continue
		}
		base, err := s.windowDef(d, append(seen, name))
		if err != nil || bare {
			return base, err
		}
		switch {
		case w.PartitionBy != nil:
			return nil, sqlerr.New(sqlerr.WindowingError, "cannot override PARTITION BY clause of window %q", name).At(w.Position())
		case w.OrderBy != nil && base.OrderBy != nil:
			return nil, sqlerr.New(sqlerr.WindowingError, "cannot override ORDER BY clause of window %q", name).At(w.Position())
		case base.Frame != nil:
			return nil, sqlerr.New(sqlerr.WindowingError, "cannot copy window %q because it has a frame clause", name).At(w.Position())
		}
		out := *w
		out.PartitionBy = base.PartitionBy
		if out.OrderBy == nil {
			out.OrderBy = base.OrderBy
		}
		return &out, nil
	}
	return nil, sqlerr.New(sqlerr.UndefinedObject, "window %q does not exist", name).At(w.Position())
}

// unusedWindows binds the windows of the WINDOW clause for their errors: those that a call names have told theirs.
func (s *selection) unusedWindows() error {
	for i := range s.s.Windows {
		w := &s.s.Windows[i]
		def, err := s.windowDef(w, []string{w.Name})
		if err != nil {
			return err
		}
		e := s.exprs("window")
		if err := e.overWindow(&overCall{}, def); err != nil {
			return err
		}
	}
	return nil
}

// overWindow binds PARTITION BY, ORDER BY and the frame.
func (e *exprs) overWindow(c *overCall, w *ast.WindowDef) error {
	for _, x := range w.PartitionBy {
		v, err := e.settled(x)
		if err != nil {
			return err
		}
		c.partition = append(c.partition, v)
	}
	for _, o := range w.OrderBy {
		v, err := e.settled(o.X)
		if err != nil {
			return err
		}
		c.order, c.keys = append(c.order, v), append(c.keys, sortKey(0, o))
	}
	c.frame = plan.OverFrame{End: plan.OverBound{Kind: 2}} // RANGE UNBOUNDED PRECEDING .. CURRENT ROW
	if w.Frame == nil {
		return nil
	}
	f := w.Frame
	if err := frameBounds(f); err != nil {
		return err
	}
	c.frame.Unit = map[string]uint8{"range": 0, "rows": 1, "groups": 2}[f.Unit]
	c.frame.Exclude = map[string]uint8{"": 0, "current row": 1, "group": 2, "ties": 3}[f.Exclude]
	if f.Unit == "groups" && len(c.order) == 0 {
		return sqlerr.New(sqlerr.WindowingError, "GROUPS mode requires an ORDER BY clause").At(w.Position())
	}
	var err error
	if c.frame.Start.Kind, c.start, err = e.overBound(c, f.Start, f.Unit, w); err != nil {
		return err
	}
	if c.frame.End.Kind, c.end, err = e.overBound(c, f.End, f.Unit, w); err != nil {
		return err
	}
	return nil
}

// frameBounds refuses a frame that ends before it begins.
func frameBounds(f *ast.Frame) error {
	refuse := func(b ast.Bound, text string) error {
		return sqlerr.New(sqlerr.WindowingError, "%s", text).At(b.Position())
	}
	start, end := f.Start.Kind, f.End.Kind
	switch {
	case start == "unbounded following":
		return refuse(f.Start, "frame start cannot be UNBOUNDED FOLLOWING")
	case end == "unbounded preceding":
		return refuse(f.End, "frame end cannot be UNBOUNDED PRECEDING")
	case start == "current row" && end == "preceding":
		return refuse(f.End, "frame starting from current row cannot have preceding rows")
	case start == "following" && f.End.Pos == f.Start.Pos:
		return refuse(f.End, "frame starting from following row cannot end with current row")
	case start == "following" && (end == "preceding" || end == "current row"):
		return refuse(f.End, "frame starting from following row cannot have preceding rows")
	}
	return nil
}

// overBound binds a bound of a frame. In a RANGE an offset becomes the value that the frame reaches to.
func (e *exprs) overBound(c *overCall, b ast.Bound, unit string, w *ast.WindowDef) (kind uint8, v expr.Expr, err error) {
	kind = map[string]uint8{"unbounded preceding": 0, "preceding": 1, "current row": 2, "following": 3, "unbounded following": 4}[b.Kind]
	if b.Offset == nil {
		return kind, nil, nil
	}
	if c := find(b.Offset, isColumn); c != nil {
		return 0, nil, sqlerr.New(sqlerr.InvalidColumnReference, "argument of %s must not contain variables", strings.ToUpper(unit)).At(c.Position())
	}
	if unit != "range" {
		if v, err = e.typed(b.Offset, types.Int8); err != nil {
			return 0, nil, err
		}
		v, err = expr.Cast(v, types.Int8, expr.Assignment)
		return kind, v, at(err, b.Offset.Position())
	}
	if len(c.order) != 1 {
		return 0, nil, sqlerr.New(sqlerr.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column").At(w.Position())
	}
	if v, err = e.bind(b.Offset); err != nil {
		return 0, nil, err
	}
	if v.Type() == types.Unknown {
		t := c.order[0].Type()
		if t.Category() == 'D' {
			t = types.Interval
		}
		if v, err = expr.Cast(v, t, expr.Implicit); err != nil {
			return 0, nil, at(err, b.Offset.Position())
		}
	}
	if err := positiveOffset(v); err != nil {
		return 0, nil, err
	}
	op := "+"
	if (kind == 1) != c.keys[0].Desc {
		op = "-"
	}
	if v, err = expr.Operator(op, []expr.Expr{c.order[0], v}); err != nil {
		return 0, nil, sqlerr.New(sqlerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", sqlName(c.order[0].Type())).At(b.Offset.Position())
	}
	if v.Type().OID != c.order[0].Type().OID {
		if c.order[0], err = expr.Cast(c.order[0], v.Type(), expr.Implicit); err != nil {
			return 0, nil, at(err, b.Offset.Position())
		}
	}
	return kind, v, nil
}

// overArgs binds the arguments and finds the type of the result.
func (e *exprs) overArgs(c *overCall, x *ast.Call, name string) error {
	args, err := e.list1(x.Args)
	if err != nil {
		return err
	}
	n, special := overNames[name]
	if !special {
		return e.overAggregate(c, x, name, args)
	}
	if x.Filter != nil {
		return missing(x.Position(), "FILTER for window functions that are not aggregates")
	}
	if len(args) < n.least || len(args) > n.most || x.Star {
		if set, _ := agg.IsOrderedSet(name); set && len(args) > 0 {
			return sqlerr.New(sqlerr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
		}
		return noFunction(x, name, args)
	}
	switch name {
	case "percent_rank", "cume_dist":
		c.t = types.Float8
	case "ntile":
		c.t = types.Int4
	case "lag", "lead", "first_value", "last_value", "nth_value":
		if args[0].Type() == types.Unknown {
			if args[0], err = expr.Cast(args[0], types.Text, expr.Implicit); err != nil {
				return err
			}
		}
		c.t = args[0].Type()
	default:
		c.t = types.Int8
	}
	if len(args) == 3 {
		if c.t, err = expr.UnionType([]types.Type{args[0].Type(), args[2].Type()}); err != nil {
			return noFunction(x, name, args)
		}
		for _, i := range []int{0, 2} {
			if args[i], err = expr.Cast(args[i], c.t, expr.Implicit); err != nil {
				return at(err, x.Args[i].Position())
			}
		}
	}
	count := 1 // the argument that is a number of rows
	if name == "ntile" {
		count = 0
	}
	if len(args) > count && n.most > count && (n.most > 1 || name == "ntile") {
		if !expr.CanCast(args[count].Type(), types.Int4, expr.Implicit) {
			return noFunction(x, name, args)
		}
		if args[count], err = expr.Cast(args[count], types.Int4, expr.Implicit); err != nil {
			return at(err, x.Args[count].Position())
		}
	}
	c.args = args
	return nil
}

// noFunction is the error of a call of a window function with arguments that it does not take.
func noFunction(x *ast.Call, name string, args []expr.Expr) error {
	return sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(args)).At(x.Position()).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// list1 binds arguments each for itself.
func (e *exprs) list1(xs []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		var err error
		if out[i], err = e.bind(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *exprs) overAggregate(c *overCall, x *ast.Call, name string, args []expr.Expr) error {
	if !isAggregate(name) {
		if _, err := expr.Call(name, args); sqlerr.CodeOf(err) == sqlerr.UndefinedFunction {
			return e.callError(err, x, args)
		}
		return sqlerr.New(sqlerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	}
	if set, _ := agg.IsOrderedSet(name); set {
		return sqlerr.New(sqlerr.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name)
	}
	a := &plan.Agg{Name: name, Args: args, Lead: len(args), Label: name}
	if err := resolveAggregate(a, x.Star); err != nil {
		return err
	}
	if x.Filter != nil {
		in := *e
		in.clause = "FILTER"
		var err error
		if a.Filter, err = in.condition(x.Filter); err != nil {
			return err
		}
	}
	c.agg, c.args, c.t = a, a.Args, a.Type
	return nil
}

// positiveOffset refuses a constant offset of a RANGE that is negative.
func positiveOffset(v expr.Expr) error {
	zero, err := expr.Lit(types.Unknown, "0")
	if err != nil {
		return err
	}
	less, err := expr.Operator("<", []expr.Expr{v, zero})
	if err != nil {
		return nil // the frame is refused for its type
	}
	if c, ok := expr.IsConst(expr.Fold(less)); ok && !c.Null(0) && c.Bits.Get(0) {
		return sqlerr.New(sqlerr.InvalidPrecedingOrFollowing, "invalid preceding or following size in window function")
	}
	return nil
}

func sameOver(a, b *overCall) bool {
	if a.name != b.name || a.frame != b.frame || !sameWindow(a, b) || !sameExprs(a.args, b.args) || !sameExprs([]expr.Expr{a.start, a.end}, []expr.Expr{b.start, b.end}) {
		return false
	}
	return a.agg == nil || sameAggregate(a.agg, b.agg)
}

func sameWindow(a, b *overCall) bool {
	return sameExprs(a.partition, b.partition) && sameExprs(a.order, b.order) && slices.Equal(a.keys, b.keys)
}

func sameExprs(a, b []expr.Expr) bool {
	return slices.EqualFunc(a, b, func(x, y expr.Expr) bool {
		return x == nil && y == nil || x != nil && y != nil && expr.Equal(x, y)
	})
}

// typeList names the types of arguments.
func typeList(args []expr.Expr) string {
	names := make([]string, len(args))
	for i, x := range args {
		names[i] = sqlName(x.Type())
	}
	return strings.Join(names, ", ")
}
