package session

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/sql/catalog"
)

// said is what users said about a relation that is there from the start.
type said struct {
	Comment string                     `json:",omitempty"`
	Columns map[string]string          `json:",omitempty"` // comments
	ACL     []catalog.Grant            `json:",omitempty"`
	Granted map[string][]catalog.Grant `json:",omitempty"` // on columns
	With    map[string]string          `json:",omitempty"` // its options, once one was changed
}

// loadObjects adds to snap what the store holds. next is the next free ID: triggers beyond it are of a change that did not get
// to its end.
func loadObjects(r state.Reader, snap **catalog.Snapshot, version uint64, next uint32) error {
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
	err = scanObjects(r, secretPrefix, "secret", func(o *catalog.Secret, _ []byte) { *snap = (*snap).WithSecret(version, o) })
	if err != nil {
		return err
	}
	err = scanObjects(r, targetPrefix, "target", func(o *catalog.Target, _ []byte) { *snap = (*snap).WithTarget(version, o) })
	if err != nil {
		return err
	}
	err = scanObjects(r, databasePrefix, "database", func(o *catalog.Database, _ []byte) { *snap = (*snap).WithDatabase(version, o) })
	if err != nil {
		return err
	}
	err = scanObjects(r, schemaPrefix, "schema", func(o *catalog.Schema, _ []byte) { *snap = (*snap).WithSchema(version, o) })
	if err != nil {
		return err
	}
	var triggers []*catalog.Trigger
	err = scanObjects(r, triggerPrefix, "trigger", func(o *catalog.Trigger, _ []byte) {
		if o.ID < next {
			triggers = append(triggers, o)
		}
	})
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
		c.Columns[i].Comment, c.Columns[i].ACL = s.Columns[c.Columns[i].Name], s.Granted[c.Columns[i].Name]
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
	if err := storeNamedObjects(w, old, snap); err != nil {
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
			s := said{Comment: r.Comment, ACL: r.ACL, With: r.With, Columns: map[string]string{}, Granted: map[string][]catalog.Grant{}}
			for _, c := range r.Columns {
				if len(c.ACL) > 0 {
					s.Granted[c.Name] = c.ACL
				}
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

// storeNamedObjects stores what is no relation and differs between old and snap.
func storeNamedObjects(w state.Writer, old, snap *catalog.Snapshot) error {
	return cmp.Or(
		storeNamed(w, databasePrefix, []*catalog.Database{old.Database()}, []*catalog.Database{snap.Database()}, func(*catalog.Database) uint32 { return 0 }),
		storeNamed(w, rolePrefix, old.Roles(), snap.Roles(), func(r *catalog.Role) uint32 { return r.ID }),
		storeNamed(w, schemaPrefix, old.Schemas(), snap.Schemas(), func(n *catalog.Schema) uint32 { return n.ID }),
		storeNamed(w, secretPrefix, old.Secrets(), snap.Secrets(), func(x *catalog.Secret) uint32 { return x.ID }),
		storeNamed(w, targetPrefix, old.Targets(), snap.Targets(), func(t *catalog.Target) uint32 { return t.ID }),
		storeTriggers(w, old, snap),
	)
}

// storeTriggers stores the triggers of the relations that have others in snap than in old. One may have gone to another relation.
func storeTriggers(w state.Writer, old, snap *catalog.Snapshot) error {
	ids := append(old.Triggered(), snap.Triggered()...)
	slices.Sort(ids)
	var all []*catalog.Trigger
	for _, id := range slices.Compact(ids) {
		if snap.SameTriggers(old, id) {
			continue
		}
		come, gone := snap.TriggerChanges(old, id)
		all = append(all, come...)
		for _, t := range gone {
			if err := w.Delete(objectKey(triggerPrefix, t)); err != nil {
				return err
			}
		}
	}
	for _, t := range all {
		if err := put(w, objectKey(triggerPrefix, t.ID), t); err != nil {
			return err
		}
	}
	return nil
}

// storeNamed stores the objects in which two lists differ. An object that is the same is the same pointer.
func storeNamed[T any](w state.Writer, prefix string, old, now []*T, id func(*T) uint32) error {
	was := make(map[uint32]*T, len(old))
	for _, x := range old {
		was[id(x)] = x
	}
	for _, x := range now {
		if was[id(x)] != x {
			if err := put(w, objectKey(prefix, id(x)), x); err != nil {
				return err
			}
		}
		delete(was, id(x))
	}
	for gone := range was {
		if err := w.Delete(objectKey(prefix, gone)); err != nil {
			return err
		}
	}
	return nil
}
