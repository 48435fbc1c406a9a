package build

import (
	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// over builds window functions. Those of a view are kept as rows come and go.
func (b *builder) over(n *plan.Over, next stream.Sink) (keeper, error) {
	spec := op.OverSpec{Input: n.Input.Schema(), Partition: n.Partition, Order: orderKeys(n.Order)}
	for _, c := range n.Calls {
		call := op.OverCall{Name: c.Name, Args: c.Args, Result: c.Type, Frame: op.OverFrame{
			Unit: op.FrameUnit(c.Frame.Unit), Exclude: op.FrameExclude(c.Frame.Exclude),
			Start: op.FrameBound{Kind: op.BoundKind(c.Frame.Start.Kind), Column: c.Frame.Start.Column},
			End:   op.FrameBound{Kind: op.BoundKind(c.Frame.End.Kind), Column: c.Frame.End.Column},
		}}
		if c.Agg != nil {
			call.Agg = &agg.Call{Func: *c.Agg, Column: -1, Filter: c.Where}
			if len(c.Args) > 0 {
				call.Agg.Column, call.Agg.More = c.Args[0], c.Args[1:]
			}
		}
		spec.Calls = append(spec.Calls, call)
	}
	if b.ops.Bounded {
		return nil, b.into(n.Input, op.NewOver(spec, b.ops, next))
	}
	o := op.NewChangingOver(spec, b.opsOver(n.Input, nil), next)
	b.keep(o)
	return o, b.into(n.Input, o)
}
