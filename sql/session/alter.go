package session

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// alter is ALTER STREAM, VIEW and MATERIALIZED VIEW. That of a view belongs to its block.
func (s *Session) alter(ctx context.Context, x *ast.Alter, out Output) error {
	switch {
	case x.Kind == "schema":
		if x.Action != "rename" && x.Action != "owner" {
			return sqlerr.NotSupported("%s ... %s", x.Tag(), strings.ToUpper(x.Action)).At(x.Position())
		}
		return s.stays(x.Tag()+" "+last(x.Name), s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
			return s.alterSchema(snap, version, x)
		}))
	case x.Kind == "secret" || x.Kind == "target":
		return s.stays(x.Tag()+" "+last(x.Name), s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
			return s.alterOutward(snap, version, x, out)
		}))
	case x.Kind == "sequence" && (x.Action == "rename column" || x.Action == "set" || x.Action == "reset"):
		return sqlerr.NotSupported("%s ... %s", x.Tag(), strings.ToUpper(x.Action)).At(x.Position())
	case x.Kind == "sink" && x.Action == "rename column":
		return sqlerr.NotSupported("%s ... RENAME COLUMN", x.Tag()).At(x.Position())
	case slices.Contains([]string{"owner", "rename", "set schema", "rename column"}, x.Action):
	case (x.Action == "set" || x.Action == "reset") && x.Kind != "sink":
	case (x.Action == "set default" || x.Action == "drop default") && x.Kind == "view":
	case x.Kind == "materialized view":
	default:
		return sqlerr.NotSupported("%s ... %s", x.Tag(), strings.ToUpper(x.Action)).At(x.Position())
	}
	d := func(snap *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		return s.altered(ctx, snap, version, x, out)
	}
	if x.Kind == "view" {
		return s.transact(ctx, out, d)
	}
	err := s.changeDedup(ctx, x, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) { return d(snap, version, out) })
	return s.stays(x.Tag()+" "+strings.Join(x.Name.Parts, "."), err)
}

func (s *Session) altered(ctx context.Context, snap *catalog.Snapshot, version uint64, x *ast.Alter, out Output) (*catalog.Snapshot, error) {
	r, err := snap.Find(x.Name.Position(), x.Name.Parts...)
	switch {
	case err != nil && x.IfExists:
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "relation %q does not exist, skipping", last(x.Name)))
		return snap, nil
	case err != nil:
		return nil, err
	case string(r.Kind) != x.Kind:
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a %s", r.Name, x.Kind).At(x.Name.Position())
	case r.ID < catalog.FirstUserID && !(r.ID == catalog.EventsID && (x.Action == "set" || x.Action == "reset")):
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "%s belongs to the system", r.QualifiedName()).At(x.Name.Position())
	}
	if err := s.mustOwn(snap, r); err != nil {
		return nil, err
	}
	c := *r
	switch {
	case x.Kind == "materialized view" && slices.Contains(viewActions, x.Action):
		return s.alterContinuous(ctx, snap, version, r, x, out)
	case x.Action == "rename column":
		return s.renameColumn(snap, version, &c, x.Column, x.To)
	}
	switch x.Action {
	case "owner":
		to, err := s.newOwnerOf(snap, r, x.To)
		if err != nil {
			return nil, err
		}
		giveTo(&c, to)
		return snap.With(version, &c), nil
	case "set", "reset":
		set := s.setOptions
		if c.Kind == catalog.View {
			set = s.setPlain
		}
		if err := set(&c, x); err != nil {
			return nil, err
		}
		return snap.With(version, &c), nil
	case "set default", "drop default":
		if err := s.setDefault(snap, &c, x); err != nil {
			return nil, err
		}
		return snap.With(version, &c), nil
	case "rename":
		return s.moved(snap, version, &c, c.Schema, x.To)
	}
	return s.rehoused(snap, version, &c, x.To)
}

// rehoused gives a relation another schema.
func (s *Session) rehoused(snap *catalog.Snapshot, version uint64, r *catalog.Relation, schema string) (*catalog.Snapshot, error) {
	if schema == r.Schema && schemaOf(snap, schema) != nil {
		return snap, s.mayCreateIn(snap, schema, 0)
	}
	return s.moved(snap, version, r, schema, r.Name)
}

// moved gives a relation another name or schema. What reads it goes on doing so: it knows it by its number.
func (s *Session) moved(snap *catalog.Snapshot, version uint64, r *catalog.Relation, schema, name string) (*catalog.Snapshot, error) {
	if schemaOf(snap, schema) != nil {
		if err := s.mayCreateIn(snap, schema, 0); err != nil {
			return nil, err
		}
	}
	switch {
	case schema != r.Schema && (catalog.IsTemp(schema) || catalog.IsTemp(r.Schema)):
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot move objects into or out of temporary schemas")
	case schemaOf(snap, schema) == nil:
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", schema)
	case slices.Contains([]string{"vex", "pg_catalog", "information_schema"}, schema):
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "schema %q belongs to the system", schema)
	case snap.Lookup(schema, name) != nil:
		return nil, already(schema, name, r.Schema)
	}
	if r.Kind == catalog.SequenceKind {
		if err := sequenceMoves(snap, r); err != nil {
			return nil, err
		}
	}
	r.Schema, r.Name = schema, name
	next := lateRenamed(snap.With(version, r), version, r)
	return next, s.intact(next, r.ID)
}

func already(schema, name, was string) error {
	e := sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", name)
	if schema != was {
		e.Message += " in schema \"" + schema + "\""
	}
	return e
}

// renameColumn gives a column of a relation another name. What reads it goes on calling it what it did.
func (s *Session) renameColumn(snap *catalog.Snapshot, version uint64, r *catalog.Relation, from, to string) (*catalog.Snapshot, error) {
	at := r.ColumnIndex(from)
	switch {
	case at < 0 || r.Columns[at].Hidden:
		return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", from)
	case r.ColumnIndex(to) >= 0:
		return nil, sqlerr.New(sqlerr.DuplicateColumn, "column %q of relation %q already exists", to, r.Name)
	}
	if err := lateKept(snap, r); err != nil {
		return nil, err
	}
	snap = keepColumns(snap, version, r)
	r.Columns = slices.Clone(r.Columns)
	r.Columns[at].Name, r.Named = to, true
	renamedKey(r, from, to)
	next := snap.With(version, r)
	return next, s.intact(next, r.ID)
}

// keepColumns has the views that read r call its columns what they are called, whatever becomes of them.
func keepColumns(snap *catalog.Snapshot, version uint64, r *catalog.Relation) *catalog.Snapshot {
	var names []string
	for _, c := range r.Visible() {
		names = append(names, c.Name)
	}
	for _, d := range snap.Dependents(r.ID) {
		snap = snap.With(version, referring(d, func(ref *catalog.Ref) {
			if ref.ID == r.ID && ref.Columns == nil {
				ref.Columns = names
			}
		}))
	}
	return snap
}

// referring is a view with each of its references changed.
func referring(view *catalog.Relation, change func(*catalog.Ref)) *catalog.Relation {
	c := *view
	c.Refs = slices.Clone(view.Refs)
	for i := range c.Refs {
		change(&c.Refs[i])
	}
	return &c
}

// setOptions is SET (...) and RESET (...) of a stream's options.
func (s *Session) setOptions(r *catalog.Relation, x *ast.Alter) error {
	with, err := changedOptions(r, x, streamOptions)
	if err != nil {
		return err
	}
	r.With = with
	if _, err := dedup(r); err != nil {
		return placed(err, optionPlace(x.With, "dedup_key"))
	}
	s.e.Times.Register(r)
	return nil
}

// changedOptions gives a relation's options after SET (...) or RESET (...).
func changedOptions(r *catalog.Relation, x *ast.Alter, known map[string]bool) (map[string]string, error) {
	if x.Action == "reset" { // no value is looked at
		known = maps.Clone(known)
		for name := range known {
			known[name] = false
		}
	}
	given, err := options(x.With, known, string(r.Kind))
	if err != nil {
		return nil, err
	}
	with := maps.Clone(r.With)
	if with == nil {
		with = map[string]string{}
	}
	for name, v := range given {
		if with[name] = v; x.Action == "reset" {
			delete(with, name)
		}
	}
	return with, nil
}
