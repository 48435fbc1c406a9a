package pgcatalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// roleID is the OID of a role. Whoever may log in without a CREATE ROLE has one made from the name.
func (s *State) roleID(name string) uint32 {
	switch r := s.Snapshot.Role(name); {
	case r != nil:
		return r.ID
	case name == Bootstrap || name == "":
		return 10
	}
	return derived("role", name)
}

// allRoles are the roles that were made, those that are there from the start, the one that owns the system, and those that only own something or talk.
func (s *State) allRoles() []*catalog.Role {
	byName := map[string]*catalog.Role{}
	implied := func(name string) {
		if name == "" || byName[name] != nil {
			return
		}
		if byName[name] = s.Snapshot.Role(name); byName[name] == nil {
			byName[name] = &catalog.Role{
				ID: s.roleID(name), Name: name, Super: true, CreateDB: true, CreateRole: true, Login: true, Replicate: true,
				BypassRLS: true, ConnLimit: -1,
			}
		}
	}
	implied(Bootstrap)
	implied(s.Session.User())
	for _, r := range s.relations() {
		implied(r.Owner)
	}
	maps.Copy(byName, catalog.Predefined())
	for _, r := range s.Snapshot.Roles() {
		byName[r.Name] = r
	}
	var out []*catalog.Role
	for _, name := range sortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out
}

func until(r *catalog.Role) any {
	if r.Until == "" {
		return nil
	}
	return r.Until
}

func (s *State) roles(out *rows) {
	for _, r := range s.allRoles() {
		out.add("rolname", r.Name, "rolsuper", r.Super, "rolinherit", !r.NoInherit, "rolcreaterole", r.CreateRole, "rolcreatedb", r.CreateDB,
			"rolcanlogin", r.Login, "rolreplication", r.Replicate, "rolconnlimit", r.ConnLimit, "rolpassword", "********",
			"rolvaliduntil", until(r), "rolbypassrls", r.BypassRLS, "rolconfig", s.roleConfig(r.Name), "oid", r.ID)
	}
}

// roleConfig is what a role's sessions begin with, in any database; nil: nothing.
func (s *State) roleConfig(role string) any {
	var list []string
	for _, x := range s.Snapshot.Database().Settings {
		if x.Role == role && !x.Here {
			list = append(list, x.Name+"="+x.Value)
		}
	}
	if list == nil {
		return nil
	}
	return list
}

func (s *State) authIDs(out *rows) {
	for _, r := range s.allRoles() {
		var verifier any
		if r.Verifier != "" {
			verifier = r.Verifier
		}
		out.add("oid", r.ID, "rolname", r.Name, "rolsuper", r.Super, "rolinherit", !r.NoInherit, "rolcreaterole", r.CreateRole,
			"rolcreatedb", r.CreateDB, "rolcanlogin", r.Login, "rolreplication", r.Replicate, "rolbypassrls", r.BypassRLS,
			"rolconnlimit", r.ConnLimit, "rolpassword", verifier, "rolvaliduntil", until(r))
	}
}

func (s *State) users(out *rows) {
	for _, r := range s.allRoles() {
		if r.Login {
			out.add("usename", r.Name, "usesysid", r.ID, "usecreatedb", r.CreateDB, "usesuper", r.Super, "userepl", r.Replicate,
				"usebypassrls", r.BypassRLS, "passwd", "********", "valuntil", until(r))
		}
	}
}

func (s *State) shadows(out *rows) {
	for _, r := range s.allRoles() {
		if r.Login {
			out.add("usename", r.Name, "usesysid", r.ID, "usecreatedb", r.CreateDB, "usesuper", r.Super, "userepl", r.Replicate,
				"usebypassrls", r.BypassRLS, "valuntil", until(r))
		}
	}
}

func (s *State) groups(out *rows) {
	for _, g := range s.allRoles() {
		if g.Login {
			continue
		}
		var ids []string
		for _, r := range s.allRoles() {
			if slices.ContainsFunc(r.MemberOf, func(m catalog.Membership) bool { return m.Role == g.Name }) {
				ids = append(ids, oidText(r.ID))
			}
		}
		out.add("groname", g.Name, "grosysid", g.ID, "grolist", "{"+strings.Join(ids, ",")+"}")
	}
}

func (s *State) members(out *rows) {
	for _, r := range s.allRoles() {
		for _, m := range r.MemberOf {
			out.add("roleid", s.roleID(m.Role), "member", r.ID, "grantor", s.roleID(m.Grantor), "admin_option", m.Admin)
		}
	}
}

// aclText is an object's grants as aclitems; nil when nobody granted anything, which PostgreSQL shows as null.
func (s *State) aclText(acl []catalog.Grant, owner string, kind catalog.Guarded) any {
	if len(acl) == 0 {
		return nil
	}
	items := []string{}
	for _, g := range kind.Items(acl, owner) {
		items = append(items, aclItem(g))
	}
	return items
}

func (s *State) defaultACLs(out *rows) {
	for _, x := range s.Snapshot.Database().Defaults {
		id := derived("default acl", x.Role+" "+x.Kind+" "+oidText(x.Schema))
		out.add("oid", id, "defaclrole", s.roleID(x.Role), "defaclnamespace", x.Schema, "defaclobjtype", x.Kind,
			"defaclacl", s.aclText(x.ACL, x.Role, x.Guarded()))
	}
}

func aclItem(g catalog.Grant) string {
	var sb strings.Builder
	sb.WriteString(aclName(g.Grantee) + "=")
	for _, p := range g.Privileges {
		sb.WriteRune(p)
		if strings.ContainsRune(g.Grantable, p) {
			sb.WriteByte('*')
		}
	}
	return sb.String() + "/" + aclName(g.Grantor)
}

// aclName quotes a name as aclitem's output does.
func aclName(name string) string {
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}

// defaultPrivileges are those of a new object of each kind that acldefault knows: the owner's, and everybody's.
var defaultPrivileges = map[string][2]string{
	"c": {}, "r": {"arwdDxt"}, "s": {"rwU"}, "d": {"CTc", "Tc"}, "f": {"X", "X"}, "l": {"U", "U"}, "L": {"rw"}, "n": {"UC"}, "p": {"sA"},
	"t": {"C"}, "F": {"U"}, "S": {"U"}, "T": {"U", "U"},
}

func (s *State) aclDefault(a expr.Asked, row uint32, out *batch.Builder) error {
	kind := a.Text(0, row)
	letters, ok := defaultPrivileges[kind]
	if !ok {
		return sqlerr.New(sqlerr.InternalError, "unrecognized object type abbreviation: %s", kind)
	}
	owner := s.roleName(a.Int(1, row))
	var items []string
	if letters[1] != "" {
		items = append(items, "="+letters[1]+"/"+aclName(owner))
	}
	if letters[0] != "" {
		items = append(items, aclName(owner)+"="+letters[0]+"/"+aclName(owner))
	}
	return put(out, items)
}
