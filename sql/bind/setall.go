package bind

import (
	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
)

// counted is INTERSECT ALL or EXCEPT ALL: each row as often as it is on both sides, or as it is more often in l. Both
// sides are counted in one grouping, and a row is given again by a function that gives so many rows.
func counted(op string, l, r plan.Node, to []types.Type) (plan.Node, error) {
	names := l.Schema()
	u := &plan.Union{}
	for i, side := range []plan.Node{l, r} {
		side, err := castColumns(side, to, names)
		if err != nil {
			return nil, err
		}
		p := &plan.Project{Input: side}
		for c, f := range side.Schema() {
			p.Exprs, p.Names = append(p.Exprs, expr.Col(c, f.Type, f.Name)), append(p.Names, names[c].Name)
		}
		left, err := expr.Lit(types.Bool, map[int]string{0: "t", 1: "f"}[i])
		if err != nil {
			return nil, err
		}
		p.Exprs, p.Names = append(p.Exprs, left), append(p.Names, "left")
		u.Inputs = append(u.Inputs, p)
	}
	width := len(to)
	a := &plan.Aggregate{Input: u}
	for c, t := range to {
		a.Keys, a.KeyNames = append(a.Keys, expr.Col(c, t, names[c].Name)), append(a.KeyNames, names[c].Name)
	}
	left := expr.Col(width, types.Bool, "left")
	for _, which := range []expr.Expr{left, expr.Not(left)} {
		f, err := agg.Resolve("count", nil, true)
		if err != nil {
			return nil, err
		}
		a.Aggs = append(a.Aggs, plan.Agg{Name: "count", Func: f, Filter: which, Type: f.Result, Label: "count"})
	}
	ls, rs := expr.Col(width, types.Int8, "count"), expr.Col(width+1, types.Int8, "count")
	times, err := expr.Least([]expr.Expr{ls, rs})
	if op == "except" {
		times, err = expr.Operator("-", []expr.Expr{ls, rs})
	}
	if err != nil {
		return nil, err
	}
	one, err := expr.Lit(types.Int8, "1")
	if err != nil {
		return nil, err
	}
	series, err := expr.CallSet("generate_series", []expr.Expr{one, times})
	if err != nil {
		return nil, err
	}
	return firstColumns(&plan.Unfold{Input: a, Calls: []*expr.SetCall{series}}, width), nil
}
