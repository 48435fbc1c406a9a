package live

import (
	"strconv"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/types"
)

func change(weight int64, texts ...string) *batch.Batch {
	b := batch.NewBuilder(types.Text, len(texts))
	diff := make([]int64, len(texts))
	for i, s := range texts {
		b.String(s)
		diff[i] = weight
	}
	return &batch.Batch{N: len(texts), Diff: diff, Cols: []batch.Column{b.Finish()}}
}

// TestHold: what came and went is forgotten and costs nothing, and what there is no memory for is sent early.
func TestHold(t *testing.T) {
	budget := mem.New("view", 1000)
	h := &hold{rows: map[string]int64{}, budget: budget}
	for range 100 {
		for _, w := range []int64{1, -1, -1, 1} {
			if !h.add([]*batch.Batch{change(w, "a", "b")}) {
				t.Fatal("no room for two rows")
			}
		}
	}
	if h.differs() || budget.Used() != 0 {
		t.Errorf("%d rows and %d bytes are held of what came and went", len(h.order)-h.none, budget.Used())
	}
	many := make([]string, 20)
	for i := range many {
		many[i] = string(rune('a' + i))
	}
	if h.add([]*batch.Batch{change(2, many...)}) {
		t.Error("twenty rows have room in 1000 bytes")
	}
	u, _ := h.take(&batch.Epoch{No: 7})
	if len(u.Rows) != 1 || u.Rows[0].N != 20 || u.Rows[0].Weight(19) != 2 || string(u.Rows[0].Cols[0].At(19)) != "t" {
		t.Errorf("it gives %+v", u)
	}
	if h.differs() || h.after != 7 || budget.Used() != 0 {
		t.Errorf("after epoch %d there are %d bytes held", h.after, budget.Used())
	}
}

// TestEdges: an epoch ends an interval if none before it was in its own, also before the year 2000 or 1970.
func TestEdges(t *testing.T) {
	every := interval(10)
	for _, c := range []struct {
		before, now types.Micros
		edge        bool
	}{{0, 9, false}, {9, 10, true}, {10, 19, false}, {3, 47, true}, {-1, 0, true}, {-10, -1, false}, {-11, -10, true}} {
		if got := every.edge(c.before, c.now); got != c.edge {
			t.Errorf("the epoch at %d after one at %d: %v", c.now, c.before, got)
		}
	}
}

// TestHoldBatches: what is held goes out in batches of their usual size, whatever there is.
func TestHoldBatches(t *testing.T) {
	h := &hold{rows: map[string]int64{}, budget: mem.New("view", 1<<30)}
	const n = 2*batch.MaxRows + 5
	for i := range n {
		if !h.add([]*batch.Batch{change(1, strconv.Itoa(i))}) {
			t.Fatal("no room")
		}
	}
	u, size := h.take(&batch.Epoch{No: 7})
	var got, held int
	for _, b := range u.Rows {
		if b.N > batch.MaxRows {
			t.Errorf("a batch of %d rows", b.N)
		}
		for r := range b.N {
			if want := strconv.Itoa(got); string(b.Cols[0].At(r)) != want {
				t.Fatalf("row %d is %s", got, b.Cols[0].At(r))
			}
			got++
		}
		held += b.Bytes()
	}
	if got != n || held != size {
		t.Errorf("%d rows and %d bytes of %d and %d", got, size, n, held)
	}
}
