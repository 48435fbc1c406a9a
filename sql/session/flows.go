package session

import (
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/sql/catalog"
)

// flows are what triggers send, by the relations that it is sent from and to.
type flows struct {
	mu sync.Mutex
	by map[[2]uint32]*action.Flow
}

// flow counts what triggers send from one relation to another; nil: that is the system's.
func (e *Engine) flow(from uint32, to *catalog.Relation) *action.Flow {
	if to.Schema == "vex" {
		return nil
	}
	e.flows.mu.Lock()
	defer e.flows.mu.Unlock()
	if e.flows.by == nil {
		e.flows.by = map[[2]uint32]*action.Flow{}
	}
	f := e.flows.by[[2]uint32{from, to.ID}]
	if f == nil {
		f = &action.Flow{}
		e.flows.by[[2]uint32{from, to.ID}] = f
	}
	return f
}

// Flow is what triggers have sent from one relation to another since the node started.
type Flow struct {
	From, To *catalog.Relation
	*action.Flow
}

// Flows lists what triggers send, by the IDs of the relations that it is sent from and to.
func (e *Engine) Flows() []Flow {
	snap := e.Catalog()
	e.flows.mu.Lock()
	defer e.flows.mu.Unlock()
	var out []Flow
	for pair, f := range e.flows.by {
		if from, to := snap.ByID(pair[0]), snap.ByID(pair[1]); from == nil || to == nil {
			delete(e.flows.by, pair)
		} else {
			out = append(out, Flow{from, to, f})
		}
	}
	slices.SortFunc(out, func(a, b Flow) int {
		if a.From != b.From {
			return int(a.From.ID) - int(b.From.ID)
		}
		return int(a.To.ID) - int(b.To.ID)
	})
	return out
}
