// Package memstore keeps the log and the state in memory: the twins of storage/segment and storage/badgerstore for
// tests and for nodes that are asked to keep nothing. They pass the same suites (engine/logtest, storage/storetest).
// Nothing outlives the process, and no file is touched.
//
//	Store: root ──► tree, version 7      a View reads the tree it found
//	       Update copies the root, writes to the copy (shared nodes are copied on the way), and swaps the root
//
// # Concurrency
//
// Everything may be called from any goroutine. Updates run one after the other; Views never wait.
//
// # Ownership
//
// Set and Append copy what they are given. Get gives a copy, Scan and Read lend.
package memstore

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/internal/limit"
)

type tree = btree.Map[string, []byte]

// Store is a state.Store in memory.
type Store struct {
	writing sync.Mutex // one Update at a time
	root    atomic.Pointer[tree]
}

// NewStore makes an empty Store.
func NewStore() *Store {
	s := &Store{}
	s.root.Store(&tree{})
	return s
}

// View reads the tree of this moment.
func (s *Store) View(read func(state.Reader) error) error {
	return read(reader{s.root.Load()})
}

// Update writes to a copy of the tree, which takes the tree's place when write returns nil.
func (s *Store) Update(write func(state.Writer) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	// Copy marks the source's nodes as shared; only writers look at that mark, and there is one of them.
	w := &writer{reader: reader{s.root.Load().Copy()}}
	if err := write(w); err != nil {
		return err
	}
	s.root.Store(w.t)
	return nil
}

type reader struct{ t *tree }

// Get gives a copy of the value at key.
func (r reader) Get(key []byte) ([]byte, bool, error) {
	v, ok := r.t.Get(string(key))
	if !ok {
		return nil, false, nil
	}
	return append([]byte{}, v...), true, nil
}

// Scan visits the keys with the prefix in order, as they were when it began.
func (r reader) Scan(prefix []byte, visit func(key, value []byte) error) error {
	return scan(r.t, string(prefix), visit)
}

func scan(t *tree, prefix string, visit func(key, value []byte) error) error {
	var err error
	var key []byte
	t.Ascend(prefix, func(k string, v []byte) bool {
		if !strings.HasPrefix(k, prefix) {
			return false
		}
		key = append(key[:0], k...)
		err = visit(key, v)
		return err == nil
	})
	return err
}

type writer struct {
	reader
	size limit.Txn
}

// Scan visits the keys as they were when it began: visit may write.
func (w *writer) Scan(prefix []byte, visit func(key, value []byte) error) error {
	return scan(w.t.Copy(), string(prefix), visit)
}

// Set writes a copy of value.
func (w *writer) Set(key, value []byte) error {
	if err := w.size.Add(key, value); err != nil {
		return err
	}
	w.t.Set(string(key), slices.Concat(value, nil))
	return nil
}

// Delete removes a key, which need not be there.
func (w *writer) Delete(key []byte) error {
	if err := w.size.Add(key, nil); err != nil {
		return err
	}
	w.t.Delete(string(key))
	return nil
}

var _ state.Store = (*Store)(nil)
