package session

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// accesses are the relations that one statement reads or writes, and what that needs.
type accesses struct{ list []*bind.Access }

// of makes env say what is read and written.
func (a *accesses) of(env *bind.Env) *bind.Env {
	env.Access = func(x *bind.Access) { a.list = append(a.list, x) }
	return env
}

// rights are those of the current user. A session that came without a role, as only who is trusted can, may do everything;
// one whose role was dropped meanwhile, nothing.
func (s *Session) rights(snap *catalog.Snapshot) *catalog.Rights {
	if snap.Role(s.User) == nil && s.User != pgcatalog.Bootstrap && !(s.trusted && s.User == s.login) {
		return snap.Powerless(s.User)
	}
	return snap.Rights(s.User)
}

// super says whether the current user may do everything.
func (s *Session) super(snap *catalog.Snapshot) bool { return s.rights(snap).Super() }

// allowed says what of a statement its user may not do.
func (s *Session) allowed(snap *catalog.Snapshot, a *accesses) error {
	if len(a.list) == 0 {
		return nil
	}
	own := s.rights(snap)
	for _, x := range a.list {
		if !x.Side && x.As == "" && !x.Stored && !own.Schema(x.Relation.Schema, "U") {
			return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for schema %s", x.Relation.Schema).At(x.Pos)
		}
	}
	var refused *catalog.Relation // PostgreSQL looks at views before the rest
	for _, x := range asChecked(a.list) {
		if x.Side {
			continue
		}
		rights := own
		if x.As != "" {
			rights = snap.Rights(x.As)
		}
		if suffice(rights, x) {
			continue
		}
		if x.Relation.Kind == catalog.View {
			return denied(x.Relation)
		}
		if refused == nil {
			refused = x.Relation
		}
	}
	if refused != nil {
		return denied(refused)
	}
	return nil
}

// asChecked gives the uses of relations in PostgreSQL's order: what a query names itself, and then what its views, subqueries and the
// sides of set operations do.
func asChecked(list []*bind.Access) []*bind.Access {
	if len(list) < 2 {
		return list
	}
	own := list[0].Depth
	for _, x := range list {
		own = min(own, x.Depth)
	}
	out, from := make([]*bind.Access, 0, len(list)), 0
	for _, x := range list {
		if x.Depth == own {
			out = append(out, x)
		}
	}
	for i, x := range list {
		if x.Depth == own {
			out = append(out, asChecked(list[from:i])...)
			from = i + 1
		}
	}
	return append(out, asChecked(list[from:])...)
}

// needs refuses what the current user may not do with a relation, or with these columns of it; nil: with the whole of it.
func (s *Session) needs(snap *catalog.Snapshot, pos int, r *catalog.Relation, want string, columns []int) error {
	return s.allowed(snap, &accesses{[]*bind.Access{accessTo(pos, r, want, columns)}})
}

// accessTo is the use of a relation that needs one privilege, on these columns of it, or for nil on all that * gives.
func accessTo(pos int, r *catalog.Relation, want string, columns []int) *bind.Access {
	if columns == nil {
		for i := range r.Visible() {
			columns = append(columns, i)
		}
	}
	x := &bind.Access{Pos: pos, Relation: r, Want: want}
	list := &x.Updated
	switch want {
	case "r":
		list = &x.Read
	case "a":
		list = &x.Inserted
	}
	for _, c := range columns {
		x.Mark(list, c)
	}
	return x
}

// suffice says whether rights allow an access.
func suffice(rights *catalog.Rights, x *bind.Access) bool {
	want := x.Want
	if x.Reads() && !strings.Contains(want, "r") {
		want += "r"
	}
	for _, l := range want {
		used := x.Read
		switch l {
		case 'a':
			used = x.Inserted
		case 'w', 'x':
			used = x.Updated
		}
		if !rights.Columns(x.Relation, l, used) {
			return false
		}
	}
	return true
}

// kindWord is what PostgreSQL calls a relation. A stream is a table to it.
func kindWord(r *catalog.Relation) string {
	switch r.Kind {
	case catalog.View, catalog.MaterializedView, catalog.SequenceKind:
		return string(r.Kind)
	case catalog.System:
		if pgcatalog.IsView(r.ID) {
			return string(catalog.View)
		}
	}
	return "table"
}

func denied(r *catalog.Relation) *sqlerr.Error {
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for %s %s", kindWord(r), r.Name)
}

// mustOwn refuses what only a relation's owner may do.
func (s *Session) mustOwn(snap *catalog.Snapshot, r *catalog.Relation) error {
	if s.rights(snap).Has(r.Owner) {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "must be owner of %s %s", kindWord(r), r.Name)
}

// mustOwnSchema refuses what only a schema's owner may do.
func (s *Session) mustOwnSchema(snap *catalog.Snapshot, n *catalog.Schema) error {
	if s.rights(snap).Has(n.Owner) {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "must be owner of schema %s", n.Name)
}

// ownsSchemaOf says whether the user may drop a relation because the schema that it is in is its own.
func (s *Session) ownsSchemaOf(snap *catalog.Snapshot, r *catalog.Relation) bool {
	n := snap.Schema(r.Schema)
	return n != nil && s.rights(snap).Has(n.Owner)
}

// mayAlterRole refuses changes of a role by who may not make any.
func (s *Session) mayAlterRole(snap *catalog.Snapshot, r *catalog.Role, otherwise string) error {
	own := snap.Role(s.User)
	switch {
	case s.super(snap):
		return nil
	case r.Super:
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to alter superuser roles or change superuser attribute")
	case own == nil || !own.CreateRole:
		return sqlerr.New(sqlerr.InsufficientPrivilege, "%s", otherwise)
	}
	return nil
}

// mayCreateIn refuses a new object where the user may make none.
func (s *Session) mayCreateIn(snap *catalog.Snapshot, schema string, pos int) error {
	if s.rights(snap).Schema(schema, "C") {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for schema %s", schema).At(pos)
}

// mayBecome refuses a new owner whose role the user could not take.
func (s *Session) mayBecome(snap *catalog.Snapshot, owner string) error {
	if s.super(snap) || snap.IsMember(s.User, owner) {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "must be member of role %q", owner)
}

// ownerOf is the role that OWNER TO names.
func (s *Session) ownerOf(name string) string {
	switch name {
	case "current_user", "session_user", "current_role":
		return s.User
	}
	return s.roleOf(name)
}

// newOwnerNamed gives the role that OWNER TO names. It must be there, and be one that the user could take.
func (s *Session) newOwnerNamed(snap *catalog.Snapshot, name string) (string, error) {
	name = s.ownerOf(name)
	if err := s.roleExists(snap, name); err != nil {
		return "", err
	}
	return name, s.mayBecome(snap, name)
}

// newOwnerOf gives the role that OWNER TO names for a relation. One that does not own it yet must be let make objects in its schema.
func (s *Session) newOwnerOf(snap *catalog.Snapshot, r *catalog.Relation, name string) (string, error) {
	if s.ownerOf(name) == r.Owner && snap.Role(r.Owner) != nil {
		return r.Owner, nil
	}
	to, err := s.newOwnerNamed(snap, name)
	if err == nil && !s.super(snap) && !snap.Rights(to).Schema(r.Schema, "C") {
		err = sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for schema %s", r.Schema)
	}
	return to, err
}

// become is SET ROLE and SET SESSION AUTHORIZATION.
func (s *Session) become(name, value string) error {
	snap := s.e.Catalog()
	var to string
	switch {
	case name == "role" && value == "none":
		to = s.settings.values["session_authorization"]
	case name == "session_authorization" && value == s.login:
		to = value
	case snap.Role(value) == nil:
		return sqlerr.New(sqlerr.InvalidParameterValue, "role %q does not exist", value)
	case name == "role":
		if session := s.settings.values["session_authorization"]; !s.rightsOf(snap, session).Super() && !snap.IsMember(session, value) {
			return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to set role %q", value)
		}
		to = value
	default:
		if !s.rightsOf(snap, s.login).Super() {
			return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to set session authorization %q", value)
		}
		to = value
	}
	if name == "session_authorization" {
		s.settings.values["role"] = "none"
	}
	s.settings.values[name] = value
	s.impersonate(to)
	return nil
}

func (s *Session) rightsOf(snap *catalog.Snapshot, role string) *catalog.Rights {
	was := s.User
	defer func() { s.User = was }()
	s.User = role
	return s.rights(snap)
}

// impersonate makes role the current user.
func (s *Session) impersonate(role string) {
	s.User = role
	s.settings.values["is_superuser"] = "off"
	if s.super(s.e.Catalog()) {
		s.settings.values["is_superuser"] = "on"
	}
}

// effective is whom the settings name as the current user.
func effective(values map[string]string) string {
	if role := values["role"]; role != "none" {
		return role
	}
	return values["session_authorization"]
}
