package node

import (
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// checkpointRest is how long, in times of what the last checkpoint took, it takes at least to one that comes before its time.
const checkpointRest = 2

// checkpoints says when the next checkpoint is due: after a time, or sooner, when a restart would fold for too long. What a
// checkpoint costs bounds how often that happens: they take a third of the time at most.
type checkpoints struct {
	every  time.Duration
	replay time.Duration // below 0: how long a restart would fold does not count
	stored uint64        // the newest epoch that is in a checkpoint
	ended  types.Micros  // the last one
	took   types.Micros  // it did
	failed bool          // it did: the next one waits for its time
}

// due says whether it is time, if a restart would fold for replay.
func (c *checkpoints) due(now types.Micros, replay time.Duration) bool {
	since := now - c.ended
	switch {
	case since < 0: // the clock went back
		c.ended = now
		return false
	case since >= types.Micros(c.every.Microseconds()):
		return true
	}
	return !c.failed && c.replay >= 0 && replay >= c.replay && since >= checkpointRest*c.took
}

// done notes a checkpoint.
func (c *checkpoints) done(began, ended types.Micros, well bool) {
	c.ended, c.took, c.failed = ended, max(0, ended-began), !well
}
