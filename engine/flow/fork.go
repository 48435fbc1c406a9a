package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

type fork struct {
	workers []stream.Sink
	items   chan *batch.Batch
	quit    context.CancelFunc
	ctx     context.Context
	group   *Group
	pending atomic.Int64  // batches handed over and not dealt with
	idle    chan struct{} // of room 1: pending came down to 0
	failed  chan struct{} // closed when a worker has failed
	once    sync.Once
	err     error // of the worker that failed first; read after failed is closed
	full    atomic.Int64
	closed  bool
}

// NewFork deals batches out to workers, each on a goroutine of its own: whichever is free takes the next, so what they
// compute must not depend on who gets which batch. At most depth batches wait. Advance is a barrier: it waits until every
// batch is dealt with, and then advances the workers one after the other, so that partials may be merged and pushed into
// one Sink there. A worker that fails fails the whole; a Fork says ErrStop when all workers have. Close drops what
// still waits and closes the workers. name is what a panic is reported under.
func NewFork(ctx context.Context, log *slog.Logger, name string, depth int, workers ...stream.Sink) stream.Sink {
	f := &fork{workers: workers, items: make(chan *batch.Batch, min(max(depth, 1), MaxDepth)), idle: make(chan struct{}, 1), failed: make(chan struct{})}
	f.ctx, f.quit = context.WithCancel(ctx)
	f.group = NewGroup(f.ctx, log)
	for i, w := range workers {
		f.group.Go(fmt.Sprintf("%s, worker %d", name, i), func(ctx context.Context) error {
			return f.fail(Fence(log, name, func() error { return f.work(ctx, w) }))
		})
	}
	return f
}

// work takes batches until the Fork is closed, or its worker fails. One whose worker has enough takes no more.
func (f *fork) work(ctx context.Context, w stream.Sink) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-f.items:
			err := w.Push(ctx, b)
			b.Poison()
			if errors.Is(err, stream.ErrStop) {
				if f.full.Add(1) < int64(len(f.workers)) {
					f.dealt()
					return nil
				}
				f.dealt()
				return f.discard(ctx)
			}
			if err != nil {
				return err
			}
			f.dealt()
		}
	}
}

// discard takes batches that nobody wants, so that the barrier is reached.
func (f *fork) discard(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.items:
			f.dealt()
		}
	}
}

func (f *fork) fail(err error) error {
	if err != nil {
		f.once.Do(func() {
			f.err = err
			close(f.failed)
		})
	}
	return err
}

func (f *fork) Push(ctx context.Context, b *batch.Batch) error {
	if f.full.Load() >= int64(len(f.workers)) {
		return stream.ErrStop
	}
	select {
	case <-f.failed: // before room is looked at: a select that can do both does either
		return f.err
	default:
	}
	f.pending.Add(1)
	select {
	case <-ctx.Done():
		f.dealt()
		return context.Cause(ctx)
	case <-f.ctx.Done():
		f.dealt()
		return context.Cause(f.ctx)
	case <-f.failed:
		f.dealt()
		return f.err
	case f.items <- b.Clone():
		return nil
	}
}

func (f *fork) Advance(ctx context.Context, p stream.Progress) error {
	if err := f.barrier(ctx); err != nil {
		return err
	}
	for _, w := range f.workers {
		if err := w.Advance(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// barrier waits until no batch is under way.
func (f *fork) barrier(ctx context.Context) error {
	for f.pending.Load() > 0 {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-f.ctx.Done():
			return context.Cause(f.ctx)
		case <-f.failed:
			return f.err
		case <-f.idle:
		}
	}
	select {
	case <-f.failed:
		return f.err
	default:
		return nil
	}
}

func (f *fork) dealt() {
	if f.pending.Add(-1) == 0 {
		select {
		case f.idle <- struct{}{}:
		default:
		}
	}
}

func (f *fork) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	f.quit()
	_ = f.group.Wait() // a worker's error has come back from Push or Advance
	var errs []error
	for _, w := range f.workers {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}
