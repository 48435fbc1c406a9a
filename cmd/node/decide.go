package node

import (
	"context"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Decision is what triggers would do with an event.
type Decision struct {
	Stored  bool // it would be in the stream events: no trigger blocks it, or leaves it out of a sample
	Actions []Decided
}

// Decided is one action of a trigger for one row, in the order in which triggers act.
type Decided struct {
	Relation    string // that the row comes to: events, or a stream that another trigger sends it to
	Trigger     string
	Before      bool // it acts before the row is stored
	Priority    int32
	Action      string // as the trigger has it, like "route"; "when" for a condition that cannot be evaluated
	Destination string // the relation that the action adds a row to; "": none
	Error       string // why it cannot be evaluated: it is not done then; "": it can
}

// Decide says what the triggers would do with an event of this program if Emit took it now, as vex.match_triggers does in SQL. Nothing
// is stored, counted, sent or limited by it. Emit returns before the triggers act, on whole batches: who wants to know first
// asks first. It fails for events that Emit refuses.
func (n *Node) Decide(_ context.Context, e bridge.Event) (Decision, error) {
	if err := complete(&e); err != nil {
		return Decision{}, err
	}
	if err := n.Ready(); err != nil {
		return Decision{}, err
	}
	now := n.set.Clock()
	if e.TS == 0 {
		e.TS = now
	}
	b := bridge.NewBatcher(bridge.BatcherOptions{Source: "go", Boundary: bridge.BoundaryUserspace, Host: n.set.Host})
	b.Ready()
	b.Append(&e, now)
	stored, all, err := n.engine.Decide(n.engine.Catalog(), catalog.EventsID, &b.Take().Batch)
	d := Decision{Stored: stored}
	for _, m := range all {
		d.Actions = append(d.Actions, Decided(m))
	}
	return d, err
}
