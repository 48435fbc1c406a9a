package synth

import (
	"context"
	"sync"
	"time"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Name is the source column of this package's rows.
const Name = "synth"

// MaxRate is the highest rate of a Source, in events per second. tick is how often it makes those that are due.
const (
	MaxRate = 1_000_000
	tick    = 5 * time.Millisecond
)

// Config says what a Source makes.
type Config struct {
	Seed  int64
	Rate  int64 // events per second, 1 to MaxRate
	Limit int64 // end after so many; 0: never
}

// Source gives made-up events rows at a steady rate of the clock. Their ts is the clock's: begin plus i/rate.
type Source struct {
	o     bridge.Options
	c     Config
	count bridge.Counters
	feed  *bridge.Feed

	mu      sync.Mutex
	closed  bool
	stop    context.CancelFunc
	running chan struct{}
}

// Open makes a Source. o.Root is not used.
func Open(o bridge.Options, c Config) (bridge.Source, error) {
	if c.Rate < 1 || c.Rate > MaxRate {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "rate %d of the synth source is out of range", c.Rate).
			WithHint("Give between 1 and %d events per second.", MaxRate)
	}
	o.Root = ""
	s := &Source{o: o.Normalize(), c: c}
	s.feed = bridge.NewFeed(bridge.BatcherOptions{
		Source: Name, Boundary: bridge.BoundaryUserspace, Host: s.o.Host, Node: s.o.Node, Counters: &s.count,
	})
	return s, nil
}

// Name is synth.
func (s *Source) Name() string { return Name }

// Schema is that of events.
func (s *Source) Schema() batch.Schema { return bridge.Schema }

// Caps says that made-up events know everything that they make up.
func (s *Source) Caps() bridge.Caps {
	return bridge.Caps{Path: true, Pid: true, Bytes: true, Reads: true, KernelTime: true, ExactCount: true, ExactLoss: true}
}

// Blind says that nothing here is real.
func (s *Source) Blind() []string { return []string{"this machine: its events are made up"} }

// Stats is what was counted so far.
func (s *Source) Stats() []bridge.Stat { return s.count.Stats(Name) }

// Err says why it sees nothing at the moment; nil: it does.
func (s *Source) Err() error { return s.count.Err() }

// Run makes events until ctx is done, Close is called or Limit is reached.
func (s *Source) Run(ctx context.Context, to stream.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	if s.closed || s.running != nil {
		s.mu.Unlock()
		return nil
	}
	done := make(chan struct{})
	s.running, s.stop = done, cancel
	s.mu.Unlock()
	defer close(done)
	return s.feed.Drive(ctx, to, s.o.Now, s.drain)
}

// Close ends Run and waits for it.
func (s *Source) Close() error {
	s.mu.Lock()
	running, stop := s.running, s.stop
	s.closed = true
	s.mu.Unlock()
	if running != nil {
		stop()
		<-running
	}
	return nil
}

// rowTypes are the event types and operations of the eight kinds of the workload.
var rowTypes = [8][2]string{
	{bridge.TypeCreate, bridge.OpCreate},
	{bridge.TypeWrite, bridge.OpWrite},
	{bridge.TypeDelete, bridge.OpDelete},
	{bridge.TypeRename, bridge.OpRename},
	{bridge.TypeRead, bridge.OpRead},
	{bridge.TypeOpen, bridge.OpOpen},
	{bridge.TypeClose, bridge.OpClose},
	{bridge.TypeChmod, bridge.OpAttrib},
}

// Event writes the next row of the workload into e; its strings are immutable.
func (g *FileOps) Event(e *bridge.Event) {
	var op Op
	g.Next(&op)
	t := &rowTypes[op.Type]
	*e = bridge.Event{
		TS: op.TS, Type: t[0], Op: t[1], Path: g.voc.paths[op.Path], UserID: g.voc.users[op.User],
		PID: op.PID, SizeBytes: op.Size, Flags: bridge.FlagSynthetic, Has: bridge.HasPID | bridge.HasSizeBytes,
	}
}

func (s *Source) drain(ctx context.Context) error {
	begin := s.o.Now()
	g := newFileOps(s.c.Seed, Plain, begin, s.c.Rate)
	timer := time.NewTicker(tick)
	defer timer.Stop()
	var e bridge.Event
	for {
		now := s.o.Now()
		for due := s.due(now - begin); g.i < due; {
			g.Event(&e)
			s.feed.Append(&e, now)
		}
		s.feed.Flush(now)
		if s.c.Limit > 0 && g.i >= s.c.Limit {
			return nil
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// due is how many events belong to the time that has passed.
func (s *Source) due(passed types.Micros) int64 {
	n := int64(passed/types.Second)*s.c.Rate + int64(passed%types.Second)*s.c.Rate/int64(types.Second) + 1
	if s.c.Limit > 0 {
		n = min(n, s.c.Limit)
	}
	return n
}
