package live

import (
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// filling is how a view that nobody waited for comes to have read what there was when it was made.
type filling struct {
	from, to uint64 // epochs: the first one that it reads, and that which it was made by
	done     atomic.Bool
}

func newFilling(d Definition, log epoch.Log) (f *filling) {
	f = &filling{}
	if !d.Async {
		f.done.Store(true)
		return f
	}
	first, _ := log.Bounds()
	f.from, f.to = max(d.Since, first), d.Created
	return f
}

// reach is told of each epoch that the view has made visible.
func (f *filling) reach(no uint64) {
	if no >= f.to {
		f.done.Store(true)
	}
}

// share is how much of it has been read at an epoch, from 0 to 1.
func (f *filling) share(no uint64) float64 {
	switch {
	case f.done.Load() || no >= f.to:
		return 1
	case no < f.from:
		return 0
	}
	return float64(no-f.from+1) / float64(f.to-f.from+1)
}

// filler is a member that has not read what there was when it was made; nil: there is none.
func (g *Group) filler() *Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.members {
		if !m.filling.done.Load() {
			return m
		}
	}
	return nil
}

// ready refuses a view that would have to wait for one that is still being filled, with the lock of Live held: alone, or
// because groups become one at an epoch that all of them have reached.
func (l *Live) ready(d Definition) error {
	groups := map[*Group]bool{}
	var filler *Member
	var joins *Member // beside a group, which cannot become one with another meanwhile
	for _, id := range d.Upstream {
		e := l.views[id]
		if e == nil || groups[e.group] {
			continue
		}
		if pending, err := e.joiner.pending(); err != nil {
			return failure(e.member.name, err)
		} else if pending { // it has nothing yet that another could begin with
			return StillFilled(e.member.name)
		}
		groups[e.group] = true
		if m := e.group.filler(); m != nil {
			filler = m
		}
		if m := e.group.joining(); m != nil {
			joins = m
		}
	}
	if joins != nil && len(groups) > 1 {
		return StillFilled(joins.name)
	}
	if filler == nil || d.Async && len(groups) == 1 {
		return nil
	}
	return StillFilled(filler.name)
}

// StillFilled is what those get who need a view that has not read yet what there was when it was made.
func StillFilled(name string) *sqlerr.Error {
	return sqlerr.New(sqlerr.ObjectNotInState, "materialized view %s is still being filled", name).
		WithHint("vex.views.filled says how far it is; try again when that is 1.")
}

// Filled says whether a view has read what there was when it was made, and how much of it. One that does not run has.
func (l *Live) Filled(id uint32) (done bool, share float64) {
	e, _, err := l.entry(id)
	if err != nil || e.member.filling.done.Load() {
		return true, 1
	}
	if pending, err := e.joiner.pending(); pending || err != nil {
		return err != nil, e.member.filling.share(e.joiner.seen.Load())
	}
	e, g, err := l.locked(id)
	if err != nil {
		return true, 1
	}
	defer g.mu.Unlock()
	return false, e.member.filling.share(g.visible.No)
}
