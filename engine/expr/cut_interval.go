package expr

import "github.com/vexfs/vexstream/engine/types"

// CutInterval is the interval x cast to one with fields, such as hour to minute: without what is smaller than the last.
func CutInterval(x Expr, fields string) Expr {
	run := func(f *frame) {
		a, ma := spans(f, 0)
		out := spanResult(f)
		for i := range out {
			v := a[i&ma]
			s := types.CutInterval(types.Span{Micros: v.us, Days: v.days, Months: v.months}, fields)
			out[i] = span{us: s.Micros, days: s.Days, months: s.Months}
		}
	}
	return folded(&call{
		fn: &function{name: "interval " + fields, run: run}, args: []Expr{x}, t: types.Interval,
		form: func(as []Expr) string { return paren(as[0]) + "::interval " + fields },
	})
}
