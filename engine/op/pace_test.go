package op_test

import (
	"context"
	"errors"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// watched is a context that counts how often somebody looks whether it is over, and is over from a look on.
type watched struct {
	context.Context
	looks, over int
}

func (c *watched) Err() error {
	if c.looks++; c.over > 0 && c.looks >= c.over {
		return context.Canceled
	}
	return nil
}

// TestCancelled has operators go through many rows that they hold. They look at the context again and again while they do,
// and once it is over they look no more and give no more rows.
func TestCancelled(t *testing.T) {
	const rows = 16 * batch.MaxRows
	schema := enginetest.Schema("v int8")
	var in []*batch.Batch
	for at := 0; at < rows; at += batch.MaxRows {
		col := batch.NewBuilder(types.Int8, batch.MaxRows)
		for i := range batch.MaxRows {
			batch.Put(col, int64(at+i)*7919%rows)
		}
		in = append(in, &batch.Batch{N: batch.MaxRows, Cols: []batch.Column{col.Finish()}})
	}
	never, err := expr.Operator("<", []expr.Expr{expr.Col(1, types.Int8, "b"), expr.Col(0, types.Int8, "a")})
	if err != nil {
		t.Fatal(err)
	}
	never, err = expr.Operator("=", []expr.Expr{never, expr.IsNull(expr.Col(0, types.Int8, "a"), false)})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := agg.Resolve("sum", []types.Type{types.Int8}, false)
	if err != nil {
		t.Fatal(err)
	}
	env := &op.Env{Bounded: true}
	window := func(call op.OverCall) func(stream.Sink) stream.Sink {
		return func(to stream.Sink) stream.Sink {
			return op.NewOver(op.OverSpec{Input: schema, Order: []op.OrderKey{{Col: 0}}, Calls: []op.OverCall{call}}, env, to)
		}
	}
	for name, of := range map[string]func(stream.Sink) stream.Sink{
		"order by":   func(to stream.Sink) stream.Sink { return op.NewOrder([]op.OrderKey{{Col: 0}}, op.NoLimit, env, to) },
		"row_number": window(op.OverCall{Name: "row_number", Result: types.Int8}),
		"sum over": window(op.OverCall{
			Agg: &agg.Call{Func: sum}, Result: sum.Result,
			Frame: op.OverFrame{Unit: op.FrameRows, Start: op.FrameBound{Kind: op.UnboundedPreceding}, End: op.FrameBound{Kind: op.CurrentRow}},
		}),
		"group by": func(to stream.Sink) stream.Sink {
			a, err := op.NewAggregate(op.AggregateSpec{Input: schema, Keys: []int{0}}, env, to)
			if err != nil {
				t.Fatal(err)
			}
			return a
		},
		"join": func(to stream.Sink) stream.Sink {
			j, err := op.NewJoin(op.JoinSpec{Left: schema, Right: schema, On: never}, env, to)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Right().Push(t.Context(), in[0].Slice(0, 64)); err != nil {
				t.Fatal(err)
			}
			if err := j.Right().Advance(t.Context(), stream.Progress{End: true}); err != nil {
				t.Fatal(err)
			}
			return j.Left()
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(over int) (looks, n int, err error) {
				var got pairCount
				ctx := &watched{Context: context.Background(), over: over}
				o := of(&got)
				for _, b := range in {
					if err := o.Push(ctx, b); err != nil {
						return ctx.looks, int(got), err
					}
				}
				err = o.Advance(ctx, stream.Progress{End: true})
				return ctx.looks, int(got), err
			}
			looks, _, err := run(0)
			if err != nil {
				t.Fatal(err)
			}
			if looks < rows/batch.MaxRows {
				t.Errorf("%d rows, and only %d looks at the context", rows, looks)
			}
			if again, n, err := run(3); !errors.Is(err, context.Canceled) || again != 3 || n > 3*batch.MaxRows {
				t.Errorf("cancelled at the third look of %d: %v after %d looks and %d rows", looks, err, again, n)
			}
		})
	}
}
