package bridge

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Feed stands between a source's drain loop and the Sink: a Batcher and a bounded queue of finished batches. The
// drain loop never waits for the Sink. When the queue is full its rows are dropped and counted, and a Loss row goes
// out as soon as there is room.
type Feed struct {
	b       *Batcher
	c       *Counters
	name    string
	queue   chan *Loan
	pending int64        // dropped since the last Loss row
	since   types.Micros // when the first of them was dropped
	told    int64        // what the Loss row in the batch under way stands for
	last    types.Micros
}

// NewFeed makes the Feed of a source.
func NewFeed(o BatcherOptions) *Feed {
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	return &Feed{b: NewBatcher(o), c: o.Counters, name: o.Source, queue: make(chan *Loan, MaxQueued)}
}

// Append writes a row, and sends the batch when it is full. Only the drain loop calls it, and Tick, Flush and Loss.
func (f *Feed) Append(e *Event, now types.Micros) {
	f.last = now
	if !f.b.Ready() {
		f.drop(1, now)
		return
	}
	if f.pending > 0 {
		f.admit(now)
	}
	f.b.Append(e, now)
	if f.b.Full() {
		f.send(now)
	}
}

// Tick sends the batch if it is due.
func (f *Feed) Tick(now types.Micros) {
	f.last = now
	if f.pending > 0 && f.b.Ready() {
		f.admit(now)
	}
	if f.b.Due(now) {
		f.send(now)
	}
}

// Flush sends what there is.
func (f *Feed) Flush(now types.Micros) {
	f.Tick(now)
	if f.b.Len() > 0 {
		f.send(now)
	}
}

// Len is the number of rows that wait in the batch under way.
func (f *Feed) Len() int { return f.b.Len() }

// Loss counts n lost events and appends the row that says so; n < 0 means that nobody knows how many.
func (f *Feed) Loss(cause Cause, n int64, why string, now types.Micros) {
	f.c.Add(cause, max(n, 1))
	e := LossEvent(cause, n, why, now)
	f.Append(&e, now)
}

// LossEvent is the row of a loss: n events, unknown if n < 0.
func LossEvent(cause Cause, n int64, why string, now types.Micros) Event {
	e := Event{TS: now, Type: TypeLoss, Content: jsonObject("why", why, "where", cause.Where())}
	if n >= 0 {
		e.Lost, e.Has = n, HasLost
	}
	return e
}

// Away tells that the watched folder is away, as a row and in Err, until Back.
func (f *Feed) Away(path string, now types.Micros) {
	var err error = sqlerr.New(sqlerr.IOError, "the watched folder %s is away", path).
		WithHint("It is looked for every second: put it back, or start the node without it.")
	f.c.blind.Store(&err)
	f.gap(path, "the watched folder is away", now)
}

// Back tells that the folder is there again, as a row and in Err.
func (f *Feed) Back(path string, now types.Micros) {
	f.c.blind.Store(nil)
	f.gap(path, "the watched folder is there again; it is read anew", now)
}

// gap counts and appends a row that says that the source is blind from now on, or sees again.
func (f *Feed) gap(path, why string, now types.Micros) {
	f.c.Add(CountGaps, 1)
	f.Append(&Event{TS: now, Type: TypeGap, Path: path, Content: jsonObject("why", why)}, now)
}

func (f *Feed) drop(n int64, now types.Micros) {
	if f.pending == 0 && n > 0 {
		f.since = now
	}
	f.pending += n
	f.c.Add(LostQueue, n)
}

// admit writes the Loss row of what was dropped while the queue was full.
func (f *Feed) admit(now types.Micros) {
	n := f.pending
	f.pending, f.told = 0, n
	e := LossEvent(LostQueue, n, "the queue of "+strconv.Itoa(MaxQueued)+" batches to the engine was full", f.since)
	e.Uncertainty, e.Has = int32(min(now-f.since, 1<<31-1)), e.Has|HasUncertainty
	f.b.Append(&e, now)
}

// send hands the batch over. Only the queue's room decides: rows are dropped rather than waited for.
func (f *Feed) send(now types.Micros) {
	if len(f.queue) == cap(f.queue) { // this side alone sends, so room that is seen stays
		n := int64(f.b.Drop())
		if f.told > 0 { // the Loss row is lost too: what it told is to be told again
			n--
			f.pending += f.told
			f.told = 0
		}
		f.drop(n, now)
		return
	}
	f.told = 0
	if l := f.b.Take(); l != nil {
		f.queue <- l
	}
}

// end sends the rest and ends the queue. It may wait for room: the drain loop is over, and whoever empties the queue
// goes on until it ends.
func (f *Feed) end(now types.Micros) {
	if f.pending > 0 {
		f.b.await()
		f.admit(now)
	}
	if l := f.b.Take(); l != nil {
		f.queue <- l
	}
	close(f.queue)
}

// Drive runs drain in a goroutine of its own and pushes what it appends into to, until drain returns or the Sink
// fails. It waits for drain and gives the first error; ErrStop and the end of ctx are none. drain must return soon
// after its ctx is done.
func (f *Feed) Drive(ctx context.Context, to stream.Sink, now func() types.Micros, drain func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var drained error
	wg.Go(func() {
		drained = drain(ctx)
		f.end(now())
	})
	pushed := f.deliver(ctx, to, cancel)
	wg.Wait()
	if pushed != nil {
		return pushed
	}
	if ctx.Err() != nil && errors.Is(drained, context.Canceled) {
		return nil
	}
	return drained
}

// deliver pushes until the queue ends. After a failure it keeps emptying the queue, so that drain finds room.
func (f *Feed) deliver(ctx context.Context, to stream.Sink, cancel func()) error {
	push, stop := outlive(ctx)
	defer stop()
	var failed error
	stopped := false
	for l := range f.queue {
		if stopped {
			f.c.Add(LostEnd, int64(l.Batch.N))
		} else if err := to.Push(push, &l.Batch); err != nil {
			stopped = true
			f.c.Add(LostEnd, int64(l.Batch.N))
			if !errors.Is(err, stream.ErrStop) {
				failed = err
			}
			cancel()
		} else {
			f.c.Add(CountBatches, 1)
		}
		f.b.Return(l)
	}
	return failed
}

// farewell is how long Push may take for what was seen before ctx was done.
const farewell = time.Second

// outlive gives a context that ends farewell after ctx does.
func outlive(ctx context.Context) (context.Context, func()) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(farewell, cancel)
		context.AfterFunc(out, func() { t.Stop() })
	})
	return out, func() { stop(); cancel() }
}
