package window_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

type nowhere struct{}

func (nowhere) Push(context.Context, *batch.Batch) error       { return nil }
func (nowhere) Advance(context.Context, stream.Progress) error { return nil }
func (nowhere) Close() error                                   { return nil }

// BenchmarkAssign is tumbling windows of a second over rows 100 µs apart.
func BenchmarkAssign(b *testing.B) {
	ts := batch.MakeValues[types.Micros](batch.MaxRows)
	for i := range ts {
		ts[i] = types.Micros(i) * 100
	}
	rows := &batch.Batch{Epoch: &batch.Epoch{No: 1}, N: batch.MaxRows, Cols: []batch.Column{batch.FixedOf(types.Timestamptz, ts, nil)}}
	a := window.NewAssign(window.Tumbling(types.Second), 0, &op.Env{}, nowhere{})
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Push(context.Background(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
}
