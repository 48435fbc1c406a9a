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

// PassingSpec is window functions over rows that come in order: the first key of the order is a time, ascending, and each
// epoch's rows are later than those of the epochs before. No function looks at rows behind its own and those equal to it.
type PassingSpec struct {
	OverSpec
	// Limit is the time that no later row is before.
	Limit func(w stream.Watermarks) types.Micros
	// Idle is how long after its last row a partition is forgotten: a later row begins it anew; 0: never. What
	// nothing looks at any more goes anyway.
	Idle types.Micros
}

// PassingOver gives each row once with the results of window functions, and keeps of a partition only what later rows look
// at: the last rows, the first one, and a tally of those in between.
type PassingOver struct {
	spec      PassingSpec
	near      *overNear
	env       *Env
	next      stream.Sink
	rows      *Partitions
	standings Records // of each partition: see standing
	dues      Records // times at which partitions may be forgotten, with these
	epoch     uint64
	out       Outgoing
	meter     *Meter
}

// NewPassingOver makes a PassingOver. It fails with 0A000 if a function looks at later rows, or at all of a partition.
func NewPassingOver(spec PassingSpec, env *Env, next stream.Sink) (*PassingOver, error) {
	o := &PassingOver{
		spec: spec, near: &overNear{spec: spec.OverSpec, reach: reachOf(&spec.OverSpec)}, env: env, next: next,
		out: NewOutgoing(spec.Schema()), meter: NewMeter(env, "window functions"),
	}
	if r := &o.near.reach; r.whole || r.after.rows > 0 || r.after.groups > 0 || len(r.after.values) > 0 {
		return nil, sqlerr.NotSupported("EMIT ON WINDOW CLOSE with a window function that looks at later rows, or at a whole partition").
			WithHint("Leave out EMIT ON WINDOW CLOSE, or use frames of constant bounds that end with the current row.")
	}
	var order []OrderKey
	for _, c := range spec.Partition {
		order = append(order, OrderKey{Col: c})
	}
	o.rows = NewPartitions(append(order, spec.Order...), len(spec.Partition), true)
	return o, nil
}

// SetNext sets where rows go.
func (o *PassingOver) SetNext(next stream.Sink) { o.next = next }

// Listen does nothing: rows are always sent.
func (o *PassingOver) Listen(bool) {}

// Bytes is the memory of the state.
func (o *PassingOver) Bytes() int64 { return o.rows.Bytes() + o.standings.Bytes() + o.dues.Bytes() }

func (o *PassingOver) setEpoch(no uint64) {
	o.rows.SetEpoch(no)
	o.standings.SetEpoch(no)
}

// Push puts rows behind those that are there.
func (o *PassingOver) Push(_ context.Context, b *batch.Batch) error {
	if b.Epoch != nil {
		o.setEpoch(b.Epoch.No)
	}
	if err := o.rows.Add(b); err != nil {
		return err
	}
	return o.meter.Set(o.Bytes())
}

// Advance gives the epoch's rows.
func (o *PassingOver) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		o.epoch = p.Epoch.No
		o.setEpoch(o.epoch)
	}
	group, any := "", false
	for _, at := range o.rows.TakeTouched() {
		if any && at.Partition == group {
			continue // it was given with those before it
		}
		group, any = at.Partition, true
		if err := o.pass(ctx, at, p.Epoch); err != nil {
			return err
		}
	}
	if err := o.out.Flush(ctx, o.next, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	o.forget(o.spec.Limit(p.Watermarks))
	if err := o.meter.Set(o.Bytes()); err != nil {
		return err
	}
	return o.next.Advance(ctx, p)
}

// pass gives a partition's rows from a place on, and drops what no later row looks at.
func (o *PassingOver) pass(ctx context.Context, at Place, ep *batch.Epoch) error {
	s := sorted{o.rows.rows.dir}
	st := o.standing(at.Partition)
	part := &overPart{}
	if st.tally.rows > 0 {
		part.tallies = []overTally{st.tally}
	}
	g, err := o.near.given(s, part, at.Partition, span{lo: at.At}, false)
	if err == nil {
		err = o.give(ctx, g, ep)
	} else {
		err = o.singly(ctx, s, part, at, ep)
	}
	if err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	return o.trim(s, part, at.Partition, st)
}

func (o *PassingOver) give(ctx context.Context, g *given, ep *batch.Epoch) error {
	for i := range g.records {
		if err := o.out.give(ctx, g, i, 1, ep, o.next); err != nil {
			return err
		}
	}
	return nil
}

// singly is for rows some of which fail: these are reported, and the others given.
func (o *PassingOver) singly(ctx context.Context, s sorted, part *overPart, at Place, ep *batch.Epoch) error {
	last := ""
	for _, e := range collect(nil, s, at.Partition, at.At, "", false) {
		place := sortPart(e.record)
		if place == last {
			continue
		}
		last = place
		g, err := o.near.given(s, part, at.Partition, span{lo: place, hi: place}, false)
		if err == nil {
			if err := o.give(ctx, g, ep); err != nil {
				return err
			}
			continue
		}
		if o.env.DeadLetter == nil {
			continue
		}
		rows := takeRegion(o.spec.Input, s, at.Partition, place, place, true).Rows
		rows.Epoch = ep
		for i := range rows.N {
			o.env.DeadLetter(ctx, "window functions", err, &rows, i)
		}
	}
	return nil
}

// trim drops the rows of a partition that no later row looks at.
func (o *PassingOver) trim(s sorted, part *overPart, group string, before standing) error {
	last, ok := s.lastOf(group)
	if !ok {
		return nil
	}
	from, _ := o.near.reach.context(s, group, sortPart(last.record), "")
	if o.near.reach.nothingBefore() {
		from = sortPart(last.record) + "\xff"
	}
	now := standing{tally: before.tally, due: o.due(&last)}
	if o.near.reach.running {
		var err error
		if now.tally, err = o.near.tally(s, part, group, from); err != nil {
			return err
		}
		if now.tally.rows == 0 {
			from = group
		} else {
			from = min(from, now.tally.place+"\xff")
		}
	}
	o.setStanding(group, before, now)
	keepFirst := o.near.reach.running || o.near.reach.first
	var gone []weighted
	s.from(group, func(e weighted) bool {
		if !within(e.record, group) || sortPart(e.record) >= from {
			return false
		}
		if !keepFirst {
			gone = append(gone, e)
		}
		keepFirst = false
		return true
	})
	for _, e := range gone {
		o.rows.rows.add([]byte(e.record), -e.n)
	}
	return nil
}

// due is when nothing will look at a partition any more whose last row is e: MaxTime for never.
func (o *PassingOver) due(e *weighted) types.Micros {
	rows := o.near.reach.decode(*e)
	at := batch.Values[types.Micros](&rows.Cols[o.spec.Order[0].Col])[0]
	far := types.Micros(0)
	for _, col := range o.near.reach.before.values {
		c := &rows.Cols[col]
		if c.Null(0) {
			return types.MaxTime
		}
		far = max(far, at-batch.Values[types.Micros](c)[0])
	}
	if far >= shortMonth {
		far += monthsDiffer
	}
	if r := &o.near.reach; r.running || r.first || r.before.rows > 0 || r.before.groups > 0 {
		if o.spec.Idle == 0 {
			return types.MaxTime
		}
		far = max(far, o.spec.Idle)
	}
	return at + min(far, types.MaxTime-max(at, 0))
}

// A distance of months is not the same for all rows, by so much for each month.
const (
	shortMonth   = 28 * types.Day
	monthsDiffer = 4 * types.Day
)

// forget drops the partitions that are due before limit.
func (o *PassingOver) forget(limit types.Micros) {
	for {
		first, ok := o.dues.First("")
		if !ok || types.Micros(types.OrderedInt([]byte(first[:8]))) >= limit {
			return
		}
		o.dues.Drop([]byte(first))
		group := first[8:]
		if old, ok := o.standings.First(group); ok {
			o.standings.Drop([]byte(old))
		}
		o.rows.Take(o.spec.Input, group, "")
	}
}

// Close gives the memory back and closes the next Sink.
func (o *PassingOver) Close() error {
	o.meter.Close()
	return o.next.Close()
}

// Pin holds what is kept as of the last Advance.
func (o *PassingOver) Pin() state.Pin {
	return &passingPin{o: o, rows: o.rows.Sorted(), standings: o.standings.Sorted(), epoch: o.epoch}
}

type passingPin struct {
	o               *PassingOver
	rows, standings Sorted
	epoch           uint64
}

func (p *passingPin) Epoch() uint64 { return p.epoch }

// Rows gives the rows that are kept, without results.
func (p *passingPin) Rows(ctx context.Context, to stream.Sink) error {
	err := p.rows.Partitions(func(partition string) error {
		r := p.rows.Region(p.o.spec.Input, partition)
		for lo := 0; lo < r.Rows.N; lo += batch.MaxRows {
			if err := to.Push(ctx, r.Rows.Slice(lo, min(lo+batch.MaxRows, r.Rows.N))); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

// The first byte of a page's key: of what it is.
const (
	passingRows = iota
	passingStandings
)

func (p *passingPin) Pages(visit func(state.Page) error) error {
	for kind, s := range []Sorted{passingRows: p.rows, passingStandings: p.standings} {
		err := s.Pages(func(page state.Page) error {
			page.Key = append([]byte{byte(kind)}, page.Key...)
			return visit(page)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *passingPin) Release() { p.rows, p.standings = Sorted{}, Sorted{} }

// LoadPage takes in a page of a checkpoint.
func (o *PassingOver) LoadPage(key, data []byte) error {
	switch {
	case len(key) > 0 && key[0] == passingRows:
		return o.rows.LoadPage(key[1:], data)
	case len(key) > 0 && key[0] == passingStandings:
		return o.standings.LoadPage(key[1:], data)
	}
	return damagedPage()
}

// Loaded ends the loading.
func (o *PassingOver) Loaded(p stream.Progress) error {
	o.epoch = p.Epoch.No
	o.setEpoch(o.epoch)
	o.rows.Loaded()
	o.standings.Loaded()
	if err := o.loadDues(); err != nil {
		return err
	}
	return o.meter.Set(o.Bytes())
}
