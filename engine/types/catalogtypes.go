package types

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// OIDs of the types that only system catalogs have.
const (
	OIDInt2Vector        OID = 22
	OIDXid               OID = 28
	OIDOidVector         OID = 30
	OIDPGNodeTree        OID = 194
	OIDInet              OID = 869
	OIDCharArray         OID = 1002
	OIDRegprocArray      OID = 1008
	OIDOidArray          OID = 1028
	OIDACLItem           OID = 1033
	OIDACLItemArray      OID = 1034
	OIDRegprocedure      OID = 2202
	OIDRegoper           OID = 2203
	OIDRegoperator       OID = 2204
	OIDRegclassArray     OID = 2210
	OIDRegtypeArray      OID = 2211
	OIDAnyArray          OID = 2277
	OIDPGLSN             OID = 3220
	OIDPGNDistinct       OID = 3361
	OIDPGDependencies    OID = 3402
	OIDRegconfig         OID = 3734
	OIDRegdictionary     OID = 3769
	OIDRegnamespace      OID = 4089
	OIDRegrole           OID = 4096
	OIDPGMCVList         OID = 5017
	OIDPGStatisticArray  OID = 10028
	OIDRegnamespaceArray OID = 4090
	OIDRegroleArray      OID = 4097
)

// The types of the catalogs. Category 'Z', PostgreSQL's for internal use, keeps the ones without a parser of their own
// from being columns of users' relations.
var catalogTypes = []Info{
	{OIDInt2Vector, "int2vector", "int2vector", LayoutBytes, -1, 'A', false, OIDInt2, 0},
	{OIDXid, "xid", "xid", LayoutInt64, 4, 'U', false, 0, 0},
	{OIDOidVector, "oidvector", "oidvector", LayoutBytes, -1, 'A', false, OIDOid, 0},
	{OIDPGNodeTree, "pg_node_tree", "pg_node_tree", LayoutBytes, -1, 'Z', false, 0, 0},
	{OIDInet, "inet", "inet", LayoutBytes, -1, 'Z', false, 0, 0},
	{OIDACLItem, "aclitem", "aclitem", LayoutBytes, -1, 'Z', false, 0, OIDACLItemArray},
	{OIDRegprocedure, "regprocedure", "regprocedure", LayoutInt64, 4, 'N', false, 0, 0},
	{OIDRegoper, "regoper", "regoper", LayoutInt64, 4, 'N', false, 0, 0},
	{OIDRegoperator, "regoperator", "regoperator", LayoutInt64, 4, 'N', false, 0, 0},
	{OIDAnyArray, "anyarray", "anyarray", LayoutBytes, -1, 'P', false, 0, 0},
	{OIDPGLSN, "pg_lsn", "pg_lsn", LayoutBytes, 8, 'Z', false, 0, 0},
	{OIDPGNDistinct, "pg_ndistinct", "pg_ndistinct", LayoutBytes, -1, 'Z', false, 0, 0},
	{OIDPGDependencies, "pg_dependencies", "pg_dependencies", LayoutBytes, -1, 'Z', false, 0, 0},
	{OIDRegconfig, "regconfig", "regconfig", LayoutInt64, 4, 'N', false, 0, 0},
	{OIDRegdictionary, "regdictionary", "regdictionary", LayoutInt64, 4, 'N', false, 0, 0},
	{OIDRegnamespace, "regnamespace", "regnamespace", LayoutInt64, 4, 'N', false, 0, OIDRegnamespaceArray},
	{OIDRegrole, "regrole", "regrole", LayoutInt64, 4, 'N', false, 0, OIDRegroleArray},
	{OIDPGMCVList, "pg_mcv_list", "pg_mcv_list", LayoutBytes, -1, 'Z', false, 0, 0},

	{OIDCharArray, "_char", `"char"[]`, LayoutBytes, -1, 'A', false, OIDChar, 0},
	{OIDRegprocArray, "_regproc", "regproc[]", LayoutBytes, -1, 'A', false, OIDRegproc, 0},
	{OIDOidArray, "_oid", "oid[]", LayoutBytes, -1, 'A', false, OIDOid, 0},
	{OIDACLItemArray, "_aclitem", "aclitem[]", LayoutBytes, -1, 'A', false, OIDACLItem, 0},
	{OIDRegclassArray, "_regclass", "regclass[]", LayoutBytes, -1, 'A', false, OIDRegclass, 0},
	{OIDRegtypeArray, "_regtype", "regtype[]", LayoutBytes, -1, 'A', false, OIDRegtype, 0},
	{OIDPGStatisticArray, "_pg_statistic", "pg_statistic[]", LayoutBytes, -1, 'Z', false, 0, 0},
	{OIDRegnamespaceArray, "_regnamespace", "regnamespace[]", LayoutBytes, -1, 'A', false, OIDRegnamespace, 0},
	{OIDRegroleArray, "_regrole", "regrole[]", LayoutBytes, -1, 'A', false, OIDRegrole, 0},
}

// Reg says whether values of t are OIDs that read as names: regclass and its kin.
func Reg(t Type) bool {
	switch t.OID {
	case OIDRegproc, OIDRegprocedure, OIDRegoper, OIDRegoperator, OIDRegclass, OIDRegtype, OIDRegconfig, OIDRegdictionary,
		OIDRegnamespace, OIDRegrole:
		return true
	}
	return false
}

// IsVector says whether t is int2vector or oidvector: arrays that count from 0 and are written without braces.
func IsVector(t Type) bool { return t.OID == OIDInt2Vector || t.OID == OIDOidVector }

// ParseVector appends the binary form of an int2vector or oidvector: numbers with blanks between them.
func ParseVector(dst []byte, s string, t Type) ([]byte, error) {
	items := strings.Fields(s)
	elem := t.Elem()
	start := len(dst)
	dst = AppendArrayHeader(dst, elem, len(items), false)
	if len(items) > 0 {
		dst[len(dst)-1] = 0 // the lower bound
	}
	var item []byte
	for _, it := range items {
		var err error
		if item, err = AppendWire(item[:0], it, elem, nil); err != nil {
			return dst[:start], err
		}
		dst = AppendArrayItem(dst, item)
	}
	return dst, nil
}

// AppendVector appends the text of an int2vector or oidvector.
func AppendVector(dst, wire []byte, l *Locale) ([]byte, error) {
	a, err := OpenArray(wire)
	if err != nil {
		return dst, err
	}
	for i := 0; ; i++ {
		elem, null, ok := a.Next()
		if !ok {
			return dst, nil
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		if null {
			return dst, sqlerr.New(sqlerr.InvalidBinary, "a vector has no nulls")
		}
		if dst, err = AppendWireText(dst, elem, a.Elem, l); err != nil {
			return dst, err
		}
	}
}

// catalogNames finds the types of the catalogs by the names that format_type gives.
var catalogNames = func() map[string]OID {
	m := map[string]OID{}
	for i := range catalogTypes {
		m[catalogTypes[i].SQL] = catalogTypes[i].OID
	}
	delete(m, "inet") // refused by name elsewhere
	return m
}()
