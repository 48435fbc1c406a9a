package window_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// tally counts rows and the values of its last column, and forgets them.
type tally struct {
	rows, sum int64
	worst     string
}

func (c *tally) Push(_ context.Context, b *batch.Batch) error {
	c.rows += int64(b.N)
	for i, n := range batch.Values[int64](&b.Cols[2]) {
		c.sum += n
		c.worst = max(c.worst, b.Cols[1].Str(i))
	}
	c.worst = string(append([]byte(nil), c.worst...))
	return nil
}
func (c *tally) Advance(context.Context, stream.Progress) error { return nil }
func (c *tally) Close() error                                   { return nil }

const (
	keysASecond = 500
	seconds     = 300
)

// unbounded makes a view of closed windows over keys that never come again, and rows of second s for it.
func unbounded(t *testing.T, budget *mem.Budget, next stream.Sink) (*window.Hop, func(s int) *batch.Batch) {
	schema := enginetest.Schema("k text, ts timestamptz")
	h, err := window.NewHop(window.HopSpec{
		Input: schema, Frame: window.Frame{Size: 4 * types.Second, Slide: 2 * types.Second}, Time: 1, OnClose: true, AppendOnly: true,
		Marks: []window.Mark{{Relation: 7}},
		Keys:  []window.HopKey{{Name: "window_start", Column: -1, Bound: window.Start}, {Name: "k", Column: 0}},
		Calls: []agg.Call{resolve(t, "count", -1)},
	}, &op.Env{Budget: budget}, next)
	if err != nil {
		t.Fatal(err)
	}
	return h, func(s int) *batch.Batch {
		k, ts := batch.NewBuilder(types.Text, keysASecond), batch.MakeValues[types.Micros](keysASecond)
		for i := range ts {
			k.String(fmt.Sprintf("a key that is seen once, %08d", s*keysASecond+i))
			ts[i] = types.Micros(s) * types.Second
		}
		return &batch.Batch{Epoch: epochOf(s), N: keysASecond, Cols: []batch.Column{k.Finish(), batch.FixedOf(types.Timestamptz, ts, nil)}}
	}
}

func epochOf(s int) *batch.Epoch { return &batch.Epoch{No: uint64(s) + 1, Time: types.Micros(s + 1)} }

// TestHopForgetsStrings runs closed windows over ever new keys: the state stays as large as what is open, the results
// are whole, and a reader that holds the state of before sees what there was.
func TestHopForgetsStrings(t *testing.T) {
	budget := mem.New("view", 0)
	out := &tally{}
	h, rows := unbounded(t, budget, out)
	var most int64
	var pinned *tally
	for s := range seconds {
		if err := h.Push(t.Context(), rows(s)); err != nil {
			t.Fatal(err)
		}
		var pin interface {
			Rows(context.Context, stream.Sink) error
		}
		if s == seconds/2 {
			pin = h.Pin()
		}
		p := stream.Progress{Epoch: epochOf(s), Watermarks: stream.Watermarks{{Relation: 7, At: types.Micros(s) * types.Second}}}
		if err := h.Advance(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if pin != nil {
			pinned = &tally{}
			if err := pin.Rows(t.Context(), pinned); err != nil {
				t.Fatal(err)
			}
		}
		most = max(most, h.Bytes())
		if budget.Used() != h.Bytes() {
			t.Fatalf("second %d: %d bytes are reserved for %d", s, budget.Used(), h.Bytes())
		}
	}
	if pinned == nil || pinned.rows == 0 || pinned.worst < fmt.Sprintf("a key that is seen once, %08d", seconds/2*keysASecond) {
		t.Errorf("the reader saw %+v", pinned)
	}
	if err := h.Advance(t.Context(), stream.Progress{Epoch: epochOf(seconds), End: true}); err != nil {
		t.Fatal(err)
	}
	if want := int64(2 * seconds * keysASecond); out.rows != want || out.sum != want {
		t.Errorf("%d rows that count %d, want %d: each key in two windows", out.rows, out.sum, want)
	}
	if limit := int64(2 << 20); most > limit {
		t.Errorf("the state took up to %d bytes, want at most %d", most, limit)
	}
	if err := h.Close(); err != nil || budget.Used() != 0 {
		t.Errorf("%d bytes are still reserved after Close: %v", budget.Used(), err)
	}
}

// TestHopIsRefusedMemory gives a view less memory than its open windows need.
func TestHopIsRefusedMemory(t *testing.T) {
	budget := mem.New("view", 256<<10)
	h, rows := unbounded(t, budget, &tally{})
	var err error
	for s := 0; s < 50 && err == nil; s++ {
		err = h.Push(t.Context(), rows(s))
	}
	if sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Errorf("50 seconds of new keys in 256 KiB: %v", err)
	}
	if err := h.Close(); err != nil || budget.Used() != 0 {
		t.Errorf("%d bytes are still reserved after Close: %v", budget.Used(), err)
	}
}
