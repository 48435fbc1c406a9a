package epoch

import (
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Pace is how many statements an epoch gathers.
type Pace uint8

// The paces. Each takes what waits when the epoch before has been written, up to MaxEpochBytes.
const (
	// Balanced takes all of it and waits for no more.
	Balanced Pace = iota
	// Low takes a batch's rows, besides the first statement, so that nobody waits until more than that has been written and folded.
	Low
	// High waits for a batch's rows, though no longer than highWait: fewer, larger epochs.
	High
)

// highWait is how long an epoch waits for rows at the High pace.
const highWait = 5 * time.Millisecond

// paceRows is how many rows an epoch has at most at the Low pace, and need not wait for more at the High one.
const paceRows = batch.MaxRows

// ParsePace gives the pace of a name: latency, balanced, throughput, or none, which is balanced.
func ParsePace(name string) (Pace, error) {
	switch name {
	case "latency":
		return Low, nil
	case "", "balanced":
		return Balanced, nil
	case "throughput":
		return High, nil
	}
	return Balanced, sqlerr.New(sqlerr.InvalidParameterValue, "batch_mode is %q", name).
		WithHint("There are: latency, balanced, throughput.")
}

// gather takes what the next epoch has besides first. wait says that it may wait for that.
func (c *Committer) gather(first *Statement, wait bool) []*Statement {
	group, bytes, rows := []*Statement{first}, first.bytes, first.rows+first.more
	var due <-chan time.Time
	if wait && c.pace == High && 0 < rows && rows < paceRows {
		timer := time.NewTimer(highWait)
		defer timer.Stop()
		due = timer.C
	}
	for bytes < MaxEpochBytes && len(group) < queueLen && (c.pace != Low || rows < paceRows) {
		var s *Statement
		select {
		case s = <-c.queue:
		default:
			if due == nil || rows >= paceRows {
				return group
			}
			select {
			case s = <-c.queue:
			case <-due:
				return group
			case <-c.stop:
				return group
			}
		}
		group = append(group, s)
		bytes, rows = bytes+s.bytes, rows+s.rows+s.more
	}
	return group
}
