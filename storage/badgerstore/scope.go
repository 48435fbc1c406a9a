package badgerstore

import (
	"errors"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/internal/limit"
)

// scope is the part of the database whose keys begin with prefix.
type scope struct {
	db     *DB
	prefix []byte
}

// View reads at the moment it is called.
func (s scope) View(read func(state.Reader) error) error {
	if err := s.db.enter(); err != nil {
		return err
	}
	defer s.db.using.Done()
	txn := s.db.badger.NewTransaction(false)
	defer txn.Discard()
	return read(reader{s.prefix, txn})
}

// Update is state.Store's.
func (s scope) Update(write func(state.Writer) error) error { return s.db.update(s.prefix, write) }

type reader struct {
	prefix []byte
	txn    *badger.Txn
}

// Get gives a copy of the value at key.
func (r reader) Get(key []byte) ([]byte, bool, error) {
	return get(r.txn, slices.Concat(r.prefix, key))
}

func get(txn *badger.Txn, key []byte) ([]byte, bool, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	var v []byte
	if err == nil {
		v, err = item.ValueCopy([]byte{})
	}
	if err != nil {
		return nil, false, cannotRead(err)
	}
	return v, true, nil
}

// Scan visits the keys with the prefix in order.
func (r reader) Scan(prefix []byte, visit func(key, value []byte) error) error {
	return scan(r.txn, nil, slices.Concat(r.prefix, prefix), len(r.prefix), visit)
}

// writer is one Update. layers are what Badger does not have yet, newest first; the first is the Update's own.
type writer struct {
	prefix []byte
	layers []*overlay
	base   *snapshot
	size   limit.Txn
}

// Get gives a copy of the value at key, with all writes that came before.
func (w *writer) Get(key []byte) ([]byte, bool, error) {
	full := slices.Concat(w.prefix, key)
	for _, l := range w.layers {
		if c, ok := l.Get(string(full)); ok {
			if c.gone {
				return nil, false, nil
			}
			return append([]byte{}, c.value...), true, nil
		}
	}
	return get(w.base.txn, full)
}

// Scan visits the keys as they were when it began: visit may write.
func (w *writer) Scan(prefix []byte, visit func(key, value []byte) error) error {
	full := slices.Concat(w.prefix, prefix)
	var merged overlay
	for i := len(w.layers) - 1; i >= 0; i-- {
		w.layers[i].Ascend(string(full), func(k string, c cell) bool {
			if !strings.HasPrefix(k, string(full)) {
				return false
			}
			merged.Set(k, c)
			return true
		})
	}
	return scan(w.base.txn, &merged, full, len(w.prefix), visit)
}

// Set writes a copy of value.
func (w *writer) Set(key, value []byte) error {
	return w.put(key, cell{value: append([]byte{}, value...)})
}

// Delete removes a key, which need not be there.
func (w *writer) Delete(key []byte) error { return w.put(key, cell{gone: true}) }

func (w *writer) put(key []byte, c cell) error {
	if err := w.size.Add(key, c.value); err != nil {
		return err
	}
	w.layers[0].Set(string(slices.Concat(w.prefix, key)), c)
	return nil
}

// scan merges Badger's keys with newer ones, which win. cut is the length of the scope's prefix.
func scan(txn *badger.Txn, newer *overlay, prefix []byte, cut int, visit func(key, value []byte) error) error {
	opt := badger.DefaultIteratorOptions
	opt.Prefix = prefix
	it := txn.NewIterator(opt)
	defer it.Close()
	it.Rewind()
	var failed error
	older := func(key []byte) bool {
		item := it.Item()
		if err := item.Value(func(v []byte) error {
			failed = visit(key[cut:], v)
			return nil
		}); err != nil {
			failed = cannotRead(err)
		}
		it.Next()
		return failed == nil
	}
	if newer != nil {
		newer.Scan(func(k string, c cell) bool {
			for it.Valid() && string(it.Item().Key()) < k {
				if !older(it.Item().Key()) {
					return false
				}
			}
			if it.Valid() && string(it.Item().Key()) == k {
				it.Next()
			}
			if !c.gone {
				failed = visit([]byte(k)[cut:], c.value)
			}
			return failed == nil
		})
	}
	for failed == nil && it.Valid() {
		older(it.Item().Key())
	}
	return failed
}

func cannotRead(err error) error {
	return sqlerr.Wrap(sqlerr.IOError, err, "the store cannot be read")
}
