package catalog

import (
	"slices"
	"strings"
)

// Privileges of a relation, a sequence, a schema, a column and a database, as PostgreSQL's letters in its order.
const (
	RelationPrivileges = "arwdDxt"
	SequencePrivileges = "rwU"
	SchemaPrivileges   = "UC"
	ColumnPrivileges   = "arwx"
	DatabasePrivileges = "CTc"
)

// Guarded says which privileges there are on r.
func (r *Relation) Guarded() Guarded {
	if r.Kind == SequenceKind {
		return OnSequence
	}
	return OnRelation
}

// Roles that are there from the start. Nobody logs in as one; who is a member may do what it is named for.
const (
	ReadAllData     = "pg_read_all_data"
	WriteAllData    = "pg_write_all_data"
	Monitor         = "pg_monitor"
	ReadAllStats    = "pg_read_all_stats"
	Checkpoint      = "pg_checkpoint"
	ReadFiles       = "pg_read_server_files"
	WriteFiles      = "pg_write_server_files"
	ExecutePrograms = "pg_execute_server_program"
	SignalBackend   = "pg_signal_backend"
)

// predefined roles have PostgreSQL's numbers where they are PostgreSQL's.
var predefined = func() map[string]*Role {
	out := map[string]*Role{}
	add := func(id uint32, name string, in ...string) {
		r := &Role{ID: id, Name: name, ConnLimit: -1}
		for _, g := range in {
			r.MemberOf = append(r.MemberOf, Membership{Role: g})
		}
		out[name] = r
	}
	add(6171, databaseOwner)
	add(6181, ReadAllData)
	add(6182, WriteAllData)
	add(3373, Monitor, "pg_read_all_settings", ReadAllStats, "pg_stat_scan_tables")
	add(3374, "pg_read_all_settings")
	add(3375, ReadAllStats)
	add(3377, "pg_stat_scan_tables")
	add(4569, ReadFiles)
	add(4570, WriteFiles)
	add(4571, ExecutePrograms)
	add(4200, SignalBackend)
	add(4544, Checkpoint)
	return out
}()

// Predefined gives the roles that are there from the start, by name, as they were then.
func Predefined() map[string]*Role { return predefined }

// Rights are what one role may do, itself and through the roles whose rights it inherits.
type Rights struct {
	snap  *Snapshot
	super bool
	as    []string // the role itself first
}

// Rights gives those of a role. A name that is no role, and never was while something belongs to it, is that of a
// superuser: it came from a session that was trusted without one.
func (s *Snapshot) Rights(role string) *Rights {
	r := s.Role(role)
	if r == nil || r.Super {
		return &Rights{snap: s, super: true, as: []string{role}}
	}
	return &Rights{snap: s, as: s.inherited(nil, r)}
}

// Powerless gives the rights of a name that is no role any more.
func (s *Snapshot) Powerless(role string) *Rights { return &Rights{snap: s, as: []string{role}} }

// inherited adds r and the roles whose rights it has without SET ROLE.
func (s *Snapshot) inherited(to []string, r *Role) []string {
	if slices.Contains(to, r.Name) {
		return to
	}
	to = append(to, r.Name)
	if r.NoInherit {
		return to
	}
	for _, m := range r.MemberOf {
		if g := s.Role(m.Role); g != nil {
			to = s.inherited(to, g)
		}
	}
	return to
}

// IsMember says whether role is group, or in it directly or through others.
func (s *Snapshot) IsMember(role, group string) bool {
	if role == group {
		return true
	}
	r := s.Role(role)
	return r != nil && slices.ContainsFunc(r.MemberOf, func(m Membership) bool { return s.IsMember(m.Role, group) })
}

// Super says whether everything is allowed.
func (x *Rights) Super() bool { return x.super }

// Has says whether the rights of a role are among these.
func (x *Rights) Has(role string) bool { return x.super || slices.Contains(x.as, role) }

// On gives the letters of what may be done with an object, and of what of that may be passed on.
func (x *Rights) On(acl []Grant, owner string, kind Guarded) (may, pass string) {
	if x.super {
		return kind.All, kind.All
	}
	if x.Has(owner) {
		pass = kind.All
	}
	for _, g := range kind.Items(acl, owner) {
		if g.Grantee == "" || x.Has(g.Grantee) {
			may += g.Privileges
			pass += g.Grantable
		}
	}
	return may, pass
}

// Some says whether any of the privileges of kind is there, by grants or by what a predefined role may do.
func (x *Rights) Some(items []Grant, kind Guarded) bool {
	switch kind {
	case OnRelation, OnSequence, OnColumn, OnSchema:
		if x.Has(ReadAllData) || x.Has(WriteAllData) {
			return true
		}
	}
	return slices.ContainsFunc(items, func(g Grant) bool {
		return shared(g.Privileges, kind.All) != "" && (g.Grantee == "" || x.Has(g.Grantee))
	})
}

// Relation says whether all of the privileges in want are there, on the whole relation.
func (x *Rights) Relation(r *Relation, want string) bool {
	return x.super || covers(x.relation(r), want)
}

func (x *Rights) relation(r *Relation) string {
	switch {
	case r.Kind == System && x.hidden(r):
		return ""
	case r.Kind == System:
		return "r"
	}
	may, _ := x.On(r.ACL, r.Owner, r.Guarded())
	if x.Has(ReadAllData) {
		may += "r"
	}
	if x.Has(WriteAllData) {
		may += "awd"
	}
	return may
}

// Column says whether the privilege want is there on a column, be it through that on the whole relation.
func (x *Rights) Column(r *Relation, column int, want rune) bool {
	return x.super || strings.ContainsRune(x.relation(r), want) || x.onColumn(&r.Columns[column], want)
}

func (x *Rights) onColumn(c *Column, want rune) bool {
	return slices.ContainsFunc(c.ACL, func(g Grant) bool {
		return strings.ContainsRune(g.Privileges, want) && (g.Grantee == "" || x.Has(g.Grantee))
	})
}

// PassColumn says whether the privilege want on a column may be passed on.
func (x *Rights) PassColumn(r *Relation, column int, want rune) bool {
	_, whole := x.On(r.ACL, r.Owner, r.Guarded())
	_, own := x.On(r.Columns[column].ACL, r.Owner, OnColumn)
	return strings.ContainsRune(whole+own, want)
}

// Columns says whether the privilege want is there on the whole relation, or else on each of the columns that used says, on
// any of those that * gives if it says none.
func (x *Rights) Columns(r *Relation, want rune, used []bool) bool {
	if x.super || strings.ContainsRune(x.relation(r), want) {
		return true
	}
	if !strings.ContainsRune(ColumnPrivileges, want) {
		return false
	}
	if !slices.Contains(used, true) {
		return slices.ContainsFunc(r.Visible(), func(c Column) bool { return x.onColumn(&c, want) })
	}
	for i, is := range used {
		if is && !x.onColumn(&r.Columns[i], want) {
			return false
		}
	}
	return true
}

// hidden says whether a relation of the system shows what not everybody may see: passwords, and rows of others.
func (x *Rights) hidden(r *Relation) bool {
	switch r.Schema + "." + r.Name {
	case "pg_catalog.pg_authid", "pg_catalog.pg_shadow", "vex.late_rows", "vex.dead_letters":
		return !x.Has(ReadAllData)
	case "vex.audit":
		return !x.Has(Monitor)
	}
	return false
}

// Schema says whether all of the privileges in want are there.
func (x *Rights) Schema(name, want string) bool { return x.schemaIn(x.snap, name, want) }

// schemaIn is Schema with the grants of s.
func (x *Rights) schemaIn(s *Snapshot, name, want string) bool {
	if x.super {
		return true
	}
	acl, owner := s.SchemaACL(name)
	may, _ := x.On(acl, owner, OnSchema)
	if x.Has(ReadAllData) || x.Has(WriteAllData) {
		may += "U"
	}
	return covers(may, want)
}

// SchemaACL gives a schema's grants and owner. Whoever can connect may use those that are there from the start.
func (s *Snapshot) SchemaACL(name string) ([]Grant, string) {
	n := s.Schema(name)
	switch {
	case n == nil:
		owner := SystemSchemaOwner(name)
		return builtinACL(owner), owner
	case n.ACL == nil && n.ID < FirstUserID:
		return builtinACL(n.Owner), n.Owner
	}
	return n.ACL, n.Owner
}

// SystemOwner is the role that owns what is there from the start, the database too.
const SystemOwner = "vexstream"

// databaseOwner is the role that the owner of the database is in.
const databaseOwner = "pg_database_owner"

// SystemSchemaOwner is the owner that a schema has which is there from the start, until somebody gives it another.
func SystemSchemaOwner(name string) string {
	if name == "public" {
		return databaseOwner
	}
	return SystemOwner
}

func builtinACL(owner string) []Grant {
	return []Grant{{Grantee: owner, Grantor: owner, Privileges: SchemaPrivileges}, {Grantor: owner, Privileges: "U"}}
}

// Database says whether all of the privileges in want are there on the database.
func (x *Rights) Database(want string) bool {
	may, _ := x.On(x.snap.Database().ACL, SystemOwner, OnDatabase)
	return covers(may, want)
}

func covers(may, want string) bool {
	for _, l := range want {
		if !strings.ContainsRune(may, l) {
			return false
		}
	}
	return true
}
