package session

import (
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// deferral is what SET CONSTRAINTS has said in a block.
type deferral struct {
	all   string // "deferred", "immediate", or "" for what each says of itself
	named map[constraintName]string
}

type constraintName struct {
	table uint32
	name  string
}

func (d deferral) copy() deferral { return deferral{d.all, maps.Clone(d.named)} }

// waits says whether a constraint of r is held against at COMMIT only.
func (tx *transaction) waits(r *catalog.Relation, name string, deferrable, deferred bool) bool {
	if !tx.open || !deferrable {
		return false
	}
	mode := tx.defers.all
	if said, ok := tx.defers.named[constraintName{r.ID, name}]; ok {
		mode = said
	}
	return mode == "deferred" || mode == "" && deferred
}

// atOnce is for edits whose keys wait for nothing.
func atOnce(*catalog.Key) bool { return false }

// unique compares the keys that two rows were allowed to have for a while. The table's lock is held.
func (ed *edits) unique() error {
	for k := range ed.keys {
		if !ed.twice[k] {
			continue
		}
		if err := ed.recount(k); err != nil {
			return err
		}
	}
	return nil
}

// uniqueNow is unique of those keys that do not wait any more.
func (ed *edits) uniqueNow(tx *transaction) error {
	for k := range ed.keys {
		key := &ed.r.Keys[k]
		if !ed.twice[k] || tx.waits(ed.r, key.Name, key.Deferrable, key.Deferred) {
			continue
		}
		if err := ed.recount(k); err != nil {
			return err
		}
	}
	return nil
}

// recount finds again which of the added rows has which key.
func (ed *edits) recount(k int) error {
	owners := map[string]int64{}
	var buf []byte
	for _, b := range ed.added {
		for i, n := range rowNumbers(b) {
			key, ok := keyOf(buf[:0], b, i, ed.r.Keys[k].Columns)
			if buf = key; !ok || !ed.mine[n] {
				continue
			}
			if _, other := owners[string(key)]; other || ed.taken(k, key) {
				return duplicate(ed.r, k, b, i)
			}
			owners[string(key)] = n
		}
	}
	ed.keys[k], ed.twice[k] = owners, false
	return nil
}

// setConstraints is SET CONSTRAINTS. What shall not wait any more is held against what the block has done so far.
func (s *Session) setConstraints(x *ast.Set, out Output) error {
	if s.localOnly("SET CONSTRAINTS", out) {
		return nil
	}
	if len(x.Values) == 0 {
		s.tx.defers = deferral{all: x.Mode}
	}
	for _, name := range x.Values {
		if err := s.setConstraint(name, x.Mode); err != nil {
			return err
		}
	}
	if x.Mode != "immediate" {
		return nil
	}
	release, err := s.tx.hold()
	if err != nil {
		return err
	}
	defer release()
	for _, ed := range s.tx.ordered() {
		if err := s.tx.heldTo(s.e.Catalog(), ed, false); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) setConstraint(name, mode string) error {
	found := false
	for _, r := range s.catalog().Relations() {
		deferrable, there := mayWait(r, name)
		switch {
		case !there:
			continue
		case !deferrable:
			return sqlerr.New(sqlerr.WrongObjectType, "constraint %q is not deferrable", name)
		}
		if found = true; s.tx.defers.named == nil {
			s.tx.defers.named = map[constraintName]string{}
		}
		s.tx.defers.named[constraintName{r.ID, name}] = mode
	}
	if !found {
		return sqlerr.New(sqlerr.UndefinedObject, "constraint %q does not exist", name)
	}
	return nil
}

// mayWait says whether r has a constraint of a name, and whether that is deferrable.
func mayWait(r *catalog.Relation, name string) (deferrable, there bool) {
	for _, f := range r.Foreign {
		if f.Name == name {
			return f.Deferrable, true
		}
	}
	for _, k := range r.Keys {
		if k.Name == name {
			return k.Deferrable, true
		}
	}
	return false, slices.ContainsFunc(r.Checks, func(c catalog.Check) bool { return c.Name == name })
}

// heldTo holds what a transaction has changed of a table against foreign keys: when it is to be committed, or where they do
// not wait for that any more.
func (tx *transaction) heldTo(snap *catalog.Snapshot, ed *edits, commit bool) error {
	if ed.t == nil {
		return nil
	}
	r := snap.ByID(ed.r.ID)
	if !commit {
		if err := ed.uniqueNow(tx); err != nil {
			return err
		}
	}
	if err := tx.refers(snap, r, ed.added, func(n int64) bool { return ed.mine[n] }, commit); err != nil {
		return err
	}
	return tx.keptKeys(snap, &change{r: r, old: ed.old}, commit)
}
