package live

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// merge makes one group of several, so that a view may read members of all of them at one epoch. The lock of Live is
// held. Groups that run are stopped between two epochs; those that are behind fold on to where the first of them
// stands, and then all go on as one.
func (l *Live) merge(ctx context.Context, gs []*Group) (*Group, error) {
	running := gs[0].cancel != nil
	for _, g := range gs {
		g.halt()
	}
	to := gs[0]
	for _, g := range gs[1:] {
		if g.visible.No > to.visible.No {
			to = g
		}
	}
	var failed error
	for _, g := range gs {
		if err := g.catchUp(ctx, to.visible.No); err != nil && failed == nil {
			failed = err
		}
	}
	if failed != nil { // each goes on alone
		for _, g := range gs {
			if running {
				g.resume()
			}
		}
		return nil, failed
	}
	for _, g := range gs {
		if g != to {
			to.take(g)
		}
	}
	for _, e := range l.views {
		if slices.Contains(gs, e.group) {
			e.group = to
		}
	}
	if running {
		to.resume()
	}
	return to, nil
}

// halt stops the goroutine of a group after the epoch under way; its members stay as they are.
func (g *Group) halt() {
	g.mu.Lock()
	g.resumed = make(chan struct{})
	g.mu.Unlock()
	if g.cancel != nil {
		g.cancel()
		<-g.ended
	}
}

// resume lets a halted group go on from its visible epoch.
func (g *Group) resume() {
	g.mu.Lock()
	g.feed = g.committer.Follow(g.visible.No+1, nil)
	g.ended = make(chan struct{})
	waiting := g.resumed
	g.resumed = nil
	g.mu.Unlock()
	g.start()
	close(waiting)
}

// catchUp folds epochs up to no into a halted group.
func (g *Group) catchUp(ctx context.Context, no uint64) error {
	if g.err != nil {
		return g.err
	}
	if g.visible.No >= no {
		return nil
	}
	return g.committer.Follow(g.visible.No+1, nil).UpTo(ctx, no, func(c *epoch.Commit) error {
		return g.fold(context.WithoutCancel(ctx), c)
	})
}

// take makes the members of other, which stands at the same epoch and never runs again, members of g.
func (g *Group) take(other *Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	other.mu.Lock()
	defer other.mu.Unlock()
	g.members = append(g.members, other.members...)
	g.waiting = append(g.waiting, other.waiting...)
	for id, why := range other.gone {
		if g.gone == nil {
			g.gone = map[uint32]error{}
		}
		g.gone[id] = why
	}
	g.pinnings = append(g.pinnings, other.pinnings...)
	other.members, other.waiting, other.pinnings = nil, nil, nil
	other.heir = g
	if other.resumed != nil {
		close(other.resumed)
		other.resumed = nil
	}
}

// current is the group that g has become part of, itself if none.
func (g *Group) current() *Group {
	for {
		g.mu.Lock()
		heir := g.heir
		g.mu.Unlock()
		if heir == nil {
			return g
		}
		g = heir
	}
}

// halted waits until a group whose goroutine has ended goes on, by itself or in its heir, or has something to say: it
// reached epoch no, or failed, before it ended. It fails if the group never goes on.
func (g *Group) halted(ctx context.Context, ended <-chan struct{}, no uint64) error {
	g.mu.Lock()
	resumed, says := g.resumed, g.heir != nil || g.ended != ended || g.err != nil || g.visible.No >= no
	g.mu.Unlock()
	switch {
	case says:
		return nil
	case resumed == nil:
		return sqlerr.New(sqlerr.AdminShutdown, "the node is shutting down")
	}
	select {
	case <-resumed:
		return nil
	case <-ctx.Done():
		return sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "canceling statement due to user request")
	}
}
