package session

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// runComment stores a comment with its object, or takes it away.
func (s *Session) runComment(ctx context.Context, x *ast.Comment, out Output) error {
	text := ""
	if x.Text != nil {
		text = *x.Text
	}
	return s.transact(ctx, out, func(snap *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		name, pos := x.Name.Parts[len(x.Name.Parts)-1], x.Name.Position()
		switch x.Kind {
		case "schema":
			n := schemaOf(snap, name)
			if n == nil {
				return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name).At(pos)
			}
			if err := s.mustOwnSchema(snap, n); err != nil {
				return nil, err
			}
			c := *n
			c.Comment = text
			return snap.WithSchema(version, &c), nil
		case "role":
			r := snap.Role(name)
			if r == nil {
				return nil, sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name).At(pos)
			}
			if err := s.mayAlterRole(snap, r, "must have CREATEROLE privilege"); err != nil {
				return nil, err
			}
			c := *r
			c.Comment = text
			return snap.WithRole(version, &c), nil
		case "database":
			return s.commentDatabase(snap, version, name, text, out)
		}
		if x.Kind == "index" {
			return s.commentIndex(snap, version, &x.Name, text)
		}
		r, err := snap.Find(pos, x.Name.Parts...)
		if err != nil {
			return nil, err
		}
		if r.Kind == catalog.System {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "%s belongs to the system", r.QualifiedName()).At(pos)
		}
		c := *r
		if err := commentOn(&c, x, text); err != nil {
			return nil, err
		}
		return snap.With(version, &c), s.mayComment(snap, r, x.Kind)
	})
}

// commentOn stores a comment with a relation or a part of it.
func commentOn(r *catalog.Relation, x *ast.Comment, text string) error {
	pos := x.Name.Position()
	switch x.Kind {
	case "constraint":
		return commentConstraint(r, x.Column, text)
	case "column":
		at := r.ColumnIndex(x.Column)
		if at < 0 || r.Columns[at].Hidden {
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", x.Column, strings.Join(x.Name.Parts, ".")).At(pos)
		}
		r.Columns = slices.Clone(r.Columns)
		r.Columns[at].Comment = text
		return nil
	}
	r.Comment = text
	return isKind(r, x.Kind, pos)
}

// mayComment refuses a comment on a relation by who does not own it, or on a part of one, of which PostgreSQL speaks in other words.
func (s *Session) mayComment(snap *catalog.Snapshot, r *catalog.Relation, on string) error {
	err := s.mustOwn(snap, r)
	if err != nil && (on == "column" || on == "constraint") {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be owner of relation %s", r.Name)
	}
	return err
}

// commentConstraint stores a comment with a constraint of a table.
func commentConstraint(r *catalog.Relation, name, text string) error {
	r.Keys, r.Checks, r.Foreign = slices.Clone(r.Keys), slices.Clone(r.Checks), slices.Clone(r.Foreign)
	for i := range r.Keys {
		if r.Keys[i].Name == name {
			r.Keys[i].Comment = text
			return nil
		}
	}
	for i := range r.Checks {
		if r.Checks[i].Name == name {
			r.Checks[i].Comment = text
			return nil
		}
	}
	for i := range r.Foreign {
		if r.Foreign[i].Name == name {
			r.Foreign[i].Comment = text
			return nil
		}
	}
	return sqlerr.New(sqlerr.UndefinedObject, "constraint %q for table %q does not exist", name, r.Name)
}

func (s *Session) commentDatabase(snap *catalog.Snapshot, version uint64, name, text string, out Output) (*catalog.Snapshot, error) {
	if name != s.Database {
		out.Notice("WARNING", sqlerr.New(sqlerr.InvalidCatalogName, "database %q does not exist", name))
		return snap, nil
	}
	if !s.super(snap) {
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "must be owner of database %s", name)
	}
	d := *snap.Database()
	d.Comment = text
	return snap.WithDatabase(version, &d), nil
}

// commentIndex stores a comment with the key whose index has this name.
func (s *Session) commentIndex(snap *catalog.Snapshot, version uint64, n *ast.Name, text string) (*catalog.Snapshot, error) {
	name, schemas := n.Parts[len(n.Parts)-1], snap.Path()
	if len(n.Parts) > 1 {
		schemas = n.Parts[len(n.Parts)-2 : len(n.Parts)-1]
	}
	for _, schema := range schemas {
		for _, r := range snap.Relations() {
			i := slices.IndexFunc(r.Keys, func(k catalog.Key) bool { return k.Name == name })
			if r.Schema != schema || i < 0 {
				continue
			}
			if err := s.mustOwn(snap, r); err != nil {
				return nil, err
			}
			c := *r
			c.Keys = slices.Clone(r.Keys)
			c.Keys[i].OfIndex = text
			return snap.With(version, &c), nil
		}
	}
	if _, err := snap.Find(n.Position(), n.Parts...); err != nil {
		return nil, err
	}
	return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not an index", name).At(n.Position())
}

// isKind refuses a relation of another kind than the statement says. A stream is a table to those who say so.
func isKind(r *catalog.Relation, kind string, pos int) error {
	if string(r.Kind) == kind || kind == "table" && r.Kind == catalog.Stream || kind == "table" && r.Kind == catalog.Table {
		return nil
	}
	return sqlerr.New(sqlerr.WrongObjectType, "%q is not a %s", r.Name, kind).At(pos)
}

func (s *Session) createSchema(ctx context.Context, x *ast.CreateSchema, out Output) error {
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		name, owner := s.roleOf(x.Name), s.roleOf(x.Owner)
		if owner == "" {
			owner = s.User
		}
		if err := s.roleExists(snap, owner); err != nil {
			return nil, err
		}
		if err := s.mayMakeSchema(snap); err != nil {
			return nil, err
		}
		if err := s.mayBecome(snap, owner); err != nil {
			return nil, err
		}
		switch {
		case len(name) >= 3 && name[:3] == "pg_":
			return nil, sqlerr.New(sqlerr.ReservedName, "unacceptable schema name %q", name).
				WithDetail("The prefix \"pg_\" is reserved for system schemas.")
		case schemaOf(snap, name) != nil && x.IfNotExists:
			out.Notice("NOTICE", sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists, skipping", name))
			return snap, nil
		case schemaOf(snap, name) != nil:
			return nil, sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists", name)
		case len(snap.Schemas()) >= catalog.MaxSchemas:
			return nil, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d schemas", catalog.MaxSchemas)
		}
		return snap.WithSchema(version, &catalog.Schema{ID: snap.NextID, Name: name, Owner: owner}), nil
	})
}

// dropSchemas drops schemas, with what they hold where the statement says CASCADE.
func (s *Session) dropSchemas(ctx context.Context, x *ast.Drop, out Output) error {
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		var doomed []*catalog.Relation
		for _, n := range x.Names {
			var inside []*catalog.Relation
			name := n.Parts[len(n.Parts)-1]
			have := schemaOf(snap, name)
			switch {
			case have == nil && x.IfExists:
				out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "schema %q does not exist, skipping", name))
				continue
			case have == nil:
				return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
			case have.ID < catalog.FirstUserID:
				return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop schema %s because it is required by the database system", name)
			}
			if err := s.mustOwnSchema(snap, have); err != nil {
				return nil, err
			}
			for _, r := range snap.Relations() {
				if owner, _, _ := snap.SequenceOwner(r.ID); owner == nil && r.Schema == name {
					inside = append(inside, r)
				}
			}
			slices.SortFunc(inside, func(a, b *catalog.Relation) int { return cmp.Compare(a.ID, b.ID) })
			all, err := withDependents(snap, inside, x.Cascade, "schema "+pgcatalog.QuoteIdent(name), out)
			if err != nil {
				return nil, err
			}
			for _, r := range all {
				if !slices.Contains(doomed, r) {
					doomed = append(doomed, r)
				}
			}
			snap = snap.WithoutSchema(version, name)
			snap = snap.WithDatabase(version, snap.Database().WithoutDefaults(func(x catalog.DefaultACL) bool { return x.Schema == have.ID }))
		}
		snap, err := triggersGo(unreferred(snap, version, doomed), version, doomed, x.Cascade, out)
		if err != nil {
			return nil, err
		}
		return s.remove(snap, version, doomed), nil
	})
}

// remove takes relations out of the catalog, and has what runs for them end once that is stored.
func (s *Session) remove(snap *catalog.Snapshot, version uint64, doomed []*catalog.Relation) *catalog.Snapshot {
	for _, r := range doomed {
		for _, q := range snap.Sequences(r) {
			snap = snap.Without(version, q.ID)
			s.e.onKept(func() { s.e.sequences.forget(q.ID) })
		}
		s.e.onKept(func() { s.e.end(r) })
		snap = snap.Without(version, r.ID)
	}
	return snap
}

// end ends what runs for a relation that is gone.
func (e *Engine) end(r *catalog.Relation) {
	if r.Seq != nil {
		e.sequences.forget(r.ID)
	}
	e.Live.Remove(r.ID)
	e.Times.Drop(r.ID)
	e.Committer.DropDedup(r.ID)
	e.taps.drop(r.ID)
	e.letters.drop(r.ID)
	e.tables.set(r.ID, nil)
}
