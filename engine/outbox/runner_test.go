package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vexfs/vexstream/engine/outbox"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// receiver takes entries once it has failed each for some time, the first time by a panic.
type receiver struct {
	mu     sync.Mutex
	tries  map[outbox.ID]int
	took   map[outbox.ID]int
	busy   int
	most   int
	failed int // attempts of each entry
}

func (r *receiver) Deliver(ctx context.Context, e outbox.Entry) outbox.Outcome {
	r.mu.Lock()
	r.busy++
	r.most = max(r.most, r.busy)
	r.tries[e.ID]++
	tries := r.tries[e.ID]
	fails := tries <= r.failed
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.busy--
		r.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		return outbox.Outcome{Err: ctx.Err()}
	case <-time.After(time.Second):
	}
	if fails && tries == 1 {
		panic("the receiver is broken")
	}
	if fails {
		return outbox.Outcome{Err: errors.New("not yet")}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took[e.ID]++
	return outbox.Outcome{}
}

// TestRunner has a receiver that fails twice get everything once, over a restart, and no attempt outlive Run.
func TestRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, clock := memstore.NewStore(), func() types.Micros { return types.Micros(time.Now().UnixMicro()) }
		to := &receiver{tries: map[outbox.ID]int{}, took: map[outbox.ID]int{}, failed: 2}
		run := func(length time.Duration, epochs ...uint64) *outbox.Runner {
			r, err := outbox.Start(store, outbox.DefaultLimits, to, clock, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), length)
			defer cancel()
			ended := make(chan error)
			go func() { ended <- r.Run(ctx) }()
			for _, no := range epochs {
				if err := r.Put(no, clock(), entries(no, 10, "a")); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Second)
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if to.busy != 0 {
				t.Errorf("%d attempts are under way after Run", to.busy)
			}
			return r
		}
		run(5*time.Second, 1, 2)
		if r := run(time.Hour, 1, 2, 3); r.DoneThrough() != 3 {
			targets, _ := r.Status()
			t.Errorf("done through %d: %+v", r.DoneThrough(), targets)
		}
		if len(to.took) != 30 || to.most != outbox.DefaultLimits.PerTarget {
			t.Errorf("%d entries were taken, %d at once", len(to.took), to.most)
		}
		for id, n := range to.took {
			if n != 1 {
				t.Errorf("entry %s was taken %d times", id, n)
			}
		}
	})
}
