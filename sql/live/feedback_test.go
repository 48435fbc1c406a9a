package live

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
	"github.com/vexfs/vexstream/window"
)

var feedbackSchema = batch.Schema{{Name: "n", Type: types.Int8, NotNull: true}, {Name: "s", Type: types.Text}}

func feedbackOn(t *testing.T, c *epoch.Committer, budget *mem.Budget) *Feedback {
	f := NewFeedback(c, epoch.Target{Relation: 7, EventTime: -1}, "late", feedbackSchema, budget, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// feed gives f rows of an epoch: every third has a null.
func feed(t *testing.T, f *Feedback, no uint64, rows int) {
	t.Helper()
	for i := range rows {
		batch.Put(f.Column(0), int64(no)*1_000_000+int64(i))
		if i%3 == 0 {
			f.Column(1).Null()
		} else {
			f.Column(1).String(fmt.Sprint("row ", i))
		}
		if err := f.End(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.settle(no); err != nil {
		t.Fatal(err)
	}
}

// committerOn is one on a log in memory, until the test ends.
func committerOn(t *testing.T, log *memstore.Log) *epoch.Committer {
	t.Helper()
	c, err := epoch.Open(t.Context(), epoch.Config{Log: log, Origin: 1, Fence: 1, Time: window.NewTracker(), Clock: func() types.Micros { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// stored gives how often each row is in the log, without those whose text is not what feed wrote.
func stored(t *testing.T, c *epoch.Committer) map[int64]int {
	t.Helper()
	out := map[int64]int{}
	err := c.Follow(0, nil).UpTo(t.Context(), c.Last().No, func(x *epoch.Commit) error {
		for _, p := range x.Parts {
			for i, n := range batch.Values[int64](&p.Rows.Cols[0])[:p.Rows.N] {
				text := &p.Rows.Cols[1]
				if at := n % 1_000_000; text.Null(i) == (at%3 == 0) && (text.Null(i) || text.Str(i) == fmt.Sprint("row ", at)) {
					out[n]++
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFeedbackOnce has rows written once each: what could not be written comes from the checkpoint, and what was written
// after it is known when it comes again.
func TestFeedbackOnce(t *testing.T) {
	log := memstore.NewLog()
	closed := committerOn(t, memstore.NewLog())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	budget := mem.New("view", 0)
	stuck := feedbackOn(t, closed, budget)
	const many = batch.MaxRows*2 + 5
	feed(t, stuck, 3, many)
	feed(t, stuck, 4, 1)
	feed(t, stuck, 5, 0)
	if err := stuck.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stuck.Bytes() == 0 || budget.Used() != stuck.Bytes() {
		t.Fatalf("%d bytes wait, and the budget has %d", stuck.Bytes(), budget.Used())
	}
	var pages []state.Page
	if err := stuck.Pin().Pages(func(p state.Page) error { pages = append(pages, p); return nil }); err != nil {
		t.Fatal(err)
	}
	c := committerOn(t, log)
	for range 2 { // the second time all of it is there
		f := feedbackOn(t, c, nil)
		for i := range pages { // in any order
			p := pages[len(pages)-1-i]
			data, err := p.Encode(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.LoadPage(p.Key, data); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Loaded(stream.Progress{Epoch: &batch.Epoch{No: 5}}); err != nil {
			t.Fatal(err)
		}
		feed(t, f, 6, 2)
		if err := f.await(context.Background()); err != nil {
			t.Fatal(err)
		}
		if f.Bytes() != 0 {
			t.Fatalf("%d bytes wait", f.Bytes())
		}
	}
	got := stored(t, c)
	for n, times := range got {
		if times != 1 {
			t.Errorf("row %d is there %d times", n, times)
		}
	}
	if len(got) != many+3 {
		t.Errorf("there are %d rows, not %d", len(got), many+3)
	}
	_ = stuck.Close()
	if budget.Used() != 0 {
		t.Errorf("the budget still has %d bytes", budget.Used())
	}
}
