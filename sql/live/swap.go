package live

import (
	"slices"

	"github.com/vexfs/vexstream/engine/types"
)

// Swap puts views that were started under other IDs in the places of those that run, which end: what is started anew can
// fail while the old one goes on. started gives the ID of each; a view comes after those it reads, and all of them read the
// first. told is what the subscribers of the old ones get.
func (l *Live) Swap(order []uint32, started map[uint32]uint32, told error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	place := map[uint32]uint32{}
	for _, id := range slices.Backward(order) {
		l.endEntry(id, told)
		place[started[id]] = id
	}
	g := l.views[started[order[0]]].group // all are of one, and no epoch may come between them
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wake()
	for _, id := range order {
		e := l.views[started[id]]
		delete(l.views, started[id])
		delete(l.off, id)
		e.member.ID, l.views[id] = id, e
		for i := range e.member.pipeline.Inputs {
			in := &e.member.pipeline.Inputs[i]
			if at, ok := place[in.Relation]; ok {
				in.Relation = at
			}
		}
	}
}

// Set gives a view that runs another history and another limit of its memory in bytes; see Definition. What it holds above
// the limit stays.
func (l *Live) Set(id uint32, history types.Micros, limit int64, workers int) {
	e, g, err := l.locked(id)
	if err != nil {
		return // it does not run: its definition says it when it does
	}
	defer g.mu.Unlock()
	g.wake()
	e.member.tap.keep(history)
	e.member.budget.SetLimit(limit)
	for i := range e.member.pipeline.Inputs {
		if lanes := e.member.pipeline.Inputs[i].Lanes; lanes != nil {
			lanes.Use(workers)
		}
	}
}
