package outbox

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// AttemptTimeout is how long an attempt may take at most. Whoever delivers may have less patience.
const AttemptTimeout = 5 * time.Minute

// Runner makes the attempts of a Box.
type Runner struct {
	deliver Deliverer
	clock   func() types.Micros
	journal *slog.Logger
	woken   chan struct{} // there is something new
	results chan Result
	mu      sync.Mutex // guards box and err
	box     *Box
	err     error // why it does not go on
}

// Start makes a Runner of what the store has. clock is the time in µs; the journal gets what the operator should know. Nothing is
// tried before Run.
func Start(store state.Store, limits Limits, deliver Deliverer, clock func() types.Micros, journal *slog.Logger) (*Runner, error) {
	box, err := Open(store, limits, rand.Float64)
	if err != nil {
		return nil, err
	}
	return &Runner{deliver: deliver, clock: clock, journal: journal, woken: make(chan struct{}, 1), results: make(chan Result, limits.Total), box: box}, nil
}

// Put takes in the entries of a durable epoch (see Box.Put), and returns when the store has them.
func (r *Runner) Put(epoch uint64, at types.Micros, entries []Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if r.err = r.box.Put(epoch, at, entries); r.err != nil {
		return r.err
	}
	select {
	case r.woken <- struct{}{}:
	default:
	}
	return nil
}

// Through is the last epoch that was taken in, DoneThrough the last up to which all is done or dead.
func (r *Runner) Through() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.box.Through()
}

// DoneThrough is the last epoch all of whose entries, and all before them, are done or dead.
func (r *Runner) DoneThrough() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.box.DoneThrough()
}

// Status is Box.Status.
func (r *Runner) Status() (targets []Status, dropped int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.box.Status()
}

// Dead is Box.Dead.
func (r *Runner) Dead() ([]Dead, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.box.Dead()
}

// Run makes attempts until ctx ends, and gives the error of the store that ended it before. It waits for the attempts under
// way, whose contexts end with ctx. It is called once.
func (r *Runner) Run(ctx context.Context) error {
	var attempts sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		entries, next, err := r.take()
		if err != nil {
			attempts.Wait()
			return err
		}
		for _, e := range entries {
			attempts.Go(func() { r.attempt(ctx, e) })
		}
		timer.Reset(wait(next - r.clock()))
		select {
		case <-ctx.Done():
			attempts.Wait()
			return r.settle(nil)
		case first := <-r.results:
			err = r.settle(&first)
		case <-r.woken:
		case <-timer.C:
		}
		if err != nil {
			attempts.Wait()
			return err
		}
	}
}

// maxWait is how long Run sleeps at most, in case the clock is set.
const maxWait = types.Minute

func wait(d types.Micros) time.Duration {
	return time.Duration(min(max(d, 0), maxWait)) * time.Microsecond
}

// take gives what is to be tried, and when there may be more.
func (r *Runner) take() (entries []Entry, next types.Micros, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		entries, r.err = r.box.Take(r.clock())
	}
	return entries, r.box.Next(), r.err
}

// settle takes in a result, and all others that are there.
func (r *Runner) settle(first *Result) error {
	var all []Result
	if first != nil {
		all = append(all, *first)
	}
	for {
		select {
		case one := <-r.results:
			all = append(all, one)
			continue
		default:
		}
		break
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = r.box.Settle(r.clock(), all)
	}
	return r.err
}

// attempt makes one. There is room for its result: no more are under way than there is. A panic fails the attempt alone.
func (r *Runner) attempt(ctx context.Context, e Entry) {
	ctx, cancel := context.WithTimeout(ctx, AttemptTimeout)
	defer cancel()
	var out Outcome
	err := flow.Fence(r.journal, "the delivery of "+e.ID.String(), func() error {
		out = r.deliver.Deliver(ctx, e)
		return nil
	})
	if err != nil {
		out = Outcome{Err: err}
	}
	r.results <- Result{e.ID, out}
}
