package session

import (
	"cmp"
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// maxReadDepth bounds how deep views of views are followed; binding allows no more.
const maxReadDepth = 32

// revoked finds the materialized views that may not run, and why: the owner may not read what they read, or they read
// such a view.
func revoked(snap *catalog.Snapshot) map[uint32]*sqlerr.Error {
	out := map[uint32]*sqlerr.Error{}
	for _, r := range continuous(snap) {
		if err := readable(snap, r, out, 0); err != nil {
			out[r.ID] = sqlerr.New(sqlerr.InsufficientPrivilege, "materialized view %s is disabled: %s", r.QualifiedName(), err.Message).
				WithDetail("%s", err.Detail).WithHint("%s", err.Hint)
		}
	}
	return out
}

// continuous gives the materialized views, each after those it reads, and else in the order in which they were made.
func continuous(snap *catalog.Snapshot) []*catalog.Relation {
	all := slices.DeleteFunc(snap.Relations(), func(r *catalog.Relation) bool { return r.Kind != catalog.MaterializedView })
	slices.SortFunc(all, func(a, b *catalog.Relation) int { return cmp.Compare(a.ID, b.ID) })
	out, placed := make([]*catalog.Relation, 0, len(all)), map[uint32]bool{}
	var place func(r *catalog.Relation)
	place = func(r *catalog.Relation) {
		if r == nil || r.Kind != catalog.MaterializedView || placed[r.ID] {
			return
		}
		placed[r.ID] = true
		for _, id := range r.DependsOn {
			place(snap.ByID(id))
		}
		out = append(out, r)
	}
	for _, r := range all {
		place(r)
	}
	return out
}

// readable says what of that which a view names its owner may not read.
func readable(snap *catalog.Snapshot, view *catalog.Relation, off map[uint32]*sqlerr.Error, depth int) *sqlerr.Error {
	rights := snap.Rights(view.Owner)
	if to := snap.ByID(view.LateTo); to != nil && !rights.Relation(to, "a") {
		return denied(to).WithDetail("%s, the owner of %s %s, may not write late rows to it.", view.Owner, view.Kind, view.QualifiedName()).
			WithHint("GRANT INSERT ON %s TO %s.", to.QualifiedName(), view.Owner)
	}
	for _, ref := range view.Refs {
		r := snap.ByID(ref.ID)
		switch {
		case r == nil || depth > maxReadDepth:
			continue
		case !rights.Relation(r, "r"):
			return denied(r).WithDetail("%s, the owner of %s %s, may not read it.", view.Owner, view.Kind, view.QualifiedName()).
				WithHint("GRANT SELECT ON %s TO %s.", r.QualifiedName(), view.Owner)
		case off[r.ID] != nil:
			return off[r.ID]
		case r.Kind == catalog.View:
			if err := readable(snap, r, off, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// enforce stops the views that a change of rights takes what they read from, the last first, and starts those anew that
// got it back. The lock of the catalog is held.
func (e *Engine) enforce(ctx context.Context, old, snap *catalog.Snapshot) {
	was, is := revoked(old), revoked(snap)
	views := continuous(snap)
	for _, r := range slices.Backward(views) {
		if is[r.ID] != nil && was[r.ID] == nil {
			e.Live.Disable(r.ID, is[r.ID])
			e.journal.Warn("a materialized view is disabled", "view", r.QualifiedName(), "why", is[r.ID].Message)
		}
	}
	for _, r := range views {
		if was[r.ID] == nil || is[r.ID] != nil {
			continue
		}
		if r.Paused {
			e.Live.Disable(r.ID, paused(r))
			continue
		}
		d, err := e.define(r, snap)
		if err == nil {
			err = e.Live.Add(ctx, d)
		}
		if err != nil {
			e.Live.Disable(r.ID, err)
			e.journal.Error("a materialized view cannot be started", "view", r.QualifiedName(), "err", err)
		}
	}
}

// newOwner gives an object's grants under another owner, who has what the old one had.
func newOwner(acl []catalog.Grant, from, to string) []catalog.Grant {
	acl = slices.Clone(acl)
	for i := range acl {
		for _, name := range []*string{&acl[i].Grantee, &acl[i].Grantor} {
			if *name == from {
				*name = to
			}
		}
	}
	return acl
}
