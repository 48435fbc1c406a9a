package pgcatalog

import (
	"cmp"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// What is here from the start and PostgreSQL has not is an extension, as PostgreSQL keeps such things apart: pg_dump leaves
// out what belongs to one that is built in.
const (
	oidExtension   uint32 = 12_996
	oidPgExtension uint32 = 3079
)

const extensionComment = "streams, and what the node knows of itself"

func (s *State) extensions(out *rows) {
	out.add("oid", oidExtension, "extname", "vexstream", "extowner", s.roleID(Bootstrap), "extnamespace", nspVex, "extversion", "1.0")
}

// extensionParts are the rows of pg_depend that say what belongs to the extension.
func (s *State) extensionParts(out *rows) {
	part := func(class, oid uint32) {
		out.add("classid", class, "objid", oid, "refclassid", oidPgExtension, "refobjid", oidExtension, "deptype", "e")
	}
	part(oidPgNamespace, nspVex)
	part(oidPgNamespace, nspBoundary)
	for _, p := range allProcs() {
		if p.schema == nspVex {
			part(oidPgProc, p.oid)
		}
	}
	for _, r := range s.relations() {
		if r.ID < catalog.FirstUserID && definitions()[r.ID] == nil {
			part(oidPgClass, r.ID)
		}
	}
}

// describeObject is pg_describe_object for what depends on something; null for another kind of object.
func (s *State) describeObject(a expr.Asked, row uint32) any {
	oid := a.Int(1, row)
	switch uint32(a.Int(0, row)) {
	case oidPgClass:
		r := s.Snapshot.ByID(uint32(oid))
		if r == nil {
			return nil
		}
		words := map[string]string{"v": "view", "m": "materialized view", "S": "sequence"}
		text := cmp.Or(words[kindOf(r)], "table") + " " + s.regOut("regclass", oid)
		if n := int(a.Int(2, row)); n > 0 && n <= len(r.Visible()) {
			text = "column " + QuoteIdent(r.Columns[n-1].Name) + " of " + text
		}
		return text
	case oidPgNamespace:
		return "schema " + s.regOut("regnamespace", oid)
	case oidPgProc:
		return "function " + s.regOut("regprocedure", oid)
	case oidPgType:
		return "type " + s.regOut("regtype", oid)
	case oidPgExtension:
		return "extension vexstream"
	}
	return nil
}
