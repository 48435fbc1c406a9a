package enginetest

import (
	"fmt"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Attic is a state.Scratch in memory. It may be used from any goroutine.
type Attic struct {
	mu    sync.Mutex
	by    map[int64][]byte
	next  int64
	Most  int  // pieces; 0: any number
	Spoil bool // what is put comes back with a bit turned
}

// Put keeps a copy of data.
func (a *Attic) Put(data []byte) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Most > 0 && len(a.by) >= a.Most {
		return 0, sqlerr.New(sqlerr.DiskFull, "the attic is full")
	}
	if a.by == nil {
		a.by = map[int64][]byte{}
	}
	a.next += int64(len(data))
	a.by[a.next] = append([]byte(nil), data...)
	if a.Spoil {
		a.by[a.next][0] ^= 1
	}
	return a.next, nil
}

// Get gives it back.
func (a *Attic) Get(data []byte, at int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if have, ok := a.by[at]; !ok || len(have) != len(data) {
		return fmt.Errorf("nothing of %d bytes is at %d", len(data), at)
	}
	copy(data, a.by[at])
	return nil
}

// Free panics unless just that is there.
func (a *Attic) Free(at int64, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if have, ok := a.by[at]; !ok || len(have) != n {
		panic("what is freed is not there")
	}
	delete(a.by, at)
}

// Pieces is how many there are.
func (a *Attic) Pieces() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.by)
}
