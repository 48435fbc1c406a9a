package window_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// short gives an Env whose memory is always short, but never refused: whatever is not touched goes to the attic.
func short(env *op.Env, a *enginetest.Attic) *op.Env {
	root := mem.New("test", 1<<40)
	if err := root.Reserve(1 << 40 / 16 * 13); err != nil {
		panic(err)
	}
	out := *env
	out.Budget, out.Scratch = root.Child("view", 0), a
	return &out
}

// memories are plenty of it, and too little: results are the same.
var memories = map[string]func(*op.Env) *op.Env{
	"plenty": func(env *op.Env) *op.Env { return env },
	"short":  func(env *op.Env) *op.Env { return short(env, &enginetest.Attic{}) },
	"short, and little room elsewhere": func(env *op.Env) *op.Env {
		return short(env, &enginetest.Attic{Most: 2})
	},
}

// pushRows pushes rows as an epoch.
func pushRows(t *testing.T, h *window.Hop, no uint64, rows string) {
	t.Helper()
	epochs, err := enginetest.Parse(enginetest.Schema("k text, v int4, ts timestamptz"), rows)
	if err != nil {
		t.Fatal(err)
	}
	p := epochs[0].Progress
	p.Epoch = &batch.Epoch{No: no, Time: types.Micros(no)}
	if err := h.Push(context.Background(), enginetest.Batch(enginetest.Schema("k text, v int4, ts timestamptz"), p.Epoch, 0, epochs[0].Rows)); err != nil {
		t.Fatal(err)
	}
	if err := h.Advance(context.Background(), p); err != nil {
		t.Fatal(err)
	}
}

func coldHop(t *testing.T, env *op.Env, keep types.Micros) *window.Hop {
	spec := lateSpec(t, window.Tumbling(10*types.Second), window.Never, nil)
	if spec.Keep = keep; keep != 0 {
		spec.Allowed = keep
	}
	h, err := window.NewHop(spec, env, nowhere{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Panes that are not touched leave memory when it is short; a reader that pinned them reads on while they come back and change,
// and what nobody knows any more is given up.
func TestColdPanes(t *testing.T) {
	a := &enginetest.Attic{}
	h := coldHop(t, short(&op.Env{}, a), 1000*types.Second)
	pushRows(t, h, 1, "a 1 0\nb 2 5\nadvance 1")
	pushRows(t, h, 2, "a 3 10\nadvance 11")
	pushRows(t, h, 3, "a 4 20\nadvance 21")
	if h.Cold() == 0 || a.Pieces() == 0 {
		t.Fatalf("%d bytes are cold in %d pieces", h.Cold(), a.Pieces())
	}
	pin := h.Pin()
	const before = "0 a 1 1 1\n0 b 1 2 2\n10 a 1 3 3\n20 a 1 4 4\n"
	if got := enginetest.Contents(t, pin); got != before {
		t.Errorf("contents\n%s", got)
	}
	pushRows(t, h, 4, "b 7 6\nc 8 0\nadvance 22")
	if got := enginetest.Contents(t, pin); got != before {
		t.Errorf("the pin has\n%s", got)
	}
	pin.Release()
	now := h.Pin()
	if got, want := enginetest.Contents(t, now), "0 a 1 1 1\n0 b 2 9 7\n0 c 1 8 8\n10 a 1 3 3\n20 a 1 4 4\n"; got != want {
		t.Errorf("contents\n%s", got)
	}
	now.Release()
	pushRows(t, h, 5, "a 1 5000\nadvance 5000")
	pin, now = nil, nil
	for range 100 {
		if runtime.GC(); a.Pieces() == 0 {
			break
		}
	}
	if h.Cold() != 0 || a.Pieces() != 0 {
		t.Errorf("%d bytes are cold in %d pieces when all are past", h.Cold(), a.Pieces())
	}
	_ = h.Close()
}

// A view of ten times its limit goes on, and reads back whole; without an attic, or with a full one, it is refused.
func TestColdPanesBoundMemory(t *testing.T) {
	const limit, rows = 1 << 20, 2000
	fill := func(a *enginetest.Attic) (h *window.Hop, peak int64, err error) {
		env := &op.Env{Budget: mem.New("view", limit)}
		if a != nil {
			env.Scratch = a
		}
		h = coldHop(t, env, 0)
		s := enginetest.Schema("k text, v int4, ts timestamptz")
		for no := range 60 {
			var in []enginetest.Row
			for i := range rows {
				in = append(in, enginetest.Row{Vals: []any{fmt.Sprint("key", no*rows/2+i), int64(i), types.Micros(no) * 10 * types.Second}, Diff: 1})
			}
			ep := &batch.Epoch{No: uint64(no + 1)}
			if err := h.Push(context.Background(), enginetest.Batch(s, ep, 0, in)); err != nil {
				return h, 0, err
			}
			if err := h.Advance(context.Background(), stream.Progress{Epoch: ep}); err != nil {
				return h, 0, err
			}
		}
		return h, env.Budget.Peak(), nil
	}
	if _, _, err := fill(nil); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Fatalf("all fits into memory: %v", err)
	}
	if _, _, err := fill(&enginetest.Attic{Most: 3}); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Errorf("a full attic gives %v", err)
	}
	h, peak, err := fill(&enginetest.Attic{})
	if err != nil || peak > limit {
		t.Fatalf("%v; at most %d bytes were held", err, peak)
	}
	pin := h.Pin()
	n := 0
	if err := pin.Rows(context.Background(), counting{&n}); err != nil || n != 60*rows {
		t.Errorf("%d rows come back, %v", n, err)
	}
	h, _, err = fill(&enginetest.Attic{Spoil: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Pin().Rows(context.Background(), counting{&n}); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
		t.Errorf("damage gives %v", err)
	}
}

type counting struct{ n *int }

func (c counting) Push(_ context.Context, b *batch.Batch) error {
	*c.n += b.N
	return nil
}
func (counting) Advance(context.Context, stream.Progress) error { return nil }
func (counting) Close() error                                   { return nil }
