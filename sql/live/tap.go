package live

import (
	"context"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

// Limits of one subscriber: one that is slower than this is cut off, so that it costs nobody else anything.
const (
	maxPending      = 4096
	maxPendingBytes = 64 << 20
)

// Update is the net changes of a view in one epoch.
type Update struct {
	Epoch *batch.Epoch
	Rows  []*batch.Batch // shared by all subscribers: not to be written to
}

// Subscription is one reader of a view's changes.
type Subscription struct {
	tap      *tap
	progress bool

	mu      sync.Mutex // guards what follows
	pending []Update
	bytes   int
	err     error // set: nothing follows what is pending
	wake    chan struct{}
}

// Next waits for changes and gives all that are there, oldest first. It fails with 53400 when the subscriber was too
// slow, with 57014 when ctx is done, and with the view's own error when that failed or was dropped.
func (s *Subscription) Next(ctx context.Context) ([]Update, error) {
	for {
		s.mu.Lock()
		got, err := s.pending, s.err
		if len(got) > 0 && err == nil {
			s.pending, s.bytes = nil, 0
		}
		s.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case len(got) > 0:
			return got, nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "canceling statement due to user request")
		}
	}
}

// Close ends the subscription. It may come twice.
func (s *Subscription) Close() { s.tap.remove(s) }

func (s *Subscription) deliver(u Update, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.pending = append(s.pending, u)
	s.bytes += bytes
	if len(s.pending) > maxPending || s.bytes > maxPendingBytes {
		s.pending = nil
		s.err = sqlerr.New(sqlerr.ConfigurationLimit, "the subscription was cut off: its client reads too slowly").
			WithDetail("More than %d epochs or %d MiB of changes were waiting for it.", maxPending, maxPendingBytes>>20).
			WithHint("Subscribe again: it begins with a snapshot.")
	}
	s.signal()
}

func (s *Subscription) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tap is the Sink at the end of a view: it gives each epoch's changes to the views that read this one, and to
// subscribers once the epoch is visible. The group's lock guards all of it but the list of subscribers.
type tap struct {
	readers []stream.Sink // inputs of views that read this one
	listen  func(on bool)

	rows  []*batch.Batch
	bytes int

	mu   sync.Mutex // guards subs
	subs []*Subscription
}

func (t *tap) Push(ctx context.Context, b *batch.Batch) error {
	for _, r := range t.readers {
		if err := r.Push(ctx, b); err != nil {
			return err
		}
	}
	if t.hasSubs() {
		t.rows = append(t.rows, b.Clone())
		t.bytes += b.Bytes()
	}
	return nil
}

func (t *tap) Advance(ctx context.Context, p stream.Progress) error {
	for _, r := range t.readers {
		if err := r.Advance(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (t *tap) Close() error { return nil }

// publish hands the epoch's changes to the subscribers. The group calls it when every member has folded the epoch.
func (t *tap) publish(ep *batch.Epoch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subs {
		if len(t.rows) > 0 || s.progress {
			s.deliver(Update{Epoch: ep, Rows: t.rows}, t.bytes)
		}
	}
	t.rows, t.bytes = nil, 0
}

func (t *tap) hasSubs() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.subs) > 0
}

// add is called under the group's lock, between two epochs.
func (t *tap) add(progress bool) *Subscription {
	s := &Subscription{tap: t, progress: progress, wake: make(chan struct{}, 1)}
	t.mu.Lock()
	t.subs = append(t.subs, s)
	t.mu.Unlock()
	t.update()
	return s
}

// remove leaves the switching off to the next epoch, because it comes without the group's lock.
func (t *tap) remove(s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.subs = slices.DeleteFunc(t.subs, func(x *Subscription) bool { return x == s })
}

// update switches the production of changes on while someone wants them, and off otherwise.
func (t *tap) update() { t.listen(len(t.readers) > 0 || t.hasSubs()) }

func (t *tap) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subs {
		s.fail(err)
	}
}
