package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long one cycle's clients and checks may take before the node counts as hung.
const patience = 2 * time.Minute

// world is a folder with its clients and their ledgers, over any number of nodes that die on it.
type world struct {
	seed    uint64
	cycle   int
	sent    string // where sinks write; "": there are none
	clients []client
	acked   atomic.Int64 // rows
	// refusals are expected: a client whose statement is refused does not know what became of it, and ends.
	refusals bool
	refused  atomic.Bool // there was one
	// gate is closed when the disk is cut off: what is answered from then on says nothing. (A sync that is under way at
	// that moment may succeed on a file system that writes no more; when the power goes, nobody hears of it.)
	gate sync.RWMutex
}

// newWorld is one whose node is on the folder data.
func newWorld(seed uint64, data string) *world {
	return &world{seed: seed, sent: data + ".sent", clients: []client{
		&copier{writer: 1}, &copier{writer: 2}, &inserter{writer: 3}, &bank{}, &shelf{rows: map[int]int64{}}, &maker{},
	}}
}

// found makes relations and views on a node that has none.
func (w *world) found(t *testing.T, p *process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := p.connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := create(ctx, c); err != nil {
		t.Fatal(err)
	}
	if w.sent != "" {
		if err := w.createSinks(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
}

// work lets the clients write until ended says so after one of their steps, or until they lose the node. It gives what
// the node refused.
func (w *world) work(p *process, ended func(steps int64) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w.cycle++
	var steps atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, len(w.clients))
	for i, cl := range w.clients {
		r := rand.New(rand.NewPCG(w.seed, uint64(w.cycle*100+i)))
		all.Go(func() {
			c, err := p.connect(ctx)
			if err != nil {
				return // the node is gone already
			}
			defer c.Close(ctx)
			for {
				err := cl.step(ctx, c, r)
				if refused(err) {
					w.refused.Store(true)
				}
				if refused(err) && !w.refusals || errors.Is(err, context.DeadlineExceeded) {
					errs[i] = fmt.Errorf("%T: %w", cl, err)
				}
				if err != nil || !w.gate.TryRLock() {
					return
				}
				w.acked.Add(cl.answered())
				w.gate.RUnlock()
				if ended(steps.Add(1)) {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// check compares what a node has with the ledgers, its views with their queries, and what its sinks have sent with both.
func (w *world) check(p *process) error { return w.compare(p, true) }

// compare is check; without sinks it only reads.
func (w *world) compare(p *process, sinks bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	var errs []error
	for _, cl := range w.clients {
		errs = append(errs, cl.check(ctx, c))
	}
	errs = append(errs, checkViews(ctx, c))
	if sinks {
		errs = append(errs, w.checkSinks(ctx, c))
	}
	return errors.Join(errs...)
}
