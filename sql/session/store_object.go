package session

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/sql/catalog"
)

// said is what users said about a relation that is there from the start.
type said struct {
	Comment string            `json:",omitempty"`
	Columns map[string]string `json:",omitempty"` // comments
	ACL     []catalog.Grant   `json:",omitempty"`
	With    map[string]string `json:",omitempty"` // its options, once one was changed
}

// loadObjects adds to snap what the store holds.
func loadObjects(r state.Reader, snap **catalog.Snapshot, version uint64) error {
	err := scanObjects(r, relationPrefix, "relation", func(rel *catalog.Relation, _ []byte) {
		*snap = (*snap).With(version, rel)
	})
	if err != nil {
		return err
	}
	err = scanObjects(r, saidPrefix, "comment", func(s *said, key []byte) {
		for _, rel := range (*snap).Relations() {
			if string(objectKey(saidPrefix, rel.ID)) == string(key) {
				*snap = (*snap).With(version, s.about(rel))
			}
		}
	})
	if err != nil {
		return err
	}
	err = scanObjects(r, rolePrefix, "role", func(o *catalog.Role, _ []byte) { *snap = (*snap).WithRole(version, o) })
	if err != nil {
		return err
	}
	err = scanObjects(r, schemaPrefix, "schema", func(o *catalog.Schema, _ []byte) { *snap = (*snap).WithSchema(version, o) })
	if err != nil {
		return err
	}
	var triggers []*catalog.Trigger
	err = scanObjects(r, triggerPrefix, "trigger", func(o *catalog.Trigger, _ []byte) { triggers = append(triggers, o) })
	*snap = (*snap).WithTriggers(version, triggers)
	return err
}

func (s *said) about(r *catalog.Relation) *catalog.Relation {
	c := *r
	c.Comment, c.ACL, c.Columns = s.Comment, s.ACL, slices.Clone(r.Columns)
	if s.With != nil {
		c.With = s.With
	}
	for i := range c.Columns {
		c.Columns[i].Comment = s.Columns[c.Columns[i].Name]
	}
	return &c
}

func scanObjects[T any](r state.Reader, prefix, what string, add func(*T, []byte)) error {
	return r.Scan([]byte(prefix), func(key, value []byte) error {
		o := new(T)
		if err := json.Unmarshal(value, o); err != nil {
			return sqlerr.Wrap(sqlerr.DataCorrupted, err, "a %s of the catalog cannot be read", what)
		}
		add(o, key)
		return nil
	})
}

func put(w state.Writer, key []byte, object any) error {
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return w.Set(key, text)
}

// storeCatalog stores what snap has that old, which the store has, does not.
func storeCatalog(w state.Writer, old, snap *catalog.Snapshot) error {
	if err := storeRelations(w, old, snap); err != nil {
		return err
	}
	if err := storeAccess(w, old, snap); err != nil {
		return err
	}
	if err := storeTriggers(w, old, snap); err != nil {
		return err
	}
	v := binary.BigEndian.AppendUint64(nil, snap.Version)
	return w.Set(versionKey, binary.BigEndian.AppendUint32(v, snap.NextID))
}

// storeRelations stores the relations in which snap differs from old.
func storeRelations(w state.Writer, old, snap *catalog.Snapshot) error {
	for _, r := range old.Relations() {
		if snap.ByID(r.ID) == nil {
			if err := w.Delete(relationKey(r.ID)); err != nil {
				return err
			}
		}
	}
	for _, r := range snap.Relations() {
		var err error
		switch {
		case old.ByID(r.ID) == r:
		case r.ID >= catalog.FirstUserID:
			err = put(w, relationKey(r.ID), r)
		case r.Kind != catalog.System:
			s := said{Comment: r.Comment, ACL: r.ACL, With: r.With, Columns: map[string]string{}}
			for _, c := range r.Columns {
				if c.Comment != "" {
					s.Columns[c.Name] = c.Comment
				}
			}
			err = put(w, objectKey(saidPrefix, r.ID), &s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// storeAccess stores the roles and schemas in which snap differs from old.
func storeAccess(w state.Writer, old, snap *catalog.Snapshot) error {
	ids := map[uint32]bool{}
	for _, r := range snap.Roles() {
		ids[r.ID] = true
		if old.Role(r.Name) != r {
			if err := put(w, objectKey(rolePrefix, r.ID), r); err != nil {
				return err
			}
		}
	}
	for _, r := range old.Roles() {
		if !ids[r.ID] {
			if err := w.Delete(objectKey(rolePrefix, r.ID)); err != nil {
				return err
			}
		}
	}
	for _, n := range snap.Schemas() {
		ids[n.ID] = true
		if old.Schema(n.Name) != n {
			if err := put(w, objectKey(schemaPrefix, n.ID), n); err != nil {
				return err
			}
		}
	}
	for _, n := range old.Schemas() {
		if !ids[n.ID] {
			if err := w.Delete(objectKey(schemaPrefix, n.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// storeTriggers stores the triggers in which snap differs from old.
func storeTriggers(w state.Writer, old, snap *catalog.Snapshot) error {
	have := map[uint32]*catalog.Trigger{}
	for _, t := range old.AllTriggers() {
		have[t.ID] = t
	}
	for _, t := range snap.AllTriggers() {
		if have[t.ID] != t {
			if err := put(w, objectKey(triggerPrefix, t.ID), t); err != nil {
				return err
			}
		}
		delete(have, t.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if err := w.Delete(objectKey(triggerPrefix, id)); err != nil {
			return err
		}
	}
	return nil
}
