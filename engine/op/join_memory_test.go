package op_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// pairCount counts rows.
type pairCount int

func (n *pairCount) Push(_ context.Context, b *batch.Batch) error   { *n += pairCount(b.N); return nil }
func (n *pairCount) Advance(context.Context, stream.Progress) error { return nil }
func (n *pairCount) Close() error                                   { return nil }

// TestJoinMemory joins by an inequality alone: the right side is held within the budget or refused with 53200, and the
// pairs, a thousand times more, are not held at all.
func TestJoinMemory(t *testing.T) {
	schema := enginetest.Schema("v int8")
	less, err := expr.Operator("<", []expr.Expr{expr.Col(0, types.Int8, "a"), expr.Col(1, types.Int8, "b")})
	if err != nil {
		t.Fatal(err)
	}
	const rows = 2000
	col := batch.NewBuilder(types.Int8, rows)
	for i := range rows {
		batch.Put(col, int64(i))
	}
	in := &batch.Batch{N: rows, Cols: []batch.Column{col.Finish()}}
	end := stream.Progress{End: true}
	for _, limit := range []int64{40_000, 8_000} {
		var n pairCount
		env := &op.Env{Bounded: true, Budget: mem.New("test", limit)}
		j, err := op.NewJoin(op.JoinSpec{Kind: op.Inner, Left: schema, Right: schema, On: less}, env, &n)
		if err != nil {
			t.Fatal(err)
		}
		err = j.Right().Push(t.Context(), in)
		if limit < rows*8 {
			if sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
				t.Errorf("%d bytes are not refused: %v", limit, err)
			}
			continue
		}
		for _, step := range []func() error{
			func() error { return err },
			func() error { return j.Right().Advance(t.Context(), end) },
			func() error { return j.Left().Push(t.Context(), in) },
			func() error { return j.Left().Advance(t.Context(), end) },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		if n != rows*(rows-1)/2 {
			t.Errorf("%d pairs", n)
		}
	}
}
