package build

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// hopBounds are the bounds of a window as package window calls them.
var hopBounds = map[int]int{plan.WindowStart: window.Start, plan.WindowEnd: window.End, plan.WindowTime: window.Last}

// hop builds a window aggregate. Rows without a time lie in no window, so they do not come near it.
func (b *builder) hop(n *plan.Hop, next stream.Sink) (keeper, error) {
	in := n.Input.Schema()
	at := expr.Col(n.Time, in[n.Time].Type, in[n.Time].Name)
	f := &folded{}
	spec := window.HopSpec{
		Frame: window.Frame(n.Frame), Time: f.column(at), AppendOnly: b.appendOnly(n.Input),
		OnClose: n.OnClose, Allowed: window.Never, View: b.env.View,
	}
	spec.Keep = n.Retention
	judge := n.Judge && !b.ops.Bounded
	if marks := b.marks(n.Input, n.Time); judge {
		spec.Allowed, spec.Marks = n.Lateness, marks
	}
	for _, k := range n.Keys {
		key := window.HopKey{Name: k.Name, Column: -1, Bound: hopBounds[k.Bound]}
		if k.Expr != nil {
			key.Column = f.column(k.Expr)
		}
		spec.Keys = append(spec.Keys, key)
	}
	var err error
	if spec.Calls, err = f.calls(n.Aggs); err != nil {
		return nil, err
	}
	if spec.Input = f.schema; judge {
		spec.Late = b.late(n.Input, f.schema)
	}
	h, err := window.NewHop(spec, b.opsOver(n.Input, f.schema), next)
	if err != nil {
		return nil, err
	}
	b.keep(h)
	inputs := len(b.inputs)
	into := f.project(b, n.Input, h)
	if !in[n.Time].NotNull {
		into = op.NewFilter(expr.IsNull(at, true), b.opsOver(n.Input, in), into)
	}
	if err := b.into(n.Input, into); err != nil {
		return nil, err
	}
	b.divide(n, h, inputs)
	return h, nil
}
