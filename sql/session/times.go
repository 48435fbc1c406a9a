package session

import (
	"sync"

	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/window"
)

// Defaults of a stream's options.
const (
	defaultSkew        = types.Hour
	defaultIdleTimeout = 10 * types.Second
)

// Times is the watermarks of all streams: the committer moves them, statements declare and read them.
type Times struct {
	mu sync.Mutex // guards t
	t  *window.Tracker
}

func newTimes() *Times { return &Times{t: window.NewTracker()} }

// Register declares a stream's watermark, if it has one.
func (t *Times) Register(r *catalog.Relation) {
	if r.Watermark == nil {
		return
	}
	p := window.Policy{Delay: r.Watermark.Delay, MaxSkew: Skew(r), IdleAfter: durationOption(r, "idle_timeout", defaultIdleTimeout), IdleClock: r.Option("idle", "") == "clock"}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.Register(r.ID, p)
}

// Skew is how far ahead of the clock a row of r may be and still move the watermark.
func Skew(r *catalog.Relation) types.Micros { return durationOption(r, "max_future_skew", defaultSkew) }

// durationOption reads an option that was checked when the stream was made.
func durationOption(r *catalog.Relation, name string, fallback types.Micros) types.Micros {
	text := r.Option(name, "")
	if text == "" {
		return fallback
	}
	d, err := parseDuration(name, text)
	if err != nil {
		return fallback
	}
	return d
}

// Drop forgets a stream.
func (t *Times) Drop(id uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.Drop(id)
}

// Observe, Marks, Save and Load make Times an epoch.Timekeeper.
func (t *Times) Observe(relation, lane uint32, at types.Micros) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.Observe(relation, lane, at)
}

// Marks gives the watermarks as of now.
func (t *Times) Marks(now types.Micros) stream.Watermarks {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.t.Marks(now)
}

// Save appends the state to dst.
func (t *Times) Save(dst []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.t.Save(dst)
}

// Load puts a saved state back.
func (t *Times) Load(data []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(data) == 0 {
		return nil
	}
	return t.t.Load(data)
}

// Explain says for each stream and lane where it stands.
func (t *Times) Explain() []window.Standing {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.t.Explain()
}

// Advance moves a stream's watermark by hand; it gives where it stands then, and whether that is at at.
func (t *Times) Advance(relation uint32, at types.Micros) (types.Micros, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.t.Advance(relation, at)
}
