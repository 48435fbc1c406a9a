package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// topN builds the first rows of an order.
func (b *builder) topN(n *plan.TopN, next stream.Sink) (keeper, error) {
	limit, offset, err := b.rowCounts(n.Count, n.Offset)
	if err != nil {
		return nil, err
	}
	first := firstRows{keys: orderKeys(n.Keys), limit: limit, offset: offset, ops: b.ops}
	if b.ops.Bounded {
		return nil, b.into(n.Input, first.sink(next))
	}
	ended := *b.ops // each sort is a query that ends
	ended.Bounded, ended.DeadLetter = true, nil
	first.ops = &ended
	schema := n.Schema()
	t := &topN{firstRows: first, ops: b.ops, schema: schema, sorted: op.Plain(schema), next: next}
	for _, k := range n.Keys {
		t.sorted[k.Column] = schema[k.Column]
	}
	t.keys = total(t.keys, len(schema))
	t.spec = op.AggregateSpec{Input: op.Plain(schema), Keys: every(len(schema)), AppendOnly: b.appendOnly(n.Input), Weighted: true}
	if t.Aggregate, err = op.NewAggregate(t.spec, b.ops, nowhere{}); err != nil {
		return nil, err
	}
	b.keep(t)
	return t, b.into(n.Input, &retyped{Sink: t, to: t.spec.Input})
}

// total adds the columns that are no keys yet, so that no two different rows are equal and every run gives the same.
func total(keys []op.OrderKey, width int) []op.OrderKey {
	for c := range width {
		keys = append(keys, op.OrderKey{Col: c})
	}
	return keys
}

// firstRows is an order and a limit.
type firstRows struct {
	keys          []op.OrderKey
	limit, offset int64
	ops           *op.Env
}

func (f *firstRows) sink(next stream.Sink) stream.Sink {
	keep := op.NoLimit
	if f.limit != op.NoLimit && f.limit+f.offset >= 0 {
		keep = f.limit + f.offset
	}
	if f.limit != op.NoLimit || f.offset > 0 {
		next = op.NewLimit(f.limit, f.offset, next)
	}
	return op.NewOrder(f.keys, keep, f.ops, next)
}

// topN keeps all rows of its input, and sorts them when someone looks: a reader of a pin, or, once an epoch in which
// rows came, whoever listens. So an epoch costs as much as there are rows, while listened to; and nothing else does.
type topN struct {
	firstRows
	*op.Aggregate // all rows, with their weights
	spec          op.AggregateSpec
	ops           *op.Env
	schema        batch.Schema
	sorted        batch.Schema // as it is sorted: real types for the keys of the query, plain ones for the other columns
	next          stream.Sink

	shown *op.Aggregate // what was told, while listened to
	last  []*batch.Batch
	moved bool
}

// SetNext sets where changes go.
func (t *topN) SetNext(next stream.Sink) {
	t.next = next
	if t.shown != nil {
		t.shown.SetNext(&retyped{Sink: next, to: t.schema})
	}
}

func (t *topN) Push(ctx context.Context, b *batch.Batch) error {
	t.moved = true
	return t.Aggregate.Push(ctx, b)
}

// Advance tells who listens what has come among the first rows, and what has gone.
func (t *topN) Advance(ctx context.Context, p stream.Progress) error {
	if err := t.Aggregate.Advance(ctx, p); err != nil {
		return err
	}
	if t.shown == nil {
		return t.next.Advance(ctx, p)
	}
	if t.moved {
		now, err := t.first(ctx, p.Epoch)
		if err != nil {
			return err
		}
		if err := t.tell(ctx, now, p.Epoch); err != nil {
			return err
		}
	}
	t.moved = false
	return t.shown.Advance(ctx, p)
}

// tell takes back what was told and tells now; what is in both cancels out in shown.
func (t *topN) tell(ctx context.Context, now []*batch.Batch, ep *batch.Epoch) error {
	for _, b := range t.last {
		back := *b
		back.Epoch, back.Diff = ep, make([]int64, b.N)
		for i := range back.Diff {
			back.Diff[i] = -b.Weight(i)
		}
		if err := t.shown.Push(ctx, &back); err != nil {
			return err
		}
	}
	for _, b := range now {
		if err := t.shown.Push(ctx, b); err != nil {
			return err
		}
	}
	t.last = now
	return nil
}

// first gives the first rows as of now, under the types they are held by.
func (t *topN) first(ctx context.Context, ep *batch.Epoch) ([]*batch.Batch, error) {
	kept := &rows{epoch: ep}
	pin := t.Pin()
	defer pin.Release()
	err := pin.Rows(ctx, &retyped{Sink: kept, to: t.spec.Input})
	return kept.batches, err
}

// Listen switches the sending of changes on or off.
func (t *topN) Listen(on bool) {
	if on == (t.shown != nil) {
		return
	}
	t.shown, t.last = nil, nil
	if !on {
		return
	}
	spec := t.spec
	spec.AppendOnly = false
	t.shown, _ = op.NewAggregate(spec, t.ops, &retyped{Sink: t.next, to: t.schema}) // it is the one made before
	ctx := context.Background()
	if now, err := t.first(ctx, nil); err == nil {
		_ = t.tell(ctx, now, nil) // it folds into memory
	}
	t.shown.Listen(true)
}

// Bytes is the memory of the state.
func (t *topN) Bytes() int64 {
	n := t.Aggregate.Bytes()
	if t.shown != nil {
		n += t.shown.Bytes()
	}
	return n
}

// Close closes the next Sink.
func (t *topN) Close() error { return t.next.Close() }

// Pin holds the rows as of the last Advance.
func (t *topN) Pin() state.Pin { return &topNPin{Pin: t.Aggregate.Pin(), t: t} }

type topNPin struct {
	state.Pin
	t *topN
}

// Rows sorts what the pin holds and gives the first rows.
func (p *topNPin) Rows(ctx context.Context, to stream.Sink) error {
	sorted := p.t.sink(&retyped{Sink: still{to}, to: p.t.schema})
	if err := p.Pin.Rows(ctx, &retyped{Sink: sorted, to: p.t.sorted}); err != nil {
		return err
	}
	return sorted.Advance(ctx, stream.Progress{Epoch: &batch.Epoch{}, End: true})
}

// still passes rows on, and not time.
type still struct{ stream.Sink }

func (still) Advance(context.Context, stream.Progress) error { return nil }
func (still) Close() error                                   { return nil }

// nowhere takes nothing in.
type nowhere struct{}

func (nowhere) Push(context.Context, *batch.Batch) error       { return nil }
func (nowhere) Advance(context.Context, stream.Progress) error { return nil }
func (nowhere) Close() error                                   { return nil }

// rows keeps what is pushed, as of an epoch.
type rows struct {
	nowhere
	epoch   *batch.Epoch
	batches []*batch.Batch
}

func (r *rows) Push(_ context.Context, b *batch.Batch) error {
	c := b.Clone()
	c.Epoch = r.epoch
	r.batches = append(r.batches, c)
	return nil
}
