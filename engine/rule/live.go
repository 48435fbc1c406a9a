package rule

import (
	"sync"
	"sync/atomic"
)

// Live is an Index that changes: readers take the current one without a lock, and whoever is at a batch keeps the one that it
// began with. The zero Live has no rules.
type Live struct {
	current atomic.Pointer[Index]
	mu      sync.Mutex
	busy    bool
	since   []change // since the compaction under way began
}

type change struct {
	rules   []Rule
	removed []uint32
}

var none = new(Index)

// Index gives the current Index.
func (l *Live) Index() *Index {
	if x := l.current.Load(); x != nil {
		return x
	}
	return none
}

// Change publishes an Index that has rules besides, in place of those with the same IDs, and not those with the IDs of removed,
// and gives it. See Index.With for what it costs.
func (l *Live) Change(rules []Rule, removed []uint32) *Index {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		l.since = append(l.since, change{rules, removed})
	}
	x := l.Index().With(rules, removed)
	l.current.Store(x)
	return x
}

// Compact publishes an Index of one segment. Changes go on meanwhile. It does nothing while another call is at it; the caller chooses a
// goroutine that has time.
func (l *Live) Compact() {
	l.mu.Lock()
	if l.busy {
		l.mu.Unlock()
		return
	}
	l.busy = true
	base := l.Index()
	l.mu.Unlock()

	x := base.Compact()

	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.since {
		x = x.With(c.rules, c.removed)
	}
	l.since, l.busy = nil, false
	l.current.Store(x)
}
