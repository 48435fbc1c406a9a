package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

func (s *Session) grantRelations(snap *catalog.Snapshot, version uint64, x *ast.Grant, out Output) (*catalog.Snapshot, error) {
	kind, known := "relation", catalog.RelationPrivileges+"U" // of a sequence that is called a table
	if x.Kind == "sequence" {
		kind, known = x.Kind, catalog.SequencePrivileges
	}
	what, all, err := letters(x, kind, known)
	if err != nil {
		return nil, err
	}
	if x.Privileges == nil && !all {
		what = "" // ALL (columns)
	}
	rels, err := s.grantedOn(snap, x)
	if err != nil {
		return nil, err
	}
	for _, r := range rels {
		one := what
		switch {
		case r.Kind == catalog.System:
			return nil, sqlerr.NotSupported("%s on the system relation %s", x.Tag(), r.QualifiedName())
		case x.Kind == "sequence" && r.Seq == nil:
			return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a sequence", r.Name)
		case all:
			one = r.Guarded().All
		case r.Seq == nil && strings.Contains(what, "U"):
			return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "invalid privilege type USAGE for table")
		case r.Seq != nil && x.Kind == "table":
			if strings.Trim(what, catalog.SequencePrivileges) != "" {
				out.Notice("WARNING", sqlerr.New(sqlerr.InvalidGrantOperation, "sequence %q only supports USAGE, SELECT, and UPDATE privileges", r.Name))
			}
			one = union(what, "", catalog.SequencePrivileges)
		}
		if r, err = s.regrantRelation(snap, x, r, one, all, out); err != nil {
			return nil, err
		}
		snap = snap.With(version, r)
	}
	return snap, nil
}

// grantedOn finds the relations that a statement is about.
func (s *Session) grantedOn(snap *catalog.Snapshot, x *ast.Grant) ([]*catalog.Relation, error) {
	var rels []*catalog.Relation
	for _, n := range x.Objects {
		if !x.AllIn {
			r, err := snap.Find(n.Position(), n.Parts...)
			if err != nil {
				return nil, err
			}
			rels = append(rels, r)
			continue
		}
		if schemaOf(snap, n.Parts[0]) == nil {
			return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", n.Parts[0]).At(n.Position())
		}
		if err := snap.Open(n.Position(), n.Parts[0], ""); err != nil {
			return nil, err
		}
		for _, r := range snap.Relations() {
			if r.Schema == n.Parts[0] && (r.Seq != nil) == (x.Kind == "sequence") {
				rels = append(rels, r)
			}
		}
	}
	return rels, nil
}

// regrantRelation gives r with its grants, and those on its columns, after a statement.
func (s *Session) regrantRelation(snap *catalog.Snapshot, x *ast.Grant, r *catalog.Relation, what string, all bool, out Output) (*catalog.Relation, error) {
	c := *r
	of, err := onColumns(x, r, what, out)
	if err != nil {
		return nil, err
	}
	kind := "table" // of views too, as PostgreSQL has it
	if r.Seq != nil {
		kind = "sequence"
	}
	on := object{kind: kind, name: r.Name, owner: r.Owner, guarded: r.Guarded(), acl: r.ACL}
	if what != "" {
		if c.ACL, err = s.regrant(snap, x, on, what, all, out); err != nil {
			return nil, err
		}
	}
	c.Columns = slices.Clone(r.Columns)
	on.above = on.guarded.Items(r.ACL, r.Owner)
	if lost := union(what, "", catalog.ColumnPrivileges); x.Revoke && lost != "" && r.Kind != catalog.View {
		if err := s.takeFromSystemColumns(snap, x, on, lost, out); err != nil {
			return nil, err
		}
	}
	for i := range c.Columns {
		if of[i] == "" {
			continue
		}
		col := &c.Columns[i]
		on.column, on.guarded, on.acl = col.Name, catalog.OnColumn, col.ACL
		if col.ACL, err = s.regrant(snap, x, on, of[i], of[i] == catalog.ColumnPrivileges, out); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// systemColumns are those that every relation with rows of its own has in PostgreSQL, in the order in which it looks at them.
var systemColumns = []string{"tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"}

// takeFromSystemColumns says what a REVOKE of the whole relation says of its system columns, which have no grants of their own.
func (s *Session) takeFromSystemColumns(snap *catalog.Snapshot, x *ast.Grant, on object, what string, out Output) error {
	on.guarded, on.acl = catalog.OnColumn, nil
	for _, on.column = range systemColumns {
		if _, _, err := s.giving(snap, x, &on, nil, what, what == catalog.ColumnPrivileges, out); err != nil {
			return err
		}
	}
	return nil
}

// onColumns says what of each column a statement is about: what it names with the column, and what it takes from the whole
// relation.
func onColumns(x *ast.Grant, r *catalog.Relation, what string, out Output) ([]string, error) {
	of := make([]string, len(r.Columns))
	if x.Revoke {
		for i := range r.Visible() {
			of[i] = union(what, "", catalog.ColumnPrivileges)
		}
	}
	for i, names := range x.Columns {
		if names == nil {
			continue
		}
		l := catalog.ColumnPrivileges
		if x.Privileges != nil {
			if l = privilegeWords[x.Privileges[i]]; !strings.Contains(catalog.ColumnPrivileges, l) {
				return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "invalid privilege type %s for column", wordOf(l))
			}
		}
		if r.Seq != nil && l != "r" {
			out.Notice("WARNING", sqlerr.New(sqlerr.InvalidGrantOperation, "sequence %q only supports SELECT column privileges", r.Name))
			l = union(l, "", "r")
		}
		for _, n := range names {
			at := r.ColumnIndex(n.Parts[0])
			if at < 0 && r.Kind != catalog.View && slices.Contains(systemColumns, n.Parts[0]) {
				return nil, sqlerr.NotSupported("%s on the system column %s", x.Tag(), n.Parts[0]).WithHint("Leave it out.")
			}
			if at < 0 {
				return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", n.Parts[0], r.Name)
			}
			of[at] = union(of[at], l, catalog.ColumnPrivileges)
		}
	}
	return of, nil
}
