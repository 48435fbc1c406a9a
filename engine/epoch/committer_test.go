package epoch_test

import (
	"context"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now types.Micros
}

func (c *clock) read() types.Micros {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// greatest is a Timekeeper of one relation whose watermark is the greatest time seen.
type greatest struct{ at types.Micros }

func (g *greatest) Observe(_, _ uint32, at types.Micros) { g.at = max(g.at, at) }
func (g *greatest) Marks(types.Micros) stream.Watermarks {
	return stream.Watermarks{{Relation: 7, At: g.at}}
}
func (g *greatest) Save(dst []byte) []byte { return append(dst, byte(g.at)) }
func (g *greatest) Load(data []byte) error {
	g.at = 0
	if len(data) > 0 {
		g.at = types.Micros(data[0])
	}
	return nil
}

func open(t *testing.T, log epoch.Log) *epoch.Committer {
	t.Helper()
	c, err := epoch.Open(t.Context(), epoch.Config{Log: log, Origin: 1, Fence: 1, Clock: (&clock{now: 1000}).read, Time: &greatest{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var target = epoch.Target{Relation: 7, EventTime: 0, MaxSkew: types.Hour}

func rowsAt(times ...int64) *batch.Batch {
	b := batch.NewBuilder(types.Timestamptz, len(times))
	for _, ts := range times {
		batch.Put(b, ts)
	}
	return &batch.Batch{N: len(times), Cols: []batch.Column{b.Finish()}}
}

func write(t *testing.T, c *epoch.Committer, times ...int64) batch.Epoch {
	t.Helper()
	s := c.Begin()
	if err := s.Add(target, rowsAt(times...)); err != nil {
		t.Fatal(err)
	}
	ep, err := s.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ep
}

func TestEpochsAreDenseAndTimeMovesOn(t *testing.T) {
	c := open(t, memstore.NewLog())
	a, b := write(t, c, 1, 2, 3), write(t, c, 4)
	if a.No != 1 || b.No != 2 || b.Time <= a.Time {
		t.Fatalf("epochs %+v, %+v", a, b)
	}
	if got := c.Marks().Of(7); got != 4 {
		t.Fatalf("watermark %d, want 4", got)
	}
}

// A follower sees every epoch once and in order, wherever it starts and however far behind it is.
func TestFollowersSeeEveryEpochOnce(t *testing.T) {
	log := memstore.NewLog()
	c := open(t, log)
	for i := range int64(10) {
		write(t, c, i, i+100)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan int64, 1000)
	done := make(chan error, 1)
	go func() {
		next := uint64(1)
		done <- c.Follow(1, nil).Run(ctx, func(commit *epoch.Commit) error {
			if commit.Epoch.No != next {
				t.Errorf("epoch %d, want %d", commit.Epoch.No, next)
			}
			next++
			for _, p := range commit.Parts {
				for i, ts := range batch.Values[int64](&p.Rows.Cols[0]) {
					if want := int64(p.Rows.SeqAt(i)); want != int64(i) {
						t.Errorf("row %d has seq %d", i, want)
					}
					seen <- ts
				}
			}
			return nil
		})
	}()
	for i := int64(10); i < 400; i++ {
		write(t, c, i)
	}
	for i := range int64(10) {
		if a, b := <-seen, <-seen; a != i || b != i+100 {
			t.Fatalf("rows %d, %d in epoch %d", a, b, i+1)
		}
	}
	for i := int64(10); i < 400; i++ {
		if got := <-seen; got != i {
			t.Fatalf("row %d, want %d", got, i)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// The state after the last epoch comes back from the log: numbers, watermarks, offsets.
func TestReopenGoesOnWhereTheLogEnds(t *testing.T) {
	log := memstore.NewLog()
	c := open(t, log)
	write(t, c, 50, 60)
	c.Close()
	c = open(t, log)
	if got := c.Marks().Of(7); got != 60 {
		t.Fatalf("watermark %d after the restart, want 60", got)
	}
	if ep := write(t, c, 1); ep.No != 2 {
		t.Fatalf("epoch %d after the restart, want 2", ep.No)
	}
	var offsets []int64
	err := c.Follow(1, nil).CatchUp(t.Context(), func(commit *epoch.Commit) error {
		for _, p := range commit.Parts {
			offsets = append(offsets, p.Offset0)
		}
		return nil
	})
	if err != nil || len(offsets) != 2 || offsets[1] != 2 {
		t.Fatalf("offsets %v, error %v", offsets, err)
	}
}

// full is a log that has no room for one append.
type full struct {
	epoch.Log
	refuse bool
}

func (f *full) Append(fence uint64, e *epoch.Entry) error {
	if f.refuse {
		return sqlerr.New(sqlerr.DiskFull, "no room")
	}
	return f.Log.Append(fence, e)
}

// An epoch that finds no room leaves no trace: not in the numbering, not in the watermark, not in the offsets.
func TestFullDiskLeavesNoTrace(t *testing.T) {
	log := &full{Log: memstore.NewLog()}
	c := open(t, log)
	write(t, c, 5)
	log.refuse = true
	s := c.Begin()
	if err := s.Add(target, rowsAt(99)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context()); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("error %v, want 53100", err)
	}
	log.refuse = false
	if ep := write(t, c, 6); ep.No != 2 {
		t.Fatalf("epoch %d, want 2", ep.No)
	}
	if got := c.Marks().Of(7); got != 6 {
		t.Fatalf("watermark %d, want 6", got)
	}
}

// A statement too large for memory is staged in the log, and followers get its rows all the same.
func TestLargeStatementIsOneEpoch(t *testing.T) {
	c := open(t, memstore.NewLog())
	s := c.Begin()
	times := make([]int64, batch.MaxRows)
	total := 0
	for total < 400*batch.MaxRows/4 {
		if err := s.Add(target, rowsAt(times...)); err != nil {
			t.Fatal(err)
		}
		total += len(times)
	}
	for s.Rows()+int64(len(times)) <= epoch.AtomicRows {
		if err := s.Add(target, rowsAt(times...)); err != nil {
			t.Fatal(err)
		}
		total += len(times)
	}
	if err := s.Add(target, rowsAt(times...)); sqlerr.CodeOf(err) != sqlerr.ProgramLimitExceeded {
		t.Fatalf("error %v past the limit, want 54000", err)
	}
	if _, err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, epochs := 0, 0
	err := c.Follow(1, nil).CatchUp(t.Context(), func(commit *epoch.Commit) error {
		epochs++
		for _, p := range commit.Parts {
			got += p.Rows.N
		}
		return nil
	})
	if err != nil || got != total || epochs != 1 {
		t.Fatalf("%d rows in %d epochs, want %d in 1 (error %v)", got, epochs, total, err)
	}
}
