package session

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// temporary is what a session has of relations of its own. They are in a schema of their own, and go when the session does;
// those that a crash leaves behind are not there at the next start.
type temporary struct {
	schema string            // pg_temp_N; "" until something is made in it
	commit map[uint32]string // by table: "delete rows" or "drop", what its ON COMMIT says
	fresh  []uint32          // tables that the block under way has made
	undone []uint32          // those of a block that was rolled back, to be dropped
}

// ownName gives the name of what a statement makes: where it is the session's own, in the schema pg_temp, which is there
// afterwards. temp is whether the statement says TEMPORARY.
func (s *Session) ownName(ctx context.Context, n ast.Name, temp bool) (ast.Name, error) {
	schema := ""
	if len(n.Parts) > 1 {
		schema = n.Parts[len(n.Parts)-2]
	}
	own := schema == catalog.OwnTemp || schema != "" && schema == s.temporary.schema
	switch {
	case !temp && !own:
		return n, nil
	case schema != "" && !own:
		return n, sqlerr.New(sqlerr.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema").At(n.Position())
	}
	n.Parts = []string{catalog.OwnTemp, last(n)}
	return n, s.openTemporary(ctx)
}

// openTemporary makes the session's own schema, unless it has one.
func (s *Session) openTemporary(ctx context.Context) error {
	if s.temporary.schema != "" {
		return nil
	}
	if !s.rights(s.catalog()).Database("T") {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to create temporary tables in database %q", s.Database)
	}
	name := catalog.TempPrefix + strconv.FormatUint(s.e.temps.Add(1), 10)
	err := s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		if len(snap.Schemas()) >= catalog.MaxSchemas {
			return nil, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d schemas, those of sessions with temporary tables among them", catalog.MaxSchemas)
		}
		everybody := []catalog.Grant{{Grantor: s.login, Privileges: catalog.SchemaPrivileges}} // a session may SET ROLE
		return snap.WithSchema(version, &catalog.Schema{ID: snap.NextID, Name: name, Owner: s.login, ACL: everybody}), nil
	})
	if err == nil {
		s.temporary.schema, s.sight = name, sight{}
	}
	return err
}

// notTemporary refuses a name in the schema of the session's own relations for what cannot be temporary.
func notTemporary(n ast.Name, what string) error {
	if len(n.Parts) > 1 && catalog.IsTemp(n.Parts[len(n.Parts)-2]) {
		return sqlerr.NotSupported("a temporary %s", what).At(n.Position()).
			WithHint("Make a %s of its own name, and drop it afterwards.", what)
	}
	return nil
}

// madeTable notes a table that a statement has made: one of the session's own goes when its block is rolled back.
func (s *Session) madeTable(made bool, r *catalog.Relation, onCommit string) {
	switch {
	case !made:
		return
	case r.Schema != s.temporary.schema:
		s.tx.stayed("CREATE TABLE " + r.Name)
		return
	case s.tx.open:
		s.temporary.fresh = append(s.temporary.fresh, r.ID)
	}
	if onCommit != "" && onCommit != "preserve rows" {
		if s.temporary.commit == nil {
			s.temporary.commit = map[uint32]string{}
		}
		s.temporary.commit[r.ID] = onCommit
	}
}

// settleTemporary does what is due with the session's own tables after a transaction: those that it made go if it was rolled
// back, and ON COMMIT is done.
func (s *Session) settleTemporary(ctx context.Context) error {
	t := &s.temporary
	if s.tx.open || len(t.undone)+len(t.commit) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	var drop, empty []ast.Name
	for _, id := range t.undone {
		drop = s.namedOwn(drop, id)
	}
	for _, id := range slices.Sorted(maps.Keys(t.commit)) {
		if t.commit[id] == "drop" {
			drop = s.namedOwn(drop, id)
		} else {
			empty = s.namedOwn(empty, id)
		}
	}
	t.undone = nil
	var err error
	if drop != nil {
		user := s.User
		s.User = s.login // whose the schema is
		err = s.drop(ctx, &ast.Drop{Kind: "table", Names: drop, Cascade: true}, silent{})
		s.User = user
	}
	for _, n := range empty {
		if err == nil {
			err = s.emptied(ctx, n)
		}
	}
	return err
}

// emptied takes the rows of one of the session's own tables, with the rights of its owner: the session may have become another role.
func (s *Session) emptied(ctx context.Context, n ast.Name) error {
	if r := s.catalog().Lookup(n.Parts[0], n.Parts[1]); r != nil {
		user := s.User
		s.User = r.Owner
		defer func() { s.User = user }()
	}
	return s.truncate(ctx, &ast.Truncate{Names: []ast.Name{n}, Cascade: true}, silent{})
}

// namedOwn adds the name of one of the session's own tables to names; one that is no more is forgotten.
func (s *Session) namedOwn(names []ast.Name, id uint32) []ast.Name {
	r := s.catalog().ByID(id)
	if r == nil {
		delete(s.temporary.commit, id)
		return names
	}
	n := ast.Name{Parts: []string{r.Schema, r.Name}}
	if slices.ContainsFunc(names, func(have ast.Name) bool { return slices.Equal(have.Parts, n.Parts) }) {
		return names
	}
	return append(names, n)
}

// dropTemporary drops what is the session's own.
func (s *Session) dropTemporary(ctx context.Context) error {
	if s.temporary.schema == "" {
		return nil
	}
	n := ast.Name{Parts: []string{s.temporary.schema}}
	user := s.User
	s.User = s.login // whose the schema is, whoever the session has become
	err := s.dropSchemas(ctx, &ast.Drop{Kind: "schema", Names: []ast.Name{n}, Cascade: true}, silent{})
	s.User = user
	if err == nil {
		s.temporary, s.sight = temporary{}, sight{}
	}
	return err
}
