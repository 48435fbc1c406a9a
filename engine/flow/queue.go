package flow

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// MaxDepth is the most batches that a Queue or a Fork holds, whatever depth it is asked for.
const MaxDepth = 1024

// item is a batch or, with rows nil, an advance.
type item struct {
	rows     *batch.Batch
	progress stream.Progress
	done     chan struct{} // closed when the item has been dealt with; nil: nobody waits
}

type queue struct {
	next   stream.Sink
	items  chan item
	quit   context.CancelFunc
	end    chan struct{} // closed when the goroutine has returned
	err    error         // why it has; read after end is closed
	full   atomic.Bool   // the receiver has enough
	closed bool
}

// NewQueue makes a Sink whose receiver runs on a goroutine of its own, at most depth batches and advances behind. Push
// and Advance return as soon as there is room; an error of the receiver comes back at the next call. Advance with End
// returns when the receiver has dealt with everything. Close drops what still waits, waits for the goroutine, and closes
// next. name is what a panic of the receiver is reported under.
func NewQueue(ctx context.Context, log *slog.Logger, name string, depth int, next stream.Sink) stream.Sink {
	ctx, quit := context.WithCancel(ctx)
	q := &queue{next: next, items: make(chan item, min(max(depth, 1), MaxDepth)), quit: quit, end: make(chan struct{})}
	go func() {
		defer close(q.end)
		q.err = Fence(log, name, func() error { return q.run(ctx) })
	}()
	return q
}

// run passes items on until the context is done or the receiver fails. A receiver that has enough gets advances only.
func (q *queue) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case it := <-q.items:
			if err := q.pass(ctx, it); err != nil {
				return err
			}
			if it.done != nil {
				close(it.done)
			}
		}
	}
}

func (q *queue) pass(ctx context.Context, it item) error {
	if it.rows == nil {
		return q.next.Advance(ctx, it.progress)
	}
	if q.full.Load() {
		return nil
	}
	err := q.next.Push(ctx, it.rows)
	it.rows.Poison()
	if errors.Is(err, stream.ErrStop) {
		q.full.Store(true)
		return nil
	}
	return err
}

func (q *queue) send(ctx context.Context, it item) error {
	select {
	case <-q.end: // before room is looked at: a select that can do both does either
		return q.err
	default:
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-q.end:
		return q.err
	case q.items <- it:
		return nil
	}
}

func (q *queue) Push(ctx context.Context, b *batch.Batch) error {
	if q.full.Load() {
		return stream.ErrStop
	}
	return q.send(ctx, item{rows: b.Clone()})
}

func (q *queue) Advance(ctx context.Context, p stream.Progress) error {
	it := item{progress: p}
	if p.End {
		it.done = make(chan struct{})
	}
	if err := q.send(ctx, it); err != nil || !p.End {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-q.end:
		return q.err
	case <-it.done:
		return nil
	}
}

func (q *queue) Close() error {
	if q.closed {
		return nil
	}
	q.closed = true
	q.quit()
	<-q.end
	return q.next.Close()
}
