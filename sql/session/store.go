package session

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/pgcatalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// Keys of the catalog's store: relations, roles, schemas, triggers, secrets and targets by their ID, what users said about the
// relations that are there from the start, and the version with the next free ID.
const (
	relationPrefix = "r/"
	rolePrefix     = "o/"
	schemaPrefix   = "s/"
	triggerPrefix  = "t/"
	secretPrefix   = "x/"
	targetPrefix   = "y/"
	saidPrefix     = "a/"
	databasePrefix = "d/" // of one object
)

var versionKey = []byte("version")

func relationKey(id uint32) []byte { return objectKey(relationPrefix, id) }

func objectKey(prefix string, id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte(prefix), id)
}

// load reads the catalog, with the system's relations and events beside what users made.
func (e *Engine) load(events *catalog.Relation) (*catalog.Snapshot, error) {
	if err := catchUp(e.store); err != nil {
		return nil, err
	}
	snap := catalog.Empty()
	for _, r := range pgcatalog.Relations() {
		snap = snap.With(0, r)
	}
	if e.system != nil {
		for _, r := range e.system.Relations() {
			snap = snap.With(0, r)
		}
	}
	if events != nil {
		snap = snap.With(0, events)
	}
	for _, r := range catalog.Builtin() {
		snap = snap.With(0, r)
	}
	snap = snap.At(0, catalog.FirstUserID)
	var version uint64
	next := snap.NextID
	err := e.store.View(func(r state.Reader) error {
		var err error
		if version, next, err = readVersion(r, next); err == nil && version > 0 {
			err = loadObjects(r, &snap, version, next)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	return snap.At(version, next), nil
}

// makeCatalog makes a snapshot of the given version of an older one. It may start what must run before the change is seen,
// but not when the version is unborn: that is a trial. What it starts and what it would end is the change's fate.
type makeCatalog func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error)

// change makes an epoch for a new version of the catalog, has edit make the snapshot, stores what differs, and
// publishes it. with is the statement whose rows come with the change, in the same epoch: nothing of it is written unless
// edit finds nothing wrong, and a crash leaves both or neither; nil for none.
func (e *Engine) change(ctx context.Context, with *epoch.Statement, edit makeCatalog) error {
	e.ddl.Lock()
	defer e.ddl.Unlock()
	old, st := e.Catalog(), with
	if st == nil {
		st = e.Committer.Begin()
	} else if err := e.carry(st, old, edit); err != nil {
		return err
	}
	ep, err := st.Commit(ctx)
	if err != nil {
		return err
	}
	e.fate = fate{}
	snap, err := edit(old, ep.No)
	if err != nil {
		e.conclude(false)
		return err
	}
	lists, err := e.triggersOf(snap, nil)
	if err != nil {
		e.conclude(false)
		return err
	}
	err = e.keep(snap)
	switch {
	case err == nil:
		e.stored = snap
		e.Committer.SetCatalog(snap.Version)
	case with == nil:
		e.conclude(false)
		return fmt.Errorf("store the catalog: %w", err)
	default: // the log has it, and the next start or change stores it
		e.journal.Error("the newest change of the catalog is in the log alone", "version", snap.Version, "err", err)
	}
	e.conclude(true)
	e.seen(ctx, old, snap)
	e.snap.Store(snap)
	e.gate.lists.Store(&lists)
	e.deny(lists)
	if len(old.Roles())+len(snap.Roles()) > 0 { // without roles everything may do everything
		e.enforce(ctx, old, snap)
	}
	e.follow(ctx, snap)
	if snap.TriggerCount() < old.TriggerCount() {
		if err := e.forgetTurns(snap); err != nil {
			e.journal.Warn("what a dropped trigger has acted for is forgotten at the next start", "err", err)
		}
	}
	// The log learns of the version, so that a store that loses it is found out. The change itself is done.
	if _, err := e.Committer.Begin().Commit(ctx); err != nil {
		e.journal.Warn("the log does not know the newest version of the catalog", "version", snap.Version, "err", err)
	}
	return nil
}

// restore starts the views that the catalog has, each where its checkpoint left off.
func (e *Engine) restore(ctx context.Context, tell func(live.Progress)) error {
	var defs []live.Definition
	off := e.revoked(e.Catalog())
	for id, why := range off {
		e.Live.Disable(id, why)
	}
	for _, r := range e.Catalog().Relations() {
		if r.Paused && off[r.ID] == nil {
			e.Live.Disable(r.ID, paused(r))
		}
		if r.Kind == catalog.Table {
			d, err := e.tableDefinition(r)
			if err != nil {
				return err
			}
			defs = append(defs, d)
			continue
		}
		if r.Kind == catalog.Sink {
			d, err := e.sinkDefinition(r, e.Catalog(), nil)
			if err != nil {
				return fmt.Errorf("start sink %s: %w", r.QualifiedName(), err) // without it the next checkpoint would forget its rows
			}
			defs = append(defs, d)
			continue
		}
		if r.Kind != catalog.MaterializedView || r.Paused || off[r.ID] != nil {
			continue
		}
		d, err := e.define(r, e.Catalog())
		if err != nil {
			e.journal.Error("a materialized view cannot be started", "view", r.QualifiedName(), "err", err)
			continue
		}
		defs = append(defs, d)
	}
	for _, r := range e.followed(e.Catalog()) {
		d, err := e.followerDefinition(r, e.Catalog())
		if err != nil {
			return fmt.Errorf("start the triggers of materialized view %s: %w", r.QualifiedName(), err)
		}
		defs, e.followers[r.ID] = append(defs, d), true
	}
	if err := e.Live.Restore(ctx, defs, tell); err != nil {
		return err
	}
	for _, r := range e.Catalog().Relations() {
		if r.Kind != catalog.Table {
			continue
		}
		t, err := e.loadTable(ctx, r)
		if err != nil {
			return fmt.Errorf("read table %s: %w", r.QualifiedName(), err)
		}
		e.tables.set(r.ID, t)
	}
	return nil
}

// tableDefinition is a table's contents as a view of what the log has of it.
func (e *Engine) tableDefinition(r *catalog.Relation) (live.Definition, error) {
	scan := &plan.Scan{Relation: r, Columns: make([]int, len(r.Columns))}
	for i := range scan.Columns {
		scan.Columns[i] = i
	}
	d, err := e.definition(r, e.Catalog(), scan)
	d.Since, d.Upstream = r.Created, nil
	d.Visible = func(uint32) int { return len(r.Columns) } // the log has the row's number too
	return d, err
}

// define builds a view from the text of its query.
func (e *Engine) define(r *catalog.Relation, snap *catalog.Snapshot) (live.Definition, error) {
	q, err := parseQuery(r.Query)
	if err != nil {
		return live.Definition{}, err
	}
	env := e.viewEnv(r, snap)
	p, err := bind.Query(q, env)
	if err != nil {
		return live.Definition{}, err
	}
	return e.definition(r, snap, p)
}

// viewEnv is what a view's query is bound in.
func (e *Engine) viewEnv(r *catalog.Relation, snap *catalog.Snapshot) *bind.Env {
	env := &bind.Env{Catalog: snap, Refs: r.Refs, Continuous: true, ParseQuery: parseQuery, Session: map[string]string{"version": e.version}}
	if text := r.Option("allowed_lateness", ""); text != "" {
		if d, err := parseDuration("allowed_lateness", text); err == nil {
			env.Lateness, env.HasLateness = d, true
		}
	}
	env.Retention = retention(r)
	if r.Kind == catalog.MaterializedView {
		env.StateTTL = durationOption(r, "state_ttl", 0)
	}
	return env
}

// retention is how long a view keeps a result after its time; 0: for ever.
func retention(r *catalog.Relation) types.Micros {
	if r.Kind != catalog.MaterializedView {
		return 0
	}
	d, err := parseDuration("retention", r.Option("retention", "0 s"))
	if err != nil {
		return 0
	}
	return d
}

func since(r *catalog.Relation) uint64 {
	n, _ := strconv.ParseUint(r.Option("since_epoch", "0"), 10, 64)
	return n
}

// visibleOf says how many visible columns a relation has.
func (e *Engine) visibleOf(id uint32) int {
	if r := e.Catalog().ByID(id); r != nil {
		return len(r.Visible())
	}
	return 0
}

// columnNames gives the names of a relation's visible columns.
func (e *Engine) columnNames(id uint32) []string {
	r := e.Catalog().ByID(id)
	if r == nil {
		return nil
	}
	out := make([]string, len(r.Visible()))
	for i, c := range r.Visible() {
		out[i] = c.Name
	}
	return out
}

// pipeline turns what build made into what live runs.
func pipeline(v *build.View) *live.Pipeline {
	p := &live.Pipeline{Stateful: v.Stateful, Root: v.Root, Tail: v.Tail, Listen: v.Listen, Out: v.Out, Bytes: v.Bytes, OnClose: v.OnClose, Closing: v.Closing, Marks: v.Marks, Lapsed: v.Lapsed, Cold: v.Cold}
	for _, in := range v.Inputs {
		p.Inputs = append(p.Inputs, live.Input{Relation: in.Relation, Columns: in.Columns, Sink: in.Sink, Filter: in.Filter, Lanes: in.Lanes})
	}
	return p
}

// parseDuration reads the value of an option that is a span of time.
func parseDuration(name, text string) (types.Micros, error) {
	iv, err := types.ParseInterval(strings.TrimSpace(text), nil)
	if err != nil || iv.Months != 0 {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for option %q: %q", name, text).
			WithHint("Write a span of time, such as '10 seconds' or '24 hours'.")
	}
	return types.Micros(iv.Micros) + types.Micros(iv.Days)*types.Day, nil
}
