package live

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// pinning asks a group to pin members when it has made one epoch visible, before it folds the next.
type pinning struct {
	no      uint64
	members []*Member
	got     map[uint32]*Snapshot
}

// PinAll holds the contents of several views at one and the same epoch, atLeast or newer, and gives its number. The
// caller releases every snapshot. With no ids the epoch is atLeast.
func (l *Live) PinAll(ctx context.Context, ids []uint32, atLeast uint64) (map[uint32]*Snapshot, uint64, error) {
	if len(ids) == 0 {
		return nil, atLeast, nil
	}
	for _, id := range ids {
		if err := l.joined(ctx, id); err != nil {
			return nil, 0, err
		}
	}
	asked, no, err := l.ask(ids, atLeast)
	if err != nil {
		return nil, 0, err
	}
	got := make(map[uint32]*Snapshot, len(ids))
	var failed error
	for g, p := range asked {
		if err := g.wait(ctx, no); err != nil {
			g.withdraw(p)
			failed = failure("view", err)
		}
		for _, m := range p.members {
			if err := m.fallen(); err != nil && failed == nil {
				failed = err
			}
		}
		for id, s := range p.got {
			got[id] = s
		}
	}
	if failed != nil {
		for _, s := range got {
			s.Release()
		}
		return nil, 0, failed
	}
	return got, no, nil
}

// joined waits until a view is a member of its group.
func (l *Live) joined(ctx context.Context, id uint32) error {
	e, _, err := l.entry(id)
	if err != nil {
		return err
	}
	if err := e.joiner.wait(ctx); err != nil {
		return failure(e.member.name, err)
	}
	return nil
}

// ask finds the oldest epoch that all groups can still show, and asks each of them for it: with all of them held
// still for a moment, none can pass it meanwhile.
func (l *Live) ask(ids []uint32, atLeast uint64) (map[*Group]*pinning, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := map[*Group]*pinning{}
	for _, id := range ids {
		e := l.views[id]
		if e == nil {
			return nil, 0, l.notRunning(id)
		}
		if pending, _ := e.joiner.pending(); pending { // it was dropped and made again since it was waited for
			return nil, 0, StillFilled(e.member.name)
		}
		if err := e.member.fallen(); err != nil {
			return nil, 0, err
		}
		p := asked[e.group]
		if p == nil {
			p = &pinning{got: map[uint32]*Snapshot{}}
			asked[e.group] = p
			e.group.mu.Lock()
			defer e.group.mu.Unlock()
			atLeast = max(atLeast, e.group.visible.No)
		}
		if !slices.Contains(p.members, e.member) {
			p.members = append(p.members, e.member)
		}
	}
	for g, p := range asked {
		p.no = atLeast
		g.pinnings = append(g.pinnings, p)
		g.serve()
	}
	return asked, atLeast, nil
}

// serve pins for who asked for the visible epoch. The lock is held.
func (g *Group) serve() {
	g.pinnings = slices.DeleteFunc(g.pinnings, func(p *pinning) bool {
		if p.no > g.visible.No {
			return false
		}
		for _, m := range p.members {
			if m.fallen() != nil {
				continue // who asked is told
			}
			p.got[m.ID] = m.snapshot(g.committer.Poured)
		}
		return true
	})
}

// withdraw takes a pinning back; what it got belongs to the caller.
func (g *Group) withdraw(p *pinning) {
	g = g.current()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pinnings = slices.DeleteFunc(g.pinnings, func(x *pinning) bool { return x == p })
}

// Index makes the contents of a relation findable by columns: its pins from now on are.
func (l *Live) Index(id uint32, cols []int, ts []types.Type) error {
	if e, _, err := l.entry(id); err == nil {
		if pending, _ := e.joiner.pending(); pending {
			return nil // who reads it then reads all
		}
	}
	e, g, err := l.locked(id)
	if err != nil {
		return err
	}
	defer g.mu.Unlock()
	if x, ok := e.member.pipeline.Root.(state.Indexer); ok {
		x.Index(cols, ts)
	}
	return nil
}

// snapshot holds the contents; poured is nil for a reader that must not stand back, because changes gather behind it.
func (m *Member) snapshot(poured func() int64) *Snapshot {
	return &Snapshot{pin: m.pipeline.Root.Pin(), tail: m.pipeline.Tail, poured: poured}
}
