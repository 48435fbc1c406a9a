package epoch

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Timekeeper turns the event times of rows into watermarks. The committer alone uses it, from one goroutine.
type Timekeeper interface {
	// Observe takes in the greatest event time of rows that are being sealed.
	Observe(relation, lane uint32, at types.Micros)
	// Marks gives the watermarks as of now, ascending by relation.
	Marks(now types.Micros) stream.Watermarks
	// Save appends the state to dst; Load puts it back, so that a restart, or an epoch that could not be written,
	// goes on from what the log recorded.
	Save(dst []byte) []byte
	Load(data []byte) error
}

// Config is what a committer is made of.
type Config struct {
	Log    Log
	Origin uint32
	Fence  uint64
	Clock  func() types.Micros
	Time   Timekeeper
	// Tick is how often an idle node seals an epoch without rows so that clocks move on for those who asked
	// (WantTicks). 0 means one second.
	Tick time.Duration
	// Decoded is the memory for columns of blocks that scans keep decoded; nil: they keep none.
	Decoded *mem.Budget
	Pace    Pace // how many statements an epoch gathers
	// Gate sees rows before they become part of a statement; nil: nobody does.
	Gate Gate
}

// queueLen is how many statements may wait for the epoch under way; more wait in Commit.
const queueLen = 1024

// Committer is the one writer of a log. Close ends it.
//
// # Concurrency
//
// Statements come from any goroutine. One goroutine seals, appends, answers and hands on.
type Committer struct {
	log    Log
	origin uint32
	fence  uint64
	clock  func() types.Micros
	time   Timekeeper
	tick   time.Duration
	gate   Gate
	pace   Pace

	poured atomic.Int64 // see Poured

	queue chan *Statement
	stop  chan struct{}
	ended chan struct{}

	mu        sync.Mutex // guards what follows
	last      batch.Epoch
	marks     stream.Watermarks
	catalog   uint64
	ticks     int
	due       types.Micros       // see Due; 0: nobody asked
	feeds     map[*Feed]struct{} // those that get every epoch
	quiet     quiet              // those that leave out some
	rows      map[uint32]int64   // of each relation, ever
	failed    error              // set once the log refused to go on
	producers map[producerKey]produced
	carried   carried
	seen      map[uint32]*seen // of each relation whose rows may not repeat
	dropped   map[uint32]int64 // rows of it that did
	age       age              // what Since was last asked for

	decoded decoded
	usage   usage

	offsets map[uint32]int64 // committer goroutine only, once running
	meta    []byte
}

// Open makes a committer that goes on where the log ends.
func Open(ctx context.Context, cfg Config) (*Committer, error) {
	c := &Committer{
		log: cfg.Log, origin: cfg.Origin, fence: cfg.Fence, clock: cfg.Clock, time: cfg.Time, tick: cfg.Tick, gate: cfg.Gate, pace: cfg.Pace,
		queue: make(chan *Statement, queueLen), stop: make(chan struct{}), ended: make(chan struct{}),
		feeds: map[*Feed]struct{}{}, offsets: map[uint32]int64{}, producers: map[producerKey]produced{}, seen: map[uint32]*seen{}, dropped: map[uint32]int64{}, decoded: decoded{budget: cfg.Decoded},
	}
	if c.tick == 0 {
		c.tick = time.Second
	}
	if err := c.recover(ctx); err != nil {
		return nil, fmt.Errorf("recover the committer's state from the log: %w", err)
	}
	if c.meta == nil {
		c.meta = c.saveMeta(nil)
	}
	c.rows = maps.Clone(c.offsets)
	go c.run()
	return c, nil
}

// recover reads the last epoch's record, in which the state after it stands.
func (c *Committer) recover(ctx context.Context) error {
	_, last := c.log.Bounds()
	if last == 0 {
		return nil
	}
	none := func(*Block) bool { return false }
	return c.log.Read(ctx, last, last, none, func(e *Entry) error {
		c.last, c.catalog = e.Epoch, e.Epoch.Catalog
		c.marks = append(stream.Watermarks(nil), e.Marks...)
		c.meta = append([]byte(nil), e.Meta...)
		return c.loadMeta(c.meta)
	})
}

// Last gives the newest durable epoch. Its No is 0 when there is none.
func (c *Committer) Last() batch.Epoch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Marks gives the watermarks recorded with the newest durable epoch.
func (c *Committer) Marks() stream.Watermarks {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.marks
}

// Poured is how many rows statements have taken in since the start, committed or not, and followers have worked on: who
// reads much at a time stands back while it grows.
func (c *Committer) Poured() int64 { return c.poured.Load() }

// Pour counts rows that a follower works on.
func (c *Committer) Pour(rows int) { c.poured.Add(int64(rows)) }

// Rows is how many rows of a relation were ever written, those that the log has forgotten among them.
func (c *Committer) Rows(relation uint32) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rows[relation]
}

// Log gives the log, for reading.
func (c *Committer) Log() Log { return c.log }

// Now is the committer's clock, never before the newest epoch's time: what now() is in a client's statement.
func (c *Committer) Now() types.Micros { return max(c.clock(), c.Last().Time) }

// SetCatalog names the catalog version that epochs sealed from now on are bound to, and that is stored.
func (c *Committer) SetCatalog(version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catalog = version
	c.settle()
}

// WantTicks asks for epochs without rows while nobody writes; the returned function ends that.
func (c *Committer) WantTicks() (release func()) {
	c.mu.Lock()
	c.ticks++
	c.mu.Unlock()
	var once sync.Once
	return func() {
		once.Do(func() {
			c.mu.Lock()
			c.ticks--
			c.mu.Unlock()
		})
	}
}

// Due asks for an epoch whose time is at or after at, if need be one without rows. Of several times asked for, the first
// counts: who asked for another asks again when it sees that epoch.
func (c *Committer) Due(at types.Micros) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due <= c.last.Time || at < c.due {
		c.due = at
	}
}

// isDue says whether somebody waits for an epoch of the time that it is, and forgets it.
func (c *Committer) isDue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due == 0 || c.clock() < c.due {
		return false
	}
	due := c.due
	c.due = 0
	return c.last.Time < due
}

// Close seals what is queued, ends the committer and the feeds, and leaves the log open. It may come twice.
func (c *Committer) Close() error {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	<-c.ended
	return nil
}

func (c *Committer) submit(ctx context.Context, s *Statement) error {
	c.mu.Lock()
	failed := c.failed
	c.mu.Unlock()
	if failed != nil {
		return failed
	}
	select {
	case <-c.stop:
		return sqlerr.Wrap(sqlerr.AdminShutdown, ErrClosed, "the node is shutting down")
	default:
	}
	select {
	case c.queue <- s:
		return nil
	case <-c.stop:
		return sqlerr.Wrap(sqlerr.AdminShutdown, ErrClosed, "the node is shutting down")
	case <-ctx.Done():
		return sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "canceling statement due to user request")
	}
}

func (c *Committer) run() {
	defer close(c.ended)
	defer c.endFeeds()
	ticker := time.NewTicker(c.tick)
	defer ticker.Stop()
	for {
		select {
		case s := <-c.queue:
			c.commit(c.gather(s, true))
		case <-ticker.C:
			if c.isDue() || c.clockMoved() {
				c.commit(nil)
			}
		case <-c.stop:
			c.drain()
			return
		}
	}
}

// drain commits what was queued before the stop.
func (c *Committer) drain() {
	for {
		select {
		case s := <-c.queue:
			c.commit(c.gather(s, false))
		default:
			return
		}
	}
}

// clockMoved says whether an epoch without rows would move a watermark that someone waits for.
func (c *Committer) clockMoved() bool {
	c.mu.Lock()
	ticks, old := c.ticks, c.marks
	c.mu.Unlock()
	if ticks == 0 {
		return false
	}
	next := c.time.Marks(c.clock())
	if len(next) != len(old) {
		return true
	}
	for i := range next {
		if next[i] != old[i] {
			return true
		}
	}
	return false
}

// Queued is how many statements wait for the epoch under way to end.
func (c *Committer) Queued() int { return len(c.queue) }
