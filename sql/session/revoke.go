package session

import (
	"cmp"
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// maxReadDepth bounds how deep views of views are followed; binding allows no more.
const maxReadDepth = 32

// revoked finds the materialized views of a catalog that may not run, and why: the owner may not read what they read, or they read
// such a view.
func (e *Engine) revoked(snap *catalog.Snapshot) map[uint32]*sqlerr.Error {
	out := map[uint32]*sqlerr.Error{}
	for _, r := range continuous(snap) {
		if err := e.readable(snap, r, r.Owner, out, 0); err != nil {
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

// readable says what of that which a view names must not be read: by its owner, or else by whom, whose materialized view reads it.
func (e *Engine) readable(snap *catalog.Snapshot, view *catalog.Relation, whom string, off map[uint32]*sqlerr.Error, depth int) *sqlerr.Error {
	as := view.Reader()
	if as == "" {
		as = whom
	}
	rights := snap.Rights(as)
	if to := snap.ByID(view.LateTo); to != nil && !rights.Relation(to, "a") {
		return denied(to).WithDetail("%s, the owner of %s %s, may not write late rows to it.", view.Owner, view.Kind, view.QualifiedName()).
			WithHint("GRANT INSERT ON %s TO %s.", to.QualifiedName(), view.Owner)
	}
	for _, ref := range view.Refs {
		r := snap.ByID(ref.ID)
		switch {
		case r == nil || depth > maxReadDepth:
			continue
		case !rights.Relation(r, "r") && !e.readsGranted(snap, view, r, rights):
			err := denied(r).WithHint("GRANT SELECT ON %s TO %s.", r.QualifiedName(), as)
			if as != view.Owner {
				return err.WithDetail("%s, who reads it through view %s, may not.", as, view.QualifiedName())
			}
			return err.WithDetail("%s, the owner of %s %s, may not read it.", as, view.Kind, view.QualifiedName())
		case off[r.ID] != nil:
			return off[r.ID]
		case r.Kind == catalog.View:
			if err := e.readable(snap, r, whom, off, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// readsGranted says whether a view reads of r only columns that rights allow to read.
func (e *Engine) readsGranted(snap *catalog.Snapshot, view, r *catalog.Relation, rights *catalog.Rights) bool {
	if !slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return len(c.ACL) > 0 }) {
		return false
	}
	q, err := parseQuery(view.Query)
	if err != nil {
		return false
	}
	enough := true
	env := e.viewEnv(view, snap)
	env.Continuous = view.Kind == catalog.MaterializedView
	var reads accesses
	if _, err = bind.Query(q, reads.of(env)); err != nil {
		return false
	}
	for _, x := range reads.list {
		enough = enough && (x.Side || x.As != "" || x.Relation.ID != r.ID || suffice(rights, x))
	}
	return enough
}

// enforce stops the views that a change of rights takes what they read from, the last first, and starts those anew that
// got it back. The lock of the catalog is held.
func (e *Engine) enforce(ctx context.Context, old, snap *catalog.Snapshot) {
	was, is := e.revoked(old), e.revoked(snap)
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

// giveTo makes owner the owner of r, with what the old one had.
func giveTo(r *catalog.Relation, owner string) {
	r.ACL = newOwner(r.ACL, r.Owner, owner)
	r.Columns = slices.Clone(r.Columns)
	for i := range r.Columns {
		r.Columns[i].ACL = newOwner(r.Columns[i].ACL, r.Owner, owner)
	}
	r.Owner = owner
}

// keepGrants gives the columns of r what was granted on those of what it replaces.
func keepGrants(was, r *catalog.Relation) {
	for i := range r.Columns {
		if at := was.ColumnIndex(r.Columns[i].Name); at >= 0 {
			r.Columns[i].ACL = was.Columns[at].ACL
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
	return catalog.Merged(acl)
}
