package window_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
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

// BenchmarkEndingGroups is sessions of ten rows of each of 10,000 users that end when the watermark says so: count and sum.
func BenchmarkEndingGroups(b *testing.B) {
	const users = 10_000
	input := batch.Schema{{Name: "u", Type: types.Int8}, {Name: "v", Type: types.Int8}, {Name: "ts", Type: types.Timestamptz}}
	count, err := agg.Resolve("count", nil, true)
	if err != nil {
		b.Fatal(err)
	}
	sum, err := agg.Resolve("sum", []types.Type{types.Int8}, false)
	if err != nil {
		b.Fatal(err)
	}
	spec := window.SessionGroupsSpec{
		Input: input, Time: 2, Gap: types.Second,
		Keys:  []window.HopKey{{Name: "u"}, {Name: "window_start", Column: -1, Bound: window.Start}, {Name: "window_end", Column: -1, Bound: window.End}},
		Calls: []agg.Call{{Func: count, Column: -1, Filter: -1}, {Func: sum, Column: 1, Filter: -1}},
	}
	const relation = 1
	e, ok, err := window.NewEndingGroups(spec, window.CloseSpec{Marks: []window.Mark{{Relation: relation}}}, &op.Env{}, nowhere{})
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	us, vs, ts := batch.MakeValues[int64](batch.MaxRows), batch.MakeValues[int64](batch.MaxRows), batch.MakeValues[types.Micros](batch.MaxRows)
	rows := &batch.Batch{Epoch: &batch.Epoch{No: 1}, N: batch.MaxRows, Cols: []batch.Column{batch.FixedOf(types.Int8, us, nil), batch.FixedOf(types.Int8, vs, nil), batch.FixedOf(types.Timestamptz, ts, nil)}}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		for range 8 { // an epoch
			for i := range us {
				// A hundred users at a time, ten rows each 1 ms apart; then the next hundred.
				us[i] = int64(n/1000%(users/100)*100 + n%100)
				ts[i] = types.Micros(n) * 10
				n++
			}
			if err := e.Push(context.Background(), rows); err != nil {
				b.Fatal(err)
			}
		}
		at := stream.Watermarks{{Relation: relation, At: ts[len(ts)-1] - 100}}
		if err := e.Advance(context.Background(), stream.Progress{Epoch: rows.Epoch, Watermarks: at}); err != nil {
			b.Fatal(err)
		}
		rows.Epoch = &batch.Epoch{No: rows.Epoch.No + 1}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows/8, "ns/row")
}
