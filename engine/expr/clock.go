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
