package op

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// LapseSpec says which rows of a Lapse go: those whose time is Limit or before.
type LapseSpec struct {
	Input batch.Schema
	Time  int // a column, a timestamp
	Limit func(stream.Watermarks) types.Micros
}

// Lapse passes rows on and takes them back when the watermark has left them behind. Rows that come later than that are
// left out. Its input only adds rows.
type Lapse struct {
	spec   LapseSpec
	next   stream.Sink
	there  *Partitions // by time
	limit  types.Micros
	good   []uint32
	epoch  uint64
	meter  *Meter
	lapsed atomic.Int64
}

// NewLapse makes a Lapse. Its state is reserved from env's budget: past that it fails with 53200.
func NewLapse(spec LapseSpec, env *Env, next stream.Sink) *Lapse {
	return &Lapse{spec: spec, next: next, there: NewPartitions([]OrderKey{{Col: spec.Time}}, 0, false), limit: types.MinTime, meter: NewMeter(env, "lapse")}
}

// SetNext sets where rows go.
func (l *Lapse) SetNext(next stream.Sink) { l.next = next }

// Listen has nothing to switch: it has no contents of its own, only changes.
func (l *Lapse) Listen(bool) {}

// Bytes is the memory of the state.
func (l *Lapse) Bytes() int64 { return l.there.Bytes() }

// Lapsed counts the rows that went, and those that were too old when they came, since the Lapse was made. It may be called
// from any goroutine.
func (l *Lapse) Lapsed() int64 { return l.lapsed.Load() }

// Push passes rows on, and keeps them until they go.
func (l *Lapse) Push(ctx context.Context, b *batch.Batch) error {
	if b.Epoch != nil {
		l.there.SetEpoch(b.Epoch.No)
	}
	l.good = timely(l.good[:0], b, l.spec.Time, l.limit)
	if n := b.N - len(l.good); n > 0 {
		l.lapsed.Add(int64(n))
		b = b.Take(l.good)
	}
	if b.N == 0 {
		return nil
	}
	if err := l.there.Add(b); err != nil {
		return err
	}
	if err := l.meter.Set(l.Bytes()); err != nil {
		return err
	}
	return l.next.Push(ctx, b)
}

// Advance takes rows back.
func (l *Lapse) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		l.epoch = p.Epoch.No
		l.there.SetEpoch(l.epoch)
	}
	if limit := l.spec.Limit(p.Watermarks); limit > l.limit && !p.End {
		l.limit = limit
		if err := l.take(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	l.there.TakeTouched()
	return l.next.Advance(ctx, p)
}

// take takes back the rows up to the limit.
func (l *Lapse) take(ctx context.Context, ep *batch.Epoch) error {
	left := l.there.Take(l.spec.Input, "", string(types.AppendOrderedInt([]byte{1}, int64(l.limit))))
	if err := l.meter.Set(l.Bytes()); err != nil {
		return err
	}
	rows := &left.Rows
	l.lapsed.Add(int64(rows.N))
	for lo := 0; lo < rows.N; lo += batch.MaxRows {
		b := *rows.Slice(lo, min(lo+batch.MaxRows, rows.N))
		diff := make([]int64, b.N)
		for i := range diff {
			diff[i] = -b.Weight(i)
		}
		b.Epoch, b.Diff = ep, diff
		if err := l.next.Push(ctx, &b); err != nil {
			return err
		}
	}
	return nil
}

// Close gives the memory back and closes the next Sink.
func (l *Lapse) Close() error {
	l.meter.Close()
	return l.next.Close()
}

// Pin holds the rows that are there, as of the last Advance.
func (l *Lapse) Pin() state.Pin { return &lapsePin{l: l, there: l.there.Sorted(), epoch: l.epoch} }

type lapsePin struct {
	l     *Lapse
	there Sorted
	epoch uint64
}

func (p *lapsePin) Epoch() uint64 { return p.epoch }

// Rows gives the rows that are there.
func (p *lapsePin) Rows(ctx context.Context, to stream.Sink) error {
	r := p.there.Region(p.l.spec.Input, "")
	for lo := 0; lo < r.Rows.N; lo += batch.MaxRows {
		if err := to.Push(ctx, r.Rows.Slice(lo, min(lo+batch.MaxRows, r.Rows.N))); err != nil {
			return quiet(err)
		}
	}
	return nil
}

func (p *lapsePin) Pages(visit func(state.Page) error) error { return p.there.Pages(visit) }

func (p *lapsePin) Release() { p.there = Sorted{} }

// LoadPage takes in a page of a checkpoint.
func (l *Lapse) LoadPage(key, data []byte) error { return l.there.LoadPage(key, data) }

// Loaded ends the loading.
func (l *Lapse) Loaded(p stream.Progress) error {
	l.epoch = p.Epoch.No
	l.there.SetEpoch(l.epoch)
	l.there.Loaded()
	l.limit = l.spec.Limit(p.Watermarks)
	return l.meter.Set(l.Bytes())
}
