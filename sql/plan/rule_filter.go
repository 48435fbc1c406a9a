package plan

import "github.com/vexfs/vexstream/engine/expr"

// pushFilter moves a filter below a window that it does not speak of, so that a row is judged once and not once per
// window, and below a projection of bare columns.
//
// A window drops rows only for what their time is, and the order of WHERE and the window in the text is the user's:
// conditions on rows come first. So a filter that can fail may go below a window too; it goes below nothing else.
func pushFilter(n Node) Node {
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	switch in := f.Input.(type) {
	case *Join:
		return joinFilter(f, in)
	case *Unfold:
		return unfoldFilter(f, in)
	case *Filter:
		if expr.Fallible(f.Cond) { // it sees only what the other lets pass
			return n
		}
		return pushFilter(&Filter{Input: in.Input, Cond: expr.And(append(expr.Terms(in.Cond), expr.Terms(f.Cond)...)...)})
	case *Window:
		width := len(in.Input.Schema())
		for _, c := range expr.Columns(f.Cond) {
			if c >= width {
				return n
			}
		}
		return in.With([]Node{pushFilter(&Filter{Input: in.Input, Cond: f.Cond})})
	case *Project:
		to, ok := bareColumns(in, expr.Columns(f.Cond))
		if !ok || anyFallible(in.Exprs) {
			return n
		}
		return in.With([]Node{pushFilter(&Filter{Input: in.Input, Cond: expr.Remap(f.Cond, to)})})
	}
	return n
}

// bareColumns gives the columns of p's input that its outputs cols are, if they are nothing but columns.
func bareColumns(p *Project, cols []int) (to func(int) int, ok bool) {
	for _, c := range cols {
		if _, bare := expr.IsCol(p.Exprs[c]); !bare {
			return nil, false
		}
	}
	return func(i int) int {
		c, _ := expr.IsCol(p.Exprs[i])
		return c
	}, true
}

func anyFallible(es []expr.Expr) bool {
	for _, e := range es {
		if expr.Fallible(e) {
			return true
		}
	}
	return false
}

// liftProject takes a projection of bare columns out from under an aggregate or another projection: subqueries and
// SELECT * leave them.
func liftProject(n Node) Node {
	kids := n.Children()
	if len(kids) != 1 {
		return n
	}
	p, ok := kids[0].(*Project)
	if !ok {
		return n
	}
	all := make([]int, len(p.Exprs))
	for i := range all {
		all[i] = i
	}
	to, ok := bareColumns(p, all)
	if !ok {
		return n
	}
	switch n := n.(type) {
	case *Project:
		return &Project{Input: p.Input, Exprs: remapAll(n.Exprs, to), Names: n.Names}
	case *Aggregate:
		return &Aggregate{Input: p.Input, Keys: remapAll(n.Keys, to), KeyNames: n.KeyNames, Aggs: remapAggs(n.Aggs, to)}
	}
	return n
}

func remapAll(es []expr.Expr, to func(int) int) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = expr.Remap(e, to)
	}
	return out
}

func remapAggs(aggs []Agg, to func(int) int) []Agg {
	out := make([]Agg, len(aggs))
	for i, a := range aggs {
		out[i] = a
		out[i].Args = remapAll(a.Args, to)
		if a.Filter != nil {
			out[i].Filter = expr.Remap(a.Filter, to)
		}
	}
	return out
}
