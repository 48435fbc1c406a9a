package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// divided is an operator that may have lanes.
type divided interface {
	op.Divided
	Divide() bool
}

// divide gives the one input that was added for n, which root is built of, Lanes if the planner says so.
func (b *builder) divide(n plan.Node, root divided, inputs int) {
	if b.ops.Bounded || b.env.Count || b.lane || len(b.inputs) != inputs+1 || !plan.Divisible(n) || !root.Divide() {
		return
	}
	in, env := &b.inputs[inputs], *b.env
	in.Lanes = flow.NewLanes("view "+env.View, env.Crew, in.Sink, root, func() (*flow.Lane, error) { return laneOf(env, n) })
	in.Lanes.Use(env.Workers)
	in.Lanes.From(env.LaneRows)
}

// laneOf builds n and what is below it once more. What the operators have to tell of rows that they leave aside waits.
func laneOf(env Env, n plan.Node) (*flow.Lane, error) {
	asides := &flow.Asides{}
	if dead := env.DeadLetter; dead != nil {
		env.DeadLetter = func(_ context.Context, op string, err error, b *batch.Batch, row int, at Aside) {
			one := b.Take([]uint32{uint32(row)})
			asides.Later(func(ctx context.Context) error {
				dead(ctx, op, err, one, 0, at)
				return nil
			})
		}
	}
	if late := env.Late; late != nil {
		env.Late = func(_ context.Context, l *window.Late, at Aside) error {
			own := *l
			own.Batch, own.Row = l.Batch.Take([]uint32{uint32(l.Row)}), 0
			asides.Later(func(ctx context.Context) error { return late(ctx, &own, at) })
			return nil
		}
	}
	env.Scratch = nil // a lane is small
	b := newBuilder(&env, false)
	b.lane = true
	k, err := b.keeper(n, nothing{})
	if err != nil {
		return nil, err
	}
	if s, ok := k.(*single); ok {
		k = s.keeper
	}
	root, ok := k.(op.Divided)
	if !ok || len(b.inputs) != 1 {
		return nil, sqlerr.New(sqlerr.InternalError, "%s has no lanes", n.Describe().Name)
	}
	return &flow.Lane{In: b.inputs[0].Sink, Root: root, Asides: asides}, nil
}

// nothing is what comes after a lane's operator, which gives nothing.
type nothing struct{}

func (nothing) Push(context.Context, *batch.Batch) error       { return nil }
func (nothing) Advance(context.Context, stream.Progress) error { return nil }
func (nothing) Close() error                                   { return nil }
