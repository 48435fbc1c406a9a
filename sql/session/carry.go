package session

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/sql/catalog"
)

// unborn is the version of a change whose epoch has no number yet.
const unborn = math.MaxUint64

// carry has a statement carry the change that edit makes of old, so that the log has both before the store has the change.
func (e *Engine) carry(st *epoch.Statement, old *catalog.Snapshot, edit makeCatalog) error {
	snap, err := edit(old, unborn)
	if err != nil || snap.Version != unborn { // nothing changes
		return err
	}
	var to noted
	if err := storeCatalog(&to, e.stored, snap); err != nil {
		return err
	}
	text, err := json.Marshal(to.writes)
	if err != nil {
		return err
	}
	return st.Carry(text)
}

// rollForward stores the change that the log has and the store may lack, and gives the catalog with it.
func (e *Engine) rollForward(snap *catalog.Snapshot, events *catalog.Relation) (*catalog.Snapshot, error) {
	version, text := e.Committer.Carried()
	if version <= snap.Version {
		return snap, nil
	}
	var writes []noting
	if err := json.Unmarshal(text, &writes); err != nil {
		return nil, sqlerr.Wrap(sqlerr.DataCorrupted, err, "the change of the catalog in epoch %d cannot be read", version)
	}
	err := e.store.Update(func(w state.Writer) error {
		for _, n := range writes {
			if err := n.write(w, version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store the catalog: %w", err)
	}
	return e.load(events)
}

// noting is a key that is set, or deleted when there is no value.
type noting struct{ Key, Value []byte }

// write does it, with the version of the epoch that the change was committed by.
func (n noting) write(w state.Writer, version uint64) error {
	switch {
	case bytes.Equal(n.Key, versionKey) && len(n.Value) == versionLen:
		binary.BigEndian.PutUint64(n.Value, version)
	case n.Value != nil && bytes.HasPrefix(n.Key, []byte(relationPrefix)):
		var r catalog.Relation
		if err := json.Unmarshal(n.Value, &r); err != nil {
			return sqlerr.Wrap(sqlerr.DataCorrupted, err, "a relation in the log's change of the catalog cannot be read")
		}
		for _, v := range []*uint64{&r.Created, &r.Shaped} {
			if *v == unborn {
				*v = version
			}
		}
		return put(w, n.Key, &r)
	}
	return n.writeAs(w)
}

// writeAs does it as it is.
func (n noting) writeAs(w state.Writer) error {
	if n.Value == nil {
		return w.Delete(n.Key)
	}
	return w.Set(n.Key, n.Value)
}

// noted is a state.Writer that keeps what is written.
type noted struct {
	state.Reader
	writes []noting
}

// Set notes it.
func (n *noted) Set(key, value []byte) error {
	n.writes = append(n.writes, noting{key, value})
	return nil
}

// Delete notes it.
func (n *noted) Delete(key []byte) error {
	n.writes = append(n.writes, noting{Key: key})
	return nil
}
