package session

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/auth"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// roleOf gives the name that a role was named by: CURRENT_USER and its kin are the session's user.
func (s *Session) roleOf(name string) string {
	if name != "" && name[0] == 0 {
		return s.User
	}
	return name
}

// roleExists refuses a role that nobody made and that does not talk here.
func (s *Session) roleExists(snap *catalog.Snapshot, name string) error {
	if name == "" || name == s.User || name == pgcatalog.Bootstrap || snap.Role(name) != nil || isOwner(snap, name) {
		return nil
	}
	return sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
}

func isOwner(snap *catalog.Snapshot, name string) bool {
	return slices.ContainsFunc(snap.Relations(), func(r *catalog.Relation) bool { return r.Owner == name }) ||
		slices.ContainsFunc(snap.Schemas(), func(n *catalog.Schema) bool { return n.Owner == name })
}

// runAccess runs a statement about roles, rights, schemas and comments. But for comments they take effect at once, also in
// a block.
func (s *Session) runAccess(ctx context.Context, st ast.Stmt, out Output) error {
	var err error
	switch x := st.(type) {
	case *ast.Role:
		err = s.runRole(ctx, x, out)
	case *ast.AlterSettings:
		err = s.alterSettings(ctx, x)
	case *ast.DropRole:
		err = s.dropRole(ctx, x, out)
	case *ast.Grant:
		err = s.runGrant(ctx, x, out)
	case *ast.DefaultGrant:
		err = s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
			return s.grantDefaults(snap, version, x, out)
		})
	case *ast.Owned:
		err = s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
			if x.To != "" {
				return s.reassignOwned(snap, version, x)
			}
			return s.dropOwned(ctx, snap, version, x, out)
		})
	case *ast.Comment:
		return s.runComment(ctx, x, out)
	case *ast.CreateSchema:
		err = s.createSchema(ctx, x, out)
	}
	if err == nil {
		s.tx.stayed(st.Tag())
	}
	return err
}

func (s *Session) runRole(ctx context.Context, x *ast.Role, out Output) error {
	return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		name := s.roleOf(x.Name)
		r := old.Role(name)
		if !x.Alter {
			if err := s.mayMakeRole(old, x, &catalog.Role{Name: name}); err != nil {
				return nil, err
			}
		}
		switch {
		case x.Alter && r == nil:
			return nil, sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
		case !x.Alter && strings.HasPrefix(name, "pg_"):
			return nil, sqlerr.New(sqlerr.ReservedName, "role name %q is reserved", name).WithDetail("Role names starting with \"pg_\" are reserved.")
		case x.Alter && catalog.Predefined()[name] != nil && len(x.Add)+len(x.Remove) == 0:
			return nil, sqlerr.New(sqlerr.ReservedName, "role name %q is reserved", name).WithDetail("Cannot alter reserved roles.")
		case !x.Alter && (r != nil || name == pgcatalog.Bootstrap):
			return nil, sqlerr.New(sqlerr.DuplicateObject, "role %q already exists", name)
		case !x.Alter && len(old.Roles()) >= catalog.MaxRoles:
			return nil, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d roles", catalog.MaxRoles)
		case !x.Alter:
			r = &catalog.Role{ID: old.NextID, Name: name, Login: x.Kind == "user", ConnLimit: -1}
		default:
			c := *r
			r = &c
		}
		if x.Alter {
			if err := s.mayMakeRole(old, x, r); err != nil {
				return nil, err
			}
		}
		if x.To != "" {
			return s.renameRole(old, version, r, x)
		}
		snap := old.WithRole(version, r)
		if err := s.members(&snap, version, r.Name, x.Add, x.Remove, false, out); err != nil {
			return nil, err
		}
		for i := range x.Options {
			if err := s.roleOption(&snap, version, r, &x.Options[i], out); err != nil {
				return nil, err
			}
		}
		return snap, nil
	})
}

func (s *Session) renameRole(old *catalog.Snapshot, version uint64, r *catalog.Role, x *ast.Role) (*catalog.Snapshot, error) {
	to := s.roleOf(x.To)
	if old.Role(to) != nil || to == pgcatalog.Bootstrap {
		return nil, sqlerr.New(sqlerr.DuplicateObject, "role %q already exists", to)
	}
	if r.Name == s.User {
		return nil, sqlerr.NotSupported("renaming the session's own user")
	}
	from := r.Name
	r.Name = to
	snap := old.WithRole(version, r).WithDatabase(version, old.Database().Renamed(from, to))
	swap := func(name string) string {
		if name == from {
			return to
		}
		return name
	}
	for _, m := range snap.Roles() {
		c := *m
		c.MemberOf = slices.Clone(m.MemberOf)
		for i := range c.MemberOf {
			c.MemberOf[i].Role, c.MemberOf[i].Grantor = swap(c.MemberOf[i].Role), swap(c.MemberOf[i].Grantor)
		}
		snap = snap.WithRole(version, &c)
	}
	acl := func(gs []catalog.Grant) []catalog.Grant {
		gs = slices.Clone(gs)
		for i := range gs {
			gs[i].Grantee, gs[i].Grantor = swap(gs[i].Grantee), swap(gs[i].Grantor)
		}
		return gs
	}
	for _, n := range snap.Schemas() {
		c := *n
		c.Owner, c.ACL = swap(n.Owner), acl(n.ACL)
		snap = snap.WithSchema(version, &c)
	}
	for _, rel := range snap.Relations() {
		if rel.Owner == from || concerns(rel, from) {
			c := *rel
			c.Owner, c.ACL, c.Columns = swap(rel.Owner), acl(rel.ACL), slices.Clone(rel.Columns)
			for i := range c.Columns {
				c.Columns[i].ACL = acl(c.Columns[i].ACL)
			}
			snap = snap.With(version, &c)
		}
	}
	return renamedOutward(snap, version, swap, acl), nil
}

// roleOption applies one option to r, which is in snap already.
func (s *Session) roleOption(snap **catalog.Snapshot, version uint64, r *catalog.Role, o *ast.RoleOption, out Output) error {
	on := !o.Off
	switch o.Name {
	case "superuser":
		r.Super = on
	case "createdb":
		r.CreateDB = on
	case "createrole":
		r.CreateRole = on
	case "inherit":
		r.NoInherit = !on
	case "login":
		r.Login = on
	case "replication":
		r.Replicate = on
	case "bypassrls":
		r.BypassRLS = on
	case "connection limit":
		if o.Limit < -1 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "invalid connection limit: %d", o.Limit).At(o.Position())
		}
		r.ConnLimit = o.Limit
	case "password":
		return setPassword(r, o, out)
	case "valid until":
		r.Until = o.Text
		if _, err := types.ParseTimestamptz(o.Text, s.Locale()); err != nil {
			return placed(err, o.Position())
		}
	case "sysid":
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "SYSID can no longer be specified"))
	case "in role":
		for _, group := range o.Roles {
			if err := s.members(snap, version, s.roleOf(group), []string{r.Name}, nil, false, out); err != nil {
				return placed(err, o.Position())
			}
		}
	default: // role, admin
		if err := s.members(snap, version, r.Name, o.Roles, nil, o.Name == "admin", out); err != nil {
			return placed(err, o.Position())
		}
	}
	return nil
}

// md5Hash is how PostgreSQL spells the hash of a password, which it takes for one.
var md5Hash = regexp.MustCompile(`^md5[0-9a-f]{32}$`)

func setPassword(r *catalog.Role, o *ast.RoleOption, out Output) error {
	switch {
	case o.Off:
		r.Verifier = ""
		return nil
	case o.Text == "":
		r.Verifier = ""
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "empty string is not a valid password, clearing password"))
		return nil
	}
	if md5Hash.MatchString(o.Text) {
		return sqlerr.NotSupported("a password that is given as its MD5 hash").At(o.Position()).
			WithHint("Give the password itself, or its SCRAM-SHA-256 verifier: nobody could log in with what the hash is of.")
	}
	v, err := auth.Verifier(o.Text)
	r.Verifier = v
	return err
}

// databaseOwner is the role whose one member is the owner of the database.
const databaseOwner = "pg_database_owner"

// members makes roles members of group, or takes them out.
func (s *Session) members(snap **catalog.Snapshot, version uint64, group string, add, remove []string, admin bool, out Output) error {
	for _, name := range add {
		name = s.roleOf(name)
		r := (*snap).Role(name)
		switch {
		case r == nil:
			return sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
		case group == databaseOwner:
			return sqlerr.New(sqlerr.InvalidGrantOperation, "role %q cannot have explicit members", group)
		case name == databaseOwner:
			return sqlerr.New(sqlerr.InvalidGrantOperation, "role %q cannot be a member of any role", name)
		case (*snap).IsMember(group, name):
			return sqlerr.New(sqlerr.InvalidGrantOperation, "role %q is a member of role %q", group, name)
		}
		i := slices.IndexFunc(r.MemberOf, func(m catalog.Membership) bool { return m.Role == group })
		if i >= 0 && (r.MemberOf[i].Admin || !admin) {
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "role %q is already a member of role %q", name, group))
			continue
		}
		c := *r
		c.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(m catalog.Membership) bool { return m.Role == group })
		c.MemberOf = append(c.MemberOf, catalog.Membership{Role: group, Admin: admin, Grantor: s.User})
		*snap = (*snap).WithRole(version, &c)
	}
	for _, name := range remove {
		name = s.roleOf(name)
		r := (*snap).Role(name)
		if r == nil {
			return sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
		}
		c := *r
		c.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(m catalog.Membership) bool { return m.Role == group })
		if len(c.MemberOf) == len(r.MemberOf) {
			out.Notice("WARNING", sqlerr.New(sqlerr.Warning, "role %q is not a member of role %q", name, group))
		}
		*snap = (*snap).WithRole(version, &c)
	}
	return nil
}

func (s *Session) dropRole(ctx context.Context, x *ast.DropRole, out Output) error {
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		if err := s.mayDropRoles(snap); err != nil {
			return nil, err
		}
		for _, name := range x.Names {
			name = s.roleOf(name)
			switch {
			case name == s.User:
				return nil, sqlerr.New(sqlerr.ObjectInUse, "current user cannot be dropped")
			case name == pgcatalog.Bootstrap || catalog.Predefined()[name] != nil:
				return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop role %s because it is required by the database system", name)
			case snap.Role(name) == nil && x.IfExists:
				out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "role %q does not exist, skipping", name))
				continue
			case snap.Role(name) == nil:
				return nil, sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
			}
			if err := s.mayDropRole(snap, snap.Role(name)); err != nil {
				return nil, err
			}
			if what := uses(snap, name, s.Database); what != "" {
				return nil, sqlerr.New(sqlerr.DependentObjectsExist, "role %q cannot be dropped because some objects depend on it", name).WithDetail("%s", what)
			}
			snap = snap.WithoutRole(version, name).WithDatabase(version, snap.Database().Renamed(name, ""))
			for _, r := range snap.Roles() {
				c := *r
				c.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(m catalog.Membership) bool { return m.Role == name })
				if len(c.MemberOf) < len(r.MemberOf) {
					snap = snap.WithRole(version, &c)
				}
			}
		}
		return snap, nil
	})
}

// concerns says whether a role has privileges on a relation or a column of it, or granted some.
func concerns(r *catalog.Relation, role string) bool {
	has := func(g catalog.Grant) bool { return g.Grantee == role || g.Grantor == role }
	return slices.ContainsFunc(r.ACL, has) || slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return slices.ContainsFunc(c.ACL, has) })
}

// maxDependents is how many objects a refusal to drop a role names.
const maxDependents = 100

// uses names what belongs to a role, and on what it has privileges, a line each; "" for nothing.
func uses(snap *catalog.Snapshot, role, database string) string {
	has := func(g catalog.Grant) bool { return g.Grantee == role || g.Grantor == role }
	type dependent struct {
		id   uint32
		text string
	}
	var all []dependent
	add := func(id uint32, owner bool, acl []catalog.Grant, name string) {
		if owner {
			all = append(all, dependent{id, "owner of " + name})
		} else if slices.ContainsFunc(acl, has) {
			all = append(all, dependent{id, "privileges for " + name})
		}
	}
	add(0, false, snap.Database().ACL, "database "+pgcatalog.QuoteIdent(database))
	for _, r := range snap.Relations() {
		name := called(snap, r)
		add(r.ID, r.Owner == role, r.ACL, name)
		for _, c := range r.Columns {
			if r.Owner == role {
				break
			}
			add(r.ID, false, c.ACL, "column "+pgcatalog.QuoteIdent(c.Name)+" of "+name)
		}
	}
	for _, n := range snap.Schemas() {
		add(n.ID, n.Owner == role, n.ACL, "schema "+pgcatalog.QuoteIdent(n.Name))
	}
	for _, x := range snap.Secrets() {
		add(x.ID, x.Owner == role, nil, "secret "+pgcatalog.QuoteIdent(x.Name))
	}
	for _, t := range snap.Targets() {
		add(t.ID, t.Owner == role, t.ACL, "target "+pgcatalog.QuoteIdent(t.Name))
	}
	for _, x := range snap.Database().Defaults {
		what := map[string]string{"r": "relations", "S": "sequences", "n": "schemas"}[x.Kind] + " belonging to role " + pgcatalog.QuoteIdent(x.Role)
		for _, n := range snap.Schemas() {
			if n.ID == x.Schema {
				what += " in schema " + pgcatalog.QuoteIdent(n.Name)
			}
		}
		if name := pgcatalog.BuiltinSchemaName(x.Schema); name != "" && snap.Schema(name) == nil {
			what += " in schema " + name
		}
		add(snap.NextID, x.Role == role, x.ACL, "default privileges on new "+what)
	}
	slices.SortStableFunc(all, func(a, b dependent) int { return cmp.Compare(a.id, b.id) })
	var lines []string
	for i, d := range all {
		if i == maxDependents {
			lines = append(lines, fmt.Sprintf("and %d other objects (see server log for list)", len(all)-i))
			break
		}
		lines = append(lines, d.text)
	}
	return strings.Join(lines, "\n")
}
