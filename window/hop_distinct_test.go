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

// The numbers of different texts and integers of a window equal those of its rows, when they are kept as values and as bits, in
// windows of one pane and of several, over restarts.
func TestHopDistinct(t *testing.T) {
	s := enginetest.Schema("k text, v text, ts timestamptz, n int8")
	rnd := rand.New(rand.NewPCG(enginetest.Seed(), 7))
	var in strings.Builder
	for i := range 240 {
		v := fmt.Sprintf("/data/a/path/that/is/long/%d", rnd.IntN(90))
		if rnd.IntN(20) == 0 {
			v = "NULL"
		}
		n := 5 + rnd.IntN(90)
		if rnd.IntN(40) == 0 {
			n = rnd.IntN(3) << 40
		}
		fmt.Fprintf(&in, "%s %s %d %d\n", []string{"a", "b", "NULL"}[rnd.IntN(10)/5], v, rnd.IntN(12), n)
		if i%48 == 47 {
			in.WriteString("advance\n")
		}
	}
	in.WriteString("end")
	distinct := resolve(t, "count", 1, types.Text)
	distinct.Distinct = true
	numbers := resolve(t, "count", 3, types.Int8)
	numbers.Distinct = true
	for _, f := range []window.Frame{window.Tumbling(10 * types.Second), {Size: 6 * types.Second, Slide: 3 * types.Second}} {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: in.String(), AppendOnly: true,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					h, err := window.NewHop(window.HopSpec{
						Input: s, Frame: f, Time: 2, Allowed: window.Never, AppendOnly: true,
						Keys:  []window.HopKey{{Name: "window_start", Column: -1, Bound: window.Start}, {Name: "k", Column: 0}},
						Calls: []agg.Call{resolve(t, "count", -1), distinct, numbers},
					}, set.Env, enginetest.NewLender(next))
					if err != nil {
						t.Fatal(err)
					}
					h.Listen(true)
					return h
				},
				Oracle: steps(func(rows enginetest.Table) enginetest.Table {
					return rows.Hop(2, f.Size, f.Slide, f.Offset).Group([]int{4, 0}, enginetest.CountAll, distinctOf(1), distinctOf(3)).Net()
				}),
			})
		})
	}
}
