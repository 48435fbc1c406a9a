package op

import (
	"context"
	"errors"
	"iter"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// AggregateSpec says what an Aggregate computes over its input's columns.
type AggregateSpec struct {
	Input batch.Schema
	Keys  []int // positions of the GROUP BY columns; none: one group, always there
	Calls []agg.Call
	// AppendOnly promises that the input never takes a row back.
	AppendOnly bool
	// Weighted makes the contents the groups' weights: with every column a key and no calls, the operator holds a
	// relation as it is, duplicates included.
	Weighted bool
	Expiry   *Expiry // nil: groups stay
	Idle     *Idle   // nil: likewise
}

// Schema is the columns of the result: the keys, then the calls.
func (s *AggregateSpec) Schema() batch.Schema {
	var out batch.Schema
	for _, k := range s.Keys {
		out = append(out, s.Input[k])
	}
	for _, c := range s.Calls {
		out = append(out, batch.Field{Name: c.Name, Type: c.Result})
	}
	return out
}

// Aggregate is GROUP BY over changing input. Its groups are its materialization: reading is a Pin, and changes are made
// only while somebody listens, by comparing the groups that an epoch touched with how they were before it.
type Aggregate struct {
	spec   AggregateSpec
	env    *Env
	next   stream.Sink
	shape  *Shape
	groups *Groups

	listening bool
	old       Frozen // as of the last Advance, while listening
	epoch     uint64 // of the last Advance
	arrived   uint64 // rows before the batch under way
	touched   []uint32
	out       *changes
	meter     *Meter
	expiring  *expiring // nil without an Expiry
	idling    *idling   // nil without an Idle
	lane      *lane     // nil unless it folds rows for another Aggregate
	debt      Debt
}

// NewAggregate makes an Aggregate. It fails with 0A000 for keys that cannot be grouped. Its state is reserved from env's
// budget: past that it fails with 53200.
func NewAggregate(spec AggregateSpec, env *Env, next stream.Sink) (*Aggregate, error) {
	calls, err := spec.Calls, error(nil)
	if spec.Idle != nil {
		if calls, err = spec.Idle.calls(spec.Input, calls); err != nil {
			return nil, err
		}
	}
	rule := SpellingOf(spec.AppendOnly, env.Bounded)
	if spec.Weighted {
		rule = ExactSpelling
	}
	shape, err := NewShape(spec.Input, spec.Keys, calls, spec.AppendOnly, rule)
	if err != nil {
		return nil, err
	}
	a := &Aggregate{spec: spec, env: env, next: next, shape: shape, groups: NewGroups(shape), meter: NewMeter(env, "group by")}
	a.groups.Track = !spec.AppendOnly && !env.Bounded
	if env.Bounded {
		shape.Layout.Arrival = &a.arrived
	}
	a.out = newChanges(spec.Schema(), spec.Weighted)
	if spec.Expiry != nil {
		a.expiring = newExpiring(spec.Expiry)
	}
	if spec.Idle != nil {
		a.idling = &idling{Idle: spec.Idle, call: len(spec.Calls), limit: types.MinTime}
	}
	if len(spec.Keys) == 0 {
		a.groups.single()
	}
	return a, nil
}

// SetNext sets where changes go.
func (a *Aggregate) SetNext(next stream.Sink) { a.next = next }

// Bytes is the memory of the state.
func (a *Aggregate) Bytes() int64 { return a.groups.Bytes() + a.shape.Bytes() }

// Empty says whether there is no group.
func (a *Aggregate) Empty() bool { return a.groups.Pages.Used() == 0 && !a.debt.Owes() }

// Len is the number of groups, or about that while lanes have rows.
func (a *Aggregate) Len() int {
	n := 0
	for _, l := range a.debt.Lanes {
		n = max(n, l.(*Aggregate).groups.Pages.Used())
	}
	return max(n, a.groups.Pages.Used())
}

// Push folds rows into their groups.
func (a *Aggregate) Push(ctx context.Context, b *batch.Batch) error {
	if a.expiring != nil {
		var err error
		if b, err = a.expiring.inTime(ctx, b, a.spec.Keys[a.expiring.Key]); err != nil {
			return err
		}
	}
	if a.idling != nil {
		b = a.idling.inTime(b)
	}
	if b.N == 0 {
		return nil
	}
	if !a.env.Bounded && b.Epoch != nil && b.Epoch.No > a.groups.Pages.Epoch() {
		a.groups.SetEpoch(b.Epoch.No)
	}
	if a.shape.Layout.Sets > 0 {
		if err := a.meter.foreseeWritten(b); err != nil {
			return err
		}
	}
	a.shape.Keys.Read(b, a.spec.Keys)
	a.groups.Fold(b, 0, b.N)
	a.arrived += uint64(b.N)
	return a.meter.Set(a.Bytes())
}

// Advance sends the epoch's changes to who listens; at the end of a bounded query, the contents.
func (a *Aggregate) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		a.epoch = p.Epoch.No
	}
	if a.idling != nil && !p.End {
		a.groups.SetEpoch(a.epoch)
		a.lapse(p.Watermarks)
	}
	switch {
	case a.env.Bounded && p.End:
		err := a.contents(ctx, a.groups.Freeze(), a.next, p.Epoch)
		if err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	case !a.env.Bounded && a.groups.Track:
		if err := a.Collect(); err != nil {
			return err
		}
		if err := a.settle(ctx, p); err != nil {
			return err
		}
	}
	if a.idling != nil && !p.End {
		a.groups.Release(a.idling.gone)
		if a.idling.gone = a.idling.gone[:0]; a.listening {
			a.old = a.groups.Freeze()
		}
	}
	if a.expiring != nil && !p.End {
		a.groups.SetEpoch(a.epoch)
		a.expire(p.Watermarks)
	}
	return a.next.Advance(ctx, p)
}

// settle sends changes and frees groups that are empty now.
func (a *Aggregate) settle(ctx context.Context, p stream.Progress) error {
	a.touched = a.groups.TakeTouched(a.touched)
	if a.listening {
		if err := a.send(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	if !a.spec.AppendOnly {
		a.groups.Release(a.touched)
	}
	if a.listening {
		a.old = a.groups.Freeze()
	}
	return nil
}

// send pushes what became of the groups that the epoch touched.
func (a *Aggregate) send(ctx context.Context, ep *batch.Epoch) error {
	now := a.groups.Freeze()
	for _, r := range a.touched {
		a.out.group(a.old, now, r, len(a.spec.Keys) == 0)
		if a.out.Full() {
			if err := a.out.Flush(ctx, a.next, ep); err != nil {
				return err
			}
		}
	}
	return a.out.Flush(ctx, a.next, ep)
}

// Listen switches the sending of changes on or off, between two epochs.
func (a *Aggregate) Listen(on bool) {
	if on == a.listening {
		return
	}
	a.collected()
	a.listening = on
	a.groups.Track = on || !a.spec.AppendOnly
	if on {
		a.touched = a.groups.TakeTouched(a.touched)
		a.old = a.groups.Freeze()
	} else {
		a.old = Frozen{}
	}
}

// Close gives the memory back and closes the next Sink.
func (a *Aggregate) Close() error {
	a.meter.Close()
	return a.next.Close()
}

// contents pushes every group to to.
func (a *Aggregate) contents(ctx context.Context, f Frozen, to stream.Sink, ep *batch.Epoch) error {
	return a.some(ctx, f, func(yield func(uint32) bool) {
		for r := range uint32(f.View.Len()) {
			if !yield(r) {
				return
			}
		}
	}, to, ep)
}

// some pushes those of the groups that are there.
func (a *Aggregate) some(ctx context.Context, f Frozen, groups iter.Seq[uint32], to stream.Sink, ep *batch.Epoch) error {
	out := newChanges(a.spec.Schema(), a.spec.Weighted)
	p := pace{ctx: ctx}
	for r := range groups {
		if err := p.step(1); err != nil {
			return err
		}
		if !f.kept(r) {
			continue
		}
		if err := out.add(f, r, 1); err != nil {
			if a.env.Bounded {
				return err
			}
			continue // absent while its result fails
		}
		if out.Full() {
			if err := out.Flush(ctx, to, ep); err != nil {
				return err
			}
		}
	}
	return out.Flush(ctx, to, ep)
}

// Pin holds the groups as of the last Advance.
func (a *Aggregate) Pin() state.Pin {
	a.collected()
	p := &aggregatePin{a: a, f: a.groups.Freeze(), epoch: a.epoch, limit: types.MinTime}
	if a.expiring != nil {
		p.limit = a.expiring.limit
	}
	for _, x := range a.groups.indexes {
		p.indexes = append(p.indexes, indexView{x.cols, x.words.View(), x.mask})
	}
	return p
}

type aggregatePin struct {
	a       *Aggregate
	f       Frozen
	epoch   uint64
	indexes []indexView
	limit   types.Micros // the time of groups that are past it
}

func (p *aggregatePin) Epoch() uint64 { return p.epoch }

func (p *aggregatePin) Rows(ctx context.Context, to stream.Sink) error {
	return quiet(p.a.contents(ctx, p.f, p.shown(to), nil))
}

// shown hides the groups that are past their time.
func (p *aggregatePin) shown(to stream.Sink) stream.Sink {
	if p.limit == types.MinTime {
		return to
	}
	return &unexpired{Sink: to, col: p.a.spec.Expiry.Key, limit: p.limit}
}

// quiet takes a receiver that has enough for a good end.
func quiet(err error) error {
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

func (p *aggregatePin) Pages(visit func(state.Page) error) error {
	return p.f.Pages(nil, visit)
}

func (p *aggregatePin) Release() { p.f, p.indexes = Frozen{}, nil }

// Expect makes room for the pages of a checkpoint.
func (a *Aggregate) Expect(keys iter.Seq[[]byte]) {
	n := 0
	for range keys {
		n++
	}
	a.groups.Expect(n)
}

// PagesSince is the format of checkpoints from which on its pages are as they are.
func (a *Aggregate) PagesSince() byte { return a.groups.shape.PagesSince() }

// LoadPage takes in a page of a checkpoint.
func (a *Aggregate) LoadPage(_, data []byte) error { return a.groups.LoadPage(data) }

// Loaded ends the loading.
func (a *Aggregate) Loaded(p stream.Progress) error {
	a.epoch = p.Epoch.No
	a.groups.SetEpoch(p.Epoch.No)
	if a.expiring != nil {
		a.expiring.limit = a.expiring.Limit(p.Watermarks)
	}
	if a.idling != nil {
		a.idling.limit = a.idling.Limit(p.Watermarks)
	}
	if err := a.meter.Set(a.Bytes()); err != nil {
		return err
	}
	if a.listening {
		a.old = a.groups.Freeze() // what was loaded is known to who listens
	}
	return nil
}
