package op_test

import (
	"context"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

type nowhere struct{}

func (nowhere) Push(context.Context, *batch.Batch) error       { return nil }
func (nowhere) Advance(context.Context, stream.Progress) error { return nil }
func (nowhere) Close() error                                   { return nil }

// bits is a predicate that costs nothing.
type bits struct{ m batch.Bitmap }

func (e bits) Type() types.Type { return types.Bool }
func (e bits) String() string   { return "bits" }
func (e bits) Eval(_ *expr.Ctx, b *batch.Batch, _ batch.Sel) batch.Column {
	return batch.BitsOf(b.N, e.m, nil)
}

// BenchmarkFilter is the cost of making half of a batch dense: two integers, a string and a code a row.
func BenchmarkFilter(b *testing.B) {
	rows := &batch.Batch{Epoch: &batch.Epoch{No: 1}, N: batch.MaxRows}
	text := batch.NewBuilder(types.Text, batch.MaxRows)
	keep := batch.NewBitmap(batch.MaxRows)
	for i := range batch.MaxRows {
		text.String("/data/some/file.txt")
		if i*2654435761>>7&1 != 0 {
			keep.Set(i)
		}
	}
	d := &batch.Dict{ID: batch.NewDictID(), Offsets: []int32{0, 3}, Data: []byte("abc")}
	rows.Cols = []batch.Column{
		batch.FixedOf(types.Int8, batch.MakeValues[int64](batch.MaxRows), nil),
		batch.FixedOf(types.Timestamptz, batch.MakeValues[int64](batch.MaxRows), nil),
		text.Finish(),
		batch.CodedOf(types.Text, batch.MakeValues[uint32](batch.MaxRows), d, nil),
	}
	f := op.NewFilter(bits{keep}, &op.Env{}, nowhere{})
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Push(context.Background(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
}

// BenchmarkTop is an epoch of 1,000 changed rows of a Top-N of 100 over 1,000,000 rows, with somebody listening.
func BenchmarkTop(b *testing.B) {
	s := batch.Schema{{Name: "k", Type: types.Int8}, {Name: "v", Type: types.Int8}}
	const all, changed = 1_000_000, 1_000
	value := func(i int) int64 { return int64(uint64(i) * 0x9e3779b97f4a7c15 >> 20) }
	rows := func(from, n int, weight int64) *batch.Batch {
		k, v, w := batch.MakeValues[int64](n), batch.MakeValues[int64](n), make([]int64, n)
		for i := range n {
			k[i], v[i], w[i] = int64(from+i), value(from+i), weight
		}
		return &batch.Batch{N: n, Cols: []batch.Column{batch.FixedOf(types.Int8, k, nil), batch.FixedOf(types.Int8, v, nil)}, Diff: w}
	}
	ctx := context.Background()
	top := op.NewTop(op.TopSpec{Input: s, Order: []op.OrderKey{{Col: 1, Desc: true}}, Limit: 100}, &op.Env{}, nowhere{})
	for i := 0; i < all; i += changed {
		if err := top.Push(ctx, rows(i, changed, 1)); err != nil {
			b.Fatal(err)
		}
	}
	top.Listen(true)
	at := 0
	b.ReportAllocs()
	for b.Loop() {
		if err := top.Push(ctx, rows(at, changed, -1)); err != nil {
			b.Fatal(err)
		}
		if err := top.Push(ctx, rows(at+all, changed, 1)); err != nil {
			b.Fatal(err)
		}
		at += changed
		if err := top.Advance(ctx, stream.Progress{Epoch: &batch.Epoch{No: uint64(at)}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(top.Bytes())/all, "B/row")
}

// manyGroups is how many groups, by two integers, the aggregates of BenchmarkLoad and BenchmarkFoldMany have.
const manyGroups = 1_000_000

func newMany(b *testing.B) *op.Aggregate {
	spec := op.AggregateSpec{
		Input: batch.Schema{{Name: "t", Type: types.Timestamptz}, {Name: "k", Type: types.Int8}}, Keys: []int{0, 1},
		Calls: []agg.Call{call(b, "count", types.Int8, -1), call(b, "sum", types.Int8, 1)}, AppendOnly: true,
	}
	a, err := op.NewAggregate(spec, &op.Env{}, nowhere{})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// pushMany pushes a row of each group.
func pushMany(b *testing.B, a *op.Aggregate) {
	const all = manyGroups
	for i := 0; i < all; i += batch.MaxRows {
		n := min(batch.MaxRows, all-i)
		k := batch.MakeValues[int64](n)
		for r := range k {
			k[r] = int64(i + r)
		}
		rows := &batch.Batch{N: n, Cols: []batch.Column{batch.FixedOf(types.Timestamptz, batch.MakeValues[int64](n), nil), batch.FixedOf(types.Int8, k, nil)}}
		if err := a.Push(context.Background(), rows); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFoldMany pushes a row of each of 1,000,000 groups that are there.
func BenchmarkFoldMany(b *testing.B) {
	a := newMany(b)
	pushMany(b, a)
	for b.Loop() {
		pushMany(b, a)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/manyGroups, "ns/row")
}

// BenchmarkLoad is an aggregate of 1,000,000 groups that takes in the pages of its checkpoint.
func BenchmarkLoad(b *testing.B) {
	a := newMany(b)
	pushMany(b, a)
	var keys, pages [][]byte
	if err := a.Pin().Pages(func(p state.Page) error {
		data, err := p.Encode(nil)
		keys, pages = append(keys, p.Key), append(pages, data)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		a := newMany(b)
		a.Expect(slices.Values(keys))
		for i, data := range pages {
			if err := a.LoadPage(keys[i], data); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/manyGroups, "ns/group")
}
