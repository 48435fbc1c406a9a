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
	Matches atomic.Int64 // rows that its condition held for
	Actions atomic.Int64 // steps done, one for each row
	Errors  atomic.Int64

	Keys Keys // of the trigger's Edge

	rows   atomic.Int64 // that it was asked about by itself
	micros atomic.Int64 // that all of it took

	mu      sync.Mutex       // guards what follows
	with    *Asked           // with all others of an index; nil: not yet
	since   int64            // its rows at that time
	began   int64            // its time then
	samples []Sampled        // the oldest first
	spent   map[string]spent // of the trigger's Limit
}

// Sampled is an error with its row.
type Sampled struct {
	At     types.Micros
	Action string // "when" for the condition
	Err    error
	Row    *batch.Batch // one row in the relation's stored columns
}

// join has a trigger be asked with all others of an index from now on.
func (c *Counts) join(with *Asked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.with != with {
		c.with, c.since, c.began = with, with.rows.Load(), with.micros.Load()
	}
}

// Asked is how many rows the trigger was asked about, and how many µs that took, and its actions. Of what an index takes for all of its
// triggers each has the same share.
func (c *Counts) Asked() (rows int64, micros float64) {
	rows, micros = c.rows.Load(), float64(c.micros.Load())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.with != nil {
		rows += c.with.rows.Load() - c.since
		micros += float64(c.with.micros.Load()-c.began) / float64(max(c.with.triggers.Load(), 1))
	}
	return rows, micros
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

// Forget drops the errors that are kept, not their number: their rows are of columns that are no more.
func (c *Counts) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples = nil
}
