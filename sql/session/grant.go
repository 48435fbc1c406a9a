package session

import (
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Letters of the privileges of each kind of object, in PostgreSQL's order.
var (
	tablePrivileges = []privilege{
		{"insert", 'a'}, {"select", 'r'}, {"update", 'w'}, {"delete", 'd'}, {"truncate", 'D'}, {"references", 'x'}, {"trigger", 't'},
	}
	sequencePrivileges = []privilege{{"select", 'r'}, {"update", 'w'}, {"usage", 'U'}}
	schemaPrivileges   = []privilege{{"usage", 'U'}, {"create", 'C'}}
)

type privilege struct {
	word   string
	letter rune
}

// letters gives the privileges that a statement names, in order; all of them if it names none.
func letters(x *ast.Grant, known []privilege) (string, error) {
	var out strings.Builder
	for _, w := range x.Privileges {
		if !slices.ContainsFunc(known, func(p privilege) bool { return p.word == w }) {
			if !slices.ContainsFunc(append(tablePrivileges, schemaPrivileges...), func(p privilege) bool { return p.word == w }) {
				return "", sqlerr.New(sqlerr.SyntaxError, "unrecognized privilege type %q", w).At(x.Position())
			}
			kind := "relation"
			if x.Kind != "table" {
				kind = x.Kind
			}
			return "", sqlerr.New(sqlerr.InvalidGrantOperation, "invalid privilege type %s for %s", strings.ToUpper(w), kind)
		}
	}
	for _, p := range known {
		if x.Privileges == nil || slices.Contains(x.Privileges, p.word) {
			out.WriteRune(p.letter)
		}
	}
	return out.String(), nil
}

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
	what, err := letters(x, schemaPrivileges)
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
		if c.ACL, err = s.regrant(snap, x, object{"schema", have.Name, owner, catalog.SchemaPrivileges, acl}, what, out); err != nil {
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
		return &catalog.Schema{ID: id, Name: name, Owner: pgcatalog.Bootstrap, Comment: pgcatalog.SchemaComment(name)}
	}
	return nil
}

func (s *Session) grantRelations(snap *catalog.Snapshot, version uint64, x *ast.Grant, out Output) (*catalog.Snapshot, error) {
	known := append(slices.Clip(tablePrivileges), privilege{"usage", 'U'}) // of a sequence that is called a table
	if x.Kind == "sequence" {
		known = sequencePrivileges
	}
	what, err := letters(x, known)
	if err != nil {
		return nil, err
	}
	if x.Kind == "table" && x.Privileges == nil {
		what = strings.TrimSuffix(what, "U")
	}
	var rels []*catalog.Relation
	for _, n := range x.Objects {
		if !x.AllIn {
			r, err := snap.Find(n.Position(), n.Parts...)
			if err != nil {
				return nil, err
			}
			rels = append(rels, r)
			continue
		}
		if schemaOf(snap, n.Parts[0]) == nil {
			return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", n.Parts[0]).At(n.Position())
		}
		for _, r := range snap.Relations() {
			if r.Schema == n.Parts[0] && (r.Seq != nil) == (x.Kind == "sequence") {
				rels = append(rels, r)
			}
		}
	}
	for _, r := range rels {
		if r.Kind == catalog.System {
			return nil, sqlerr.NotSupported("%s on the system relation %s", x.Tag(), r.QualifiedName())
		}
		if x.Kind == "sequence" && r.Seq == nil {
			return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a sequence", r.Name)
		}
		if x.Kind == "table" && r.Seq == nil && strings.Contains(what, "U") {
			return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "invalid privilege type USAGE for table")
		}
		c := *r
		on := object{kindWord(r), r.Name, r.Owner, r.Privileges(), r.ACL}
		if c.ACL, err = s.regrant(snap, x, on, fitting(x, r, what, out), out); err != nil {
			return nil, err
		}
		snap = snap.With(version, &c)
	}
	return snap, nil
}

// fitting gives the letters that a relation knows of those that are given on it as on a table.
func fitting(x *ast.Grant, r *catalog.Relation, what string, out Output) string {
	switch {
	case r.Seq == nil || x.Kind == "sequence":
		return what
	case x.Privileges == nil:
		return catalog.SequencePrivileges
	case strings.Trim(what, catalog.SequencePrivileges) != "":
		out.Notice("WARNING", sqlerr.New(sqlerr.InvalidGrantOperation, "sequence %q only supports USAGE, SELECT, and UPDATE privileges", r.Name))
	}
	return union(what, "", catalog.SequencePrivileges)
}

// giving is who gives or takes privileges on an object, and which of those that the statement names it can.
func (s *Session) giving(snap *catalog.Snapshot, x *ast.Grant, on object, what string, out Output) (by, can string, err error) {
	rights := s.rights(snap)
	may, pass := rights.On(on.acl, on.owner, on.all)
	if by = on.owner; !rights.Has(on.owner) {
		if by = s.User; pass == "" && may == "" {
			return "", "", sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for %s %s", on.kind, on.name)
		}
		for _, g := range on.acl { // the role among the user's own that may pass on the most
			if g.Grantee != "" && rights.Has(g.Grantee) && len(union(g.Grantable, "", what)) > len(can) {
				by, can = g.Grantee, union(g.Grantable, "", what)
			}
		}
	} else {
		can = union(pass, "", what)
	}
	code, word := sqlerr.PrivilegeNotGranted, "were granted"
	if x.Revoke {
		code, word = sqlerr.PrivilegeNotRevoked, "could be revoked"
	}
	switch {
	case can == "":
		out.Notice("WARNING", sqlerr.New(code, "no privileges %s for %q", word, on.name))
	case x.Privileges != nil && len(can) < len(what):
		out.Notice("WARNING", sqlerr.New(code, "not all privileges %s for %q", word, on.name))
	}
	return by, can, nil
}

// object is what privileges are about.
type object struct {
	kind, name, owner, all string
	acl                    []catalog.Grant
}

// regrant gives an object's grants after a statement. The owner's own appear once something differs from the default.
func (s *Session) regrant(snap *catalog.Snapshot, x *ast.Grant, on object, what string, out Output) ([]catalog.Grant, error) {
	by, what, err := s.giving(snap, x, on, what, out)
	if err != nil {
		return nil, err
	}
	acl := slices.Clone(on.acl)
	for _, name := range x.Roles {
		to := s.roleOf(name)
		if to == "" && x.Option && !x.Revoke {
			return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "grant options can only be granted to roles")
		}
		i := slices.IndexFunc(acl, func(g catalog.Grant) bool { return g.Grantee == to && g.Grantor == by })
		if i < 0 {
			have := catalog.Grant{Grantee: to, Grantor: by}
			if to == on.owner {
				have.Privileges = on.all
			}
			acl, i = append(acl, have), len(acl)
		}
		g := &acl[i]
		switch {
		case x.Revoke:
			if !x.Option {
				g.Privileges = less(g.Privileges, what)
			}
			g.Grantable = less(g.Grantable, what)
			if acl, err = passedOn(acl, to, what, x.Cascade); err != nil {
				return nil, err
			}
		default:
			g.Privileges = union(g.Privileges, what, on.all)
			if x.Option {
				g.Grantable = union(g.Grantable, what, on.all)
			}
		}
	}
	return slices.DeleteFunc(acl, func(g catalog.Grant) bool { return g.Privileges == "" && g.Grantee != on.owner }), nil
}

// passedOn takes back what a role passed on and may not pass on any more.
func passedOn(acl []catalog.Grant, by, what string, cascade bool) ([]catalog.Grant, error) {
	for _, g := range acl {
		if g.Grantee == by {
			what = less(what, g.Grantable) // by another's grace
		}
	}
	for i := range acl {
		g := &acl[i]
		lost := ""
		if g.Grantor == by && g.Grantee != by {
			lost = union(g.Privileges, "", what)
		}
		if lost == "" {
			continue
		}
		if !cascade {
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "dependent privileges exist").WithHint("Use CASCADE to revoke them too.")
		}
		to := g.Grantee
		g.Privileges, g.Grantable = less(g.Privileges, lost), less(g.Grantable, lost)
		var err error
		if acl, err = passedOn(acl, to, lost, true); err != nil {
			return nil, err
		}
	}
	return acl, nil
}

func less(have, what string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(what, r) {
			return -1
		}
		return r
	}, have)
}

func union(a, b, order string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(a, r) || strings.ContainsRune(b, r) {
			return r
		}
		return -1
	}, order)
}
