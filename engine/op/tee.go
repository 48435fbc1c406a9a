package op

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// Tee gives every batch to several sinks.
type Tee struct {
	sinks []stream.Sink
	full  []bool
	open  int
}

// NewTee gives every batch to every sink, one after the other, as a loan. A sink that says ErrStop gets no more rows,
// but goes on being advanced; when all have, the Tee says ErrStop itself. Another error of a sink ends the stream for
// all: who must not be taken down by a neighbour sits behind a flow.Queue.
func NewTee(sinks ...stream.Sink) *Tee {
	return &Tee{sinks: sinks, full: make([]bool, len(sinks)), open: len(sinks)}
}

// Add makes s one more of the sinks, before the first batch.
func (t *Tee) Add(s stream.Sink) {
	t.sinks, t.full = append(t.sinks, s), append(t.full, false)
	t.open++
}

func (t *Tee) Push(ctx context.Context, b *batch.Batch) error {
	for i, s := range t.sinks {
		if t.full[i] {
			continue
		}
		err := s.Push(ctx, b)
		if errors.Is(err, stream.ErrStop) {
			t.full[i] = true
			t.open--
		} else if err != nil {
			return err
		}
	}
	if t.open == 0 {
		return stream.ErrStop
	}
	return nil
}

func (t *Tee) Advance(ctx context.Context, p stream.Progress) error {
	for _, s := range t.sinks {
		if err := s.Advance(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tee) Close() error {
	var errs []error
	for _, s := range t.sinks {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
