package action

import (
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// MaxSamples is how many errors of a trigger are kept with their rows: the newest.
const MaxSamples = 100

// Counts is what a trigger has done since the node started. Any goroutine may use it.
type Counts struct {
	Rows    atomic.Int64 // that it was asked about
	Matches atomic.Int64 // of these: its condition held
	Actions atomic.Int64 // steps done, one for each row
	Errors  atomic.Int64
	Micros  atomic.Int64 // that all of it took

	mu      sync.Mutex // guards what follows
	samples []Sampled  // the oldest first
}

// Sampled is an error with its row.
type Sampled struct {
	At     types.Micros
	Action string // "when" for the condition
	Err    error
	Row    *batch.Batch // one row in the relation's stored columns
}

// fail counts an error for each of the given rows of b, and keeps the last of them.
func (c *Counts) fail(at types.Micros, action string, b *batch.Batch, row int, err error) {
	c.Errors.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.samples) == MaxSamples {
		c.samples = append(c.samples[:0], c.samples[1:]...)
	}
	c.samples = append(c.samples, Sampled{at, action, err, b.Take(batch.Sel{uint32(row)})})
}

// Samples gives the errors that are kept, the oldest first.
func (c *Counts) Samples() []Sampled {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Sampled(nil), c.samples...)
}
