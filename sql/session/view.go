package session

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// plainView is CREATE [OR REPLACE] VIEW.
func (s *Session) plainView(old *catalog.Snapshot, version uint64, x *ast.CreateView, out Output) (*catalog.Snapshot, error) {
	r := &catalog.Relation{Kind: catalog.View, Owner: s.User, EventTime: -1, Query: x.QueryText, Created: version}
	var err error
	if r.With, err = plainOptions(x.With); err != nil {
		return nil, err
	}
	was := s.replaced(old, x)
	if was == nil {
		schema, name, there, err := s.newName(old, x.Name, x.IfNotExists, out)
		if err != nil || there {
			if _, first := s.bindView(r, old, x, out); first != nil && err != nil && !deniedRelation(first) {
				err = first // what it reads comes before where it goes, but not what it may read there
			}
			return old, err
		}
		r.ID, r.Schema, r.Name = old.NextID, schema, name
		if _, err := s.bindView(r, old, x, out); err != nil {
			return nil, err
		}
		if err := s.checkable(old, r); err != nil {
			return nil, err
		}
		if ofTemporary(old, r) && !catalog.IsTemp(schema) {
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "view %q will be a temporary view", name))
			own := ast.Name{Pos: x.Name.Pos, Parts: []string{catalog.OwnTemp, name}}
			if r.Schema, _, there, err = s.newName(old, own, x.IfNotExists, out); err != nil || there {
				return old, err
			}
		}
		return old.With(version, r), nil
	}
	r.ID, r.Schema, r.Name, r.Owner, r.ACL, r.Comment, r.Created = was.ID, was.Schema, was.Name, was.Owner, was.ACL, was.Comment, was.Created
	if _, err := s.bindView(r, old, x, out); err != nil {
		return nil, err
	}
	if err := s.checkable(old, r); err != nil {
		return nil, err
	}
	if err := s.replaceable(old, was, x); err != nil {
		return nil, err
	}
	if err := replaces(was, r); err != nil {
		return nil, err
	}
	keepGrants(was, r)
	if m := continuousOver(old, r.ID); m != nil {
		return nil, sqlerr.NotSupported("CREATE OR REPLACE VIEW of what a materialized view reads").At(x.Name.Position()).
			WithDetail("materialized view %s reads view %s.", m.QualifiedName(), r.QualifiedName())
	}
	return keepColumns(old, version, was).With(version, r), nil
}

// ofTemporary says whether a view reads what goes with its session.
func ofTemporary(snap *catalog.Snapshot, view *catalog.Relation) bool {
	return slices.ContainsFunc(view.DependsOn, func(id uint32) bool {
		r := snap.ByID(id)
		return r != nil && catalog.IsTemp(r.Schema)
	})
}

// replaced is what a CREATE OR REPLACE finds under its name; nil: nothing, or it is not one.
func (s *Session) replaced(snap *catalog.Snapshot, x *ast.CreateView) *catalog.Relation {
	switch {
	case !x.OrReplace:
		return nil
	case len(x.Name.Parts) > 1:
		return snap.Lookup(x.Name.Parts...)
	}
	return snap.Lookup(currentSchema(snap), last(x.Name))
}

// replaceable says what stands against another definition of a view.
func (s *Session) replaceable(snap *catalog.Snapshot, was *catalog.Relation, x *ast.CreateView) error {
	kind := catalog.View
	if x.Materialized {
		kind = catalog.MaterializedView
	}
	switch {
	case was.Kind != kind:
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not a %s", was.Name, kind).At(x.Name.Position())
	case was.ID < catalog.FirstUserID:
		return sqlerr.New(sqlerr.InsufficientPrivilege, "%s belongs to the system", was.QualifiedName()).At(x.Name.Position())
	}
	if err := s.mayCreateIn(snap, was.Schema, x.Name.Position()); err != nil {
		return err
	}
	return s.mustOwn(snap, was)
}

// replaces says whether a view may stand in the place of another: it has its columns, and perhaps more behind them.
func replaces(was, now *catalog.Relation) error {
	if len(now.Columns) < len(was.Columns) {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range was.Columns {
		n := &now.Columns[i]
		switch {
		case n.Name != c.Name:
			return sqlerr.New(sqlerr.InvalidTableDefinition, "cannot change name of view column %q to %q", c.Name, n.Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		case n.Type != c.Type:
			return sqlerr.New(sqlerr.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s", c.Name,
				types.FormatType(c.Type), types.FormatType(n.Type))
		}
		n.Comment, n.Default = c.Comment, c.Default
	}
	return nil
}

// continuousOver finds a materialized view that reads a relation, itself or through plain views.
func continuousOver(snap *catalog.Snapshot, id uint32) *catalog.Relation {
	for _, d := range snap.Dependents(id) {
		if d.Kind == catalog.MaterializedView {
			return d
		}
		if m := continuousOver(snap, d.ID); m != nil {
			return m
		}
	}
	return nil
}

// intact binds every view that reads a relation of snap, itself or through others, and gives what is wrong with one.
func (s *Session) intact(snap *catalog.Snapshot, id uint32) error {
	for _, d := range snap.Dependents(id) {
		if err := s.binds(snap, d); err != nil {
			why := err.Error()
			if e, ok := sqlerr.As(err); ok {
				why = e.Message
			}
			return sqlerr.New(sqlerr.DependentObjectsExist, "%s %s would not be what it is", d.Kind, d.QualifiedName()).WithDetail("%s", why)
		}
		if err := s.intact(snap, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// binds says what is wrong with a view in a catalog: its query must give what it gave.
func (s *Session) binds(snap *catalog.Snapshot, view *catalog.Relation) error {
	if view.Kind == catalog.Sink {
		return fed(snap, view)
	}
	q, err := parseQuery(view.Query)
	if err != nil {
		return err
	}
	env := s.e.viewEnv(view, snap.Along(nil, "", "", nil))
	env.Continuous = view.Kind == catalog.MaterializedView
	p, err := bind.Query(q, env)
	if err != nil {
		return err
	}
	schema := p.Schema()
	if len(schema) != len(view.Visible()) {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "it would have other columns")
	}
	for i, c := range view.Visible() {
		if schema[i].Type.OID != c.Type.OID {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "its column %q would have another type", c.Name)
		}
	}
	return nil
}

// dropped lists what a DROP takes with it, dependents first.
func (s *Session) dropped(snap *catalog.Snapshot, x *ast.Drop, out Output) ([]*catalog.Relation, error) {
	var named []*catalog.Relation
	for _, n := range x.Names {
		err := snap.Within(n.Position(), n.Parts...)
		if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.InvalidSchemaName && x.IfExists {
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "%s, skipping", e.Message))
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := snap.Open(n.Position(), n.Parts...); err != nil {
			return nil, err
		}
		r := snap.Lookup(n.Parts...)
		if r == nil {
			if !x.IfExists {
				_, err := snap.Resolve(n.Position(), n.Parts...)
				if e, ok := sqlerr.As(err); ok {
					e.Message = x.Kind + " \"" + last(n) + "\" does not exist"
				}
				return nil, err
			}
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "%s %q does not exist, skipping", x.Kind, last(n)))
			continue
		}
		if err := droppable(r, x, n.Position()); err != nil {
			return nil, err
		}
		if !s.ownsSchemaOf(snap, r) {
			if err := s.mustOwn(snap, r); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(named, r) {
			named = append(named, r)
		}
	}
	doomed, err := withDependents(snap, named, x.Cascade, "", out)
	if len(x.Names) == 1 {
		err = placed(err, x.Names[0].Position())
	}
	return doomed, err
}

// withDependents gives relations and what reads them, dependents first. Unless cascade says so there must be none but
// the relations themselves. whole is what they are dropped with, such as "schema app"; "" for nothing.
func withDependents(snap *catalog.Snapshot, named []*catalog.Relation, cascade bool, whole string, out Output) ([]*catalog.Relation, error) {
	all := slices.Clone(named)
	var others, says []string // what goes besides those named, and what of
	if whole != "" {
		for _, r := range named {
			others, says = append(others, called(snap, r)), append(says, called(snap, r)+" depends on "+whole)
		}
	}
	var follow func(r *catalog.Relation)
	follow = func(r *catalog.Relation) {
		for _, d := range dependents(snap, r, all) {
			others, says = append(others, d.name), append(says, d.name+" depends on "+called(snap, r))
			if d.r != nil && !slices.Contains(all, d.r) {
				all = append(all, d.r)
				follow(d.r)
			}
		}
	}
	for _, r := range named {
		follow(r)
	}
	slices.Reverse(all)
	if len(others) == 0 {
		return all, nil
	}
	if !cascade {
		what := "desired object(s) because other objects depend on them"
		if whole != "" {
			what = whole + " because other objects depend on it"
		} else if len(named) == 1 {
			what = called(snap, named[0]) + " because other objects depend on it"
		}
		return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s", what).
			WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	if len(others) == 1 {
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %s", others[0]))
		return all, nil
	}
	var each []string
	for _, d := range others {
		each = append(each, "drop cascades to "+d)
	}
	out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %d other objects", len(others)).WithDetail("%s", strings.Join(each, "\n")))
	return all, nil
}

// dependent is what goes with a relation: another one, or a foreign key of another table.
type dependent struct {
	name string
	r    *catalog.Relation // nil: a foreign key
	id   uint32            // of the relation whose it is
}

// dependents are those of r that are not dropped already, in the order in which their relations were made.
func dependents(snap *catalog.Snapshot, r *catalog.Relation, dropped []*catalog.Relation) []dependent {
	var out []dependent
	for _, ref := range snap.Referring(r.ID) {
		if !slices.ContainsFunc(dropped, func(d *catalog.Relation) bool { return d.ID == ref.Table.ID }) {
			out = append(out, dependent{"constraint " + ref.Table.Foreign[ref.At].Name + " on " + called(snap, ref.Table), nil, ref.Table.ID})
		}
	}
	for _, d := range holders(snap, r.ID) {
		if !slices.Contains(dropped, d) {
			out = append(out, dependent{called(snap, d), d, d.ID})
		}
	}
	slices.SortStableFunc(out, func(a, b dependent) int { return cmp.Compare(a.id, b.id) })
	return out
}

// holders gives the relations that a relation cannot be dropped without: those whose queries name it, and those that
// write their late rows to it.
func holders(snap *catalog.Snapshot, id uint32) []*catalog.Relation {
	out := readers(snap, id)
	for _, v := range snap.Relations() {
		if v.LateTo == id {
			out = append(out, v)
		}
	}
	return out
}

// readers gives the relations whose queries name a relation, in the order in which they were made.
func readers(snap *catalog.Snapshot, id uint32) []*catalog.Relation {
	out := slices.DeleteFunc(snap.Dependents(id), func(d *catalog.Relation) bool {
		return !slices.ContainsFunc(d.Refs, func(ref catalog.Ref) bool { return ref.ID == id })
	})
	slices.SortFunc(out, func(a, b *catalog.Relation) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// called is a relation in a message: its kind, and its name as the session may write it.
func called(snap *catalog.Snapshot, r *catalog.Relation) string {
	name := pgcatalog.QuoteIdent(r.Name)
	if snap.Lookup(r.Name) != r {
		name = pgcatalog.QuoteIdent(r.Schema) + "." + name
	}
	return string(r.Kind) + " " + name
}

func (s *Session) drop(ctx context.Context, x *ast.Drop, out Output) error {
	switch x.Kind {
	case "schema":
		return s.stays(x.Tag()+" "+last(x.Names[0]), s.dropSchemas(ctx, x, out))
	case "trigger":
		return s.dropTrigger(ctx, x, out)
	case "secret", "target":
		return s.stays(x.Tag()+" "+last(x.Names[0]), s.dropOutward(ctx, x, out))
	case "stream", "view", "materialized view", "table", "sequence", "sink":
	default:
		return sqlerr.NotSupported("%s", x.Tag()).At(x.Position())
	}
	if x.Kind == "view" {
		doomed, err := s.dropped(s.catalog(), x, silent{})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(doomed, func(r *catalog.Relation) bool { return r.Kind != catalog.View }) {
			return s.transact(ctx, out, func(snap *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
				doomed, err := s.dropped(snap, x, out)
				if err != nil {
					return nil, err
				}
				for _, r := range doomed {
					snap = snap.Without(version, r.ID)
				}
				return snap, nil
			})
		}
	}
	var gone []*catalog.Relation
	err := s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		doomed, err := s.dropped(snap, x, out)
		gone = doomed
		if err == nil {
			s.sendOut(ctx, doomed, out)
		}
		if err == nil && x.Kind == "table" {
			snap = unreferred(snap, version, doomed)
		}
		if err == nil {
			snap, err = triggersGo(snap, version, doomed, x.Cascade, out)
		}
		if err == nil && x.Kind == "sequence" {
			snap, err = sequencesGo(snap, version, doomed, x.Cascade, out)
		}
		if err != nil {
			return nil, err
		}
		return s.remove(snap, version, doomed), nil
	})
	if err == nil {
		s.tx.forget(gone)
	}
	return s.stays(x.Tag()+" "+last(x.Names[0]), err)
}

// deniedRelation says whether an error is that a relation may not be read, and not that its schema may not be looked into.
func deniedRelation(err error) bool {
	e, ok := sqlerr.As(err)
	return ok && e.Code == sqlerr.InsufficientPrivilege && !strings.HasPrefix(e.Message, "permission denied for schema ")
}
