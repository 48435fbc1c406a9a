package node

import (
	"fmt"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/live"
)

// toldAfter is after how long a start says again in the journal how far it is.
const toldAfter = types.Second

// starting tells how far a start is: who asks whether the node is ready at once, and the journal now and then, so that a start that
// takes no time says nothing.
type starting struct {
	n    *Node
	told types.Micros
}

func newStarting(n *Node) *starting { return &starting{n: n, told: n.set.Clock()} }

// at is told how far the views are. One goroutine at a time calls it.
func (s *starting) at(p live.Progress) {
	text := fmt.Sprintf("it has loaded %d of %d pages of its newest checkpoint", p.Pages, p.AllPages)
	if p.AllEpochs > 0 {
		text = fmt.Sprintf("it has read %d of %d epochs that its log has behind the newest checkpoint", p.Epochs, p.AllEpochs)
	}
	s.n.fail(sqlerr.New(sqlerr.CannotConnectNow, "the node is starting: %s", text))
	if now := s.n.set.Clock(); now >= s.told+toldAfter || now < s.told {
		s.told = now
		s.n.set.Journal.Info("starting: " + text)
	}
}
