package bind

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// windowSpec is a window as a query asked for it.
type windowSpec struct {
	kind  string // "tumble", "hop", "session", "cumulate"
	frame plan.Frame
	grow  types.Micros // cumulate: the step
	gap   types.Micros // session
	keys  []expr.Expr  // session: what partitions it
	time  int          // column of the scope
	grace types.Micros
	judge bool
}

// windowWords are the calls that mean a window when they stand in an expression, and which of its columns they give.
var windowWords = map[string]string{
	"tumble": "", "hop": "", "tumble_start": "start", "tumble_end": "end", "hop_start": "start", "hop_end": "end",
	"session": "", "session_start": "start", "session_end": "end", "cumulate": "", "cumulate_start": "start", "cumulate_end": "end",
}

// apply puts the window over n and adds its columns to s.
func (w *windowSpec) apply(n plan.Node, s *scope, table string) plan.Node {
	at := len(s.cols)
	t := s.cols[w.time].t
	for _, name := range plan.WindowNames {
		s.cols = append(s.cols, column{table: table, name: name, t: t})
	}
	if s.window == nil {
		s.window = &windowScope{aliases: map[string]bool{}}
	}
	s.window.start, s.window.end = at+plan.WindowStart, at+plan.WindowEnd
	if w.kind == "session" {
		return &plan.Session{Input: n, Time: w.time, Keys: w.keys, Gap: w.gap, Lateness: w.grace, Judge: w.judge}
	}
	return &plan.Window{Input: n, Frame: w.frame, Grow: w.grow, Time: w.time, Lateness: w.grace, Judge: w.judge}
}

// same says whether w and o make the same windows.
func (w *windowSpec) same(o *windowSpec) bool {
	return w.kind == o.kind && w.frame == o.frame && w.grow == o.grow && w.gap == o.gap && w.time == o.time
}

// countWindow refuses a window of so many rows.
func countWindow(pos int, rows string) error {
	return missing(pos, "a window of a number of rows").(*sqlerr.Error).
		WithHint("Number them: GROUP BY k, (n - 1) / %[1]s over SELECT *, row_number() OVER (PARTITION BY k ORDER BY ts) AS n; OVER (... ROWS %[1]s PRECEDING) looks back so many rows; sizes in time are intervals: INTERVAL '1 minute'.", rows)
}

// window binds the arguments of a window function over scope s: [time,] sizes [, offset] [, zone].
func (e *exprs) window(name string, args []ast.Expr, names []string, pos int) (*windowSpec, error) {
	kind, _, _ := strings.Cut(name, "_")
	for i, n := range names {
		if want, ok := windowArgs[strings.ToLower(n)]; n != "" && (!ok || !positional(kind, want, i)) {
			return nil, missing(pos, "the argument %s at this place of %s", n, strings.ToUpper(kind))
		}
	}
	for i, a := range args {
		if z, ok := a.(*ast.Literal); ok && z.Kind == ast.LitNumber && i <= len(windowUsage[kind].args) {
			return nil, countWindow(z.Position(), z.Text)
		}
	}
	w := &windowSpec{kind: kind, time: e.s.eventTime}
	w.judge, w.grace = e.b.env.HasLateness, e.b.env.Lateness
	if len(args) > 0 && !isSize(args[0]) {
		if err := e.windowTime(w, args[0]); err != nil {
			return nil, err
		}
		args = args[1:]
	}
	if w.time >= 0 {
		e.s.read(w.time)
	}
	if w.time < 0 {
		return nil, sqlerr.New(sqlerr.WindowingError, "%s needs an event-time column", strings.ToUpper(kind)).At(pos).
			WithHint("Name it: %s(ts, ...).", kind)
	}
	return w, e.sizes(w, args, pos)
}

// windowArgs are the names of arguments that Flink knows, and what each is.
var windowArgs = map[string]string{"timecol": "time", "size": "size", "slide": "slide", "offset": "offset", "step": "step", "gap": "gap"}

// positional says whether an argument that is what stands where one without a name would.
func positional(kind, what string, i int) bool {
	order := windowUsage[kind].args
	return i < len(order) && order[i] == what
}

// windowUsage is the arguments of each window function in their order, how many sizes it needs, and how it is written.
var windowUsage = map[string]struct {
	args []string
	need int
	text string
}{
	"tumble":   {[]string{"time", "size", "offset"}, 1, "TUMBLE(relation, time, size [, offset] [, zone])"},
	"hop":      {[]string{"time", "slide", "size", "offset"}, 2, "HOP(relation, time, slide, size [, offset] [, zone])"},
	"session":  {[]string{"time", "gap"}, 1, "SESSION(relation [PARTITION BY key], time, gap)"},
	"cumulate": {[]string{"time", "step", "size", "offset"}, 2, "CUMULATE(relation, time, step, size [, offset] [, zone])"},
}

// isSize says whether x is written as an interval or a string: then the event time was left out.
func isSize(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Interval:
		return true
	case *ast.Literal:
		return x.Kind == ast.LitString
	case *ast.Cast:
		return x.To.Name[len(x.To.Name)-1] == "interval"
	}
	return false
}

func (e *exprs) windowTime(w *windowSpec, x ast.Expr) error {
	v, err := e.bind(x)
	if err != nil {
		return err
	}
	i, ok := expr.IsCol(v)
	if !ok {
		return missing(x.Position(), "a window over an expression").(*sqlerr.Error).
			WithHint("Compute the time in a subquery: %s((SELECT ..., expression AS t FROM ...), t, ...).", strings.ToUpper(w.kind))
	}
	if t := v.Type(); t != types.Timestamptz && t != types.Timestamp {
		return sqlerr.New(sqlerr.DatatypeMismatch, "the time of a window must be a timestamp, but column %q is of type %s", e.s.cols[i].name, sqlName(t)).At(x.Position())
	}
	w.time = i
	return nil
}

func (e *exprs) sizes(w *windowSpec, args []ast.Expr, pos int) error {
	usage := windowUsage[w.kind]
	place := map[string]*types.Micros{"size": &w.frame.Size, "slide": &w.frame.Slide, "offset": &w.frame.Offset, "step": &w.grow, "gap": &w.gap}
	var want []*types.Micros
	for _, a := range usage.args[1:] {
		want = append(want, place[a])
	}
	if n := len(args); n > usage.need {
		if z, ok := args[n-1].(*ast.Literal); ok && z.Kind == ast.LitString && isZone(z.Text) {
			if err := e.localDays(w, z); err != nil {
				return err
			}
			args = args[:n-1]
		}
	}
	if len(args) < usage.need || len(args) > len(want) {
		return misused(w.kind, pos)
	}
	for i, a := range args {
		d, err := duration(a)
		if err != nil {
			return err
		}
		if d <= 0 && want[i] != &w.frame.Offset {
			return sqlerr.New(sqlerr.InvalidParameterValue, "a window's %s must be greater than zero", usage.args[i+1]).At(a.Position()).
				WithHint("Write a positive interval, such as INTERVAL '1 minute'.")
		}
		*want[i] = d
	}
	if w.kind == "tumble" || w.kind == "cumulate" {
		w.frame.Slide = w.frame.Size
	}
	if w.frame.Zone != nil && (w.frame.Size%types.Day != 0 || w.frame.Slide%types.Day != 0) {
		return missing(args[0].Position(), "a window in a time zone that is not of whole days").(*sqlerr.Error).
			WithHint("Local days differ in length, their parts do not: leave out the zone, or write INTERVAL '1 day'.")
	}
	return nil
}

// localDays makes the windows days of a time zone.
func (e *exprs) localDays(w *windowSpec, z *ast.Literal) error {
	zone, err := types.LoadZone(z.Text)
	switch {
	case err != nil:
		return at(err, z.Position())
	case z.Text == "UTC" || z.Text == "Etc/UTC":
		return nil
	case w.kind == "session":
		return missing(z.Position(), "SESSION in the time zone %q", z.Text).(*sqlerr.Error).WithHint("A session has no days: leave out the zone.")
	case e.s.cols[w.time].t != types.Timestamptz:
		return sqlerr.New(sqlerr.DatatypeMismatch, "local days need a timestamptz, but column %q is of type %s", e.s.cols[w.time].name, sqlName(e.s.cols[w.time].t)).
			At(z.Position()).WithHint("A timestamp has no zone: its days are local already.")
	}
	w.frame.Zone = zone
	return nil
}

// misused is the error of a window with too few arguments, or too many.
func misused(kind string, pos int) error {
	return sqlerr.New(sqlerr.UndefinedFunction, "wrong number of arguments for %s", strings.ToUpper(kind)).At(pos).WithHint("Write %s.", windowUsage[kind].text)
}

func isZone(s string) bool { return s != "" && (s[0] >= 'A' && s[0] <= 'Z') }

// duration reads a window's size: an interval that has no months.
func duration(x ast.Expr) (types.Micros, error) { return span(x, "a window's size") }

// span reads a constant interval that has no months; what is what errors call it.
func span(x ast.Expr, what string) (types.Micros, error) {
	if c := find(x, isColumn); c != nil {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "%s must be a constant interval", what).At(c.Position())
	}
	e := &exprs{b: &binder{env: &Env{}}, s: &scope{eventTime: -1}, clause: what}
	v, err := e.bind(x)
	if err == nil {
		v, err = expr.Cast(v, types.Interval, expr.Implicit)
	}
	if err != nil {
		return 0, at(err, x.Position())
	}
	c, ok := expr.IsConst(v)
	if !ok || c.Null(0) {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "%s must be a constant interval", what).At(x.Position())
	}
	return micros(&c, x.Position())
}

// micros is the length of an interval, a day counted as 24 hours.
func micros(c *batch.Column, pos int) (types.Micros, error) {
	us, days, months := intervalParts(c)
	if months != 0 {
		return 0, missing(pos, "an interval with months or years here").(*sqlerr.Error).
			WithHint("Months are of different lengths; use days: INTERVAL '30 days'.")
	}
	if days > 1<<24 || days < -1<<24 {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "the interval is too long").At(pos)
	}
	return types.Micros(us) + types.Micros(days)*types.Day, nil
}

// windowCall binds a call that means the window of the query.
func (e *exprs) windowCall(name string, x *ast.Call) (expr.Expr, bool, error) {
	field, ok := windowWords[name]
	if !ok || x.Over != nil {
		return nil, false, nil
	}
	w := e.s.window
	if w == nil && len(x.Args) == 0 {
		kind, _, _ := strings.Cut(name, "_")
		return nil, true, misused(kind, x.Position())
	}
	if w == nil {
		return nil, true, missing(x.Position(), "%s in %s", name, e.clause)
	}
	if field == "" {
		return nil, true, missing(x.Position(), "a window as a value here").(*sqlerr.Error).
			WithHint("Its start and end are values: %s_start(...), %s_end(...).", name, name)
	}
	v, err := e.s.windowField(field, x.Position())
	return v, true, err
}

func (e *exprs) field(x *ast.FieldOf) (expr.Expr, error) {
	switch of := x.X.(type) {
	case *ast.Column:
		if i, err := e.s.find(of.Name, of.Position()); err == nil && i < 0 {
			return e.bind(&ast.Column{Pos: x.Pos, Name: append(append([]string(nil), of.Name...), x.Name)})
		}
	case *ast.Call:
		if f, ok := windowWords[of.Name[len(of.Name)-1]]; ok && f == "" && e.s.window != nil {
			return e.s.windowField(x.Name, x.Position())
		}
		if isSetCall(of) {
			return e.setField(x, of)
		}
	}
	return e.rowField(x)
}

func (s *scope) windowField(name string, pos int) (expr.Expr, error) {
	switch name {
	case "start", "window_start":
		return s.col(s.window.start), nil
	case "end", "window_end":
		return s.col(s.window.end), nil
	}
	return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q not found in a window", name).At(pos).WithHint("A window has start and end.")
}

// windowInExpr gives the call that asks for a window, if x is or holds one.
func windowInExpr(x ast.Expr) *ast.Call {
	f := find(x, func(x ast.Expr) bool {
		c, ok := x.(*ast.Call)
		if !ok || len(c.Name) != 1 || len(c.Args) == 0 {
			return false
		}
		_, is := windowWords[c.Name[0]]
		return is && !isWindowName(c)
	})
	if f == nil {
		return nil
	}
	return f.(*ast.Call)
}

// isWindowName says whether c is tumble_start(w): a field of a window that another call makes.
func isWindowName(c *ast.Call) bool {
	if windowWords[c.Name[0]] == "" || len(c.Args) != 1 {
		return false
	}
	_, ok := c.Args[0].(*ast.Column)
	return ok
}

// intervalParts takes apart the one interval in c.
func intervalParts(c *batch.Column) (us int64, days, months int32) {
	return int64(binary.LittleEndian.Uint64(c.Fixed)), int32(binary.LittleEndian.Uint32(c.Fixed[8:])), int32(binary.LittleEndian.Uint32(c.Fixed[12:]))
}

// windowValue is a window as a value: a record of its start and end, which the queries around take apart, and the text of one in
// the result.
func (e *exprs) windowValue(c *ast.Call) (expr.Expr, error) {
	field := func(name string) ast.Expr { return &ast.FieldOf{Pos: c.Pos, X: c, Name: name} }
	if e.b.within > 0 {
		both, err := e.args([]ast.Expr{field("start"), field("end")})
		if err != nil {
			return nil, err
		}
		return expr.Row(both, windowFields)
	}
	text := func(name string) ast.Expr {
		return &ast.Cast{Pos: c.Pos, X: field(name), To: ast.TypeName{Name: []string{"text"}}}
	}
	lit := func(s string) ast.Expr { return &ast.Literal{Pos: c.Pos, Kind: ast.LitString, Text: s} }
	join := func(l, r ast.Expr) ast.Expr { return &ast.Binary{Pos: c.Pos, Op: "||", Left: l, Right: r} }
	return e.bind(join(join(join(join(lit(`("`), text("start")), lit(`","`)), text("end")), lit(`")`)))
}

// windowFields are the names of the two fields of a window that is a value.
var windowFields = []string{"start", "end"}

func isWindow(t types.Type) bool {
	if t.OID != types.OIDRecord {
		return false
	}
	f := t.Fields()
	return len(f) == 2 && f[0].Name == windowFields[0] && f[1].Name == windowFields[1]
}

// passedField is w.start or w.end of a column w that a subquery has made of a window, which PostgreSQL would take for a column of
// a relation w; nil if x is none.
func (s *scope) passedField(x *ast.Column) *ast.FieldOf {
	last := len(x.Name) - 1
	if last == 0 || !slices.Contains(windowFields, x.Name[last]) {
		return nil
	}
	if i, err := s.find(x.Name, x.Position()); err != nil || i >= 0 {
		return nil
	}
	i, err := s.find(x.Name[:last], x.Position())
	if err != nil || i < 0 || !isWindow(s.cols[i].t) {
		return nil
	}
	return &ast.FieldOf{Pos: x.Pos, X: &ast.Column{Pos: x.Pos, Name: x.Name[:last]}, Name: x.Name[last]}
}

// windowsAsText gives the result of a statement its windows as text, which every client and every column can take.
func windowsAsText(n plan.Node) (plan.Node, error) {
	schema := n.Schema()
	if !slices.ContainsFunc(schema, func(f batch.Field) bool { return isWindow(f.Type) }) {
		return n, nil
	}
	p := passing(n, schema)
	for i, f := range schema {
		if !isWindow(f.Type) {
			continue
		}
		var err error
		if p.Exprs[i], err = expr.Cast(p.Exprs[i], types.Text, expr.Explicit); err != nil {
			return nil, err
		}
	}
	return p, nil
}
