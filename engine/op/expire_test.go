package op_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// What a view keeps goes without a word when the watermark has passed its time by 3 s; rows for what is gone are late.
func TestExpiry(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz")
	input := "a 1\nb 2 @2\nc 9\nadvance 4\na 1\nd 3\nNULL 1\nadvance 5\nb 2\nd 3\nx NULL\nadvance 9\nb 2 @-1\nd 7\nadvance 11\nadvance 13\na 9\nend"
	for _, step := range []types.Micros{1, 5 * types.Second} {
		var late enginetest.Table
		expiry := &op.Expiry{
			Key: 1, Step: step,
			Limit: func(w stream.Watermarks) types.Micros { return w.Of(enginetest.Relation).Sub(3 * types.Second) },
			Late: func(_ context.Context, b *batch.Batch, row int, _ types.Micros) error {
				late = append(late, enginetest.Rows(b.Take([]uint32{uint32(row)}))...)
				return nil
			},
		}
		made := func(set enginetest.Setup, next stream.Sink) *op.Aggregate {
			a, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0, 1}, Weighted: true, Expiry: expiry}, set.Env, enginetest.NewLender(next))
			if err != nil {
				t.Fatal(err)
			}
			a.Listen(true)
			return a
		}
		enginetest.Matrix(t, enginetest.Case{
			Schema: s, Input: input, Make: func(set enginetest.Setup, next stream.Sink) stream.Sink { return made(set, next) },
			Want: "a 1\nb 2 @2\nc 9\n--\nd 3\n--\nd 3\nx NULL\n--\nd 7\n--\n--\n--",
		})
		late = nil
		epochs, err := enginetest.Parse(s, input)
		if err != nil {
			t.Fatal(err)
		}
		a := made(enginetest.Setup{Env: &op.Env{}}, enginetest.NewCollect(t))
		want := []string{"b 2 @2\nc 9\n", "c 9\nd 3\n", "c 9\nx NULL\n", "c 9\nx NULL\n", "x NULL\n"}
		for i, e := range epochs[:5] {
			if len(e.Rows) > 0 {
				if err := a.Push(t.Context(), enginetest.Batch(s, e.Epoch, 0, e.Rows)); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.Advance(t.Context(), e.Progress); err != nil {
				t.Fatal(err)
			}
			pin := a.Pin()
			if got := enginetest.Contents(t, pin); got != want[i] {
				t.Errorf("step %d: after epoch %d\n%swant\n%s", step, i+1, got, want[i])
			}
			pin.Release()
		}
		if got, want := late.Net().String(), "a 1\nNULL 1\n"; got != want {
			t.Errorf("late are\n%swant\n%s", got, want)
		}
	}
}
