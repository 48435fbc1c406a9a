package node

import (
	"context"
	"sync"
	"unicode/utf8"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// emitter gathers the events of Emit while the batch before is being written, and writes them.
type emitter struct {
	n    *Node
	sink *sourceSink // tells of what could not be stored, as it does for sources

	mu     sync.Mutex // guards what follows
	moved  *sync.Cond // a batch was stored or given up, or the end has come
	b      *bridge.Batcher
	full   []*bridge.Loan // wait to be written, the oldest first
	given  int64          // events taken in
	done   int64          // of these: stored or given up
	failed error          // of a batch that was given up since the last Flush
	ended  bool
	stop   context.CancelFunc
	wake   chan struct{} // one slot: something is there to be written
	over   chan struct{} // closed when the writing goroutine has ended
}

// Emit puts an event of this program into the stream events and returns before it is durable: Flush waits for that.
// While the disk is slower than what is emitted, Emit waits for room. Any goroutine may call it.
//
// Type is required. What is left out is filled in: TS the clock's, Source "go", Boundary userspace, Host the node's,
// event_id. Content and Metadata are JSON. An event that cannot be stored is refused: without a type 23502, with text
// that is not UTF-8 22021, with JSON that is none 22P02.
func (n *Node) Emit(ctx context.Context, e bridge.Event) error {
	if err := complete(&e); err != nil {
		return err
	}
	em, err := n.emits()
	if err != nil {
		return err
	}
	return em.emit(ctx, &e)
}

// Flush returns when all events emitted before are durable. It fails when some could not be stored since the last Flush:
// they are gone, and a row of type Loss says so as soon as something can be stored again.
func (n *Node) Flush(ctx context.Context) error {
	n.emitting.Lock()
	em := n.emitter
	n.emitting.Unlock()
	if em == nil {
		return nil
	}
	return em.flush(ctx)
}

// complete checks an event and spells its documents as PostgreSQL does.
func complete(e *bridge.Event) (err error) {
	if e.Type == "" {
		return sqlerr.New(sqlerr.NotNullViolation, `null value in column "event_type" of relation "events" violates not-null constraint`).
			WithHint("Set Type.")
	}
	for _, s := range []string{e.Type, e.Source, e.Boundary, e.Host, e.Path, e.Target, e.Op, e.UserID, e.Process, e.Container} {
		if !utf8.ValidString(s) {
			return sqlerr.New(sqlerr.CharacterNotInRepertoire, "an event has text that is not UTF-8: %q", s)
		}
	}
	for _, doc := range []*string{&e.Content, &e.Metadata} {
		if *doc == "" {
			continue
		}
		if *doc, err = bridge.CanonicalJSON([]byte(*doc)); err != nil {
			return sqlerr.Wrap(sqlerr.InvalidTextRepresentation, err, "invalid input syntax for type json")
		}
	}
	e.Has &^= bridge.HasContext // the columns are filled right here
	return nil
}

// emits gives the emitter, which is started when it is first needed.
func (n *Node) emits() (*emitter, error) {
	n.emitting.Lock()
	defer n.emitting.Unlock()
	if err := n.Ready(); err != nil && n.emitter == nil {
		return nil, err
	}
	if n.emitter == nil {
		ctx, stop := context.WithCancel(context.Background())
		em := &emitter{
			n: n, stop: stop, wake: make(chan struct{}, 1), over: make(chan struct{}),
			b:    bridge.NewBatcher(bridge.BatcherOptions{Source: "go", Boundary: bridge.BoundaryUserspace, Host: n.set.Host}),
			sink: &sourceSink{n: n, dir: "(Emit)", commit: n.storeEvents},
		}
		em.moved = sync.NewCond(&em.mu)
		n.emitter = em
		go em.run(ctx)
	}
	return n.emitter, nil
}

func (em *emitter) emit(ctx context.Context, e *bridge.Event) error {
	em.mu.Lock()
	defer em.mu.Unlock()
	if !em.b.Ready() {
		stop := context.AfterFunc(ctx, em.broadcast)
		for !em.ended && ctx.Err() == nil && !em.b.Ready() {
			em.moved.Wait()
		}
		stop()
	}
	switch {
	case em.ended:
		return sqlerr.New(sqlerr.AdminShutdown, "the node is stopping")
	case ctx.Err() != nil:
		return sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "the event was not taken in")
	}
	now := em.n.set.Clock()
	if e.TS == 0 {
		e.TS = now
	}
	em.b.Append(e, now)
	em.given++
	if em.b.Full() {
		em.full = append(em.full, em.b.Take())
	}
	em.signal()
	return nil
}

func (em *emitter) signal() {
	select {
	case em.wake <- struct{}{}:
	default:
	}
}

func (em *emitter) broadcast() {
	em.mu.Lock()
	defer em.mu.Unlock()
	em.moved.Broadcast()
}

func (em *emitter) flush(ctx context.Context) error {
	defer context.AfterFunc(ctx, em.broadcast)()
	em.mu.Lock()
	defer em.mu.Unlock()
	for upTo := em.given; em.done < upTo && ctx.Err() == nil; {
		em.moved.Wait()
	}
	if err := em.failed; err != nil {
		em.failed = nil
		return err
	}
	if ctx.Err() != nil {
		return sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "the events may not be durable yet")
	}
	return nil
}

// run writes until ctx is done, and then what is left.
func (em *emitter) run(ctx context.Context) {
	defer close(em.over)
	for {
		for em.write() {
		}
		select {
		case <-em.wake:
		case <-ctx.Done():
			for em.write() {
			}
			return
		}
	}
}

// write stores one batch, and says whether there was one.
func (em *emitter) write() bool {
	em.mu.Lock()
	var l *bridge.Loan
	if len(em.full) > 0 {
		l, em.full = em.full[0], em.full[1:]
	} else {
		l = em.b.Take()
	}
	em.mu.Unlock()
	if l == nil {
		return false
	}
	rows := int64(l.Batch.N)
	err := em.sink.take(context.Background(), &l.Batch)
	em.mu.Lock()
	defer em.mu.Unlock()
	if err != nil && em.failed == nil {
		em.failed = err
	}
	em.b.Return(l)
	em.done += rows
	em.moved.Broadcast()
	return true
}

// close stores what is left, and takes nothing more.
func (em *emitter) close() {
	em.mu.Lock()
	em.ended = true
	em.moved.Broadcast()
	em.mu.Unlock()
	em.stop()
	<-em.over
}
