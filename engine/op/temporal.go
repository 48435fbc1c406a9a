package op

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// TimeBound is a time that a row names: the value of a column moved by Plus. Null: the row never counts.
type TimeBound struct {
	Column int
	Plus   types.Micros
}

// TemporalSpec says when rows count: from the last of Enter on, before the first of Leave.
type TemporalSpec struct {
	Input        batch.Schema
	Drop         int // that many columns at the end of the input are for the bounds only
	Enter, Leave []TimeBound
}

// Temporal is a filter that compares the time with something of the row. The time is that of the epochs, so rows enter and
// leave as it passes. A row that has not entered yet waits, by when it will; one that is there is kept, by when it leaves.
//
//	time 12      wait 14 17        there until 13 15 20        gone
type Temporal struct {
	spec    TemporalSpec
	schema  batch.Schema // as rows are kept: their columns, when they enter, when they leave
	next    stream.Sink
	waiting *Partitions
	there   *Partitions
	epoch   uint64
	meter   *Meter
}

// NewTemporal makes a Temporal for a query that does not end.
func NewTemporal(spec TemporalSpec, env *Env, next stream.Sink) *Temporal {
	width := len(spec.Input) - spec.Drop
	t := &Temporal{spec: spec, next: next, meter: NewMeter(env, "temporal filter")}
	t.schema = append(append(t.schema, spec.Input[:width]...), batch.Field{Type: types.Timestamptz}, batch.Field{Type: types.Timestamptz})
	t.waiting = NewPartitions([]OrderKey{{Col: width}}, 0, false)
	t.there = NewPartitions([]OrderKey{{Col: width + 1}}, 0, false)
	return t
}

// SetNext sets where rows go.
func (t *Temporal) SetNext(next stream.Sink) { t.next = next }

// Listen has nothing to switch: it has no contents of its own, only changes.
func (t *Temporal) Listen(bool) {}

// Bytes is the memory of the state.
func (t *Temporal) Bytes() int64 { return t.waiting.Bytes() + t.there.Bytes() }

func (t *Temporal) setEpoch(no uint64) {
	t.waiting.SetEpoch(no)
	t.there.SetEpoch(no)
}

// Push passes on the rows that count now, and keeps what will change.
func (t *Temporal) Push(ctx context.Context, b *batch.Batch) error {
	now := types.MinTime
	if b.Epoch != nil {
		now = b.Epoch.Time
		t.setEpoch(b.Epoch.No)
	}
	kept := t.bounded(b)
	if err := t.admit(ctx, kept, now, b.Epoch); err != nil {
		return err
	}
	return t.meter.Set(t.Bytes())
}

// bounded is b with the times at which its rows enter and leave.
func (t *Temporal) bounded(b *batch.Batch) *batch.Batch {
	enter, leave := batch.MakeValues[types.Micros](b.N), batch.MakeValues[types.Micros](b.N)
	for i := range b.N {
		enter[i], leave[i] = types.MinTime, types.MaxTime
	}
	each := func(bound TimeBound, visit func(i int, at types.Micros)) {
		c := &b.Cols[bound.Column]
		for i, at := range batch.Values[types.Micros](c)[:b.N] {
			if c.Null(i) {
				leave[i] = types.MinTime
			} else {
				visit(i, at.Sub(-bound.Plus))
			}
		}
	}
	for _, e := range t.spec.Enter {
		each(e, func(i int, at types.Micros) { enter[i] = max(enter[i], at) })
	}
	for _, l := range t.spec.Leave {
		each(l, func(i int, at types.Micros) { leave[i] = min(leave[i], at) })
	}
	out := *b
	out.Cols = append([]batch.Column(nil), b.Cols[:len(b.Cols)-t.spec.Drop]...)
	out.Cols = append(out.Cols, batch.FixedOf(types.Timestamptz, enter, nil), batch.FixedOf(types.Timestamptz, leave, nil))
	return &out
}

// admit deals with rows at a time: those that count are passed on and kept until they leave, others wait or are dropped.
func (t *Temporal) admit(ctx context.Context, b *batch.Batch, now types.Micros, ep *batch.Epoch) error {
	var in, stay, wait []uint32
	width := len(t.schema) - 2
	enter, leave := batch.Values[types.Micros](&b.Cols[width]), batch.Values[types.Micros](&b.Cols[width+1])
	for i := range b.N {
		switch {
		case leave[i] <= now || enter[i] >= leave[i]:
		case enter[i] > now:
			wait = append(wait, uint32(i))
		default:
			if in = append(in, uint32(i)); leave[i] < types.MaxTime {
				stay = append(stay, uint32(i))
			}
		}
	}
	if err := t.waiting.Add(b.Take(wait)); err != nil {
		return err
	}
	if err := t.there.Add(b.Take(stay)); err != nil {
		return err
	}
	return t.give(ctx, b.Take(in), 1, ep)
}

// give passes rows on with their weights times sign.
func (t *Temporal) give(ctx context.Context, b *batch.Batch, sign int64, ep *batch.Epoch) error {
	out := batch.Batch{Epoch: ep, N: b.N, Cols: b.Cols[:len(b.Cols)-2], Diff: b.Diff}
	if sign < 0 {
		out.Diff = make([]int64, b.N)
		for i := range out.Diff {
			out.Diff[i] = -b.Weight(i)
		}
	}
	for lo := 0; lo < out.N; lo += batch.MaxRows {
		if err := t.next.Push(ctx, out.Slice(lo, min(lo+batch.MaxRows, out.N))); err != nil {
			return err
		}
	}
	return nil
}

// Advance lets rows enter and leave.
func (t *Temporal) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		t.epoch = p.Epoch.No
		t.setEpoch(t.epoch)
		if err := t.pass(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	return t.next.Advance(ctx, p)
}

// pass moves the time to that of the epoch.
func (t *Temporal) pass(ctx context.Context, ep *batch.Epoch) error {
	upTo := string(types.AppendOrderedInt([]byte{1}, int64(ep.Time)))
	entered := t.waiting.Take(t.schema, "", upTo)
	if err := t.admit(ctx, &entered.Rows, ep.Time, ep); err != nil {
		return err
	}
	left := t.there.Take(t.schema, "", upTo)
	if err := t.give(ctx, &left.Rows, -1, ep); err != nil {
		return err
	}
	t.waiting.TakeTouched()
	t.there.TakeTouched()
	return t.meter.Set(t.Bytes())
}

// Close gives the memory back and closes the next Sink.
func (t *Temporal) Close() error {
	t.meter.Close()
	return t.next.Close()
}

// Pin holds the rows that are there and leave some time, as of the last Advance.
func (t *Temporal) Pin() state.Pin {
	return &temporalPin{t: t, waiting: t.waiting.Sorted(), there: t.there.Sorted(), epoch: t.epoch}
}

type temporalPin struct {
	t              *Temporal
	waiting, there Sorted
	epoch          uint64
}

func (p *temporalPin) Epoch() uint64 { return p.epoch }

// Rows gives the rows that are there and leave some time.
func (p *temporalPin) Rows(ctx context.Context, to stream.Sink) error {
	r := p.there.Region(p.t.schema, "")
	quiet := Temporal{next: to}
	if err := quiet.give(ctx, &r.Rows, 1, nil); !errors.Is(err, stream.ErrStop) {
		return err
	}
	return nil
}

func (p *temporalPin) Pages(visit func(state.Page) error) error {
	for kind, s := range []Sorted{p.waiting, p.there} {
		err := s.Pages(func(pg state.Page) error {
			pg.Key = append([]byte{byte(kind)}, pg.Key...)
			return visit(pg)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *temporalPin) Release() { p.waiting, p.there = Sorted{}, Sorted{} }

// LoadPage takes in a page of a checkpoint.
func (t *Temporal) LoadPage(key, data []byte) error {
	switch {
	case len(key) > 1 && key[0] == 0:
		return t.waiting.LoadPage(key[1:], data)
	case len(key) > 1 && key[0] == 1:
		return t.there.LoadPage(key[1:], data)
	}
	return sqlerr.New(sqlerr.DataCorrupted, "a page of a temporal filter's checkpoint has a key of %d bytes", len(key))
}

// Loaded ends the loading.
func (t *Temporal) Loaded(p stream.Progress) error {
	t.epoch = p.Epoch.No
	t.setEpoch(t.epoch)
	t.waiting.Loaded()
	t.there.Loaded()
	return t.meter.Set(t.Bytes())
}
