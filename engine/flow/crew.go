package flow

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
)

// MaxWorkers is the most goroutines that share one piece of work, the one that has it among them.
const MaxWorkers = 16

// Crew is goroutines that lend a hand to whoever has work for more than one: all queries of a node share one Crew, so
// a query that rests costs none. They are started when they are first needed, and never more than that many at a time.
// The nil Crew has nobody.
type Crew struct {
	log   *slog.Logger
	tasks chan *task

	mu     sync.Mutex
	hired  int
	closed bool
	wg     sync.WaitGroup
}

// NewCrew makes a Crew of nobody yet.
func NewCrew(log *slog.Logger) *Crew {
	return &Crew{log: log, tasks: make(chan *task, MaxWorkers)}
}

// task is one share of a piece of work.
type task struct {
	state atomic.Int32 // waits, begun or called off
	run   func()
	done  chan struct{}
}

const (
	waits = iota
	begun
	calledOff
)

// Share calls do(0) and, as soon as others are free, do(1) to do(n-1) at the same time, and returns when all calls that
// began have returned. Those that have not begun by the time do(0) returns are not made: so do takes its share from what is
// left, until nothing is. It gives the error of the least share that failed. A panic is an error that names the work.
func (c *Crew) Share(name string, n int, do func(share int) error) error {
	n = min(n, MaxWorkers)
	errs := make([]error, max(n, 1))
	var log *slog.Logger
	if c != nil {
		log = c.log
	}
	fenced := func(i int) {
		errs[i] = Fence(log, fmt.Sprintf("%s, worker %d", name, i), func() error { return do(i) })
	}
	others := c.post(n, fenced)
	fenced(0)
	for _, t := range others {
		if !t.state.CompareAndSwap(waits, calledOff) {
			<-t.done
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// post gives shares 1 to n-1 to whoever is free.
func (c *Crew) post(n int, do func(share int)) (posted []*task) {
	if c == nil || n < 2 || !c.hire(n-1) {
		return nil
	}
	for i := 1; i < n; i++ {
		t := &task{done: make(chan struct{}), run: func() { do(i) }}
		select {
		case c.tasks <- t:
			posted = append(posted, t)
		default: // all are at work, and others wait already
			return posted
		}
	}
	return posted
}

// hire makes sure that there are n goroutines; false: the Crew is closed.
func (c *Crew) hire(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; c.hired < n && !c.closed; c.hired++ {
		c.wg.Add(1)
		go c.work()
	}
	return !c.closed
}

func (c *Crew) work() {
	defer c.wg.Done()
	for t := range c.tasks {
		if t.state.CompareAndSwap(waits, begun) {
			t.run()
			close(t.done)
		}
	}
}

// Close waits until all have gone home. Nobody may be in Share; who comes later works alone.
func (c *Crew) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.tasks)
	}
	c.mu.Unlock()
	c.wg.Wait()
}
