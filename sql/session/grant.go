package session

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

func (s *Session) runGrant(ctx context.Context, x *ast.Grant, out Output) error {
	if by := s.roleOf(x.By); by != "" && by != s.User {
		return sqlerr.New(sqlerr.FeatureNotSupported, "grantor must be current user")
	}
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		for _, r := range x.Roles {
			if err := s.roleExists(snap, s.roleOf(r)); err != nil {
				return nil, err
			}
		}
		switch x.Kind {
		case "":
			return s.grantRoles(snap, version, x, out)
		case "schema":
			return s.grantSchemas(snap, version, x, out)
		case "database":
			return s.grantDatabases(snap, version, x, out)
		case "target":
			return s.grantTargets(snap, version, x, out)
		}
		return s.grantRelations(snap, version, x, out)
	})
}

func (s *Session) grantRoles(snap *catalog.Snapshot, version uint64, x *ast.Grant, out Output) (*catalog.Snapshot, error) {
	if slices.Contains(x.Roles, "") {
		return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "PUBLIC is not a role that others can be members of").At(x.Position())
	}
	for _, group := range x.Privileges {
		if snap.Role(group) == nil {
			return nil, sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", group)
		}
		if err := s.mayGrantRole(snap, group); err != nil {
			return nil, err
		}
		add, remove := x.Roles, []string(nil)
		if x.Revoke {
			add, remove = nil, x.Roles
		}
		if x.Revoke && x.Option {
			add, remove = nil, nil
			for _, name := range x.Roles {
				if r := snap.Role(s.roleOf(name)); r != nil {
					c := *r
					c.MemberOf = slices.Clone(r.MemberOf)
					for i := range c.MemberOf {
						c.MemberOf[i].Admin = c.MemberOf[i].Admin && c.MemberOf[i].Role != group
					}
					snap = snap.WithRole(version, &c)
				}
			}
		}
		if err := s.members(&snap, version, group, add, remove, x.Option, out); err != nil {
			return nil, err
		}
	}
	return snap, nil
}

func (s *Session) grantSchemas(snap *catalog.Snapshot, version uint64, x *ast.Grant, out Output) (*catalog.Snapshot, error) {
	what, all, err := letters(x, "schema", catalog.SchemaPrivileges)
	if err != nil {
		return nil, err
	}
	for _, n := range x.Objects {
		have := schemaOf(snap, n.Parts[len(n.Parts)-1])
		if have == nil {
			return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", n.Parts[len(n.Parts)-1]).At(n.Position())
		}
		c := *have
		acl, owner := snap.SchemaACL(have.Name)
		on := object{kind: "schema", name: have.Name, owner: owner, guarded: catalog.OnSchema, acl: acl}
		if c.ACL, err = s.regrant(snap, x, on, what, all, out); err != nil {
			return nil, err
		}
		snap = snap.WithSchema(version, &c)
	}
	return snap, nil
}

// schemaOf finds a schema, also one that is there from the start.
func schemaOf(snap *catalog.Snapshot, name string) *catalog.Schema {
	if n := snap.Schema(name); n != nil {
		return n
	}
	if id := pgcatalog.BuiltinSchema(name); id != 0 {
		return &catalog.Schema{ID: id, Name: name, Owner: catalog.SystemSchemaOwner(name), Comment: pgcatalog.SchemaComment(name)}
	}
	return nil
}
