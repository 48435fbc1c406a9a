package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// rowType is the type that a relation's rows are of, by which drivers find out the fields of one; 0 for the system's own.
func rowType(r *catalog.Relation) uint32 {
	if isSystem(r) || r.Seq != nil {
		return 0
	}
	return derivedOf("rowtype", r.ID, 0)
}

// RowName names the type of a relation's rows, as a statement sees it that reads by names in snap.
func RowName(snap *catalog.Snapshot, r *catalog.Relation) types.RowName {
	oid := rowType(r)
	if oid == 0 {
		return types.RowName{}
	}
	s := State{Snapshot: snap}
	return types.RowName{OID: types.OID(oid), Array: types.OID(rowArray(r)), Name: s.RegText(types.Type{OID: types.OIDRegtype}, int64(oid))}
}

// rowArray is the type of arrays of a relation's rows.
func rowArray(r *catalog.Relation) uint32 { return derivedOf("rowarray", r.ID, 0) }

// rowTypeOf finds the relation that a type is the rows of, or arrays of them; nil if there is none.
func (s *State) rowTypeOf(oid uint32) (r *catalog.Relation, array bool) {
	if oid < 1<<30 {
		return nil, false
	}
	for _, r := range s.relations() {
		if rowType(r) == oid {
			return r, false
		}
		if rowType(r) != 0 && rowArray(r) == oid {
			return r, true
		}
	}
	return nil, false
}

func (s *State) rowTypeName(r *catalog.Relation, array bool) string {
	name := QuoteIdent(r.Name)
	if !s.visible(r) {
		name = qualified(r)
	}
	if array {
		name += "[]"
	}
	return name
}

// typeName is the name of a type, also one of a relation's rows.
func (s *State) typeName(oid int64) string {
	if r, array := s.rowTypeOf(uint32(oid)); r != nil {
		return s.rowTypeName(r, array)
	}
	return typeName(types.OID(oid))
}

// Functions of PostgreSQL that read and write rows and arrays.
const (
	recordIn, recordOut, recordReceive, recordSend = 2290, 2291, 2402, 2403
	arrayIn, arrayOut, arrayReceive, arraySend     = 750, 751, 2400, 2401
	arrayAnalyze, arraySubscript                   = 3816, 6179
)

// types lists PostgreSQL's types, and those of relations' rows.
func (s *State) types(out *rows) {
	copied("pg_type.txt", shownType)(s, out)
	for _, r := range s.relations() {
		if rowType(r) == 0 {
			continue
		}
		out.add("oid", rowType(r), "typname", r.Name, "typnamespace", s.schemaID(r.Schema), "typowner", s.roleID(r.Owner), "typlen", -1,
			"typtype", "c", "typcategory", "C", "typisdefined", true, "typdelim", ",", "typrelid", r.ID, "typarray", rowArray(r),
			"typinput", recordIn, "typoutput", recordOut, "typreceive", recordReceive, "typsend", recordSend,
			"typalign", "d", "typstorage", "x", "typtypmod", -1)
		out.add("oid", rowArray(r), "typname", arrayTypeName(r.Name), "typnamespace", s.schemaID(r.Schema), "typowner", s.roleID(r.Owner),
			"typlen", -1, "typtype", "b", "typcategory", "A", "typisdefined", true, "typdelim", ",", "typsubscript", arraySubscript,
			"typelem", rowType(r), "typinput", arrayIn, "typoutput", arrayOut, "typreceive", arrayReceive, "typsend", arraySend,
			"typanalyze", arrayAnalyze, "typalign", "d", "typstorage", "x", "typtypmod", -1)
	}
}

// arrayTypeName is the name of a type's arrays in pg_type, cut like every name.
func arrayTypeName(name string) string {
	const longest = 63
	return strings.ToValidUTF8(("_" + name)[:min(len(name)+1, longest)], "")
}
