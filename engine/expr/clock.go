package expr

import (
	"github.com/vexfs/vexstream/engine/types"
)

// AsksClock says whether e depends on the time of the statement or of the epoch.
func AsksClock(e Expr) bool {
	return !walk(e, func(e Expr) bool {
		c, ok := e.(*call)
		return !ok || len(c.args) > 0 || !clockNames[c.fn.name]
	})
}

var clockNames = func() map[string]bool {
	names := map[string]bool{}
	for _, f := range clockFunctions() {
		names[f.name] = true
	}
	return names
}()

// Clock reads e as now() and a distance of days, a day being 24 hours, and less: now() - INTERVAL '1 hour'.
func Clock(e Expr) (shift types.Micros, ok bool) {
	c, ok := e.(*call)
	if !ok || c.t != types.Timestamptz {
		return 0, false
	}
	if len(c.args) == 0 {
		return 0, c.fn.name == "now"
	}
	if len(c.args) != 2 || c.fn.name != "+" && c.fn.name != "-" {
		return 0, false
	}
	inner, by := c.args[0], c.args[1]
	if _, first := IsConst(inner); first && c.fn.name == "+" {
		inner, by = by, inner
	}
	v, constant := IsConst(by)
	if shift, ok = Clock(inner); !ok || !constant || v.Type.OID != types.OIDInterval || v.Null(0) {
		return 0, false
	}
	d := types.SpanOf([16]byte(v.Fixed))
	if d.Months != 0 || max(d.Days, -d.Days) > 1<<24 {
		return 0, false
	}
	far := types.Micros(d.Micros) + types.Micros(d.Days)*types.Day
	if c.fn.name == "-" {
		far = -far
	}
	return shift + far, true
}

// Reach is a distance in time that is known from its least to its most: a day may have other than 24 hours.
type Reach struct{ Least, Most types.Micros }

// Moved reads e as a column of times and a constant distance without months, which is none for a bare column: ts + INTERVAL
// '1 hour'.
func Moved(e Expr) (column int, by Reach, ok bool) {
	if column, ok = IsCol(e); ok {
		return column, by, true
	}
	c, ok := e.(*call)
	if !ok || len(c.args) != 2 || c.fn.name != "+" && c.fn.name != "-" {
		return 0, by, false
	}
	inner, dist := c.args[0], c.args[1]
	if _, first := IsConst(inner); first && c.fn.name == "+" {
		inner, dist = dist, inner
	}
	v, constant := IsConst(dist)
	if !constant || v.Type.OID != types.OIDInterval || v.Null(0) || inner.Type() != c.t {
		return 0, by, false
	}
	if column, by, ok = Moved(inner); !ok {
		return 0, by, false
	}
	d := types.SpanOf([16]byte(v.Fixed))
	if d.Months != 0 || max(d.Days, -d.Days) > 1<<24 || max(d.Micros, -d.Micros) > 1<<61 {
		return 0, by, false
	}
	far, slack := types.Micros(d.Micros)+types.Micros(d.Days)*types.Day, types.Micros(0)
	if d.Days != 0 && c.t == types.Timestamptz {
		slack = types.Day // clocks are put forward and back, and a country may leave out a day
	}
	if c.fn.name == "-" {
		far = -far
	}
	return column, Reach{by.Least + far - slack, by.Most + far + slack}, true
}
