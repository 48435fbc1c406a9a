package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// single is an aggregate without keys, whose one group is there before any row. Operators above it must be told of that
// row before its first change takes it back, once in a view's life: so not after a restart, when their own state has
// it. The root of a view tells nobody; its readers begin with its contents.
type single struct {
	keeper
	told *told
}

// Loaded ends the loading: whoever is above knows the group.
func (s *single) Loaded(p stream.Progress) error {
	s.told.drop()
	s.told.loaded = true
	return s.keeper.Loaded(p)
}

// Listen leaves it to the caller's first epoch to tell of the group, and only if it feeds other operators.
func (s *single) Listen(on bool) {
	s.keeper.Listen(on)
	if on && s.told.inner && !s.told.loaded {
		s.told.first = s.Pin()
	}
}

// told is the Sink after a single: it tells of the group before anything else.
type told struct {
	stream.Sink
	inner  bool
	loaded bool
	first  state.Pin // nil once the next Sink knows
}

func (t *told) drop() {
	if t.first != nil {
		t.first.Release()
		t.first = nil
	}
}

func (t *told) tell(ctx context.Context) error {
	if t.first == nil {
		return nil
	}
	err := t.first.Rows(ctx, t.Sink)
	t.drop()
	return err
}

func (t *told) Push(ctx context.Context, b *batch.Batch) error {
	if err := t.tell(ctx); err != nil {
		return err
	}
	return t.Sink.Push(ctx, b)
}

func (t *told) Advance(ctx context.Context, p stream.Progress) error {
	if err := t.tell(ctx); err != nil {
		return err
	}
	return t.Sink.Advance(ctx, p)
}

func (b *builder) single(n *plan.Aggregate, spec op.AggregateSpec, f *folded, next stream.Sink) (keeper, error) {
	t := &told{Sink: next, inner: len(b.stateful) > 0}
	a, err := op.NewAggregate(spec, b.ops, t)
	if err != nil {
		return nil, err
	}
	s := &single{keeper: a, told: t}
	b.keep(s)
	inputs := len(b.inputs)
	if err := b.into(n.Input, f.project(b, n.Input, a)); err != nil {
		return nil, err
	}
	b.divide(n, a, inputs)
	return s, nil
}
