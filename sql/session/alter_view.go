package session

import (
	"context"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
)

// viewActions are what ALTER does to a materialized view besides what it does to every relation.
var viewActions = []string{"as", "pause", "resume", "set", "reset"}

// alterContinuous is ALTER MATERIALIZED VIEW ... AS, PAUSE, RESUME, SET and RESET.
func (s *Session) alterContinuous(ctx context.Context, snap *catalog.Snapshot, version uint64, r *catalog.Relation, x *ast.Alter, out Output) (*catalog.Snapshot, error) {
	switch x.Action {
	case "pause":
		return s.pause(snap, version, r)
	case "resume":
		return s.resume(ctx, snap, version, r)
	case "set", "reset":
		return s.setViewOptions(ctx, snap, version, r, x)
	}
	with := maps.Clone(r.With)
	delete(with, "since_epoch")
	return s.redefine(ctx, snap, version, r, &ast.CreateView{
		Name: x.Name, Materialized: true, Query: x.Query, QueryText: x.QueryText, QueryPos: x.QueryPos,
	}, with, out)
}

// paused is what those read who read a view that is paused.
func paused(r *catalog.Relation) *sqlerr.Error {
	if r.Crowded {
		return sqlerr.New(sqlerr.OutOfMemory, "materialized view %s was paused: the memory of the node is taken", r.QualifiedName()).
			WithHint("Drop or pause other views, or start the node with more memory; then ALTER MATERIALIZED VIEW %s RESUME makes it anew from what the log holds.", r.QualifiedName())
	}
	return sqlerr.New(sqlerr.ObjectNotInState, "materialized view %s is paused", r.QualifiedName()).
		WithHint("ALTER MATERIALIZED VIEW %s RESUME has it go on.", r.QualifiedName())
}

// pause stops a view until it is told to go on. Nothing that runs may read it.
func (s *Session) pause(snap *catalog.Snapshot, version uint64, r *catalog.Relation) (*catalog.Snapshot, error) {
	if r.Paused {
		return nil, paused(r).WithHint("")
	}
	if err := pausable(snap, r); err != nil {
		return nil, err
	}
	c := *r
	c.Paused = true
	s.e.onKept(func() { s.e.Live.Disable(r.ID, paused(&c)) })
	return snap.With(version, &c), nil
}

// pausable refuses to pause a view that others need.
func pausable(snap *catalog.Snapshot, r *catalog.Relation) error {
	for _, d := range snap.Relations() {
		if (d.Kind == catalog.Sink || d.Kind == catalog.MaterializedView) && !d.Paused && readsThrough(snap, d.ID, r.ID) {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot pause %s because other objects depend on it", called(snap, r)).
				WithDetail("%s depends on %s.", called(snap, d), called(snap, r)).WithHint("Pause the views that read it first, and drop the sinks.")
		}
	}
	if v, t := followedAbove(snap, r); v != nil {
		return sqlerr.New(sqlerr.DependentObjectsExist, "cannot pause %s because other objects depend on it", called(snap, r)).
			WithDetail("trigger %s on %s depends on %s.", t.Name, called(snap, v), called(snap, r)).WithHint("DROP the trigger first.")
	}
	return nil
}

// resume has a view go on: with what the log and the views that it reads have by now.
func (s *Session) resume(ctx context.Context, snap *catalog.Snapshot, version uint64, r *catalog.Relation) (*catalog.Snapshot, error) {
	if !r.Paused {
		return nil, sqlerr.New(sqlerr.ObjectNotInState, "materialized view %s is not paused", r.QualifiedName())
	}
	c := *r
	c.Paused, c.Crowded, c.Shaped, c.With = false, false, version, maps.Clone(r.With)
	if err := s.e.begins(ctx, &c, snap, version); err != nil {
		return nil, err
	}
	next := snap.With(version, &c)
	if why := s.e.revoked(next)[c.ID]; why != nil {
		s.e.onKept(func() { s.e.Live.Disable(c.ID, why) })
		return next, nil
	}
	s.e.onRefused(func() { s.e.Live.Disable(c.ID, paused(r)) })
	d, err := s.e.define(&c, next)
	if err == nil {
		s.e.yieldUntilKept(d.Budget)
		err = s.e.Live.Add(ctx, d)
	}
	return next, err
}

// asItRuns are the options that change nothing of what a view comes to.
var asItRuns = map[string]bool{"memory_limit": true, "history": true, "async": true, "parallelism": true}

// setViewOptions is SET and RESET. What only says how much memory, history and workers a view has is changed as it runs, the
// others make its contents anew.
func (s *Session) setViewOptions(ctx context.Context, snap *catalog.Snapshot, version uint64, r *catalog.Relation, x *ast.Alter) (*catalog.Snapshot, error) {
	with, err := changedOptions(r, x, viewOptions)
	if err != nil {
		return nil, err
	}
	limit, err := parseSize(with["memory_limit"])
	if err != nil {
		return nil, placed(err, optionPlace(x.With, "memory_limit"))
	}
	if _, err := parseParallelism("option", with["parallelism"]); err != nil {
		return nil, placed(err, optionPlace(x.With, "parallelism"))
	}
	c := *r
	c.With = with
	anew := slices.ContainsFunc(slices.Collect(maps.Keys(viewOptions)), func(name string) bool {
		return !asItRuns[name] && with[name] != r.With[name]
	})
	if anew {
		c.Shaped = version
		delete(c.With, "since_epoch")
		if err := s.lateTarget(snap, &c, x.With); err != nil {
			return nil, err
		}
		next := snap.With(version, &c)
		if err := s.binds(next, &c); err != nil { // an option may be no rule for this query
			return nil, err
		}
		next, err := s.e.remake(ctx, next, version, &c)
		return next, lateMisfit(err, x.With)
	}
	if done, _ := s.e.Live.Filled(r.ID); !done {
		return nil, live.StillFilled(r.QualifiedName()).At(x.Name.Position())
	}
	s.e.onKept(func() { s.e.Live.Set(r.ID, historyOf(&c), limit, s.e.workersOf(&c)) })
	return snap.With(version, &c), nil
}
