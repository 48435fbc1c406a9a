package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Outlet is where the rows of a sink leave the engine. A checkpoint has what it has taken and not sent yet, and it leaves
// out the epochs that it has sent when they come again. It never fails: what goes wrong outside is its own to tell, for
// the views that share its group go on.
type Outlet interface {
	stream.Sink
	state.Keeper
	// Check says whether the outside can be reached.
	Check() error
}

// Outlets makes the outlets of CREATE SINK.
type Outlets interface {
	// Outlet makes that of the sink of this number. with are its options, those of the connector among them; schema is what
	// it is pushed, weights being counts. It does not fail because the outside cannot be reached. Errors: options.
	Outlet(id uint32, with map[string]string, schema batch.Schema) (Outlet, error)
}

var sinkOptions = map[string]bool{
	"connector": false, "type": false, "key": false, "snapshot": false, "path": false, "format": false, "file_prefix": false,
}

// createSink is CREATE SINK: the rows of a relation, and its changes, leave through an outlet of their own.
func (s *Session) createSink(ctx context.Context, x *ast.CreateSink, out Output) error {
	if err := notTemporary(x.Name, "sink"); err != nil {
		return err
	}
	r := &catalog.Relation{Kind: catalog.Sink, Owner: s.User, EventTime: -1}
	var err error
	if r.With, err = options(x.With, sinkOptions, "sink"); err != nil {
		return err
	}
	return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		schema, name, there, err := s.newName(old, x.Name, x.IfNotExists, out)
		if err != nil || there {
			return old, err
		}
		r.ID, r.Schema, r.Name, r.Created = old.NextID, schema, name, version
		from, err := s.sinkable(old, x.From)
		if err != nil {
			return nil, err
		}
		if catalog.IsTemp(from.Schema) {
			return nil, sqlerr.NotSupported("a sink on a temporary table").At(x.From.Position()).WithHint("Make the table without TEMPORARY.")
		}
		r.DependsOn, r.Refs = []uint32{from.ID}, []catalog.Ref{{ID: from.ID}}
		for _, c := range from.Visible() {
			r.Columns = append(r.Columns, catalog.Column{Name: c.Name, Type: c.Type, NotNull: c.NotNull})
		}
		if r.With["file_prefix"] == "" {
			r.With["file_prefix"] = name // what a sink is called later does not change what its files are called
		}
		if v := r.With["snapshot"]; v == "false" || v == "off" {
			if from.Kind != catalog.Stream {
				return nil, sqlerr.NotSupported("snapshot = false of a sink on a %s", from.Kind).At(optionPlace(x.With, "snapshot"))
			}
			r.With["since_epoch"] = strconv.FormatUint(version+1, 10)
		}
		d, err := s.e.sinkDefinition(r, old, x.With)
		if err != nil {
			return nil, err
		}
		if err := d.Pipeline.Stateful[0].(Outlet).Check(); err != nil {
			return nil, sqlerr.New(sqlerr.IOError, "the sink cannot write: %v", err).At(optionPlace(x.With, "path")).
				WithHint("The server's user needs a folder that it can make and write to.")
		}
		s.e.onRefused(func() { s.e.Live.Remove(r.ID) })
		if err := s.e.Live.Add(ctx, d); err != nil {
			return nil, err
		}
		return old.With(version, r), nil
	})
}

// sinkable gives the relation whose rows a sink is to send out.
func (s *Session) sinkable(snap *catalog.Snapshot, name ast.Name) (*catalog.Relation, error) {
	if !s.super(snap) {
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to create a sink").
			WithDetail("A sink writes to what is outside the database, with the rights of the server.")
	}
	r, err := snap.Find(name.Position(), name.Parts...)
	if err != nil {
		return nil, err
	}
	switch r.Kind {
	case catalog.Stream, catalog.Table, catalog.MaterializedView:
		return r, nil
	case catalog.View:
		return nil, sqlerr.NotSupported("a sink on a view").At(name.Position()).WithHint("Make it a MATERIALIZED VIEW: that knows its changes.")
	}
	return nil, sqlerr.New(sqlerr.WrongObjectType, "a %s has no rows for a sink", r.Kind).At(name.Position())
}

// sinkDefinition is a sink ready to run: an outlet at the end of its relation, behind what makes changes into rows. typed is
// where its options stand in a statement, for errors.
func (e *Engine) sinkDefinition(r *catalog.Relation, snap *catalog.Snapshot, typed []ast.Option) (live.Definition, error) {
	from := snap.ByID(r.DependsOn[0])
	kind, keys, err := sinkType(r, from, typed)
	if err != nil {
		return live.Definition{}, err
	}
	schema := make(batch.Schema, 0, len(r.Columns)+1)
	if kind != "append-only" {
		schema = append(schema, opColumn)
	}
	in := live.Input{Relation: from.ID}
	for i, c := range r.Columns {
		schema = append(schema, batch.Field{Name: c.Name, Type: c.Type, NotNull: c.NotNull && kind != "upsert"})
		in.Columns = append(in.Columns, i)
	}
	if e.outlets == nil {
		return live.Definition{}, sqlerr.NotSupported("a sink on this server")
	}
	outlet, err := e.outlets.Outlet(r.ID, r.With, schema)
	if err != nil {
		return live.Definition{}, err
	}
	switch in.Sink = outlet; kind {
	case "changes":
		in.Sink = opRows{Sink: outlet, add: "insert", remove: "delete"}
	case "upsert":
		rows := opRows{Sink: outlet, add: "upsert", remove: "delete"}
		in.Sink = upsertRows{upserts: &upserts{to: rows, keys: keys}, next: rows}
	}
	p := &live.Pipeline{
		Stateful: []state.Keeper{outlet}, Root: outlet,
		Tail: func(next stream.Sink) stream.Sink { return next }, Listen: func(bool) {}, Out: func(stream.Sink) {}, Bytes: func() int64 { return 0 },
	}
	if every := everyOf(from); every > 0 {
		pace := live.NewPace(every, e.Committer.Due, in.Sink)
		in.Sink, p.Stateful, p.Bytes = pace, append(p.Stateful, pace), pace.Bytes
	}
	p.Inputs = []live.Input{in}
	visible := func(uint32) int { return len(from.Visible()) }
	return live.Definition{ID: r.ID, Name: r.QualifiedName(), Since: since(r), Created: r.Created, Upstream: r.DependsOn, Visible: visible, Pipeline: p}, nil
}

// sendOut has sinks that are about to go send what they have taken: a checkpoint makes them.
func (s *Session) sendOut(ctx context.Context, doomed []*catalog.Relation, out Output) {
	var err error
	last, sinks := s.e.Committer.Last().No, 0
	for _, r := range doomed {
		if r.Kind == catalog.Sink {
			sinks++
			err = errors.Join(err, s.e.Live.Reach(ctx, r.ID, last))
		}
	}
	if sinks == 0 {
		return
	}
	if err = errors.Join(err, s.e.Live.Checkpoint(ctx)); err != nil {
		out.Notice("WARNING", sqlerr.Wrap(sqlerr.Warning, err, "the newest rows of a sink were not sent"))
	}
}

// closeWait is how long an engine that closes waits for its sinks to take what is committed.
const closeWait = 10 * time.Second

func (e *Engine) sinks() (ids []uint32) {
	for _, r := range e.Catalog().Relations() {
		if r.Kind == catalog.Sink {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// sinkType gives how a sink tells of changes, and the columns of its key.
func sinkType(r, from *catalog.Relation, typed []ast.Option) (kind string, keys []int, err error) {
	wrong := func(option, format string, args ...any) *sqlerr.Error {
		return sqlerr.New(sqlerr.InvalidParameterValue, format, args...).At(optionPlace(typed, option))
	}
	kind = r.Option("type", "append-only")
	key := r.Option("key", "")
	switch {
	case kind == "append-only" && !from.AppendOnly:
		return "", nil, wrong("type", "a sink on %s %s cannot be append-only: its rows change", from.Kind, pgcatalog.QuoteIdent(from.Name)).
			WithHint("Write type = 'changes' for each change with what it is, or type = 'upsert', key = '...' for what becomes of each key.")
	case !slices.Contains([]string{"append-only", "changes", "upsert"}, kind):
		return "", nil, wrong("type", "type of a sink is %q", kind).WithHint("There are append-only, changes and upsert.")
	case kind == "upsert" && key == "":
		return "", nil, wrong("type", "a sink of type upsert needs a key").WithHint("Name the columns that tell rows apart: key = 'a, b'.")
	case kind != "upsert" && key != "":
		return "", nil, wrong("key", "a sink of type %s has no key", kind)
	case kind != "upsert":
		return kind, nil, nil
	}
	for name := range strings.SplitSeq(key, ",") {
		name = strings.TrimSpace(name)
		at := slices.IndexFunc(r.Columns, func(c catalog.Column) bool { return c.Name == name })
		if at < 0 {
			return "", nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q named in key does not exist", name).At(optionPlace(typed, "key"))
		}
		keys = append(keys, at)
	}
	return kind, keys, nil
}

// fed says what is wrong with a sink in a catalog: its relation must have the columns that it began with.
func fed(snap *catalog.Snapshot, r *catalog.Relation) error {
	have := snap.ByID(r.DependsOn[0]).Visible()
	if len(have) != len(r.Columns) {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "it would have other columns")
	}
	for i, c := range r.Columns {
		if have[i].Type.OID != c.Type.OID {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "its column %q would have another type", c.Name)
		}
	}
	return nil
}

// sinkText is a statement that makes a sink like r.
func sinkText(snap *catalog.Snapshot, r *catalog.Relation) string {
	var with []string
	for _, k := range slices.Sorted(maps.Keys(r.With)) {
		if _, typed := sinkOptions[k]; typed {
			with = append(with, k+" = '"+strings.ReplaceAll(r.With[k], "'", "''")+"'")
		}
	}
	return "CREATE SINK " + pgcatalog.NameText(r) + " FROM " + pgcatalog.NameText(snap.ByID(r.DependsOn[0])) + " WITH (" + strings.Join(with, ", ") + ")"
}

// sinkSchema is what SHOW SINKS gives, and sinkRow a row of that.
func sinkSchema() batch.Schema { return texts("schema", "name", "relation", "connector", "type") }

func sinkRow(snap *catalog.Snapshot, r *catalog.Relation) []string {
	return []string{r.Schema, r.Name, snap.ByID(r.DependsOn[0]).QualifiedName(), r.With["connector"], r.Option("type", "append-only")}
}
