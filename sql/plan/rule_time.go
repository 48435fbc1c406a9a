package plan

import (
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// timeRange tells a scan which event times the filter above it lets pass, as far as comparisons of the event time with
// something constant say so; and what it says of other columns of a stream. Windows in between change nothing, and what is said of a window's bounds is said of the event
// times in it. The filter stays.
func timeRange(n Node) Node {
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	var of func(column int) (frame Frame, bound int, ok bool) // of what is over windows
	var time int                                              // the column that the windows are of
	in, width := f.Input, Width(f)
	switch w := in.(type) {
	case *Window:
		in, width, time = w.Input, Width(w.Input), w.Time
		of = func(c int) (Frame, int, bool) { return w.Frame, c - width, c >= width }
	case *Hop:
		in, width, time = w.Input, 0, w.Time
		of = func(c int) (Frame, int, bool) {
			return w.Frame, w.Keys[min(c, len(w.Keys)-1)].Bound, c < len(w.Keys) && w.Keys[c].Expr == nil
		}
	}
	for {
		below, ok := in.(*Filter)
		if !ok {
			break
		}
		in = below.Input
	}
	s, ok := in.(*Scan)
	if !ok || s.Relation.Kind != catalog.Stream && s.Relation.EventTime < 0 {
		return n
	}
	at := slices.Index(s.Columns, s.Relation.EventTime)
	d := *s
	d.Range, d.Values = slices.Clone(s.Range), slices.Clone(s.Values)
	for _, t := range expr.Terms(f.Cond) {
		c, op, x, ok := bounded(t)
		if ok && c == at && c < width {
			d.Range = append(d.Range, TimeLimit{Op: op, X: x})
		} else if ok && c < width && s.Relation.Kind == catalog.Stream {
			d.Values = append(d.Values, ColumnLimit{Column: s.Columns[c], Op: op, X: x})
		} else if ok && of != nil && time == at {
			if frame, bound, is := of(c); is {
				d.Range = append(d.Range, windowLimit(frame, bound, op, x)...)
			}
		}
	}
	if len(d.Range) == len(s.Range) && len(d.Values) == len(s.Values) {
		return n
	}
	return up(f, func(n Node) Node {
		if n == Node(s) {
			return &d
		}
		return n
	})
}

// bounded reads t as the comparison of a column with something of its type over no columns.
func bounded(t expr.Expr) (column int, op string, x expr.Expr, ok bool) {
	op, a, b, ok := expr.Comparison(t)
	if !ok || op == "<>" {
		return 0, "", nil, false
	}
	if _, is := expr.IsCol(a); !is {
		a, b, op = b, a, turned[op]
	}
	column, ok = expr.IsCol(a)
	if !ok || len(expr.Columns(b)) > 0 || a.Type() != b.Type() || expr.Volatility(b) == expr.Volatile {
		return 0, "", nil, false
	}
	return column, op, b, true
}

// turned is each comparison with its sides changed.
var turned = map[string]string{"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<"}

// windowLimit is what a comparison of a window's bound with x says of the event times in the window: they are not before
// its start, and before its end.
func windowLimit(f Frame, bound int, op string, x expr.Expr) (out []TimeLimit) {
	low, high := op == ">" || op == ">=" || op == "=", op == "<" || op == "<=" || op == "="
	start, end := x, x // the least start and the greatest end
	if bound == WindowStart {
		end = later(x, f.Longest())
	} else {
		start = later(x, -f.Longest())
		if bound == WindowTime {
			end = later(x, 1)
		}
	}
	if low && start != nil {
		out = append(out, TimeLimit{Op: ">=", X: start})
	}
	if high && end != nil {
		out = append(out, TimeLimit{Op: "<=", X: end})
	}
	return out
}

// later is the constant time x moved by d; nil if x is not a constant.
func later(x expr.Expr, d types.Micros) expr.Expr {
	v, err := expr.Lit(types.Interval, strconv.FormatInt(int64(d), 10)+" microseconds")
	if err != nil {
		return nil
	}
	sum, err := expr.Operator("+", []expr.Expr{x, v})
	if err != nil || sum.Type() != x.Type() {
		return nil
	}
	return sum
}
