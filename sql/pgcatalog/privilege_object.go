package pgcatalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// filed are the kinds of objects whose rows are those of a file, OID and name first.
var filed = map[string]string{"language": "pg_language.txt", "tablespace": "pg_tablespace.txt"}

// isThere says whether there is the object of a kind, not a relation or a schema, that argument i names or numbers. A
// name of nothing is an error, a number of nothing is not.
func (s *State) isThere(kind string, a expr.Asked, i int, row uint32) (bool, error) {
	if a.Type(i).OID == types.OIDOid {
		return s.isNumbered(kind, a.Int(i, row)), nil
	}
	name := a.Text(i, row)
	switch kind {
	case "parameter": // the privileges of those that nobody knows can be asked about as well
		return true, nil
	case "database":
		if name == s.Session.Database() {
			return true, nil
		}
		return false, sqlerr.New(sqlerr.InvalidCatalogName, "database %q does not exist", name)
	case "function", "type":
		reg := map[string]string{"function": "regprocedure", "type": "regtype"}[kind]
		_, err := s.regFind(reg, strings.TrimSpace(name))
		return err == nil, err
	case "language", "tablespace":
		if slices.ContainsFunc(lines(filed[kind]), func(c []string) bool { return c[1] == name }) {
			return true, nil
		}
	}
	return false, sqlerr.New(sqlerr.UndefinedObject, "%s %q does not exist", strings.Replace(kind, "foreign_data_", "foreign-data ", 1), name)
}

func (s *State) isNumbered(kind string, oid int64) bool {
	switch kind {
	case "database":
		return oid == int64(oidDatabase)
	case "function":
		return procByID(oid) != nil
	case "type":
		return s.typeName(oid) != "???"
	case "language", "tablespace":
		number := strconv.FormatInt(oid, 10)
		return slices.ContainsFunc(lines(filed[kind]), func(c []string) bool { return c[0] == number })
	}
	return false // there is no server and no wrapper
}

// rightsAsked are the rights of the role that the first argument of has_..._privilege names or numbers: also public, and
// a number of no role has the rights that everybody has.
func (s *State) rightsAsked(a expr.Asked, row uint32) (*catalog.Rights, error) {
	if a.Type(0).OID != types.OIDOid && a.Text(0, row) == "public" {
		return s.Snapshot.Powerless("public"), nil
	}
	return s.rightsOf(a, 0, row)
}

// roleNumbered is the name of the role with an OID, "" if there is none.
func (s *State) roleNumbered(oid int64) string {
	for _, r := range s.allRoles() {
		if int64(r.ID) == oid {
			return r.Name
		}
	}
	return ""
}
