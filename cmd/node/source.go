package node

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/probe"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// watched is a folder and the source that reads it.
type watched struct {
	dir    string
	reason string // why this source
	src    bridge.Source
	sink   *sourceSink
	failed atomic.Pointer[error] // why the source ended, if it did by itself
}

// Watching describes a source for whoever starts the node.
type Watching struct {
	Dir    string
	Source string   // fanotify, inotify ...
	Reason string   // why this one
	Blind  []string // what it cannot see, in sentences
	Events int64    // rows that it has stored
}

// openWatched opens the best source for each folder, so that nothing that happens after is missed.
func (n *Node) openWatched() error {
	var exclude bridge.Exclude
	if n.disk.dir != "" {
		exclude.Dirs = []string{n.disk.dir}
	}
	if !n.set.OwnEvents {
		exclude.Pids = []int{os.Getpid()}
	}
	for _, dir := range n.set.Watch {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			if err == nil {
				err = errors.New("it is no folder")
			}
			return sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot watch %s", dir).WithHint("Name a folder that exists.")
		}
		src, reason, _, err := probe.Best(bridge.Options{Root: dir, Exclude: exclude, Host: n.set.Host, Reads: n.set.Reads, Now: n.set.Clock, Log: n.set.Journal})
		if err != nil {
			return err
		}
		dir = bridge.RealPath(dir)
		n.watched = append(n.watched, &watched{dir: dir, reason: reason, src: src, sink: &sourceSink{n: n, dir: dir, commit: n.storeEvents}})
	}
	return nil
}

// Watching lists the sources.
func (n *Node) Watching() []Watching {
	out := make([]Watching, len(n.watched))
	for i, w := range n.watched {
		out[i] = Watching{Dir: w.dir, Source: w.src.Name(), Reason: w.reason, Blind: w.src.Blind(), Events: w.sink.rows.Load()}
	}
	return out
}

// run reads the source until ctx is done.
func (w *watched) run(ctx context.Context, n *Node) {
	err := w.src.Run(ctx, w.sink)
	if err != nil && ctx.Err() == nil {
		w.failed.Store(&err)
		n.set.Journal.Error("a source has ended; the folder is not watched any more", "dir", w.dir, "source", w.src.Name(), "err", err)
	}
}

// err says why nothing of the folder is seen: the source has ended, or it is blind at the moment.
func (w *watched) err() error {
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return w.src.Err()
}

// sourceSink commits what a source sees. A batch that cannot be stored is dropped and counted: the source goes on,
// because the disk may have room again later. The first batch that is stored then brings a Loss row with it.
type sourceSink struct {
	n    *Node
	dir  string
	rows atomic.Int64 // stored
	lost atomic.Int64 // dropped here
	gap  int64        // rows dropped in the failure under way
	why  string       // it failed
	tell *bridge.Batcher
	// commit stores batches in one epoch: Node.storeEvents.
	commit func(ctx context.Context, batches ...*batch.Batch) error
}

// eventsTarget is where rows of sources go. All of them are of this machine's clock, so they share a lane: a quiet
// folder holds no other back.
var eventsTarget = epoch.Target{Relation: catalog.EventsID, EventTime: bridge.ColTS, MaxSkew: types.Hour}

// Push commits b. Only the end of the node is an error of it.
func (s *sourceSink) Push(ctx context.Context, b *batch.Batch) error {
	err := s.take(ctx, b)
	if err != nil && (ctx.Err() != nil || errors.Is(err, epoch.ErrClosed)) {
		return err
	}
	return nil
}

// take commits b, or counts it as lost and gives the reason.
func (s *sourceSink) take(ctx context.Context, b *batch.Batch) error {
	err := s.store(ctx, b)
	switch {
	case err == nil:
		s.rows.Add(int64(b.N))
		if s.gap > 0 {
			s.n.set.Journal.Info("events are stored again", "dir", s.dir, "lost", s.gap)
			s.gap = 0
		}
		return nil
	case ctx.Err() != nil || errors.Is(err, epoch.ErrClosed):
		return err
	case s.gap == 0:
		s.why = oneLine(err)
		s.n.set.Journal.Error("events cannot be stored and are lost until this is mended", "dir", s.dir, "err", s.why)
	}
	s.lost.Add(int64(b.N))
	s.gap += int64(b.N)
	return err
}

func (s *sourceSink) store(ctx context.Context, b *batch.Batch) error {
	if s.gap == 0 {
		return s.commit(ctx, b)
	}
	l := s.loss()
	defer s.tell.Return(l)
	return s.commit(ctx, &l.Batch, b)
}

// loss is the row that tells of what was dropped. Its source is the node, which alone knows.
func (s *sourceSink) loss() *bridge.Loan {
	if s.tell == nil {
		s.tell = bridge.NewBatcher(bridge.BatcherOptions{Source: "node", Boundary: bridge.BoundaryUserspace, Host: s.n.set.Host})
	}
	now := s.n.set.Clock()
	e := bridge.LossEvent(bridge.LostEnd, s.gap, "they could not be stored: "+s.why, now)
	e.Path = s.dir
	ready := s.tell.Ready() // the one loan there ever is has been returned
	invariant.Check(ready, "a loan of a Loss row was not returned")
	s.tell.Append(&e, now)
	return s.tell.Take()
}

// storeEvents commits batches of events in one epoch.
func (n *Node) storeEvents(ctx context.Context, batches ...*batch.Batch) error {
	st := n.engine.Committer.Begin()
	defer st.Abort()
	for _, b := range batches {
		if err := st.Add(eventsTarget, b); err != nil {
			return err
		}
	}
	if st.Empty() { // triggers held all of it back
		return nil
	}
	_, err := st.Commit(ctx)
	return err
}

// Advance and Close have nothing to do: each batch is an epoch's part of its own.
func (s *sourceSink) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (s *sourceSink) Close() error { return nil }

// oneLine is an error with its hint.
func oneLine(err error) string {
	if e, ok := sqlerr.As(err); ok && e.Hint != "" {
		return strings.TrimSuffix(err.Error(), ".") + ". " + e.Hint
	}
	return err.Error()
}
