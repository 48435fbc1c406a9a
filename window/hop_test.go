package window_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

func resolve(t *testing.T, name string, column int, args ...types.Type) agg.Call {
	t.Helper()
	f, err := agg.Resolve(name, args, column < 0)
	if err != nil {
		t.Fatal(err)
	}
	return agg.Call{Func: f, Column: column, Filter: -1}
}

// The windows that are always current equal the definition of a window, epoch by epoch, under changes of every kind.
func TestHopIsAlwaysCurrent(t *testing.T) {
	s := enginetest.Schema("k text, v int4, ts timestamptz")
	const input = `
a 1 10
b 2 10.5
a 3 -0.000001
c 4 0
advance 1
a 5 19.999999
a 1 10 @-1
NULL 6 3
b 7 35 @2
advance 2
b 7 34
b 7 35 @-2
c 4 0 @-1
advance 3
c 8 0
b 7 -36.5
advance 4`
	for _, f := range []window.Frame{
		window.Tumbling(10 * types.Second),
		{Size: 10 * types.Second, Slide: 10 * types.Second, Offset: -3 * types.Second},
		{Size: 10 * types.Second, Slide: 5 * types.Second},
		{Size: 7 * types.Second, Slide: 3 * types.Second, Offset: 500 * types.Millisecond},
		{Size: 2 * types.Second, Slide: 5 * types.Second},
	} {
		for name, memory := range memories {
			t.Run(fmt.Sprint(f, name), func(t *testing.T) {
				enginetest.Matrix(t, enginetest.Case{
					Schema: s, Input: input,
					Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
						h, err := window.NewHop(window.HopSpec{
							Input: s, Frame: f, Time: 2, Allowed: window.Never,
							Keys:  []window.HopKey{{Name: "window_start", Column: -1, Bound: window.Start}, {Name: "k", Column: 0}},
							Calls: []agg.Call{resolve(t, "count", -1), resolve(t, "sum", 1, types.Int4), resolve(t, "max", 1, types.Int4)},
						}, memory(set.Env), enginetest.NewLender(next))
						if err != nil {
							t.Fatal(err)
						}
						h.Listen(true)
						return h
					},
					Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
						var out []enginetest.Table
						var before enginetest.Table
						for i := range epochs {
							rows := enginetest.Of(epochs[:i+1]).Hop(2, f.Size, f.Slide, f.Offset)
							now := rows.Group([]int{3, 0}, enginetest.CountAll, enginetest.Sum(1), enginetest.Max(1))
							out = append(out, append(before.Negate(), now...).Net())
							before = now
						}
						return out
					},
				})
			})
		}
	}
}
