package session

import (
	"context"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// redefine gives a materialized view another query and other options: ALTER ... AS and CREATE OR REPLACE. Its contents, and
// those of the views that read it, are made anew beside the old ones, and then take their place.
func (s *Session) redefine(ctx context.Context, old *catalog.Snapshot, version uint64, was *catalog.Relation, x *ast.CreateView, with map[string]string, out Output) (*catalog.Snapshot, error) {
	if err := s.replaceable(old, was, x); err != nil {
		return nil, err
	}
	r := &catalog.Relation{
		ID: was.ID, Schema: was.Schema, Name: was.Name, Kind: was.Kind, Owner: was.Owner, EventTime: -1, ACL: was.ACL, Comment: was.Comment,
		Created: was.Created, Shaped: version, Query: x.QueryText, With: with,
	}
	if _, err := s.bindView(r, old, x, out); err != nil {
		return nil, err
	}
	keepGrants(was, r)
	for _, id := range r.DependsOn {
		if id == r.ID || readsThrough(old, id, r.ID) {
			return nil, sqlerr.New(sqlerr.InvalidObjectDefinition, "%s would read itself", called(old, was)).At(x.Name.Position())
		}
	}
	next := old
	if over := readers(old, was.ID); len(over) > 0 {
		if err := replaces(was, r); err != nil {
			if e, ok := sqlerr.As(err); ok {
				err = sqlerr.New(sqlerr.DependentObjectsExist, "%s", e.Message).WithHint("DROP what reads the view, or keep its columns and add others behind them.").
					WithDetail("%s depends on %s.", called(old, over[0]), called(old, was))
			}
			return nil, err
		}
		next = keepColumns(old, version, was)
	}
	return s.e.remake(ctx, next.With(version, r), version, r)
}

// readsThrough says whether a relation reads another, itself or through others.
func readsThrough(snap *catalog.Snapshot, id, what uint32) bool {
	r := snap.ByID(id)
	return r != nil && slices.ContainsFunc(r.DependsOn, func(d uint32) bool { return d == what || d != id && readsThrough(snap, d, what) })
}

// above gives the materialized views that read a relation, itself or through others, each after those it reads.
func above(snap *catalog.Snapshot, id uint32) []*catalog.Relation {
	return slices.DeleteFunc(continuous(snap), func(r *catalog.Relation) bool { return !readsThrough(snap, r.ID, id) })
}

// remake starts a view of a catalog that is to come, and those that read it, under other IDs, and has them take the place
// of those that run once the catalog is stored.
func (e *Engine) remake(ctx context.Context, snap *catalog.Snapshot, version uint64, first *catalog.Relation) (*catalog.Snapshot, error) {
	if err := unsent(snap, first); err != nil {
		return nil, err
	}
	var all []*catalog.Relation
	for _, r := range append([]*catalog.Relation{first}, above(snap, first.ID)...) {
		c := *r
		c.Shaped, c.With = version, maps.Clone(r.With)
		if err := e.begins(ctx, &c, snap, version); err != nil {
			return nil, err
		}
		all, snap = append(all, &c), snap.With(version, &c)
	}
	return snap, e.startAnew(ctx, snap, all)
}

// startAnew starts views under other IDs, and has them take the place of those that run once the change is stored. Those that
// are disabled stay so.
func (e *Engine) startAnew(ctx context.Context, snap *catalog.Snapshot, all []*catalog.Relation) error {
	started, order := map[uint32]uint32{}, []uint32(nil)
	for _, r := range all {
		if e.Live.Off(r.ID) != nil {
			continue
		}
		if err := e.startAs(ctx, r, snap, started); err != nil {
			return err
		}
		e.onRefused(func() { e.Live.Remove(started[r.ID]) })
		order = append(order, r.ID)
	}
	if len(order) > 0 {
		e.onKept(func() {
			e.Live.Swap(order, started, sqlerr.New(sqlerr.ObjectNotInState, "the materialized view was altered"))
		})
	}
	return nil
}

// unsent refuses to alter what a sink sends.
func unsent(snap *catalog.Snapshot, r *catalog.Relation) error {
	for _, d := range snap.Relations() {
		if d.Kind == catalog.Sink && readsThrough(snap, d.ID, r.ID) {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot alter %s because a sink sends what comes of it", called(snap, r)).
				WithDetail("%s depends on %s.", called(snap, d), called(snap, snap.ByID(d.DependsOn[0]))).
				WithHint("DROP the sink, and create it again when it is altered.")
		}
	}
	if v, t := followedAbove(snap, r); v != nil {
		return sqlerr.New(sqlerr.DependentObjectsExist, "cannot alter %s because a trigger acts on what comes of it", called(snap, r)).
			WithDetail("trigger %s is on %s.", t.Name, called(snap, v)).
			WithHint("DROP the trigger, and create it again when it is altered.")
	}
	return nil
}

// followedAbove finds a materialized view with a trigger that is r or reads it.
func followedAbove(snap *catalog.Snapshot, r *catalog.Relation) (*catalog.Relation, *catalog.Trigger) {
	for _, id := range snap.Triggered() {
		if v := snap.ByID(id); v.Kind == catalog.MaterializedView && (id == r.ID || readsThrough(snap, id, r.ID)) {
			return v, snap.Triggers(id)[0]
		}
	}
	return nil, nil
}

// startAs starts a view under an ID of its own, which it adds to started, reading those that were started before.
func (e *Engine) startAs(ctx context.Context, r *catalog.Relation, snap *catalog.Snapshot, started map[uint32]uint32) error {
	d, err := e.define(r, snap)
	if err != nil {
		return err
	}
	place := map[uint32]uint32{}
	for real, id := range started {
		place[id] = real
	}
	real := func(id uint32) uint32 {
		if at, ok := place[id]; ok {
			return at
		}
		return id
	}
	d.Upstream = slices.Clone(d.Upstream)
	for i, id := range d.Upstream {
		if at, ok := started[id]; ok {
			d.Upstream[i] = at
		}
	}
	for i := range d.Pipeline.Inputs {
		if at, ok := started[d.Pipeline.Inputs[i].Relation]; ok {
			d.Pipeline.Inputs[i].Relation = at
		}
	}
	visible, whole := d.Visible, d.Whole
	d.Visible = func(id uint32) int { return visible(real(id)) }
	d.Whole = func(id uint32, rows *batch.Batch) { whole(real(id), rows) }
	d.ID, d.Async = e.temp.Add(1), false // what it takes the place of must not be gone before it is there
	if err := e.Live.Add(ctx, d); err != nil {
		return err
	}
	started[r.ID] = d.ID
	return nil
}
