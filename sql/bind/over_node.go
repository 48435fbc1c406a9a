package bind

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/plan"
)

// overNode puts the window functions of a SELECT over n, one node for each window, and gives the expressions their
// columns.
func (s *selection) overNode(n plan.Node, es ...[]expr.Expr) plan.Node {
	if len(s.overs) == 0 {
		return n
	}
	in := passing(n, n.Schema())
	places := make([]int, len(s.overs))
	var nodes []*plan.Over
	var first []int // of each node: the call that it was made for
	for i := range s.overs {
		c := &s.overs[i]
		at := -1
		for k := range nodes {
			if sameWindow(&s.overs[first[k]], c) {
				at = k
			}
		}
		if at < 0 {
			at = len(nodes)
			nodes, first = append(nodes, c.window(in)), append(first, i)
		}
		nodes[at].Calls = append(nodes[at].Calls, c.call(in))
		places[i] = at
	}
	width := len(in.Exprs)
	given := make([]int, len(nodes)) // the first result of each node
	var out plan.Node = in
	for k, o := range nodes {
		given[k] = width
		width += len(o.Calls)
		o.Input = out
		out = o
	}
	for i, k := range places {
		places[i] = given[k]
		given[k]++
	}
	for _, list := range es {
		for i := range list {
			if list[i] != nil {
				list[i] = expr.Remap(list[i], func(c int) int {
					if c >= overBase && c < overBase+len(places) {
						return places[c-overBase]
					}
					return c
				})
			}
		}
	}
	return out
}

// passing is a projection that passes the columns of the schema on, which are n's first.
func passing(n plan.Node, s batch.Schema) *plan.Project {
	p := &plan.Project{Input: n, Exprs: expr.Cols(s), Names: make([]string, len(s))}
	for i, f := range s {
		p.Names[i] = f.Name
	}
	return p
}

// overColumn gives the place of v among what p gives; it is added unless it is there.
func overColumn(p *plan.Project, v expr.Expr) int {
	for i, e := range p.Exprs {
		if expr.Equal(e, v) {
			return i
		}
	}
	p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, v.String())
	return len(p.Exprs) - 1
}

func (c *overCall) window(in *plan.Project) *plan.Over {
	o := &plan.Over{}
	for _, v := range c.partition {
		o.Partition = append(o.Partition, overColumn(in, v))
	}
	for i, v := range c.order {
		k := c.keys[i]
		k.Column = overColumn(in, v)
		o.Order = append(o.Order, k)
	}
	return o
}

func (c *overCall) call(in *plan.Project) plan.OverCall {
	out := plan.OverCall{Name: c.name, Frame: c.frame, Type: c.t, Where: -1}
	for _, v := range c.args {
		out.Args = append(out.Args, overColumn(in, v))
	}
	if c.agg != nil {
		out.Agg = &c.agg.Func
		if c.agg.Filter != nil {
			out.Where = overColumn(in, c.agg.Filter)
		}
	}
	if c.start != nil {
		out.Frame.Start.Column = overColumn(in, c.start)
	}
	if c.end != nil {
		out.Frame.End.Column = overColumn(in, c.end)
	}
	return out
}

// overExprs are the lists of expressions of the window functions, which may be changed in place.
func (s *selection) overExprs() [][]expr.Expr {
	var out [][]expr.Expr
	for i := range s.overs {
		out = append(out, s.overs[i].args, s.overs[i].partition, s.overs[i].order)
	}
	return out
}
