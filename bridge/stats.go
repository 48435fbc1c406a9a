package bridge

import "sync/atomic"

// Cause is a kind of thing that a source counts.
type Cause uint8

// What is counted. Those from LostKernel on are losses: each is also a row of type Loss.
const (
	CountEvents          Cause = iota // rows appended
	CountBatches                      // batches pushed
	CountOwn                          // records about the node's own accesses, skipped
	CountExcluded                     // records about excluded folders, skipped
	CountForeign                      // records outside the watched folder, skipped
	CountOverflows                    // times the kernel's queue ran over
	CountGaps                         // times the watched folder was away
	CountRescans                      // times the tree was read again
	CountContextMismatch              // events put into quarantine
	CountWatchFailed                  // directories that could not be watched
	CountUnnamed                      // records of directories that were gone before they were ever seen: inside the folder or not, nobody knows
	LostKernel                        // the kernel's queue ran over: how many events is unknown, this counts the times
	LostQueue                         // the queue to the engine was full: rows dropped here
	LostDecode                        // records that could not be read
	LostEnd                           // rows that were still queued when the Sink ended the stream
	numCauses
)

var causes = [numCauses]struct {
	where, cause string
	exact        bool
}{
	{"stream", "events", true},
	{"stream", "batches", true},
	{"filter", "own", true},
	{"filter", "excluded", true},
	{"filter", "foreign", true},
	{"kernel_queue", "overflow", true},
	{"source", "gap", true},
	{"source", "rescan", true},
	{"translation", "context_mismatch", true},
	{"source", "watch_failed", true},
	{"decode", "unnamed", true},
	{"kernel_queue", "lost", false},
	{"userspace_queue", "lost", true},
	{"decode", "lost", true},
	{"end", "lost", true},
}

// Lost says whether the cause is a loss of events.
func (c Cause) Lost() bool { return c >= LostKernel && c < numCauses }

// Where names the place a cause belongs to: kernel_queue, userspace_queue, decode, filter, translation ...
func (c Cause) Where() string { return causes[c].where }

func (c Cause) String() string { return causes[c].cause }

// Stat is one counter of a source.
type Stat struct {
	Source string
	Where  string // see Cause.Where
	Cause  string
	Count  int64
	Exact  bool // false: a lower bound, such as one per overflow of a queue whose losses nobody counted
}

// Counters is what a source counts, and how it is. The zero value is ready.
type Counters struct {
	n     [numCauses]atomic.Int64
	blind atomic.Pointer[error] // why it sees nothing at the moment
}

// Err says why the source sees nothing at the moment; nil: it does.
func (c *Counters) Err() error {
	if err := c.blind.Load(); err != nil {
		return *err
	}
	return nil
}

// Add adds n to a counter.
func (c *Counters) Add(k Cause, n int64) { c.n[k].Add(n) }

// Load reads a counter.
func (c *Counters) Load(k Cause) int64 { return c.n[k].Load() }

// Stats gives all counters, zeros included, in a fixed order.
func (c *Counters) Stats(source string) []Stat {
	out := make([]Stat, numCauses)
	for k := range causes {
		d := &causes[k]
		out[k] = Stat{Source: source, Where: d.where, Cause: d.cause, Count: c.n[k].Load(), Exact: d.exact}
	}
	return out
}
