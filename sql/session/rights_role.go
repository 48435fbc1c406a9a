package session

import (
	"context"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// attributes of a role that only a superuser gives, and what is said to others of making and of changing them.
var attributes = []struct {
	name, create, alter string
	has                 func(*catalog.Role) bool
}{
	{
		"superuser", "must be superuser to create superusers", "must be superuser to alter superuser roles or change superuser attribute",
		func(r *catalog.Role) bool { return r.Super },
	},
	{
		"replication", "must be superuser to create replication users", "must be superuser to alter replication roles or change replication attribute",
		func(r *catalog.Role) bool { return r.Replicate },
	},
	{
		"bypassrls", "must be superuser to create bypassrls users", "must be superuser to change bypassrls attribute",
		func(*catalog.Role) bool { return false },
	},
}

// mayMakeRole refuses CREATE and ALTER ROLE of r, as it is before, to whom it is not allowed.
func (s *Session) mayMakeRole(snap *catalog.Snapshot, x *ast.Role, r *catalog.Role) error {
	if s.super(snap) {
		return nil
	}
	for _, a := range attributes {
		named := false
		for i := range x.Options {
			o := &x.Options[i]
			named = named || o.Name == a.name && (x.Alter || !o.Off)
		}
		switch {
		case x.To != "" && a.has(r) && a.name == "superuser":
			return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to rename superusers")
		case x.Alter && (named || a.has(r)):
			return sqlerr.New(sqlerr.InsufficientPrivilege, "%s", a.alter)
		case named:
			return sqlerr.New(sqlerr.InsufficientPrivilege, "%s", a.create)
		}
	}
	own := snap.Role(s.User)
	switch {
	case own != nil && own.CreateRole:
		return nil
	case !x.Alter:
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to create role")
	case x.To != "":
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to rename role")
	case r.Name == s.User && len(x.Options) == 1 && x.Options[0].Name == "password":
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied")
}

// runEmpty does what a statement asks for that is for PostgreSQL's own upkeep: of these, CHECKPOINT means something here.
func (s *Session) runEmpty(ctx context.Context, x *ast.Empty) error {
	if x.What != "CHECKPOINT" {
		return nil
	}
	if !s.rights(s.catalog()).Has(catalog.Checkpoint) {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT")
	}
	return s.e.Live.Checkpoint(ctx)
}

// mayDropRoles refuses to drop any role.
func (s *Session) mayDropRoles(snap *catalog.Snapshot) error {
	if own := snap.Role(s.User); s.super(snap) || own != nil && own.CreateRole {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to drop role")
}

// mayDropRole refuses to drop a role to whom others are allowed.
func (s *Session) mayDropRole(snap *catalog.Snapshot, r *catalog.Role) error {
	if r.Super && !s.super(snap) {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to drop superusers")
	}
	return nil
}

// mayGrantRole refuses GRANT and REVOKE of a role.
func (s *Session) mayGrantRole(snap *catalog.Snapshot, group string) error {
	if s.super(snap) {
		return nil
	}
	own, r := snap.Role(s.User), snap.Role(group)
	switch {
	case r.Super:
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to alter superusers")
	case own != nil && own.CreateRole || s.isAdmin(snap, s.User, group):
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "must have admin option on role %q", group)
}

// isAdmin says whether role, or one that it is in, may pass on membership in group.
func (s *Session) isAdmin(snap *catalog.Snapshot, role, group string) bool {
	r := snap.Role(role)
	if r == nil {
		return false
	}
	for _, m := range r.MemberOf {
		if m.Role == group && m.Admin || s.isAdmin(snap, m.Role, group) {
			return true
		}
	}
	return false
}
