package bind

import (
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
)

// retained makes the window aggregate that a view is of show a window no longer than retention after its end. Rows that
// come for a window that is gone are late.
func retained(n plan.Node, retention types.Micros) plan.Node {
	if retention == 0 {
		return n
	}
	switch n := n.(type) {
	case *plan.Project, *plan.Filter, *plan.Unfold:
		return n.With([]plan.Node{retained(n.Children()[0], retention)})
	case *plan.Hop:
		h := *n
		if !h.Judge || h.Lateness > retention {
			h.Judge, h.Lateness = true, retention
		}
		h.Retention = retention
		return &h
	}
	return n
}
