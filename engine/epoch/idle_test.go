package epoch_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// met is what a follower was given: an epoch, and how many rows came with it.
type met struct {
	no   uint64
	rows int
}

// moving is a Timekeeper of two relations whose watermarks the test moves.
type moving struct {
	greatest
	first, second atomic.Int64
}

func (m *moving) Marks(types.Micros) stream.Watermarks {
	return stream.Watermarks{{Relation: 1, At: types.Micros(m.first.Load())}, {Relation: 2, At: types.Micros(m.second.Load())}}
}

// TestIdleFeed: a feed leaves out epochs that do not concern its follower, gives the newest of them before the next that does,
// when it is asked, and in its turn, and every one again from the log when the follower's interest has changed.
func TestIdleFeed(t *testing.T) {
	marks := &moving{}
	c, err := epoch.Open(t.Context(), epoch.Config{Log: memstore.NewLog(), Origin: 1, Fence: 1, Clock: (&clock{now: 1000}).read, Time: marks})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	f, every := c.Follow(1, nil), c.Follow(1, nil)
	ended := make(chan error, 2)
	run := func(f *epoch.Feed) chan met {
		came := make(chan met, 1024)
		go func() {
			ended <- f.Run(ctx, func(commit *epoch.Commit) error {
				m := met{no: commit.Epoch.No}
				for _, p := range commit.Parts {
					m.rows += p.Rows.N
				}
				came <- m
				return nil
			})
		}()
		return came
	}
	came, all := run(f), run(every)
	// commit returns when the committer has offered the epochs to every feed: it holds all of them still while it does.
	commit := func(relation uint32, times int) {
		t.Helper()
		for range times {
			s := c.Begin()
			if err := s.Add(epoch.Target{Relation: relation, EventTime: -1}, threeColumns(0, 3)); err != nil {
				t.Fatal(err)
			}
			at, err := s.Commit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for m := range all {
				if m.no == at.No {
					break
				}
			}
		}
	}
	expect := func(want ...met) {
		t.Helper()
		for _, w := range want {
			if got := <-came; got != w {
				t.Fatalf("the follower was given %v, want %v", got, w)
			}
		}
	}
	const read, other = 1, 2
	commit(other, 1)
	expect(met{1, 3})
	for f.Behind() || every.Behind() { // the first may have come from the log
		runtime.Gosched()
	}
	commit(other, 1)
	expect(met{2, 3})
	f.Idle([]uint32{read})
	commit(other, 9) // the first is the last that comes in any case
	commit(read, 1)
	expect(met{3, 3}, met{11, 0}, met{12, 3})
	if !f.Rests() || every.Rests() {
		t.Fatalf("the feed rests: %v, the one that leaves out nothing: %v", f.Rests(), every.Rests())
	}
	commit(read, 1) // nothing was left out before it
	expect(met{13, 3})
	commit(other, 2)
	f.Ask(15)
	expect(met{15, 0})
	f.Ask(17)
	commit(other, 3) // asked for before they came
	expect(met{16, 3}, met{17, 3})
	marks.second.Store(5)
	commit(other, 1) // a watermark has moved that does not concern it
	marks.first.Store(5)
	commit(other, 2) // and then one that does
	expect(met{19, 0}, met{20, 3})
	commit(other, 299-21)
	expect(met{257, 0}) // it rests for the second time, so its turn is the second of idleLen
	commit(read, 1)
	expect(met{299, 0}, met{300, 3})
	commit(other, 2)
	f.Idle([]uint32{other})
	expect(met{301, 3}, met{302, 3})
	f.Idle(nil)
	commit(other, 1)
	expect(met{303, 3})
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	if left := len(came); left > 0 {
		t.Errorf("%d epochs more came than were expected", left)
	}
}
