package op

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

type values struct {
	schema  batch.Schema
	batches []*batch.Batch
}

// NewValues is a source of rows that are already there: VALUES, a system relation, what a log scan kept. It takes the
// batches over; it may run more than once.
func NewValues(schema batch.Schema, batches ...*batch.Batch) stream.Source {
	return &values{schema: schema, batches: batches}
}

func (v *values) Schema() batch.Schema { return v.schema }

func (v *values) Run(ctx context.Context, to stream.Sink) error {
	for _, b := range v.batches {
		if ctx.Err() != nil {
			return nil
		}
		if b.N == 0 {
			continue
		}
		if err := to.Push(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

type pinned struct {
	schema batch.Schema
	pin    state.Pin
}

// NewPinned is a source of what a pin holds: how a SELECT reads a view. Run releases the pin when it returns, so it runs
// once.
func NewPinned(schema batch.Schema, pin state.Pin) stream.Source {
	return &pinned{schema: schema, pin: pin}
}

func (p *pinned) Schema() batch.Schema { return p.schema }

func (p *pinned) Run(ctx context.Context, to stream.Sink) error {
	defer p.pin.Release()
	return p.pin.Rows(ctx, to)
}

// Drain runs a bounded query: all rows of from into to, then Advance with last and End set. A receiver that has enough
// is no error. It closes nothing. A context that is done ends it with the context's error, without Advance.
func Drain(ctx context.Context, from stream.Source, last stream.Progress, to stream.Sink) error {
	if err := from.Run(ctx, to); err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	last.End = true
	return to.Advance(ctx, last)
}
