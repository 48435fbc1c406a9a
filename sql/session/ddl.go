package session

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/plan"
)

// Options that a stream and a materialized view take, and whether their value is a span of time.
var (
	streamOptions = map[string]bool{"max_future_skew": true, "idle_timeout": true, "idle": false, "retention": true, "dedup_key": false, "dedup_window": true}
	viewOptions   = map[string]bool{"allowed_lateness": true, "async": false, "backfill": false, "memory_limit": false, "parallelism": false, "history": true, "retention": true, "late_rows": false, "state_ttl": true}
)

// options reads a WITH list, checks its names, and gives the values as text.
func options(with []ast.Option, known map[string]bool, kind string) (map[string]string, error) {
	out := map[string]string{}
	for _, o := range with {
		name := strings.ToLower(o.Name)
		span, ok := known[name]
		if !ok {
			return nil, sqlerr.NotSupported("option %q of a %s", name, kind).At(o.Position()).
				WithHint("There are: %s.", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		if _, twice := out[name]; twice {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "parameter %q specified more than once", name).At(o.Position())
		}
		value := "true"
		switch v := o.Value.(type) {
		case *ast.Literal:
			value = v.Text
		case *ast.Column:
			value = strings.Join(v.Name, ".")
		case *ast.Interval:
			value = v.Text + " " + v.Unit
		}
		if span {
			d, err := parseDuration(name, value)
			if err == nil && d <= 0 && (name == "retention" || name == "state_ttl") {
				err = sqlerr.New(sqlerr.InvalidParameterValue, "%s must be greater than zero, and is %s", name, value).
					WithHint("Leave it away to keep what there is room for.")
			}
			if err != nil {
				return nil, placed(err, o.Position())
			}
		}
		out[name] = value
	}
	return out, nil
}

// materializedOptions reads the WITH list of a materialized view.
func materializedOptions(with []ast.Option) (map[string]string, error) {
	out, err := options(with, viewOptions, "materialized view")
	for _, name := range []string{"async", "backfill"} {
		if v, given := out[name]; err == nil && given && !slices.Contains([]string{"true", "false", "on", "off"}, v) {
			err = sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for boolean option %q: %s", name, v).At(optionPlace(with, name))
		}
	}
	if err == nil {
		if _, err = parseSize(out["memory_limit"]); err != nil {
			err = placed(err, optionPlace(with, "memory_limit"))
		}
	}
	if err == nil {
		if _, err = parseParallelism("option", out["parallelism"]); err != nil {
			err = placed(err, optionPlace(with, "parallelism"))
		}
	}
	return out, err
}

// optionPlace is where an option stands in the text.
func optionPlace(with []ast.Option, name string) int {
	for _, o := range with {
		if strings.EqualFold(o.Name, name) {
			return o.Position()
		}
	}
	return 0
}

// placed gives err a position, if it has none.
func placed(err error, pos int) error {
	if e, ok := sqlerr.As(err); ok {
		e.At(pos)
	}
	return err
}

// currentSchema is where what is named without a schema is made; "" for nowhere.
func currentSchema(snap *catalog.Snapshot) string {
	if path := snap.Path(); len(path) > 0 {
		return path[0]
	}
	return ""
}

// newName gives schema and name of an object to be made, and whether it is there already.
func (s *Session) newName(snap *catalog.Snapshot, n ast.Name, ifNotExists bool, out Output) (schema, name string, there bool, err error) {
	if schema, name, err = s.newPlace(snap, n); err != nil {
		return "", "", false, err
	}
	if err = s.mayCreateIn(snap, schema, n.Position()); err != nil {
		return "", "", false, err
	}
	there, err = taken(snap, schema, name, n.Position(), ifNotExists, out)
	if there || err != nil {
		return "", "", there, err
	}
	if len(snap.Relations()) >= catalog.MaxRelations {
		return "", "", false, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d relations", catalog.MaxRelations)
	}
	return schema, name, false, nil
}

// newPlace gives the schema that an object to be made goes to, and its name.
func (s *Session) newPlace(snap *catalog.Snapshot, n ast.Name) (schema, name string, err error) {
	schema, name = currentSchema(snap), n.Parts[len(n.Parts)-1]
	if len(n.Parts) > 1 {
		schema = n.Parts[len(n.Parts)-2]
	}
	if err := snap.Within(n.Position(), n.Parts...); err != nil {
		if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.InvalidSchemaName {
			e.WithHint("CREATE SCHEMA makes one.")
		}
		return "", "", err
	}
	switch {
	case schema == "":
		return "", "", sqlerr.New(sqlerr.InvalidSchemaName, "no schema has been selected to create in").At(n.Position())
	case schema == catalog.OwnTemp:
		schema = s.temporary.schema // ownName has made it
	case catalog.IsTemp(schema) && schema != s.temporary.schema:
		return "", "", sqlerr.New(sqlerr.InvalidTableDefinition, "cannot create relations in temporary schemas of other sessions").At(n.Position())
	case schema == "pg_catalog":
		return "", "", sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to create \"%s.%s\"", schema, name).At(n.Position()).
			WithDetail("System catalog modifications are currently disallowed.")
	case schema == "vex" || schema == "information_schema":
		return "", "", sqlerr.New(sqlerr.InsufficientPrivilege, "schema %q belongs to the system", schema).At(n.Position())
	}
	return schema, name, nil
}

// taken says whether a name is; that is an error unless IF NOT EXISTS stands there.
func taken(snap *catalog.Snapshot, schema, name string, pos int, ifNotExists bool, out Output) (bool, error) {
	if snap.Lookup(schema, name) == nil {
		return false, nil
	}
	dup := sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", name).At(pos)
	if !ifNotExists {
		return true, dup.WithHint("DROP it first, choose another name, or write IF NOT EXISTS.")
	}
	dup.Message += ", skipping"
	out.Notice("NOTICE", dup)
	return true, nil
}

func (s *Session) createStream(ctx context.Context, x *ast.CreateStream, out Output) error {
	for _, o := range x.With {
		if strings.EqualFold(o.Name, "connector") {
			return sqlerr.NotSupported("a connector in CREATE STREAM").At(o.Position()).
				WithHint("Watch folders with `vexstream serve --watch DIR`: their events are in the stream events.")
		}
	}
	if err := notTemporary(x.Name, "stream"); err != nil {
		return err
	}
	r := &catalog.Relation{Kind: catalog.Stream, Owner: s.User, EventTime: -1, AppendOnly: true, Text: x.Text}
	var err error
	if r.With, err = options(x.With, streamOptions, "stream"); err != nil {
		return err
	}
	if err := s.columns(x, r); err != nil {
		return err
	}
	if _, err := dedup(r); err != nil {
		return placed(err, optionPlace(x.With, "dedup_key"))
	}
	return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		schema, name, there, err := s.newName(old, x.Name, x.IfNotExists, out)
		if err != nil || there {
			return old, err
		}
		r.ID, r.Schema, r.Name, r.Created = old.NextID, schema, name, version
		s.e.Times.Register(r)
		s.e.onRefused(func() { s.e.end(r) })
		return old.With(version, r), s.e.deduplicate(ctx, r)
	})
}

// columns fills in a stream's columns and its watermark.
func (s *Session) columns(x *ast.CreateStream, r *catalog.Relation) error {
	if len(x.Columns) == 0 {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "a stream needs at least one column").At(x.Name.Position())
	}
	var cols []catalog.Column
	for _, c := range x.Columns {
		t, err := bind.Type(c.Type)
		if err != nil {
			return placed(err, c.Position())
		}
		for _, have := range cols {
			if have.Name == c.Name {
				return sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", c.Name).At(c.Position())
			}
		}
		if c.PrimaryKey {
			return sqlerr.NotSupported("PRIMARY KEY of a stream").At(c.Position())
		}
		cols = append(cols, catalog.Column{Name: c.Name, Type: t, NotNull: c.NotNull, Default: c.DefaultSQL})
	}
	r.Columns = catalog.WithHidden(cols)
	if x.Watermark == nil {
		return nil
	}
	at, delay, err := bind.Watermark(x.Watermark, cols)
	if err != nil {
		return err
	}
	r.Columns[at].NotNull = true
	r.EventTime = at
	r.Watermark = &catalog.Watermark{Column: at, Delay: delay}
	return nil
}

func (s *Session) createView(ctx context.Context, x *ast.CreateView, out Output) error {
	if !x.Materialized {
		name, err := s.ownName(ctx, x.Name, x.Temp)
		if err != nil {
			return err
		}
		view := *x
		view.Name = name
		x = &view
		return s.transact(ctx, out, func(old *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
			return s.plainView(old, version, x, out)
		})
	}
	if err := notTemporary(x.Name, "materialized view"); err != nil {
		return err
	}
	r := &catalog.Relation{Kind: catalog.MaterializedView, Owner: s.User, EventTime: -1, Text: x.Text, Query: x.QueryText}
	var err error
	if r.With, err = materializedOptions(x.With); err != nil {
		return err
	}
	r.With = s.withParallelism(r.With)
	return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		if was := s.replaced(old, x); was != nil {
			return s.redefine(ctx, old, version, was, x, r.With, out)
		}
		schema, name, there, err := s.newName(old, x.Name, x.IfNotExists, out)
		if err != nil || there {
			return old, err
		}
		r.ID, r.Schema, r.Name, r.Created = old.NextID, schema, name, version
		p, err := s.bindView(r, old, x, out)
		if err != nil {
			return nil, err
		}
		if err := s.e.start(ctx, r, old, p); err != nil {
			return nil, lateMisfit(err, x.With)
		}
		return old.With(version, r), nil
	})
}

// bindView binds the query of a new view, and gives r its columns.
func (s *Session) bindView(r *catalog.Relation, snap *catalog.Snapshot, x *ast.CreateView, out Output) (plan.Node, error) {
	var reads accesses
	env := reads.of(s.e.viewEnv(r, snap))
	env.Continuous = x.Materialized
	env.Notice = func(n *sqlerr.Error) { out.Notice("NOTICE", n) }
	named := map[uint32]bool{}
	env.Named = func(pos int, t *ast.Table, to *catalog.Relation) {
		named[to.ID] = true
		x := catalog.Ref{Pos: pos - int(x.QueryPos), ID: to.ID, Aliased: t.Alias.Name != "", Listed: len(t.Alias.Columns) > 0}
		if !slices.ContainsFunc(r.Refs, func(have catalog.Ref) bool { return have.Pos == x.Pos }) {
			r.Refs = append(r.Refs, x)
		}
	}
	p, err := bind.Query(x.Query, env)
	if err == nil {
		err = s.allowed(snap, &reads)
	}
	if err != nil {
		return nil, err
	}
	if err := viewColumns(r, x, p); err != nil {
		return nil, err
	}
	for id := range named {
		if !slices.Contains(r.DependsOn, id) {
			r.DependsOn = append(r.DependsOn, id)
		}
	}
	slices.Sort(r.DependsOn)
	if x.Materialized && ofTemporary(snap, r) {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "materialized views must not use temporary tables or views").At(x.Name.Position()).
			WithHint("Make the table without TEMPORARY.")
	}
	if x.Materialized {
		return p, s.lateTarget(snap, r, x.With)
	}
	return p, nil
}

// viewColumns names a view's columns and what it depends on.
func viewColumns(r *catalog.Relation, x *ast.CreateView, p plan.Node) error {
	schema := p.Schema()
	if len(x.Columns) > len(schema) {
		return sqlerr.New(sqlerr.SyntaxError, "CREATE VIEW specifies more column names than columns").At(x.Name.Position())
	}
	seen := map[string]bool{}
	for i, f := range schema {
		if i < len(x.Columns) {
			f.Name = x.Columns[i]
		}
		if seen[f.Name] {
			return sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", f.Name).At(x.Name.Position()).
				WithHint("Name the columns apart with AS.")
		}
		seen[f.Name] = true
		if f.Type.OID == types.OIDVoid {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "column %q has pseudo-type void", f.Name).At(x.Name.Position())
		}
		if f.Type.OID == types.OIDRecord {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "column %q has pseudo-type record", f.Name).At(x.Name.Position()).
				WithHint("Give its fields as columns: (%s).*.", f.Name)
		}
		r.Columns = append(r.Columns, catalog.Column{Name: f.Name, Type: f.Type, NotNull: f.NotNull})
	}
	if r.Named = len(x.Columns) > 0; x.Materialized {
		r.DependsOn = plan.Relations(p)
	}
	r.AppendOnly = p.AppendOnly()
	return nil
}

// start builds and fills a new materialized view.
func (e *Engine) start(ctx context.Context, r *catalog.Relation, snap *catalog.Snapshot, p plan.Node) error {
	if err := e.begins(ctx, r, snap, r.Created); err != nil {
		return err
	}
	d, err := e.definition(r, snap, p)
	if err != nil {
		return err
	}
	e.yieldUntilKept(d.Budget)
	e.onRefused(func() { e.Live.Remove(r.ID) })
	return e.Live.Add(ctx, d)
}

// begins notes from where on a view that is made by a version of the catalog reads what it reads.
func (e *Engine) begins(ctx context.Context, r *catalog.Relation, snap *catalog.Snapshot, version uint64) (err error) {
	if v := r.With["backfill"]; v == "false" || v == "off" {
		r.With["since_epoch"] = strconv.FormatUint(version+1, 10)
	}
	r.Floors, err = e.floors(ctx, snap, r.DependsOn)
	return err
}

// definition is a view ready to run.
func (e *Engine) definition(r *catalog.Relation, snap *catalog.Snapshot, p plan.Node) (live.Definition, error) {
	name := r.QualifiedName()
	tap := &viewTap{t: &e.taps, view: r.ID, columns: e.columnNames, name: func() string {
		if now := e.Catalog().ByID(r.ID); now != nil {
			return now.QualifiedName()
		}
		return name
	}}
	budget := e.viewMemory(r)
	v, err := build.NewView(p, &build.Env{View: name, Retention: retention(r), Budget: budget, Scratch: e.scratch, Late: tap.late, DeadLetter: tap.dead, Logger: e.journal, Crew: e.Live.Crew(), Workers: e.workersOf(r), LaneRows: e.laneRows})
	if err != nil {
		return live.Definition{}, err
	}
	to, err := e.lateTo(r, snap, v.Judges, budget)
	if err != nil {
		return live.Definition{}, err
	}
	run := pipeline(v)
	if to != nil {
		tap.stream = to
		run.FeedBack(to.to)
	}
	visible := func(id uint32) int {
		if rel := snap.ByID(id); rel != nil {
			return len(rel.Visible())
		}
		return e.visibleOf(id)
	}
	d := live.Definition{ID: r.ID, Name: name, Since: max(since(r), lowest(r.Floors, plan.Relations(p))), Floors: r.Floors, Created: r.Created, History: historyOf(r), Upstream: plan.Relations(p), Visible: visible, Whole: tap.whole, Budget: budget, Pipeline: run}
	if r.Kind == catalog.MaterializedView {
		d.MayFall = true
		d.Async = r.With["async"] == "true" || r.With["async"] == "on"
		d.Created, d.Made = max(r.Created, r.Shaped), r.Shaped
		d.Every = everyOf(r)
	}
	return d, nil
}

func droppable(r *catalog.Relation, x *ast.Drop, pos int) error {
	if r.ID < catalog.FirstUserID {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "cannot drop %s: it belongs to the system", r.QualifiedName()).At(pos)
	}
	if kind := x.Kind; kind != string(r.Kind) && !(kind == "source" && r.Kind == catalog.Stream) {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not %s", r.Name, article(kind)).At(pos).
			WithHint("Use DROP %s to remove a %s.", strings.ToUpper(string(r.Kind)), r.Kind)
	}
	return nil
}

// article is a kind with its article.
func article(kind string) string {
	if strings.HasPrefix(kind, "i") {
		return "an " + kind
	}
	return "a " + kind
}
