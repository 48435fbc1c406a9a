package session

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/sql/catalog"
)

// yieldUntilKept has a view that is being made be refused memory before those that are there. The lock of the catalog is held.
func (e *Engine) yieldUntilKept(b *mem.Budget) {
	b.Leave(e.memory.Limit()/viewsLeave, 0)
	e.onKept(func() { b.Leave(0, 0) })
}

// relieve pauses the newest view when the views hold almost all memory of the node.
func (e *Engine) relieve() {
	if limit := e.memory.Limit(); limit > 0 {
		e.Live.Relieve(e.memory, limit-limit/viewsLeave, e.pauseNewest)
	}
}

// worthPausing is the part of a node's memory that a view must hold for its pausing to make a difference.
const worthPausing = 256

// newestPausable is the newest of the views that hold a share of the memory and that nothing else needs; nil: there is none.
func (e *Engine) newestPausable(snap *catalog.Snapshot) *catalog.Relation {
	holds := map[uint32]bool{}
	for _, st := range e.Live.Status() {
		holds[st.ID] = st.Bytes > e.memory.Limit()/worthPausing
	}
	var newest *catalog.Relation
	for _, r := range snap.Relations() {
		if r.Kind != catalog.MaterializedView || r.Paused || !holds[r.ID] || pausable(snap, r) != nil {
			continue
		}
		if newest == nil || max(r.Created, r.Shaped) > max(newest.Created, newest.Shaped) {
			newest = r
		}
	}
	return newest
}

var errNonePausable = errors.New("no view that holds much of it can be paused")

// pauseNewest pauses the newest view that can be, and says whether there was one. The catalog has it, so a restart does not begin with
// what did not fit.
func (e *Engine) pauseNewest(ctx context.Context) bool {
	var chosen *catalog.Relation
	err := errNonePausable
	if e.newestPausable(e.Catalog()) != nil {
		err = e.change(ctx, nil, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
			if chosen = e.newestPausable(old); chosen == nil {
				return nil, errNonePausable
			}
			c := *chosen
			c.Paused, c.Crowded = true, true
			e.onKept(func() { e.Live.Disable(c.ID, paused(&c)) })
			return old.With(version, &c), nil
		})
	}
	if err != nil {
		e.journal.Error("the memory of the node is nearly taken, and nothing is paused", "err", err)
		return false
	}
	e.journal.Warn("the newest materialized view is paused", "view", chosen.QualifiedName(), "why", "the memory of the node is nearly taken")
	return true
}
