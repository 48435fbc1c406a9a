package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// A change of more objects that are there already than one transaction of the store holds, such as DISABLE TRIGGER ALL, is first
// written beside them, as what is to be done. One transaction then says that this counts, together with the catalog's version. What
// is to be done is done after that, and again at the next start if a crash comes between.

// deferredPrefix is that of what is to be done, by the key that it is done to.
const deferredPrefix = "ahead/"

// deferredKey is there if what is to be done counts.
var deferredKey = []byte("ahead")

// What is to be done with a key, before the value.
const (
	deferredDelete = 0
	deferredSet    = 1
)

// keepDeferred has the store take writes, with the catalog's version among them. The caller holds ddl.
func (e *Engine) keepDeferred(writes []noting) error {
	at := slices.IndexFunc(writes, func(n noting) bool { return string(n.Key) == string(versionKey) })
	if at < 0 {
		return sqlerr.New(sqlerr.InternalError, "a change of the catalog has no version")
	}
	version := writes[at]
	beside := make([]noting, 0, len(writes))
	for i, n := range writes {
		if i == at {
			continue
		}
		do := []byte{deferredDelete}
		if n.Value != nil {
			do = append([]byte{deferredSet}, n.Value...)
		}
		beside = append(beside, noting{append([]byte(deferredPrefix), n.Key...), do})
	}
	if err := writeAll(e.store, beside); err != nil {
		return err
	}
	if err := writeOne(e.store, []noting{version, {deferredKey, []byte{deferredSet}}}); err != nil {
		return err
	}
	e.unswept = false
	if err := catchUp(e.store); err != nil {
		e.deferred = true
		e.journal.Error("a change of the catalog is stored, and not in its place yet", "err", err)
	}
	return nil
}

// catchUp does what is to be done if it counts, and forgets it.
func catchUp(store state.Store) error {
	var do noted
	err := store.View(func(r state.Reader) error {
		if _, counts, err := r.Get(deferredKey); err != nil || !counts {
			return err
		}
		return r.Scan([]byte(deferredPrefix), func(key, value []byte) error {
			n := noting{Key: []byte(strings.TrimPrefix(string(key), deferredPrefix))}
			if len(value) == 0 || value[0] > deferredSet {
				return sqlerr.New(sqlerr.DataCorrupted, "a change of the catalog that was written ahead is damaged")
			}
			if value[0] == deferredSet {
				n.Value = slices.Clone(value[1:])
			}
			do.writes = append(do.writes, n)
			return nil
		})
	})
	if err != nil {
		return err
	}
	if err := writeAll(store, do.writes); err != nil {
		return err
	}
	return dropDeferred(store)
}

// dropDeferred forgets what is to be done: first that it counts.
func dropDeferred(store state.Store) error {
	var left noted
	err := store.View(func(r state.Reader) error {
		if _, ok, err := r.Get(deferredKey); err != nil {
			return err
		} else if ok {
			left.writes = append(left.writes, noting{Key: deferredKey})
		}
		return r.Scan([]byte(deferredPrefix), func(key, _ []byte) error { return left.Delete(slices.Clone(key)) })
	})
	if err != nil {
		return err
	}
	return writeAll(store, left.writes)
}
