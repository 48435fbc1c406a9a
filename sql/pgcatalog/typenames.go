package pgcatalog

import (
	"strconv"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/types"
)

// typeName is the name of a type of which no modifier is given, as functions have them.
func typeName(oid types.OID) string {
	switch name := formatType(oid, -1); name {
	case "bpchar", "bpchar[]": // that is the name of one without a length, and this may have any
		return strings.Replace(name, "bpchar", "character", 1)
	default:
		return name
	}
}

// formatType is the name of a type with a modifier, which is -1 for none.
func formatType(oid types.OID, mod int32) string {
	if oid == 0 {
		return "-"
	}
	if t := types.OfTypmod(oid, mod); t.Known() {
		return types.FormatType(t)
	}
	if name := foreignTypes().names[oid]; name != "" {
		return name
	}
	return "???"
}

// typeNamedText finds a type by its name: also one that PostgreSQL has and vexstream knows by name alone.
func typeNamedText(text string) (types.OID, error) {
	t, err := types.FromName(text, nil, 0)
	if err == nil {
		return t.OID, nil
	}
	parts, bad := splitName(text)
	if bad != nil {
		return 0, err
	}
	if len(parts) == 2 && parts[0] != "pg_catalog" || len(parts) > 2 {
		return 0, err
	}
	if oid := foreignTypes().oids[parts[len(parts)-1]]; oid != 0 {
		return oid, nil
	}
	if oid := foreignTypes().oids[text]; oid != 0 {
		return oid, nil
	}
	return 0, err
}

// spellings are the types whose names in SQL are other than those in pg_type.
var spellings = map[string]string{
	"any": `"any"`, "bit": "bit", "varbit": "bit varying", "timetz": "time with time zone",
}

// foreignTypes are those of PostgreSQL that hold no values here. Functions of the catalogs are of such types.
var foreignTypes = sync.OnceValue(func() (out struct {
	names map[types.OID]string
	oids  map[string]types.OID
},
) {
	out.names, out.oids = map[types.OID]string{}, map[string]types.OID{}
	list := lines("pg_type.txt")
	spell := func(c []string) string {
		if s := spellings[c[1]]; s != "" {
			return s
		}
		return c[1]
	}
	byOID := map[string][]string{}
	for _, c := range list {
		byOID[c[0]] = c
	}
	for _, c := range list {
		n, _ := strconv.Atoi(c[0])
		oid := types.OID(n)
		if (types.Type{OID: oid}).Known() {
			continue
		}
		name := spell(c)
		if of := byOID[c[13]]; of != nil && c[4] == "-1" && c[1][0] == '_' {
			if name = spell(of) + "[]"; (types.Type{OID: types.OID(number(c[13]))}).Known() {
				name = types.FormatType(types.Type{OID: types.OID(number(c[13]))}) + "[]"
			}
		}
		out.names[oid], out.oids[name], out.oids[c[1]] = name, oid, oid
	}
	return out
})
