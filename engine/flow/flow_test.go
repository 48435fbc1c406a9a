package flow_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var schema = enginetest.Schema("k text, v int8")

const input = "a 1\nb 2\nc 3 @-1\nadvance 1\nadvance 2\nd NULL\na 1 @-1"

func same(epochs []enginetest.Epoch) []enginetest.Table {
	var out []enginetest.Table
	for _, e := range epochs {
		out = append(out, e.Rows)
	}
	return out
}

func TestQueue(t *testing.T) {
	for _, depth := range []int{0, 1, 100} {
		enginetest.Matrix(t, enginetest.Case{
			Schema: schema, Input: input, Oracle: same,
			Make: func(_ enginetest.Setup, next stream.Sink) stream.Sink {
				return flow.NewQueue(context.Background(), nil, "test", depth, next)
			},
		})
	}
}

// locked lets several goroutines push into one Sink.
type locked struct {
	mu *sync.Mutex
	stream.Sink
}

func (l locked) Push(ctx context.Context, b *batch.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Sink.Push(ctx, b)
}

func TestFork(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		enginetest.Matrix(t, enginetest.Case{
			Schema: schema, Input: input, Oracle: same,
			Make: func(_ enginetest.Setup, next stream.Sink) stream.Sink {
				var mu sync.Mutex
				var workers []stream.Sink
				for _, in := range op.NewUnion(n, next) {
					workers = append(workers, locked{&mu, in})
				}
				return flow.NewFork(context.Background(), nil, "test", 2, workers...)
			},
		})
	}
}

// gate is a Sink that waits, panics or counts.
type gate struct {
	open  chan struct{}
	panic bool
	rows  int
}

func (g *gate) Push(ctx context.Context, b *batch.Batch) error {
	if g.panic {
		panic("a mistake")
	}
	select {
	case <-g.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	g.rows += b.N
	return nil
}
func (g *gate) Advance(context.Context, stream.Progress) error { return nil }
func (g *gate) Close() error                                   { return nil }

func one() *batch.Batch {
	return enginetest.Batch(schema, &batch.Epoch{No: 1}, 0, []enginetest.Row{{Vals: []any{"a", int64(1)}, Diff: 1}})
}

// TestFullQueueWaits: a receiver that stands still makes its giver wait, and a giver that is called off gives up.
func TestFullQueueWaits(t *testing.T) {
	for name, mk := range map[string]func(stream.Sink) stream.Sink{
		"queue": func(g stream.Sink) stream.Sink { return flow.NewQueue(context.Background(), nil, "test", 2, g) },
		"fork":  func(g stream.Sink) stream.Sink { return flow.NewFork(context.Background(), nil, "test", 2, g) },
	} {
		t.Run(name, func(t *testing.T) {
			s := mk(&gate{open: make(chan struct{})})
			ctx, cancel := context.WithCancel(context.Background())
			took, errs := make(chan struct{}, 100), make(chan error)
			go func() {
				for {
					if err := s.Push(ctx, one()); err != nil {
						errs <- err
						return
					}
					took <- struct{}{}
				}
			}()
			<-took
			<-took // two wait, or one is with the receiver; a third fits in that case
			cancel()
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if n := len(took); n > 1 {
				t.Errorf("%d batches were taken beyond the depth", n)
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// slow is a Sink that takes a while to notice that it is called off, and must not be closed in that while.
type slow struct {
	t      *testing.T
	inside atomic.Bool
	began  chan struct{}
}

func (s *slow) Push(ctx context.Context, _ *batch.Batch) error {
	s.inside.Store(true)
	close(s.began)
	<-ctx.Done()
	for range 1000 {
		runtime.Gosched()
	}
	s.inside.Store(false)
	return ctx.Err()
}
func (s *slow) Advance(context.Context, stream.Progress) error { return nil }
func (s *slow) Close() error {
	if s.inside.Load() {
		s.t.Error("closed in the middle of a Push")
	}
	return nil
}

func TestCloseWaits(t *testing.T) {
	for _, mk := range []func(stream.Sink) stream.Sink{
		func(g stream.Sink) stream.Sink { return flow.NewQueue(context.Background(), nil, "test", 2, g) },
		func(g stream.Sink) stream.Sink { return flow.NewFork(context.Background(), nil, "test", 2, g) },
	} {
		receiver := &slow{t: t, began: make(chan struct{})}
		s := mk(receiver)
		if err := s.Push(context.Background(), one()); err != nil {
			t.Fatal(err)
		}
		<-receiver.began
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func TestPanicIsAnError(t *testing.T) {
	for name, mk := range map[string]func(log *slog.Logger, g stream.Sink) stream.Sink{
		"queue": func(log *slog.Logger, g stream.Sink) stream.Sink {
			return flow.NewQueue(context.Background(), log, "view per_minute", 2, g)
		},
		"fork": func(log *slog.Logger, g stream.Sink) stream.Sink {
			return flow.NewFork(context.Background(), log, "view per_minute", 2, g, &gate{panic: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var journal bytes.Buffer
			s := mk(slog.New(slog.NewTextHandler(&journal, nil)), &gate{panic: true})
			ctx := context.Background()
			_ = s.Push(ctx, one())
			err := s.Advance(ctx, stream.Progress{Epoch: &batch.Epoch{No: 1}, End: true})
			if sqlerr.CodeOf(err) != sqlerr.InternalError || !strings.Contains(err.Error(), "view per_minute") {
				t.Errorf("got %v", err)
			}
			if err := s.Push(ctx, one()); sqlerr.CodeOf(err) != sqlerr.InternalError {
				t.Errorf("Push afterwards: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if j := journal.String(); !strings.Contains(j, "a mistake") || !strings.Contains(j, "flow_test.go") {
				t.Errorf("the journal lacks the panic or its stack:\n%s", j)
			}
		})
	}
}

func TestGroup(t *testing.T) {
	broken := errors.New("broken")
	g := flow.NewGroup(context.Background(), nil)
	var saw error
	g.Go("waits", func(ctx context.Context) error {
		<-ctx.Done()
		saw = context.Cause(ctx)
		return ctx.Err()
	})
	g.Go("fails", func(context.Context) error { return broken })
	if err := g.Wait(); !errors.Is(err, broken) || !errors.Is(saw, broken) {
		t.Errorf("Wait gave %v, the other saw %v", err, saw)
	}
	g = flow.NewGroup(context.Background(), slog.New(slog.DiscardHandler))
	g.Go("panics", func(context.Context) error { panic(1) })
	if err := g.Wait(); sqlerr.CodeOf(err) != sqlerr.InternalError {
		t.Errorf("a panic became %v", err)
	}
	g = flow.NewGroup(context.Background(), nil)
	g.Go("waits", func(ctx context.Context) error { <-ctx.Done(); return nil })
	g.Stop()
	if err := g.Wait(); err != nil {
		t.Errorf("stopped: %v", err)
	}
}
