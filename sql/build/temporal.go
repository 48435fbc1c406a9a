package build

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// temporal builds a filter on the time that passes.
func (b *builder) temporal(n *plan.Temporal, next stream.Sink) (keeper, error) {
	in := n.Input.Schema()
	f := &folded{}
	for i, c := range in {
		f.exprs, f.schema = append(f.exprs, expr.Col(i, c.Type, c.Name)), append(f.schema, c)
	}
	spec := op.TemporalSpec{}
	for _, e := range n.Enter {
		spec.Enter = append(spec.Enter, op.TimeBound{Column: f.column(e.X), Plus: e.Plus})
	}
	for _, l := range n.Leave {
		spec.Leave = append(spec.Leave, op.TimeBound{Column: f.column(l.X), Plus: l.Plus})
	}
	spec.Input, spec.Drop = f.schema, len(f.exprs)-len(in)
	t := op.NewTemporal(spec, b.ops, next)
	b.keep(t)
	return t, b.into(n.Input, f.project(b, n.Input, t))
}
