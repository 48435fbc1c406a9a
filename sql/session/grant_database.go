package session

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// database is the node's one database, as privileges are about it.
func (s *Session) database(snap *catalog.Snapshot) object {
	return object{kind: "database", name: s.Database, owner: pgcatalog.Bootstrap, guarded: catalog.OnDatabase, acl: snap.Database().ACL}
}

// grantDatabases changes the privileges on the database. It goes by the name that the session has connected to, and by the
// system's own, which a script can count on.
func (s *Session) grantDatabases(snap *catalog.Snapshot, version uint64, x *ast.Grant, out Output) (*catalog.Snapshot, error) {
	what, all, err := letters(x, "database", catalog.DatabasePrivileges)
	if err != nil {
		return nil, err
	}
	for _, n := range x.Objects {
		if name := last(n); name != s.Database && name != pgcatalog.Bootstrap {
			return nil, sqlerr.New(sqlerr.InvalidCatalogName, "database %q does not exist", name)
		}
		c := *snap.Database()
		if c.ACL, err = s.regrant(snap, x, s.database(snap), what, all, out); err != nil {
			return nil, err
		}
		snap = snap.WithDatabase(version, &c)
	}
	return snap, nil
}

// mayMakeSchema refuses a new schema, or another name or owner of one, to whom the database does not give CREATE.
func (s *Session) mayMakeSchema(snap *catalog.Snapshot) error {
	if s.rights(snap).Database("C") {
		return nil
	}
	on := s.database(snap)
	return on.denied()
}

// MayConnect refuses a role, with 42501, what the database does not give it: CONNECT.
func (e *Engine) MayConnect(role, database string) error {
	if e.Catalog().Rights(role).Database("c") {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for database %q", database).WithDetail("User does not have CONNECT privilege.")
}
