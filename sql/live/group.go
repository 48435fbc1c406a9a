package live

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Group is views that move from epoch to epoch together.
type Group struct {
	committer *epoch.Committer
	cancel    context.CancelFunc // nil before the start; the lock of Live guards it and feed
	feed      *epoch.Feed

	mu      sync.Mutex // held while an epoch is folded; guards what follows
	members []*Member  // a view comes after those it reads
	joiners []*joiner  // fill members that are not among them yet
	waiting []*Member  // restored members whose first epoch has not come yet
	visible batch.Epoch
	marks   stream.Watermarks
	gone    map[uint32]error // views that have fallen out of it, and why
	woken   uint64           // up to this epoch no member may miss one; see wake
	err     error
	moved   chan struct{} // closed and replaced when visible or err changes
	ended   chan struct{} // closed when the goroutine has ended
	resumed chan struct{} // while halted: closed when it goes on
	heir    *Group        // the group that took the members over

	pinnings []*pinning

	folding types.Micros // what folding has taken since the start
	stored  types.Micros // of that, what the newest checkpoint spares a restart
}

func newGroup(c *epoch.Committer, members []*Member, from uint64) *Group {
	g := &Group{committer: c, members: members, ended: make(chan struct{}), moved: make(chan struct{})}
	g.feed = c.Follow(from, nil)
	return g
}

// start folds epochs in a goroutine of its own until stop.
func (g *Group) start() {
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel
	feed, ended := g.feed, g.ended
	whole := context.WithoutCancel(ctx) // an epoch is folded as a whole, or its state could not go on
	go func() {
		defer close(ended)
		if err := feed.Run(ctx, func(c *epoch.Commit) error { return g.follow(whole, c) }); err != nil {
			g.fail(err)
		}
	}()
}

// stop waits for the epoch under way, and closes the pipelines.
func (g *Group) stop() {
	if g.cancel != nil {
		g.cancel()
		<-g.ended
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.members {
		m.close()
		m.tap.fail(sqlerr.New(sqlerr.AdminShutdown, "the subscription has ended: its view is gone or the node is shutting down"))
	}
	g.members = nil
}

func (m *Member) close() {
	for i := range m.pipeline.Inputs {
		in := &m.pipeline.Inputs[i]
		if in.Lanes != nil {
			in.Lanes.Close()
		}
		_ = in.Sink.Close() // operators hold memory only: there is nothing to lose
		m.sieves.leave(in)
	}
	if f := m.pipeline.Feedback; f != nil {
		_ = f.Close() // what it has not written is in a checkpoint, or comes again
	}
}

// settle says that an epoch is complete.
func (m *Member) settle(no uint64) error {
	if f := m.pipeline.Feedback; f != nil {
		return f.settle(no)
	}
	return nil
}

// fold takes one epoch through every member and makes it visible. A panic in an operator fails this group alone.
func (g *Group) fold(ctx context.Context, c *epoch.Commit) (err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while folding epoch %d: %v\n%s", c.Epoch.No, p, debug.Stack())
		}
	}()
	began := g.committer.Now()
	if c.Bare && c.Epoch.No <= g.woken {
		return errLeftOut
	}
	for _, m := range g.members {
		if err := m.bear(func() error { return m.fold(ctx, c, g) }); err != nil {
			return err
		}
	}
	if err := g.shed(); err != nil {
		return err
	}
	for _, m := range g.members {
		if err := m.settle(c.Epoch.No); err != nil {
			return err
		}
	}
	g.folding += g.committer.Now() - began
	before := g.visible.Time
	g.visible, g.marks = *c.Epoch, c.Marks
	for _, m := range g.members {
		m.tap.publish(c.Epoch, before)
		m.tap.update()
		m.count()
		m.filling.reach(c.Epoch.No)
		m.look(c.Marks, c.Epoch.Time)
	}
	g.admitWaiting(ctx)
	g.rest()
	g.serve()
	close(g.moved)
	g.moved = make(chan struct{})
	for _, j := range g.joiners {
		j.end(c)
	}
	return nil
}

// fold pushes the epoch's rows into the inputs that read the log, then advances them. Inputs that read a view get
// theirs from that view's tap. All inputs take part in every epoch, also in one whose rows do not count yet: an operator with
// several inputs waits for all of them.
func (m *Member) fold(ctx context.Context, c *epoch.Commit, g *Group) error {
	for i := range m.pipeline.Inputs {
		in := &m.pipeline.Inputs[i]
		if in.Relation != m.ID && g.isMember(in.Relation) { // a table reads its own rows from the log
			continue
		}
		if c.Epoch.No >= max(m.Since, m.floors[in.Relation]) {
			rows, err := m.take(ctx, in, c.Parts)
			if g.committer.Pour(rows); err != nil {
				return err
			}
		}
		if err := in.Sink.Advance(ctx, stream.Progress{Epoch: c.Epoch, Watermarks: c.Marks}); err != nil {
			return err
		}
	}
	return nil
}

// push pushes rows of the log into an input.
func (m *Member) push(ctx context.Context, in *Input, p epoch.Part) error {
	origin := m.origin(in)
	origin(p.Rows)
	defer origin(nil)
	rows := Scan(p.Rows, m.Visible(p.Relation), in.Columns, p.Offset0)
	if passing, known := m.sift(in, &p); known {
		return in.Filter.Pass(ctx, rows, passing)
	}
	return in.Sink.Push(ctx, rows)
}

// origin gives what to tell of the rows that an input is about to be given a part of, and when they have passed.
func (m *Member) origin(in *Input) func(rows *batch.Batch) {
	if m.whole == nil {
		return func(*batch.Batch) {}
	}
	return func(rows *batch.Batch) { m.whole(in.Relation, rows) }
}

func (g *Group) isMember(id uint32) bool {
	return slices.ContainsFunc(g.members, func(m *Member) bool { return m.ID == id })
}

func (g *Group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
	for _, m := range g.members {
		m.tap.fail(failure(fmt.Sprint(m.ID), err))
	}
	close(g.moved)
	g.moved = make(chan struct{})
}

// wait returns when the group has made epoch no visible, or failed.
func (g *Group) wait(ctx context.Context, no uint64) error {
	for {
		g = g.current()
		g.mu.Lock()
		visible, err, moved, ended, feed := g.visible.No, g.err, g.moved, g.ended, g.feed
		g.mu.Unlock()
		switch {
		case err != nil:
			return err
		case visible >= no:
			return nil
		}
		feed.Ask(no)
		select {
		case <-moved:
		case <-ended:
			if err := g.halted(ctx, ended, no); err != nil {
				return err
			}
		case <-ctx.Done():
			return sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "canceling statement due to user request")
		}
	}
}

// admitWaiting fills and attaches members that a checkpoint is older than, once the epoch that they began at is there.
func (g *Group) admitWaiting(ctx context.Context) {
	g.waiting = slices.DeleteFunc(g.waiting, func(m *Member) bool {
		if m.joins > g.visible.No+1 {
			return false
		}
		if err := g.attach(ctx, m); err != nil && m.mayFall {
			g.drop(m, err)
			m.close()
		} else if err != nil {
			g.err = err
		}
		return true
	})
}

// attach fills a member that reads views of this group from their contents, and adds it. The lock is held.
func (g *Group) attach(ctx context.Context, m *Member) error {
	g.wake() // what was left out may be rows of this member
	for i := range m.pipeline.Inputs {
		if err := g.gone[m.pipeline.Inputs[i].Relation]; err != nil {
			return err
		}
	}
	at := stream.Progress{Epoch: &g.visible, Watermarks: g.marks}
	for i := range m.pipeline.Inputs {
		in := &m.pipeline.Inputs[i]
		if in.Relation != 0 && !g.isMember(in.Relation) {
			if err := g.fillFromLog(ctx, m, in); err != nil {
				return err
			}
		}
		for _, up := range g.members {
			if up.ID != in.Relation {
				continue
			}
			s := Snapshot{pin: up.pipeline.Root.Pin(), tail: up.pipeline.Tail}
			err := s.Rows(ctx, chosen{in.Sink, in.Columns, m.origin(in)})
			s.Release()
			if err != nil {
				return err
			}
			up.tap.readers = append(up.tap.readers, apart{chosen{in.Sink, in.Columns, m.origin(in)}, m})
			up.tap.update()
		}
		if err := in.Sink.Advance(ctx, at); err != nil {
			return err
		}
	}
	if err := m.settle(g.visible.No); err != nil {
		return err
	}
	g.members = append(g.members, m)
	m.count()
	m.filling.reach(g.visible.No)
	m.look(g.marks, g.visible.Time)
	return nil
}

// fillFromLog pushes what the log holds of a stream, up to the visible epoch, into an input that joins a group.
func (g *Group) fillFromLog(ctx context.Context, m *Member, in *Input) error {
	only := func(relation uint32) bool { return relation == in.Relation }
	return g.committer.Follow(max(m.Since, m.floors[in.Relation]), only).UpTo(ctx, g.visible.No, func(c *epoch.Commit) error {
		_, err := m.take(ctx, in, c.Parts)
		return err
	})
}

// chosen gives a view's input the columns it asked for.
type chosen struct {
	stream.Sink
	cols   []int
	origin func(rows *batch.Batch)
}

func (c chosen) Push(ctx context.Context, b *batch.Batch) error {
	out := *b
	out.Cols = make([]batch.Column, len(c.cols))
	for i, col := range c.cols {
		out.Cols[i] = b.Cols[col]
	}
	c.origin(b)
	defer c.origin(nil)
	return c.Sink.Push(ctx, &out)
}
