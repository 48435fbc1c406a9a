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
		if snap, err = s.ungrant(snap, version, role, out); err != nil {
			return nil, err
		}
	}
	for _, t := range snap.AllTriggers() {
		if slices.Contains(roles, t.Owner) {
			snap = snap.WithoutTrigger(version, t)
		}
	}
	named, gone, says := owned(snap, roles)
	alone := len(gone) == 1 && len(says) == len(named) // all that they own is a schema, what is in it is others'
	doomed, err := withDependents(snap, named, x.Cascade, "", out)
	if len(says) > 0 && !x.Cascade {
		if e, ok := sqlerr.As(err); ok {
			says = append(says, e.Detail)
		}
		what := "desired object(s) because other objects depend on them"
		if alone {
			what = "schema " + pgcatalog.QuoteIdent(gone[0].Name) + " because other objects depend on it"
		}
		return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s", what).
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

// ungrant takes from a role what the user may take: what the owners that it can act as, or else it itself, have granted the role; and from
// others what that one has passed on of it. The role's default privileges go.
func (s *Session) ungrant(snap *catalog.Snapshot, version uint64, role string, out Output) (*catalog.Snapshot, error) {
	x := &ast.Grant{Revoke: true, Cascade: true, Roles: []string{role}}
	var failed error
	take := func(on object) []catalog.Grant {
		if on.owner == role || !slices.ContainsFunc(on.acl, func(g catalog.Grant) bool { return g.Grantee == role }) {
			return on.acl
		}
		acl, err := s.regrant(snap, x, on, on.guarded.All, true, out)
		if err != nil {
			failed = err
		}
		return acl
	}
	d := snap.Database().WithoutDefaults(func(x catalog.DefaultACL) bool { return x.Role == role })
	d.ACL = take(s.database(snap))
	for _, def := range d.Defaults {
		acl, err := snap.Change(def.Guarded().Items(def.ACL, def.Role), def.Role, catalog.Regrant{
			By: def.Role, To: role, Privileges: def.Guarded().All, Options: def.Guarded().All, Revoke: true, Cascade: true,
		})
		if err != nil {
			return nil, err
		}
		def.ACL = def.Guarded().Stored(acl, def.Role)
		d = d.WithDefaultACL(def)
	}
	snap = snap.WithDatabase(version, d)
	for _, n := range snap.Schemas() {
		c := *n
		c.ACL = take(object{kind: "schema", name: n.Name, owner: n.Owner, guarded: catalog.OnSchema, acl: n.ACL})
		snap = snap.WithSchema(version, &c)
	}
	for _, r := range snap.Relations() {
		if r.Owner == role || !concerns(r, role) {
			continue
		}
		c, err := s.regrantRelation(snap, x, r, r.Guarded().All, true, out)
		if err != nil {
			return nil, err
		}
		snap = snap.With(version, c)
	}
	for _, t := range snap.Targets() {
		c := *t
		c.ACL = take(object{kind: "target", name: t.Name, owner: t.Owner, guarded: catalog.OnTarget, acl: t.ACL})
		snap = snap.WithTarget(version, &c)
	}
	return snap, failed
}
