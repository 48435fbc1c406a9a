package session

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/sql/catalog"
)

// ReadCatalog reads what users made from a store that no engine uses. The relations that are there from the start are not
// among it.
func ReadCatalog(store state.Store) (*catalog.Snapshot, error) {
	snap := catalog.Empty()
	var version uint64
	next := snap.NextID
	err := store.View(func(r state.Reader) error {
		var err error
		if version, next, err = readVersion(r, next); err == nil && version > 0 {
			err = loadObjects(r, &snap, version, next)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return snap.At(version, next), nil
}

// versionLen is the length of what is at versionKey: the version, and the next free ID.
const versionLen = 12

// readVersion reads the catalog's version, 0 if there is none yet, and the next free ID.
func readVersion(r state.Reader, next uint32) (uint64, uint32, error) {
	v, ok, err := r.Get(versionKey)
	if err != nil || !ok {
		return 0, next, err
	}
	if len(v) != versionLen {
		return 0, 0, sqlerr.New(sqlerr.DataCorrupted, "the catalog's version is damaged")
	}
	return binary.BigEndian.Uint64(v), binary.BigEndian.Uint32(v[8:]), nil
}
