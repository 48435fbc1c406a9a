package op

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
)

// RecomputeSpec says how rows get results that depend on the rows around them.
type RecomputeSpec struct {
	Name   string // for who reads that memory is short
	Input  batch.Schema
	Order  []OrderKey
	Prefix int // how many of Order's keys make the partitions; rows of different ones know nothing of each other
	Drop   int // that many columns at the end of the input are for the keys only: they are not passed on
	// Apart says that equal rows may have different results.
	Apart bool
	// Cut says that rows at place b and after know nothing of those at place a and before. nil: rows of a partition
	// always do.
	Cut     func(a, b string) bool
	Results batch.Schema
	// Compute gives the results of every row of a region, which begins and ends at a cut. It is called from several
	// goroutines. While it fails, the region's rows are absent.
	Compute func(r *Region) ([]batch.Column, error)
}

// Schema is the input's columns, less those dropped, and the results.
func (s *RecomputeSpec) Schema() batch.Schema {
	out := append(batch.Schema(nil), s.Input[:len(s.Input)-s.Drop]...)
	return append(out, s.Results...)
}

// Recompute gives rows with results that depend on the rows around them, kept while rows come and go: sessions, window
// functions. It keeps its input in order. Where an epoch changed it, the results are computed for what was there before
// and for what is there now, and the difference leaves.
type Recompute struct {
	spec      RecomputeSpec
	next      stream.Sink
	parts     *Partitions
	old       sorted // as of the last Advance, while listening
	listening bool
	epoch     uint64
	out       Outgoing
	meter     *Meter
	near      recomputing // nil: regions are between cuts, or whole partitions
}

// recomputing finds what to compute again by itself.
type recomputing interface {
	// changed sends what became of the rows, where they came or went at the touched places, which are in order.
	changed(ctx context.Context, old, now sorted, touched []Place, ep *batch.Epoch) error
	forget() // what was kept of the rows: others are there
	bytes() int64
}

// NewRecompute makes a Recompute for a query that does not end.
func NewRecompute(spec RecomputeSpec, env *Env, next stream.Sink) *Recompute {
	return &Recompute{
		spec: spec, next: next, parts: NewPartitions(spec.Order, spec.Prefix, spec.Cut != nil),
		out: NewOutgoing(spec.Schema()), meter: NewMeter(env, spec.Name),
	}
}

// SetNext sets where changes go.
func (o *Recompute) SetNext(next stream.Sink) { o.next = next }

// Bytes is the memory of the state.
func (o *Recompute) Bytes() int64 {
	n := o.parts.rows.bytes
	if o.near != nil {
		n += o.near.bytes()
	}
	return n
}

// Empty says whether there is no row.
func (o *Recompute) Empty() bool { return len(o.parts.rows.dir) == 0 }

// Push puts rows in their places.
func (o *Recompute) Push(_ context.Context, b *batch.Batch) error {
	if b.Epoch != nil && b.Epoch.No > o.parts.rows.epoch {
		o.parts.rows.epoch = b.Epoch.No
	}
	if err := o.parts.Add(b); err != nil {
		return err
	}
	if !o.listening {
		clear(o.parts.touched)
	}
	return o.meter.Set(o.Bytes())
}

// Advance sends the epoch's changes to who listens.
func (o *Recompute) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		o.epoch = p.Epoch.No
	}
	if o.listening {
		if err := o.send(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	return o.next.Advance(ctx, p)
}

// send pushes what became of the regions that the epoch touched.
func (o *Recompute) send(ctx context.Context, ep *batch.Epoch) error {
	old, now := o.old, o.parts.rows.view()
	o.old = now
	if o.near != nil {
		if err := o.near.changed(ctx, old, now, o.parts.TakeTouched(), ep); err != nil {
			return err
		}
		return o.out.Flush(ctx, o.next, ep)
	}
	lo, hi := "", ""
	for _, at := range o.parts.TakeTouched() {
		if hi != "" && at.At <= hi {
			continue // it lies in the region before
		}
		if lo, hi = at.Partition, ""; o.spec.Cut != nil {
			lo, hi = o.around(old, now, at)
		}
		was, is := o.region(old, at.Partition, lo, hi), o.region(now, at.Partition, lo, hi)
		if err := o.difference(ctx, was, is, ep); err != nil {
			return err
		}
	}
	return o.out.Flush(ctx, o.next, ep)
}

// around gives the first and the last place of the region around a place: as far as neither what was nor what is has a
// cut.
func (o *Recompute) around(old, now sorted, at Place) (lo, hi string) {
	lo, hi = at.At, at.At
	for first, last := "", ""; first != lo || last != hi; {
		first, last = lo, hi
		for _, s := range []sorted{old, now} {
			lo, hi = o.reachBack(s, at.Partition, lo), o.reach(s, at.Partition, hi)
		}
	}
	return lo, hi
}

func (o *Recompute) reach(s sorted, group, hi string) string {
	s.from(hi, func(e weighted) bool {
		place := sortPart(e.record)
		if place == hi {
			return true
		}
		if !within(e.record, group) || o.spec.Cut(hi, place) {
			return false
		}
		hi = place
		return true
	})
	return hi
}

func (o *Recompute) reachBack(s sorted, group, lo string) string {
	s.before(lo, func(e weighted) bool {
		place := sortPart(e.record)
		if place == lo {
			return true
		}
		if !within(e.record, group) || o.spec.Cut(place, lo) {
			return false
		}
		lo = place
		return true
	})
	return lo
}

// given is a region's rows with their results.
type given struct {
	Region
	cols []batch.Column // as they leave
}

// region computes the results of a region. One whose computation fails has no rows.
func (o *Recompute) region(s sorted, group, lo, hi string) *given {
	r := takeRegion(o.spec.Input, s, group, lo, hi, o.spec.Apart)
	if r.Rows.N == 0 {
		return &given{}
	}
	results, err := o.spec.Compute(r)
	if err != nil {
		return &given{}
	}
	g := &given{Region: *r, cols: append([]batch.Column(nil), r.Rows.Cols[:len(r.Rows.Cols)-o.spec.Drop]...)}
	g.cols = append(g.cols, results...)
	return g
}

// id appends what tells row i apart from others: its record and its results.
func (g *given) id(dst []byte, i, results int) []byte {
	dst = append(dst, g.records[i].record...)
	for c := len(g.cols) - results; c < len(g.cols); c++ {
		dst = value.AppendRaw(dst, &g.cols[c], i)
	}
	return dst
}

// difference pushes what takes was to is: first what goes, then what comes.
func (o *Recompute) difference(ctx context.Context, was, is *given, ep *batch.Epoch) error {
	results := len(o.spec.Results)
	var a, b []byte
	same := func(i, k int) bool {
		if was.records[i] != is.records[k] {
			return false
		}
		a, b = was.id(a[:0], i, results), is.id(b[:0], k, results)
		return string(a) == string(b)
	}
	lo, end, to := 0, len(was.records), len(is.records)
	for lo < end && lo < to && same(lo, lo) {
		lo++
	}
	for end > lo && to > lo && same(end-1, to-1) {
		end, to = end-1, to-1
	}
	net := make(map[string]int64, to-lo)
	for k := lo; k < to; k++ {
		b = is.id(b[:0], k, results)
		net[string(b)] += is.records[k].n
	}
	for i := lo; i < end; i++ {
		a = was.id(a[:0], i, results)
		n, w := net[string(a)], was.records[i].n
		both := max(min(n, w), 0)
		if net[string(a)] = n - both; w > both {
			if err := o.give(ctx, was, i, both-w, ep); err != nil {
				return err
			}
		}
	}
	for k := lo; k < to; k++ {
		b = is.id(b[:0], k, results)
		n := min(net[string(b)], is.records[k].n)
		if n <= 0 {
			continue
		}
		net[string(b)] -= n
		if err := o.give(ctx, is, k, n, ep); err != nil {
			return err
		}
	}
	return nil
}

// give adds row i of g to what leaves.
func (o *Recompute) give(ctx context.Context, g *given, i int, n int64, ep *batch.Epoch) error {
	return o.out.give(ctx, g, i, n, ep, o.next)
}

func (o *Outgoing) give(ctx context.Context, g *given, i int, n int64, ep *batch.Epoch, to stream.Sink) error {
	for c := range g.cols {
		o.Cols[c].Append(&g.cols[c], i)
	}
	if o.Diff = append(o.Diff, n); !o.Full() {
		return nil
	}
	return o.Flush(ctx, to, ep)
}

// Listen switches the sending of changes on or off, between two epochs.
func (o *Recompute) Listen(on bool) {
	if on == o.listening {
		return
	}
	o.listening = on
	clear(o.parts.touched)
	if o.near != nil {
		o.near.forget()
	}
	o.old = sorted{}
	if on {
		o.old = o.parts.rows.view()
	}
}

// Close gives the memory back and closes the next Sink.
func (o *Recompute) Close() error {
	o.parts.rows = ordered{}
	if o.near != nil {
		o.near.forget()
	}
	o.meter.Close()
	return o.next.Close()
}

// Pin holds the rows as of the last Advance.
func (o *Recompute) Pin() state.Pin {
	return &recomputePin{o: o, s: o.parts.rows.view(), epoch: o.epoch}
}

type recomputePin struct {
	o     *Recompute
	s     sorted
	epoch uint64
}

func (p *recomputePin) Epoch() uint64 { return p.epoch }

// Rows computes the results of every partition.
func (p *recomputePin) Rows(ctx context.Context, to stream.Sink) error {
	out := NewOutgoing(p.o.spec.Schema())
	err := Sorted{p.s}.Partitions(func(group string) error {
		g := p.o.region(p.s, group, group, "")
		for i := range g.records {
			if err := out.give(ctx, g, i, g.records[i].n, nil, to); err != nil {
				return err
			}
		}
		return context.Cause(ctx)
	})
	if err == nil {
		err = out.Flush(ctx, to, nil)
	}
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

func (p *recomputePin) Pages(visit func(state.Page) error) error { return p.s.pages(visit) }

func (p *recomputePin) Release() { p.s = sorted{} }

// LoadPage takes in a page of a checkpoint.
func (o *Recompute) LoadPage(key, data []byte) error { return o.parts.rows.load(key, data) }

// Loaded ends the loading.
func (o *Recompute) Loaded(p stream.Progress) error {
	o.epoch, o.parts.rows.epoch = p.Epoch.No, p.Epoch.No
	o.parts.rows.renumber()
	if o.near != nil {
		o.near.forget()
	}
	if o.listening {
		o.old = o.parts.rows.view() // what was loaded is known to who listens
	}
	return o.meter.Set(o.Bytes())
}
