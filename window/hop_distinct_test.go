package window_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// The number of different texts of a window equals that of its rows, when it is kept as a few values and as bits, in
// windows of one pane and of several, over restarts.
func TestHopDistinct(t *testing.T) {
	s := enginetest.Schema("k text, v text, ts timestamptz")
	rnd := rand.New(rand.NewPCG(enginetest.Seed(), 7))
	var in strings.Builder
	for i := range 240 {
		v := fmt.Sprintf("/data/a/path/that/is/long/%d", rnd.IntN(90))
		if rnd.IntN(20) == 0 {
			v = "NULL"
		}
		fmt.Fprintf(&in, "%s %s %d\n", []string{"a", "b", "NULL"}[rnd.IntN(10)/5], v, rnd.IntN(12))
		if i%48 == 47 {
			in.WriteString("advance\n")
		}
	}
	in.WriteString("end")
	distinct := resolve(t, "count", 1, types.Text)
	distinct.Distinct = true
	for _, f := range []window.Frame{window.Tumbling(10 * types.Second), {Size: 6 * types.Second, Slide: 3 * types.Second}} {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: in.String(), AppendOnly: true,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					h, err := window.NewHop(window.HopSpec{
						Input: s, Frame: f, Time: 2, Allowed: window.Never, AppendOnly: true,
						Keys:  []window.HopKey{{Name: "window_start", Column: -1, Bound: window.Start}, {Name: "k", Column: 0}},
						Calls: []agg.Call{resolve(t, "count", -1), distinct},
					}, set.Env, enginetest.NewLender(next))
					if err != nil {
						t.Fatal(err)
					}
					h.Listen(true)
					return h
				},
				Oracle: steps(func(rows enginetest.Table) enginetest.Table {
					return rows.Hop(2, f.Size, f.Slide, f.Offset).Group([]int{3, 0}, enginetest.CountAll, distinctOf(1)).Net()
				}),
			})
		})
	}
}
