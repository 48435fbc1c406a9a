package epoch_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/storage/memstore"
)

// met is what a follower was given: an epoch, and how many rows came with it.
type met struct {
	no   uint64
	rows int
}

// TestIdleFeed: a feed leaves out epochs that do not concern its follower, gives the newest of them before the next that does,
// when it is asked, and after idleLen of them, and every one again from the log when the follower's interest has changed.
func TestIdleFeed(t *testing.T) {
	c, err := epoch.Open(t.Context(), epoch.Config{Log: memstore.NewLog(), Origin: 1, Fence: 1, Clock: (&clock{now: 1000}).read, Time: &greatest{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	f, every := c.Follow(1, nil), c.Follow(1, nil)
	ended := make(chan error, 2)
	run := func(f *epoch.Feed) chan met {
		came := make(chan met, 256)
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
	commit(other, 9) // the first tells the feed where the watermarks stand
	commit(read, 1)
	expect(met{3, 3}, met{11, 0}, met{12, 3})
	commit(other, 3)
	f.Ask(15)
	expect(met{15, 0})
	f.Ask(17)
	commit(other, 2) // asked for before they came
	expect(met{16, 3}, met{17, 3})
	commit(other, 65)
	expect(met{81, 0}, met{82, 3})
	commit(other, 2)
	f.Idle([]uint32{other})
	expect(met{83, 3}, met{84, 3})
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
