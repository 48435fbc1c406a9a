package session

import (
	"encoding/binary"
	"strings"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/sql/catalog"
)

// A change may make more triggers than one transaction of the store holds. Those are written ahead, in as many transactions as
// it takes. Their IDs are free by what the store has for the next free one, so nobody reads them until the last transaction,
// that of all else in the change, moves that on. What a crash leaves of a change that did not get there is swept away.

// aheadBytes is what one transaction writes ahead at most, and aheadKeys how many keys: with the overhead of entries, well below what the
// store takes.
const (
	aheadBytes = state.MaxTxnBytes / 2
	aheadKeys  = state.MaxTxnEntries / 2
)

// newTrigger says whether a key is of a trigger whose ID was free when next was the next free one.
func newTrigger(key []byte, next uint32) bool {
	return len(key) == len(triggerPrefix)+4 && strings.HasPrefix(string(key), triggerPrefix) && binary.BigEndian.Uint32(key[len(triggerPrefix):]) >= next
}

// keep has the store take what snap has and it has not. The caller holds ddl.
func (e *Engine) keep(snap *catalog.Snapshot) error {
	if err := e.tidy(); err != nil {
		return err
	}
	var all noted
	if err := storeCatalog(&all, e.stored, snap); err != nil {
		return err
	}
	if small(all.writes) {
		return writeOne(e.store, all.writes)
	}
	e.unswept = true
	var ahead, rest []noting
	for _, n := range all.writes {
		if newTrigger(n.Key, e.stored.NextID) {
			ahead = append(ahead, n)
		} else {
			rest = append(rest, n)
		}
	}
	if err := writeAll(e.store, ahead); err != nil {
		return err
	}
	if !small(rest) {
		return e.keepDeferred(rest)
	}
	err := writeOne(e.store, rest)
	e.unswept = err != nil
	return err
}

// tidy ends what the changes before have left to do.
func (e *Engine) tidy() error {
	if e.deferred {
		if err := catchUp(e.store); err != nil {
			return err
		}
		e.deferred = false
	}
	if !e.unswept {
		return nil
	}
	if err := dropDeferred(e.store); err != nil {
		return err
	}
	if err := sweep(e.store, e.stored.NextID); err != nil {
		return err
	}
	e.unswept = false
	return nil
}

func small(writes []noting) bool {
	n := 0
	for _, w := range writes {
		n += len(w.Key) + len(w.Value)
	}
	return n <= aheadBytes && len(writes) <= aheadKeys
}

func writeOne(store state.Store, writes []noting) error {
	return store.Update(func(w state.Writer) error {
		for _, n := range writes {
			if err := n.writeAs(w); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeAll writes in as many transactions as it takes.
func writeAll(store state.Store, writes []noting) error {
	for len(writes) > 0 {
		n, size := 0, 0
		for n < len(writes) && n < aheadKeys && (n == 0 || size+len(writes[n].Key)+len(writes[n].Value) <= aheadBytes) {
			size += len(writes[n].Key) + len(writes[n].Value)
			n++
		}
		if err := writeOne(store, writes[:n]); err != nil {
			return err
		}
		writes = writes[n:]
	}
	return nil
}

// sweep deletes the triggers whose IDs are free.
func sweep(store state.Store, next uint32) error {
	var left noted
	err := store.View(func(r state.Reader) error {
		return r.Scan([]byte(triggerPrefix), func(key, _ []byte) error {
			if newTrigger(key, next) {
				return left.Delete([]byte(string(key)))
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return writeAll(store, left.writes)
}
