// Package mem counts memory that queries hold, and says no in time.
//
// A Budget is a node of a tree: the machine, below it each view or statement, below that each operator. What is
// reserved below is reserved all the way up, so a sum never exceeds what its parent allows:
//
//	node 4 GiB ─┬─ view per_minute 1 GiB ─┬─ group by
//	            │                         └─ order by
//	            └─ statement of pid 12
//
// What can be refused without harm says how much it leaves free for the others (Leave), so it is refused first; and who can
// give memory back is told before the last of it is gone (Mark).
//
// It allocates nothing and knows nothing of Go's heap: who holds rows says how many bytes they are. Those are
// estimates of buffers, not of headers, and callers round up.
//
// # Concurrency
//
// All methods may be called from any goroutine.
package mem

import (
	"fmt"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Budget is how many bytes its holder, and everyone below, may hold. The nil Budget has no limit and counts nothing.
type Budget struct {
	name   string
	limit  atomic.Int64
	used   atomic.Int64
	peak   atomic.Int64
	leave  atomic.Int64
	free   atomic.Int64 // up to here it leaves nothing
	mark   atomic.Pointer[mark]
	parent *Budget
}

// mark is who is told when more than so many bytes are held.
type mark struct {
	at   int64
	tell func()
}

// New makes a root. The name is what a refusal calls it; limit is in bytes, 0 for none.
func New(name string, limit int64) *Budget {
	b := &Budget{name: name}
	b.limit.Store(limit)
	return b
}

// Child makes a Budget below b. A limit of 0 leaves it to b's. The child of nil is a root.
func (b *Budget) Child(name string, limit int64) *Budget {
	c := &Budget{name: name, parent: b}
	c.limit.Store(limit)
	return c
}

// Reserve takes n bytes, here and in every Budget above, or none at all. The error is 53200 and names whose limit was
// reached and who asked. n must not be negative.
func (b *Budget) Reserve(n int64) error {
	var leave int64
	for at := b; at != nil; at = at.parent {
		used, limit := at.used.Add(n), at.limit.Load()
		if m := at.mark.Load(); m != nil && used > m.at {
			m.tell()
		}
		if used > at.free.Load() {
			leave = max(leave, at.leave.Load())
		}
		if at.parent == nil && limit > 0 {
			limit = max(limit-leave, 1)
		}
		if limit > 0 && used > limit {
			for undo := b; undo != at.parent; undo = undo.parent {
				undo.used.Add(-n)
			}
			return b.refuse(at, n, used-n)
		}
		at.raisePeak(used)
	}
	return nil
}

func (b *Budget) raisePeak(used int64) {
	for {
		old := b.peak.Load()
		if used <= old || b.peak.CompareAndSwap(old, used) {
			return
		}
	}
}

// Release gives n bytes back that Reserve took.
func (b *Budget) Release(n int64) {
	for at := b; at != nil; at = at.parent {
		at.used.Add(-n)
	}
}

// Leave has b, and everyone below, leave n bytes of the root's limit to those who do not, unless it holds no more than
// free bytes.
func (b *Budget) Leave(n, free int64) {
	if b != nil {
		b.leave.Store(n)
		b.free.Store(free)
	}
}

// Over says whether more than num/den of its limit is held of b, or of a Budget above.
func (b *Budget) Over(num, den int64) bool {
	for at := b; at != nil; at = at.parent {
		if limit := at.limit.Load(); limit > 0 && at.used.Load() > limit/den*num {
			return true
		}
	}
	return false
}

// Mark has tell called, by whoever reserves and each time, while more than so many bytes are held here and below. It must
// not wait for anybody.
func (b *Budget) Mark(at int64, tell func()) {
	if b != nil {
		b.mark.Store(&mark{at, tell})
	}
}

// Close gives back everything that b itself still holds. Nobody may hold a child of b any more. It may come twice.
func (b *Budget) Close() {
	if b == nil {
		return
	}
	n := b.used.Swap(0)
	b.parent.Release(n)
}

// Used is the bytes reserved here and below.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Peak is the most that Used has been.
func (b *Budget) Peak() int64 {
	if b == nil {
		return 0
	}
	return b.peak.Load()
}

// Limit is the bytes allowed, 0 for no limit of its own.
func (b *Budget) Limit() int64 {
	if b == nil {
		return 0
	}
	return b.limit.Load()
}

// SetLimit allows another number of bytes from now on, 0 for no limit of its own. What is held above it stays.
func (b *Budget) SetLimit(limit int64) {
	if b != nil {
		b.limit.Store(limit)
	}
}

// Name is what refusals call b: the names from the root down, with slashes.
func (b *Budget) Name() string {
	if b == nil {
		return ""
	}
	if b.parent == nil {
		return b.name
	}
	return b.parent.Name() + "/" + b.name
}

func (b *Budget) refuse(full *Budget, n, used int64) error {
	e := sqlerr.New(sqlerr.OutOfMemory, "memory limit of %q reached", full.Name())
	e = e.WithDetail("%s asked for %s; %s holds %s of %s.", b.Name(), bytes(n), full.Name(), bytes(used), bytes(full.limit.Load()))
	return e.WithHint("Narrow the query (WHERE, LIMIT, fewer groups), or raise the memory limit of %q.", full.Name())
}

// bytes writes n as people read it: 512 B, 1.5 KiB, 20.0 MiB.
func bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/1024, 0
	for ; f >= 1024 && unit < 3; unit++ {
		f /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGT"[unit])
}
