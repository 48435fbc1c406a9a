package live

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Limits of one subscriber: one that is slower than this is cut off, so that it costs nobody else anything.
const (
	maxPending      = 4096
	maxPendingBytes = 64 << 20
	// maxHistoryBytes is what one view keeps of its changes for subscribers that come back.
	maxHistoryBytes = 64 << 20
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
	hold     *hold // of a thinned view; the tap's lock guards it

	mu      sync.Mutex // guards what follows
	pending []Update
	missed  int // of pending, what the history gave
	bytes   int
	err     error // set: nothing follows what is pending
	wake    chan struct{}
}

// Wait is Next that waits no longer than atMost; ok is false if nothing came. A negative atMost waits for ever.
func (s *Subscription) Wait(ctx context.Context, atMost time.Duration) (got []Update, ok bool, err error) {
	if atMost < 0 {
		got, err = s.Next(ctx)
		return got, err == nil, err
	}
	within, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	if got, err = s.Next(within); err != nil && within.Err() != nil && ctx.Err() == nil && s.failure() == nil {
		return nil, false, nil
	}
	return got, err == nil, err
}

func (s *Subscription) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Next waits for changes and gives all that are there, oldest first. It fails with 53400 when the subscriber was too
// slow, with 57014 when ctx is done, and with the view's own error when that failed or was dropped.
func (s *Subscription) Next(ctx context.Context) ([]Update, error) {
	for {
		s.mu.Lock()
		got, err := s.pending, s.err
		if len(got) > 0 && err == nil {
			s.pending, s.missed, s.bytes = nil, 0, 0
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
	if len(s.pending)-s.missed > maxPending || s.bytes > maxPendingBytes {
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

	history types.Micros // for how long changes are kept; 0: they are not

	every  interval              // see Definition
	due    func(at types.Micros) // asks for an epoch of that time
	budget *mem.Budget           // counts what is held back

	mu   sync.Mutex // guards what follows
	subs []*Subscription
	past past
	at   uint64 // the epoch that was published last
	// holds are what subscribers of a thinned view are yet to get. All have the one of the last edge, but those that came
	// later: what there was before is in their snapshots.
	holds []*hold
}

// past is the changes that are kept for subscribers that come back, the oldest first.
type past struct {
	known bool   // from is set
	from  uint64 // every change of a later epoch is there
	list  []kept
	bytes int
}

type kept struct {
	Update
	bytes int
	edge  bool // subscribers got what there was up to here
}

// add keeps an epoch's changes, and forgets those that are older than span.
func (p *past) add(u Update, bytes int, span types.Micros, edge bool) {
	if !p.known {
		p.known, p.from = true, u.Epoch.No-1
	}
	if n := len(p.list); len(u.Rows) > 0 || edge && n > 0 && !p.list[n-1].edge {
		p.list = append(p.list, kept{u, bytes, edge})
		p.bytes += bytes
	}
	drop := 0
	for drop < len(p.list) && (p.bytes > maxHistoryBytes || p.list[drop].Epoch.Time < u.Epoch.Time-span) {
		p.from, p.bytes = p.list[drop].Epoch.No, p.bytes-p.list[drop].bytes
		drop++
	}
	p.list = slices.Delete(p.list, 0, drop)
}

func (t *tap) Push(ctx context.Context, b *batch.Batch) error {
	for _, r := range t.readers {
		if err := r.Push(ctx, b); err != nil {
			return err
		}
	}
	if t.history > 0 || t.hasSubs() {
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

// publish hands the epoch's changes to the subscribers. The group calls it when every member has folded the epoch; before
// is the time of the epoch before it.
func (t *tap) publish(ep *batch.Epoch, before types.Micros) {
	t.mu.Lock()
	defer t.mu.Unlock()
	edge := t.every.edge(before, ep.Time)
	if t.every > 0 {
		t.thin(ep, edge)
	} else {
		t.send(nil, Update{Epoch: ep, Rows: t.rows}, t.bytes)
	}
	if t.history > 0 {
		t.past.add(Update{Epoch: ep, Rows: t.rows}, t.bytes, t.history, edge)
	}
	t.rows, t.bytes, t.at = nil, 0, ep.No
}

// send hands changes to the subscribers of a hold.
func (t *tap) send(h *hold, u Update, bytes int) {
	for _, s := range t.subs {
		if s.hold == h && (len(u.Rows) > 0 || s.progress) {
			s.deliver(u, bytes)
		}
	}
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
	if t.every > 0 {
		s.hold = t.fresh()
	}
	t.subs = append(t.subs, s)
	t.mu.Unlock()
	t.update()
	return s
}

// resume is add for a subscriber that has seen everything up to an epoch, and no more than visible. It is called as add
// is.
func (t *tap) resume(after uint64, visible batch.Epoch, progress bool) (*Subscription, error) {
	t.mu.Lock()
	p := &t.past
	switch {
	case t.history == 0:
		t.mu.Unlock()
		return nil, sqlerr.New(sqlerr.SnapshotTooOld, "the view keeps no history that a subscription could resume from").
			WithHint("Make it WITH (history = '10 minutes'), or subscribe without since: that begins with a snapshot.")
	case after > visible.No:
		t.mu.Unlock()
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "the subscription's token is newer than the view")
	case after < visible.No && (!p.known || after < p.from):
		t.mu.Unlock()
		return nil, sqlerr.New(sqlerr.SnapshotTooOld, "the subscription's token is older than the view's history").
			WithDetail("The history is kept in memory for as long as the view says, up to %d MiB.", maxHistoryBytes>>20).
			WithHint("Subscribe without since: that begins with a snapshot.")
	}
	missed := slices.Clone(p.list)
	if i := slices.IndexFunc(missed, func(k kept) bool { return k.Epoch.No > after }); i >= 0 {
		missed = missed[i:]
	} else {
		missed = nil
	}
	t.mu.Unlock()
	s := t.add(progress)
	if t.every > 0 {
		missed = t.thinned(s, missed, visible.Time)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range missed {
		s.pending = append(s.pending, k.Update)
	}
	if s.missed = len(s.pending); s.missed > 0 {
		s.signal()
	}
	return s, nil
}

// remove leaves the switching off to the next epoch, because it comes without the group's lock.
func (t *tap) remove(s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.subs = slices.DeleteFunc(t.subs, func(x *Subscription) bool { return x == s })
}

// update switches the production of changes on while someone wants them, and off otherwise.
func (t *tap) update() { t.listen(t.history > 0 || len(t.readers) > 0 || t.hasSubs()) }

// keep keeps changes for another time. It is called as add is.
func (t *tap) keep(history types.Micros) {
	t.mu.Lock()
	if t.history = history; history == 0 {
		t.past = past{}
	}
	t.mu.Unlock()
	t.update()
}

func (t *tap) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subs {
		s.fail(err)
	}
	for _, h := range t.holds {
		h.empty()
	}
}
