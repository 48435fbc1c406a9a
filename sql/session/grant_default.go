package session

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// defaultKinds are the kinds of pg_default_acl by their words.
var defaultKinds = map[string]string{"table": "r", "sequence": "S", "schema": "n"}

// grantDefaults is ALTER DEFAULT PRIVILEGES.
func (s *Session) grantDefaults(snap *catalog.Snapshot, version uint64, x *ast.DefaultGrant, out Output) (*catalog.Snapshot, error) {
	g := x.Grant
	kind := defaultKinds[g.Kind]
	word := g.Kind
	if word == "table" {
		word = "relation"
	}
	what, all, err := letters(g, word, catalog.DefaultKinds[kind].All)
	switch {
	case err != nil:
		return nil, err
	case g.Columns != nil:
		return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "default privileges cannot be set for columns")
	case kind == "n" && x.Schemas != nil:
		return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS")
	}
	for _, r := range g.Roles {
		if err := s.roleExists(snap, s.roleOf(r)); err != nil {
			return nil, err
		}
	}
	owners := x.Owners
	if owners == nil {
		owners = []string{s.User}
	}
	for _, owner := range owners {
		owner = s.roleOf(owner)
		if err := s.roleExists(snap, owner); err != nil {
			return nil, err
		}
		if err := s.mayBecome(snap, owner); err != nil {
			return nil, err
		}
		if x.Schemas == nil {
			if snap, err = s.grantDefault(snap, version, g, catalog.DefaultACL{Role: owner, Kind: kind}, what, all, out); err != nil {
				return nil, err
			}
		}
		for _, n := range x.Schemas {
			in := schemaOf(snap, last(n))
			if in == nil {
				return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", last(n))
			}
			of := catalog.DefaultACL{Role: owner, Schema: in.ID, Kind: kind}
			if snap, err = s.grantDefault(snap, version, g, of, what, all, out); err != nil {
				return nil, err
			}
		}
	}
	return snap, nil
}

// grantDefault changes one entry, in its owner's name.
func (s *Session) grantDefault(snap *catalog.Snapshot, version uint64, g *ast.Grant, of catalog.DefaultACL, what string, all bool, out Output) (*catalog.Snapshot, error) {
	defer func(now string) { s.User = now }(s.User)
	s.User = of.Role
	d := snap.Database()
	of = d.DefaultACL(of.Role, of.Schema, of.Kind)
	on := object{kind: "default privileges", owner: of.Role, guarded: of.Guarded(), acl: of.ACL}
	acl, err := s.regrant(snap, g, on, what, all, out)
	if err != nil {
		return nil, err
	}
	of.ACL = acl
	if d = d.WithDefaultACL(of); len(d.Defaults) > catalog.MaxDefaultACLs {
		return nil, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d default privileges", catalog.MaxDefaultACLs)
	}
	return snap.WithDatabase(version, d), nil
}

// begun gives what is new in snap since old the grants that it begins with.
func begun(old, snap *catalog.Snapshot, version uint64) *catalog.Snapshot {
	if len(snap.Database().Defaults) == 0 {
		return snap
	}
	for _, n := range snap.Schemas() {
		if n.ID < old.NextID || n.ACL != nil {
			continue
		}
		c := *n
		if c.ACL = snap.NewACL(n.Owner, 0, "n"); c.ACL != nil {
			snap = snap.WithSchema(version, &c)
		}
	}
	for _, r := range snap.Relations() {
		if r.ID < old.NextID || r.ACL != nil || r.Kind == catalog.System || r.Kind == catalog.Sink {
			continue
		}
		kind := "r"
		if r.Seq != nil {
			kind = "S"
		}
		c := *r
		if c.ACL = snap.NewACL(r.Owner, schemaOf(snap, r.Schema).ID, kind); c.ACL != nil {
			snap = snap.With(version, &c)
		}
	}
	return snap
}

// defaults repeats the default privileges.
func (s *script) defaults() {
	for _, x := range s.snap.Database().Defaults {
		own := s.owner(x.Role)
		if own == "" {
			continue
		}
		lead := "ALTER DEFAULT PRIVILEGES FOR ROLE " + own + " "
		for _, n := range s.snap.Schemas() {
			if n.ID == x.Schema {
				lead += "IN SCHEMA " + pgcatalog.QuoteIdent(n.Name) + " "
			}
		}
		if name := pgcatalog.BuiltinSchemaName(x.Schema); name != "" && s.snap.Schema(name) == nil {
			lead += "IN SCHEMA " + name + " "
		}
		s.grants(lead, map[string]string{"r": "TABLES", "S": "SEQUENCES", "n": "SCHEMAS"}[x.Kind], own, "", x.Role, x.ACL, x.Guarded())
	}
}
