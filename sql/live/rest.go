package live

import (
	"context"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/epoch"
)

// errLeftOut says that a commit stands for epochs that a member has come to care for since the feed left them out.
var errLeftOut = errors.New("epochs were left out that now matter")

// follow is fold for what the feed gives, and reads the log where the feed left out what now matters.
func (g *Group) follow(ctx context.Context, c *epoch.Commit) error {
	err := g.fold(ctx, c)
	if errors.Is(err, errLeftOut) {
		return g.catchUp(ctx, c.Epoch.No)
	}
	return err
}

// rest lets the group's feed leave out epochs that none of its members would notice: those without rows of what they read,
// while time alone changes nothing in them and nobody listens. The lock is held.
func (g *Group) rest() {
	if len(g.waiting)+len(g.joiners) > 0 {
		g.wake()
		return
	}
	var reads []uint32
	for _, m := range g.members {
		if !m.rests() {
			g.wake()
			return
		}
		for i := range m.pipeline.Inputs {
			if id := m.pipeline.Inputs[i].Relation; !slices.Contains(reads, id) {
				reads = append(reads, id)
			}
		}
	}
	g.feed.Idle(reads)
}

// rouse has groups that rest take in what their feeds left out, so that a checkpoint stores them where the log ends and a
// restart reads nothing of it again.
func (l *Live) rouse(ctx context.Context, groups []*Group) {
	var resting []*Group
	last := l.committer.Last().No
	for _, g := range groups {
		g.mu.Lock()
		feed := g.feed
		g.mu.Unlock()
		if feed.Rests() {
			feed.Ask(last)
			resting = append(resting, g)
		}
	}
	for _, g := range resting {
		_ = g.wait(ctx, last) // where it stands otherwise is as good, only older
	}
}

// wake has the feed give every epoch from the visible one on. The lock is held.
func (g *Group) wake() {
	g.feed.Idle(nil)
	g.woken = g.committer.Last().No // what waits in the feed is not newer
}

// rests says whether epochs without rows for a member may be left out.
func (m *Member) rests() bool {
	t := m.tap
	return m.filling.done.Load() && !m.pipeline.OnClose && m.pipeline.Feedback == nil && t.history == 0 && t.every == 0 && !t.hasSubs()
}
