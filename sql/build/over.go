package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// over builds window functions. Those of a view are kept as rows come and go.
func (b *builder) over(n *plan.Over, next stream.Sink) (keeper, error) {
	spec := op.OverSpec{Input: n.Input.Schema(), Partition: n.Partition, Order: orderKeys(n.Order)}
	for _, c := range n.Calls {
		call := op.OverCall{Name: c.Name, Args: c.Args, Result: c.Type, Frame: op.OverFrame{
			Unit: op.FrameUnit(c.Frame.Unit), Exclude: op.FrameExclude(c.Frame.Exclude),
			Start: b.frameBound(n, c.Frame, c.Frame.Start), End: b.frameBound(n, c.Frame, c.Frame.End),
		}}
		if d, ok := b.everywhere(n.Input, c.Args, 1); ok && (c.Name == "lag" || c.Name == "lead") {
			call.Distance = &d
		}
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
	if n.OnClose {
		return b.passingOver(n, spec, next)
	}
	o := op.NewChangingOver(spec, b.opsOver(n.Input, nil), next)
	b.keep(o)
	return o, b.into(n.Input, o)
}

// passingOver builds window functions that give each row once: rows wait until the watermark has passed their time, and then
// pass in order.
func (b *builder) passingOver(n *plan.Over, spec op.OverSpec, next stream.Sink) (keeper, error) {
	time, schema := n.Order[0].Column, n.Input.Schema()
	marks := b.marks(n.Input, time)
	passing := op.PassingSpec{OverSpec: spec, Idle: n.Idle, Limit: func(w stream.Watermarks) types.Micros { return leastMark(marks, w).Sub(n.Lateness) }}
	at, ops := Aside{Schema: schema}, *b.ops // the rows are of earlier epochs
	if dead := b.env.DeadLetter; dead != nil {
		ops.DeadLetter = func(ctx context.Context, op string, err error, rows *batch.Batch, row int) {
			dead(ctx, op, err, rows, row, at)
		}
	}
	o, err := op.NewPassingOver(passing, &ops, next)
	if err != nil {
		return nil, err
	}
	b.keep(o)
	wait := window.NewOrder(window.CloseSpec{Allowed: n.Lateness, Marks: marks, View: b.env.View, Late: b.late(n.Input, schema)}, schema, time, b.opsOver(n.Input, schema), o)
	b.keep(wait)
	var into stream.Sink = wait
	if t := schema[time]; !t.NotNull { // a row without a time is never over
		into = op.NewFilter(expr.IsNull(expr.Col(time, t.Type, t.Name), true), b.opsOver(n.Input, nil), into)
	}
	return o, b.into(n.Input, into)
}

// frameBound is one bound of a frame. An offset that cannot be used fails in every row, whatever it reaches.
func (b *builder) frameBound(n *plan.Over, f plan.OverFrame, at plan.OverBound) op.FrameBound {
	out := op.FrameBound{Kind: op.BoundKind(at.Kind), Column: at.Column}
	if k := out.Kind; op.FrameUnit(f.Unit) != op.FrameRange && (k == op.OffsetPreceding || k == op.OffsetFollowing) {
		if d, ok := b.everywhere(n.Input, []int{at.Column}, 0); ok {
			out.Most = max(d, 1)
		}
	}
	return out
}

// everywhere gives column cols[i] of n if it is an integer that is the same in all rows.
func (b *builder) everywhere(n plan.Node, cols []int, i int) (v int64, ok bool) {
	if i >= len(cols) {
		return 0, false
	}
	for {
		o, is := n.(*plan.Over) // of another window: it passes its input's columns on
		if !is || cols[i] >= plan.Width(o.Input) {
			break
		}
		n = o.Input
	}
	p, is := n.(*plan.Project)
	if !is {
		return 0, false
	}
	e := p.Exprs[cols[i]]
	if len(expr.Columns(e)) > 0 || expr.Volatility(e) == expr.Volatile {
		return 0, false
	}
	c, err := b.constant(e)
	switch {
	case err != nil || c.Null(0):
		return 0, false
	case c.Type == types.Int8:
		return batch.Values[int64](&c)[0], true
	case c.Type == types.Int4:
		return int64(batch.Values[int32](&c)[0]), true
	}
	return 0, false
}
