package plan

import "github.com/vexfs/vexstream/engine/expr"

// innerJoin makes an outer join under a filter an inner one, or one that is outer on one side, where the filter drops the
// rows that the outer join adds: those with nulls on a side that one of the filter's terms is never true for.
func innerJoin(j *Join, cond expr.Expr) *Join {
	if j.Kind != LeftJoin && j.Kind != FullJoin || j.Single {
		return j
	}
	width, whole := Width(j.Left), Width(j)
	var left, right bool // the filter drops rows with nulls there
	for _, t := range expr.Terms(cond) {
		left = left || expr.NeverTrueOfNulls(t, func(i int) bool { return i < width })
		right = right || expr.NeverTrueOfNulls(t, func(i int) bool { return i >= width && i < whole })
	}
	d := *j
	switch {
	case j.Kind == LeftJoin && right, j.Kind == FullJoin && left && right:
		d.Kind = InnerJoin
	case j.Kind == FullJoin && left:
		d.Kind = LeftJoin
	default:
		return j
	}
	return &d
}
