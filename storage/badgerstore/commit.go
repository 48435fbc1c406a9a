package badgerstore

import (
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/tidwall/btree"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/internal/limit"
)

// overlay is writes that Badger does not have yet.
type overlay = btree.Map[string, cell]

type cell struct {
	value []byte
	gone  bool
}

// group is the Updates that become one transaction.
type group struct {
	writes overlay
	size   limit.Txn
	done   chan struct{} // closed when err is final
	err    error
	used   bool // an Update waits for it, maybe one that wrote nothing
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// snapshot is Badger's contents after a commit, for the Updates that run while the next commit is under way: a new
// transaction would wait for that commit.
type snapshot struct {
	txn  *badger.Txn
	refs int // under DB.mu
}

func newSnapshot(b *badger.DB) *snapshot { return &snapshot{txn: b.NewTransaction(false), refs: 1} }

func (s *snapshot) release() {
	if s.refs--; s.refs == 0 {
		s.txn.Discard()
	}
}

// update runs one Update's function and waits until its writes are durable.
func (db *DB) update(prefix []byte, write func(state.Writer) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.using.Done()
	if err := db.guard.Check(state.MaxTxnBytes); err != nil {
		return err
	}
	g, err := db.gatherOne(prefix, write)
	if err != nil {
		return err
	}
	db.signal()
	<-g.done
	return g.err
}

// gatherOne runs write on top of everything that ran before it, and joins its writes to the gathering.
func (db *DB) gatherOne(prefix []byte, write func(state.Writer) error) (*group, error) {
	db.turn.Lock()
	defer db.turn.Unlock()
	db.mu.Lock()
	if db.failed != nil {
		defer db.mu.Unlock()
		return nil, db.failed
	}
	w := &writer{prefix: prefix, layers: []*overlay{{}, &db.gather.writes}, base: db.base}
	if db.inflight != nil {
		w.layers = append(w.layers, &db.inflight.writes)
	}
	w.base.refs++
	db.mu.Unlock()
	// Deferred, so that a panic of write leaves nothing locked or held.
	defer func() {
		db.mu.Lock()
		w.base.release()
		db.mu.Unlock()
	}()
	if err := write(w); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for db.failed == nil && !db.gather.takes(w.size) {
		db.signal()
		db.taken.Wait()
	}
	if db.failed != nil {
		return nil, db.failed
	}
	g := db.gather
	w.layers[0].Scan(func(k string, c cell) bool {
		g.writes.Set(k, c)
		return true
	})
	g.size.Entries += w.size.Entries
	g.size.Bytes += w.size.Bytes
	g.used = true
	return g, nil
}

func (g *group) takes(s limit.Txn) bool {
	return g.size.Entries+s.Entries <= state.MaxTxnEntries && g.size.Bytes+s.Bytes <= state.MaxTxnBytes
}

// run is the committer.
func (db *DB) run() {
	defer close(db.done)
	for range db.wake {
		for db.commitOne() {
		}
		db.mu.Lock()
		end := db.closed && !db.gather.used
		db.mu.Unlock()
		if end {
			return
		}
	}
}

// commitOne makes what has gathered durable, and says whether there was anything.
func (db *DB) commitOne() bool {
	db.mu.Lock()
	g := db.gather
	if !g.used || db.failed != nil {
		db.mu.Unlock()
		return false
	}
	db.gather, db.inflight = newGroup(), g
	db.taken.Broadcast()
	db.mu.Unlock()

	err := db.write(g)

	db.mu.Lock()
	defer db.mu.Unlock()
	db.inflight = nil
	groups := []*group{g}
	if err != nil {
		// What gathered meanwhile may rest on what this one wrote.
		db.failed = err
		groups = append(groups, db.gather)
		db.gather = newGroup()
		db.taken.Broadcast()
	} else {
		db.base.release()
		db.base = newSnapshot(db.badger)
	}
	for _, g := range groups {
		g.err = err
		close(g.done)
	}
	return true
}

// write commits a group as one synced transaction. Any error ends the database for writers: whether the writes are
// there is known only after the next Open.
func (db *DB) write(g *group) error {
	if g.writes.Len() == 0 {
		return nil
	}
	txn := db.badger.NewTransaction(true)
	var err error
	g.writes.Scan(func(k string, c cell) bool {
		if c.gone {
			err = txn.Delete([]byte(k))
		} else {
			err = txn.Set([]byte(k), c.value)
		}
		return err == nil
	})
	if err != nil {
		txn.Discard()
		return stopped(db.dir, err)
	}
	result := make(chan error, 1)
	go func() { result <- db.commit(txn) }()
	watchdog := time.NewTimer(db.timeout)
	defer watchdog.Stop()
	select {
	case err := <-result:
		if err != nil {
			return stopped(db.dir, err)
		}
		return nil
	case <-watchdog.C:
		db.mu.Lock()
		db.stuck = true
		db.mu.Unlock()
		return sqlerr.New(sqlerr.IOError, "the store in %s is stopped: a commit took longer than %s", db.dir, db.timeout).
			WithHint("Look for disk errors and free space, then restart: what was acknowledged is kept.")
	}
}

func stopped(dir string, cause error) error {
	return sqlerr.Wrap(sqlerr.IOError, cause, "the store in %s is stopped: a commit failed", dir).
		WithHint("Look for disk errors and free space, then restart: what was acknowledged is kept.")
}
