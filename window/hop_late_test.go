package window_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

func lateSpec(t *testing.T, f window.Frame, allowed types.Micros, late window.LateSink) window.HopSpec {
	return window.HopSpec{
		Input: enginetest.Schema("k text, v int4, ts timestamptz"), Frame: f, Time: 2, AppendOnly: true,
		Allowed: allowed, Marks: []window.Mark{{Relation: enginetest.Relation}}, Late: late,
		Keys:  []window.HopKey{{Name: "window_start", Column: -1, Bound: window.Start}, {Name: "k", Column: 0}},
		Calls: []agg.Call{resolve(t, "count", -1), resolve(t, "sum", 1, types.Int4), resolve(t, "max", 1, types.Int4)},
	}
}

// A row counts in those of its windows that still take rows when it comes, by the watermark before its epoch, and
// leaves the others as they were: the shown windows equal that definition, epoch by epoch.
func TestHopJudgesWindowByWindow(t *testing.T) {
	const input = `
a 1 10
b 2 12
c 3 21
advance 14
a 4 3
a 5 9.5
b 6 13
b 7 22
advance 19
a 8 11
a 9 14.999999
c 1 16
a 2 3
advance 23
b 3 12
b 4 18
c 5 23
advance 23
b 6 18
advance`
	for _, f := range []window.Frame{
		window.Tumbling(5 * types.Second),
		{Size: 10 * types.Second, Slide: 5 * types.Second},
		{Size: 7 * types.Second, Slide: 3 * types.Second, Offset: 500 * types.Millisecond},
		{Size: 2 * types.Second, Slide: 5 * types.Second},
	} {
		for _, allowed := range []types.Micros{0, 2 * types.Second} {
			for name, memory := range memories {
				t.Run(fmt.Sprint(f, allowed, name), func(t *testing.T) {
					spec := lateSpec(t, f, allowed, nil)
					enginetest.Matrix(t, enginetest.Case{
						Schema: spec.Input, Input: input, AppendOnly: true,
						Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
							h, err := window.NewHop(spec, memory(set.Env), enginetest.NewLender(next))
							if err != nil {
								t.Fatal(err)
							}
							h.Listen(true)
							return h
						},
						Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
							var out []enginetest.Table
							var rows, before enginetest.Table
							mark := types.MinTime
							for i := range epochs {
								in := enginetest.Of(epochs[i:i+1]).Hop(2, f.Size, f.Slide, f.Offset)
								rows = append(rows, in.Filter(func(v []any) bool { return v[4].(types.Micros)+allowed > mark })...)
								now := rows.Group([]int{3, 0}, enginetest.CountAll, enginetest.Sum(1), enginetest.Max(1))
								out = append(out, append(before.Negate(), now...).Net())
								before, mark = now, max(mark, epochs[i].Watermarks.Of(enginetest.Relation))
							}
							return out
						},
					})
				})
			}
		}
	}
}

// Where rows are taken back, their windows would have to remember which of them they came too late for.
func TestHopRefusesLatenessOverChanges(t *testing.T) {
	spec := lateSpec(t, window.Frame{Size: 10 * types.Second, Slide: 5 * types.Second}, 0, nil)
	spec.AppendOnly = false
	if _, err := window.NewHop(spec, &op.Env{}, nil); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Errorf("error %v", err)
	}
}
