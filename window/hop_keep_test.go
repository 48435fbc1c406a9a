package window_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// A window is shown until the watermark has passed its end by Keep, and goes without a word.
func TestHopKeep(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz not null")
	count, err := agg.Resolve("count", nil, true)
	if err != nil {
		t.Fatal(err)
	}
	input := "a 1\nb 4\nadvance 4\na 6\na 9\nadvance 9\na 1\nb 3\nadvance 13\na 14\na 9\nadvance 20\nadvance 26\nend"
	for _, c := range []struct {
		slide types.Micros
		want  []string
	}{
		{5, []string{"a 0 1\nb 0 1\n", "a 0 1\na 5 2\nb 0 1\n", "a 5 2\n", "", ""}},
		{2, []string{
			"a -2 1\na 0 1\nb 0 1\nb 2 1\nb 4 1\n",
			"a 0 1\na 2 1\na 4 1\na 6 2\na 8 1\nb 0 1\nb 2 1\nb 4 1\n",
			"a 4 1\na 6 2\na 8 1\nb 4 1\n", "a 12 1\na 14 1\n", "",
		}},
	} {
		t.Run(fmt.Sprint(c.slide), func(t *testing.T) {
			spec := window.HopSpec{
				Input: s, Frame: window.Frame{Size: 5 * types.Second, Slide: c.slide * types.Second}, Time: 1, AppendOnly: true,
				Keys:    []window.HopKey{{Name: "k", Column: 0}, {Name: "window_start", Column: -1, Bound: window.Start}},
				Calls:   []agg.Call{{Func: count, Column: -1, Filter: -1}},
				Allowed: 5 * types.Second, Keep: 5 * types.Second, Marks: []window.Mark{{Relation: enginetest.Relation}},
			}
			made := func(set enginetest.Setup, next stream.Sink) stream.Sink {
				h, err := window.NewHop(spec, set.Env, enginetest.NewLender(next))
				if err != nil {
					t.Fatal(err)
				}
				h.Listen(true)
				return h
			}
			enginetest.Matrix(t, enginetest.Case{Schema: s, Input: input, AppendOnly: true, Make: made})
			epochs, err := enginetest.Parse(s, input)
			if err != nil {
				t.Fatal(err)
			}
			h := made(enginetest.Setup{Env: &op.Env{}}, enginetest.NewCollect(t)).(*window.Hop)
			for i, e := range epochs[:5] {
				if len(e.Rows) > 0 {
					if err := h.Push(t.Context(), enginetest.Batch(s, e.Epoch, 0, e.Rows)); err != nil {
						t.Fatal(err)
					}
				}
				if err := h.Advance(t.Context(), e.Progress); err != nil {
					t.Fatal(err)
				}
				pin := h.Pin()
				if got := enginetest.Contents(t, pin); got != c.want[i] {
					t.Errorf("after epoch %d\n%swant\n%s", i+1, got, c.want[i])
				}
				pin.Release()
			}
		})
	}
}
