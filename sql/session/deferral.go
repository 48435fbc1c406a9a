package session

import (
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

// waits says whether a foreign key is held against at COMMIT only.
func (tx *transaction) waits(r *catalog.Relation, f *catalog.ForeignKey) bool {
	if !tx.open || !f.Deferrable {
		return false
	}
	mode := tx.defers.all
	if said, ok := tx.defers.named[constraintName{r.ID, f.Name}]; ok {
		mode = said
	}
	return mode == "deferred" || mode == "" && f.Deferred
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
		if slices.ContainsFunc(r.Keys, func(k catalog.Key) bool { return k.Name == name }) ||
			slices.ContainsFunc(r.Checks, func(c catalog.Check) bool { return c.Name == name }) {
			return sqlerr.New(sqlerr.WrongObjectType, "constraint %q is not deferrable", name)
		}
		for _, f := range r.Foreign {
			if f.Name != name {
				continue
			}
			if !f.Deferrable {
				return sqlerr.New(sqlerr.WrongObjectType, "constraint %q is not deferrable", name)
			}
			if found = true; s.tx.defers.named == nil {
				s.tx.defers.named = map[constraintName]string{}
			}
			s.tx.defers.named[constraintName{r.ID, name}] = mode
		}
	}
	if !found {
		return sqlerr.New(sqlerr.UndefinedObject, "constraint %q does not exist", name)
	}
	return nil
}
