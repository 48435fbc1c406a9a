package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// askedWords are the privileges of each kind of object that has_..._privilege knows, and their letters; "" for those
// that everybody has, "!" for those that only superusers have.
var askedWords = map[string]map[string]string{
	"table": {
		"select": "r", "insert": "a", "update": "w", "delete": "d", "truncate": "D", "references": "x", "trigger": "t", "rule": "!",
	},
	"column":               {"select": "r", "insert": "a", "update": "w", "references": "x"},
	"any_column":           {"select": "r", "insert": "a", "update": "w", "references": "x"},
	"schema":               {"create": "C", "usage": "U"},
	"database":             {"create": "C", "connect": "c", "temporary": "T", "temp": "T"},
	"function":             {"execute": ""},
	"type":                 {"usage": ""},
	"sequence":             {"usage": "U", "select": "r", "update": "w"},
	"language":             {"usage": ""},
	"tablespace":           {"create": "!"},
	"server":               {"usage": "!"},
	"foreign_data_wrapper": {"usage": "!"},
	"parameter":            {"set": "!", "alter system": "!"},
}

// wanted is one privilege of a list, and whether to pass it on is asked about.
type wanted struct {
	letter string
	option bool
}

// wantedOf reads a list of privileges: any of them will do.
func wantedOf(kind, text string) ([]wanted, error) {
	var out []wanted
	for _, part := range strings.Split(text, ",") {
		word, option := strings.CutSuffix(lower(strings.TrimSpace(part)), " with grant option")
		letter, ok := askedWords[kind][strings.TrimSpace(word)]
		if !ok {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized privilege type: %q", strings.TrimSpace(part))
		}
		out = append(out, wanted{letter, option})
	}
	return out, nil
}

// privilege answers has_..._privilege.
func (s *State) privilege(name string) answer {
	kind := strings.TrimSuffix(strings.TrimPrefix(name, "has_"), "_privilege")
	alone := 2
	if kind == "column" {
		alone = 3
	}
	return func(a expr.Asked, row uint32, out *batch.Builder) error {
		rights, object := s.Session.Rights(s.Snapshot), 0
		if a.Len() > alone {
			var err error
			if rights, err = s.rightsAsked(a, row); err != nil {
				return err
			}
			object = 1
		}
		want, err := wantedOf(kind, a.Text(a.Len()-1, row))
		if err != nil {
			return err
		}
		has, known, err := s.privilegeOn(kind, a, object, row, rights)
		switch {
		case err != nil:
			return err
		case !known:
			out.Null()
			return nil
		}
		any := false
		for _, w := range want {
			any = any || has(w)
		}
		out.Bool(any)
		return nil
	}
}

// privilegeOn finds the object that argument i names, and gives what says whether it may be used in some way.
func (s *State) privilegeOn(kind string, a expr.Asked, i int, row uint32, rights *catalog.Rights) (has func(wanted) bool, known bool, err error) {
	has = func(w wanted) bool { return rights.Super() || w.letter == "" && !w.option }
	byName := a.Type(i).OID == types.OIDText || a.Type(i).OID == types.OIDName
	switch kind {
	case "table", "column", "any_column", "sequence":
		var r relation
		if byName {
			r, err = s.relationNamed(a.Text(i, row))
		} else {
			r = s.Snapshot.ByID(uint32(a.Int(i, row)))
		}
		if r == nil {
			return nil, false, err
		}
		if kind == "sequence" && r.Seq == nil {
			return nil, false, sqlerr.New(sqlerr.WrongObjectType, "%q is not a sequence", r.Name)
		}
		switch kind {
		case "column":
			at, err := columnAsked(a, i+1, row, r)
			return func(w wanted) bool { return onColumn(rights, r, at, w) }, at >= 0, err
		case "any_column":
			return func(w wanted) bool {
				for at := range r.Visible() {
					if onColumn(rights, r, at, w) {
						return true
					}
				}
				return false
			}, true, nil
		}
		return func(w wanted) bool {
			if !w.option {
				return w.letter != "!" && rights.Relation(r, w.letter)
			}
			_, pass := rights.On(r.ACL, r.Owner, r.Guarded())
			return strings.Contains(pass, w.letter)
		}, true, nil
	case "database":
		return s.privilegeOnDatabase(a, i, row, rights)
	case "schema":
		name := ""
		if byName {
			if name = a.Text(i, row); s.schemaID(name) == 0 {
				return nil, false, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
			}
		}
		for _, n := range s.schemas() {
			if !byName && int64(n.ID) == a.Int(i, row) {
				name = n.Name
			}
		}
		if name == "" {
			return nil, false, nil
		}
		return func(w wanted) bool {
			if !w.option {
				return rights.Schema(name, w.letter)
			}
			acl, owner := s.Snapshot.SchemaACL(name)
			_, pass := rights.On(acl, owner, catalog.OnSchema)
			return strings.Contains(pass, w.letter)
		}, true, nil
	}
	known, err = s.isThere(kind, a, i, row)
	return has, known, err
}

// privilegeOnDatabase is privilegeOn of the database.
func (s *State) privilegeOnDatabase(a expr.Asked, i int, row uint32, rights *catalog.Rights) (has func(wanted) bool, known bool, err error) {
	if t := a.Type(i).OID; t != types.OIDText && t != types.OIDName {
		known = a.Int(i, row) == int64(oidDatabase)
	} else if name := a.Text(i, row); name == s.Session.Database() || name == Bootstrap {
		known = true
	} else {
		return nil, false, sqlerr.New(sqlerr.InvalidCatalogName, "database %q does not exist", name)
	}
	_, pass := rights.On(s.Snapshot.Database().ACL, Bootstrap, catalog.OnDatabase)
	return func(w wanted) bool {
		if w.option {
			return strings.Contains(pass, w.letter)
		}
		return rights.Database(w.letter)
	}, known, nil
}

// columnAsked is the position of the column that argument i names or numbers; -1 if there is none of that number.
func columnAsked(a expr.Asked, i int, row uint32, r relation) (int, error) {
	if t := a.Type(i).OID; t != types.OIDText && t != types.OIDName {
		if n := a.Int(i, row); n >= 1 && n <= int64(len(r.Visible())) {
			return int(n) - 1, nil
		}
		return -1, nil
	}
	name := a.Text(i, row)
	at := r.ColumnIndex(name)
	if at < 0 {
		return at, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, r.Name)
	}
	return at, nil
}

func onColumn(rights *catalog.Rights, r relation, at int, w wanted) bool {
	if w.option {
		return rights.PassColumn(r, at, rune(w.letter[0]))
	}
	return rights.Column(r, at, rune(w.letter[0]))
}

// roleNamed gives the role that argument i names or numbers; "" for a number of none.
func (s *State) roleNamed(a expr.Asked, i int, row uint32) (string, error) {
	if t := a.Type(i).OID; t == types.OIDText || t == types.OIDName {
		name := a.Text(i, row)
		for _, r := range s.allRoles() {
			if r.Name == name {
				return name, nil
			}
		}
		if s.Snapshot.Role(name) != nil {
			return name, nil
		}
		return "", sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
	}
	return s.roleNumbered(a.Int(i, row)), nil
}

func (s *State) rightsOf(a expr.Asked, i int, row uint32) (*catalog.Rights, error) {
	name, err := s.roleNamed(a, i, row)
	switch {
	case err != nil || name == s.Session.User():
		return s.Session.Rights(s.Snapshot), err
	case name == "":
		return s.Snapshot.Powerless("public"), nil
	}
	return s.Snapshot.Rights(name), nil
}

// hasRole answers pg_has_role: MEMBER is a role that one may SET ROLE to, USAGE one whose rights one has without.
func (s *State) hasRole(a expr.Asked, row uint32, out *batch.Builder) error {
	who, rights, group := s.Session.User(), s.Session.Rights(s.Snapshot), 0
	if a.Len() == 3 {
		var err error
		if who, err = s.roleNamed(a, 0, row); err != nil {
			return err
		}
		if rights, err = s.rightsOf(a, 0, row); err != nil {
			return err
		}
		group = 1
	}
	name, err := s.roleNamed(a, group, row)
	if err != nil {
		return err
	}
	any := false
	for _, part := range strings.Split(a.Text(a.Len()-1, row), ",") {
		switch word := lower(strings.TrimSpace(part)); word {
		case "usage":
			any = any || rights.Has(name)
		case "member":
			any = any || rights.Super() || s.Snapshot.IsMember(who, name)
		case "usage with grant option", "usage with admin option", "member with grant option", "member with admin option":
			any = any || rights.Super() || s.isAdmin(who, name)
		default:
			return sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized privilege type: %q", strings.TrimSpace(part))
		}
	}
	out.Bool(any)
	return nil
}

func (s *State) isAdmin(role, group string) bool {
	r := s.Snapshot.Role(role)
	if r == nil {
		return false
	}
	for _, m := range r.MemberOf {
		if m.Role == group && m.Admin || s.isAdmin(m.Role, group) {
			return true
		}
	}
	return false
}
