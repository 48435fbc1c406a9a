package op_test

import (
	"context"
	"fmt"
	"runtime"
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

// TestJoinIndexMemory joins by text: the index over the right side is reserved beside its rows, or refused with 53200, and texts that
// only the left side has take nothing.
func TestJoinIndexMemory(t *testing.T) {
	const rows = 50_000
	texts := func(prefix string) (in []*batch.Batch) {
		for lo := 0; lo < rows; lo += batch.MaxRows {
			col := batch.NewBuilder(types.Text, batch.MaxRows)
			n := min(batch.MaxRows, rows-lo)
			for i := range n {
				col.Bytes(fmt.Appendf(nil, "%s%020d", prefix, lo+i))
			}
			in = append(in, &batch.Batch{N: n, Cols: []batch.Column{col.Finish()}})
		}
		return in
	}
	right, left, schema := texts("r"), texts("l"), enginetest.Schema("v text")
	held := int64(0)
	for _, b := range right {
		held += int64(b.Bytes())
	}
	end := stream.Progress{End: true}
	for _, limit := range []int64{8 * held, held + 4*rows} {
		var n pairCount
		budget := mem.New("test", limit)
		j, err := op.NewJoin(op.JoinSpec{Kind: op.Inner, Left: schema, Right: schema, LeftKeys: []int{0}, RightKeys: []int{0}}, &op.Env{Bounded: true, Budget: budget}, &n)
		if err != nil {
			t.Fatal(err)
		}
		push := func(to stream.Sink, in []*batch.Batch) (err error) {
			for i := 0; i < len(in) && err == nil; i++ {
				err = to.Push(t.Context(), in[i])
			}
			if err != nil {
				return err
			}
			return to.Advance(t.Context(), end)
		}
		err = push(j.Right(), right)
		if limit < 2*held {
			if sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
				t.Errorf("the index over %d bytes within %d is not refused: %v", held, limit, err)
			}
			continue
		}
		used := budget.Used()
		if err != nil || used < 2*held {
			t.Fatalf("%d bytes and their index are %d: %v", held, used, err)
		}
		before := heap()
		if err := push(j.Left(), left); err != nil || n != 0 || budget.Used() != used {
			t.Errorf("%d pairs, %d bytes more: %v", n, budget.Used()-used, err)
		}
		if grown := heap() - before; grown > held {
			t.Errorf("texts of the left side hold %d bytes", grown)
		}
		runtime.KeepAlive(j)
	}
}

// heap is the bytes that are reachable.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestOverMemory numbers rows: beside what came, their order and the results are reserved, or refused with 53200.
func TestOverMemory(t *testing.T) {
	const rows = batch.MaxRows
	col := batch.NewBuilder(types.Int8, rows)
	for i := range rows {
		batch.Put(col, int64(i))
	}
	in := &batch.Batch{N: rows, Cols: []batch.Column{col.Finish()}}
	schema := enginetest.Schema("v int8")
	spec := op.OverSpec{Input: schema, Calls: []op.OverCall{{Name: "row_number", Result: types.Int8}}}
	for _, limit := range []int64{1 << 20, rows * (8 + 24 + 4)} {
		var n pairCount
		o := op.NewOver(spec, &op.Env{Bounded: true, Budget: mem.New("test", limit)}, &n)
		err := o.Push(t.Context(), in)
		if err == nil {
			err = o.Advance(t.Context(), stream.Progress{End: true})
		}
		switch {
		case limit < 1<<20 && sqlerr.CodeOf(err) != sqlerr.OutOfMemory:
			t.Errorf("sorted within %d bytes: %v", limit, err)
		case limit == 1<<20 && (err != nil || n != rows):
			t.Errorf("%d rows: %v", n, err)
		}
	}
}

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
