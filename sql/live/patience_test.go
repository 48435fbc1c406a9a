package live

import (
	"context"
	"errors"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

type sink struct{ rows int }

func (s *sink) Push(_ context.Context, b *batch.Batch) error   { s.rows += b.N; return nil }
func (s *sink) Advance(context.Context, stream.Progress) error { return nil }
func (s *sink) Close() error                                   { return nil }

// TestPatience reads batches with a context that is done, which a reader that pauses notices and another does not.
func TestPatience(t *testing.T) {
	errDone := errors.New("done")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errDone)
	var poured int64
	to := &sink{}
	p := &patient{Sink: to, poured: func() int64 { return poured }}
	for i, c := range []struct {
		comes int64
		waits bool
	}{{10_000, false}, {10_000, false}, {10_000, false}, {10_000, false}, {0, false}, {pouring - 1, false}, {pouring, true}, {0, true}} {
		poured += c.comes
		before := to.rows
		err := p.Push(ctx, &batch.Batch{N: batch.MaxRows})
		if waits := errors.Is(err, errDone); waits != c.waits || (to.rows == before) != c.waits {
			t.Errorf("batch %d after %d rows have come: %v, %d rows given", i, c.comes, err, to.rows-before)
		}
	}
}
