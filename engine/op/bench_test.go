package op_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
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
