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

// ownersNamed are the roles that DROP OWNED or REASSIGN OWNED names: the user must have the rights of each.
func (s *Session) ownersNamed(snap *catalog.Snapshot, names []string, verb string) ([]string, error) {
	var out []string
	for _, name := range names {
		name = s.roleOf(name)
		if err := s.roleExists(snap, name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	for _, name := range out {
		if !s.rights(snap).Has(name) {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to %s objects", verb)
		}
		if name == pgcatalog.Bootstrap || catalog.Predefined()[name] != nil {
			word := verb
			if verb == "reassign" {
				word = "reassign ownership of"
			}
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot %s objects owned by role %s because they are required by the database system", word, pgcatalog.QuoteIdent(name))
		}
	}
	return out, nil
}

// reassignOwned gives what roles own to another, with the grants on it.
func (s *Session) reassignOwned(snap *catalog.Snapshot, version uint64, x *ast.Owned) (*catalog.Snapshot, error) {
	roles, err := s.ownersNamed(snap, x.Roles, "reassign")
	if err != nil {
		return nil, err
	}
	to := s.roleOf(x.To)
	if err := s.roleExists(snap, to); err != nil {
		return nil, err
	}
	if !s.rights(snap).Has(to) {
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to reassign objects")
	}
	for _, n := range snap.Schemas() {
		if slices.Contains(roles, n.Owner) && !catalog.IsTemp(n.Name) {
			c := *n
			c.Owner, c.ACL = to, newOwner(n.ACL, n.Owner, to)
			snap = snap.WithSchema(version, &c)
		}
	}
	for _, r := range snap.Relations() {
		if slices.Contains(roles, r.Owner) {
			c := *r
			giveTo(&c, to)
			snap = snap.With(version, &c)
		}
	}
	for _, t := range snap.AllTriggers() {
		if slices.Contains(roles, t.Owner) {
			c := *t
			c.Owner = to
			snap = snap.WithTrigger(version, &c)
		}
	}
	for _, secret := range snap.Secrets() {
		if slices.Contains(roles, secret.Owner) {
			c := *secret
			c.Owner = to
			snap = snap.WithSecret(version, &c)
		}
	}
	for _, t := range snap.Targets() {
		if slices.Contains(roles, t.Owner) {
			c := *t
			c.Owner, c.ACL = to, newOwner(t.ACL, t.Owner, to)
			snap = snap.WithTarget(version, &c)
		}
	}
	return snap, nil
}

// dropOwned drops what roles own, and takes from them what the owners of the rest have granted them.
func (s *Session) dropOwned(ctx context.Context, snap *catalog.Snapshot, version uint64, x *ast.Owned, out Output) (*catalog.Snapshot, error) {
	roles, err := s.ownersNamed(snap, x.Roles, "drop")
	if err != nil {
		return nil, err
	}
	for _, role := range roles {
		if snap, err = ungrant(snap, version, role); err != nil {
			return nil, err
		}
	}
	for _, t := range snap.AllTriggers() {
		if slices.Contains(roles, t.Owner) {
			snap = snap.WithoutTrigger(version, t)
		}
	}
	named, gone, says := owned(snap, roles)
	doomed, err := withDependents(snap, named, x.Cascade, "", out)
	if len(says) > 0 && !x.Cascade {
		if e, ok := sqlerr.As(err); ok {
			says = append(says, e.Detail)
		}
		return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop desired object(s) because other objects depend on them").
			WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	if err != nil {
		return nil, err
	}
	for _, n := range gone {
		snap = snap.WithoutSchema(version, n.Name)
		snap = snap.WithDatabase(version, snap.Database().WithoutDefaults(func(x catalog.DefaultACL) bool { return x.Schema == n.ID }))
	}
	if snap, err = triggersGo(unreferred(snap, version, doomed), version, doomed, x.Cascade, out); err != nil {
		return nil, err
	}
	if snap, err = sequencesGo(snap, version, doomed, x.Cascade, out); err != nil {
		return nil, err
	}
	if snap, err = s.dropOutwardOf(snap, version, roles, x.Cascade, out); err != nil {
		return nil, err
	}
	s.sendOut(ctx, doomed, out)
	return s.remove(snap, version, doomed), nil
}

// owned are the relations that DROP OWNED of roles is about, in the order in which they were made, and the schemas. Of those
// relations says has the ones that others own.
func owned(snap *catalog.Snapshot, roles []string) (named []*catalog.Relation, gone []*catalog.Schema, says []string) {
	for _, n := range snap.Schemas() {
		if slices.Contains(roles, n.Owner) && n.ID >= catalog.FirstUserID && !catalog.IsTemp(n.Name) {
			gone = append(gone, n)
		}
	}
	for _, r := range snap.Relations() {
		if of, _, _ := snap.SequenceOwner(r.ID); of != nil || r.ID < catalog.FirstUserID {
			continue
		}
		inside := slices.ContainsFunc(gone, func(n *catalog.Schema) bool { return n.Name == r.Schema })
		if own := slices.Contains(roles, r.Owner); own || inside {
			named = append(named, r)
			if !own {
				says = append(says, called(snap, r)+" depends on schema "+pgcatalog.QuoteIdent(r.Schema))
			}
		}
	}
	slices.SortFunc(named, func(a, b *catalog.Relation) int { return cmp.Compare(a.ID, b.ID) })
	return named, gone, says
}

// dropOutwardOf drops the targets and secrets of roles.
func (s *Session) dropOutwardOf(snap *catalog.Snapshot, version uint64, roles []string, cascade bool, out Output) (*catalog.Snapshot, error) {
	var err error
	for _, t := range snap.Targets() {
		if slices.Contains(roles, t.Owner) {
			if snap, err = s.dropTarget(snap, version, t, cascade, out); err != nil {
				return nil, err
			}
		}
	}
	for _, secret := range snap.Secrets() {
		if slices.Contains(roles, secret.Owner) {
			if snap, err = s.dropSecret(snap, version, secret, cascade, out); err != nil {
				return nil, err
			}
		}
	}
	return snap, nil
}

// ungrant takes from a role what owners have granted it, from others what it has passed on of that, and drops its default
// privileges.
func ungrant(snap *catalog.Snapshot, version uint64, role string) (*catalog.Snapshot, error) {
	var failed error
	take := func(acl []catalog.Grant, owner string, kind catalog.Guarded) []catalog.Grant {
		if owner == role || !slices.ContainsFunc(acl, func(g catalog.Grant) bool { return g.Grantee == role }) {
			return acl
		}
		items, err := snap.Change(kind.Items(acl, owner), owner, catalog.Regrant{
			By: owner, To: role, Privileges: kind.All, Options: kind.All, Revoke: true, Cascade: true,
		})
		if err != nil {
			failed = err
			return acl
		}
		return kind.Stored(items, owner)
	}
	d := snap.Database().WithoutDefaults(func(x catalog.DefaultACL) bool { return x.Role == role })
	d.ACL = take(d.ACL, pgcatalog.Bootstrap, catalog.OnDatabase)
	for _, x := range d.Defaults {
		x.ACL = take(x.ACL, x.Role, x.Guarded())
		d = d.WithDefaultACL(x)
	}
	snap = snap.WithDatabase(version, d)
	for _, n := range snap.Schemas() {
		c := *n
		c.ACL = take(n.ACL, n.Owner, catalog.OnSchema)
		snap = snap.WithSchema(version, &c)
	}
	for _, r := range snap.Relations() {
		if r.Owner == role || !concerns(r, role) {
			continue
		}
		c := *r
		c.ACL, c.Columns = take(r.ACL, r.Owner, r.Guarded()), slices.Clone(r.Columns)
		for i := range c.Columns {
			c.Columns[i].ACL = take(c.Columns[i].ACL, r.Owner, catalog.OnColumn)
		}
		snap = snap.With(version, &c)
	}
	for _, t := range snap.Targets() {
		c := *t
		c.ACL = take(t.ACL, t.Owner, catalog.OnTarget)
		snap = snap.WithTarget(version, &c)
	}
	return snap, failed
}
