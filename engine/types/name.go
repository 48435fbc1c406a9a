package types

import (
	"cmp"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Limits of modifiers.
const (
	maxLength    = 10_485_760 // characters of varchar(n) and char(n)
	maxPrecision = 1000       // digits of numeric(p,s)
)

// FormatType is PostgreSQL's format_type: the SQL name with the modifier, such as "character varying(3)" or
// "numeric(10,2)[]".
func FormatType(t Type) string {
	if e := t.Elem(); e.OID != 0 && !IsVector(t) {
		return FormatType(Type{OID: e.OID, Mod: t.Mod}) + "[]"
	}
	name := t.info().SQL
	if name == "" {
		return "???"
	}
	if t.OID == OIDRecord {
		return cmp.Or(t.RowName().Name, name)
	}
	if t.Mod <= 0 {
		if t.OID == OIDBPChar {
			return "bpchar"
		}
		return name
	}
	switch t.OID {
	case OIDVarchar, OIDBPChar:
		return name + "(" + itoa(t.Mod-4) + ")"
	case OIDNumeric:
		p, s, _ := NumericPrecision(t.Mod)
		return name + "(" + itoa(int32(p)) + "," + itoa(int32(s)) + ")"
	case OIDTime, OIDTimestamp, OIDTimestamptz:
		word, rest, _ := strings.Cut(name, " ")
		return word + "(" + itoa(Digits(t)) + ") " + rest
	case OIDInterval:
		return intervalName(t)
	}
	return name
}

func itoa(v int32) string { return string(AppendInt(nil, int64(v))) }

// names are the spellings of types that a statement may use, besides the internal names.
var names = map[string]OID{
	"boolean": OIDBool, "bool": OIDBool,
	"smallint": OIDInt2, "int2": OIDInt2,
	"integer": OIDInt4, "int": OIDInt4, "int4": OIDInt4,
	"bigint": OIDInt8, "int8": OIDInt8,
	"real": OIDFloat4, "float4": OIDFloat4,
	"double precision": OIDFloat8, "float8": OIDFloat8, "float": OIDFloat8,
	"numeric": OIDNumeric, "decimal": OIDNumeric, "dec": OIDNumeric,
	"text": OIDText, "string": OIDText,
	"varchar": OIDVarchar, "character varying": OIDVarchar, "char varying": OIDVarchar,
	"nchar varying": OIDVarchar, "national character varying": OIDVarchar, "national char varying": OIDVarchar,
	"char": OIDBPChar, "character": OIDBPChar, "bpchar": OIDBPChar, "nchar": OIDBPChar, "national character": OIDBPChar,
	"national char": OIDBPChar,
	`"char"`:        OIDChar,
	"name":          OIDName, "bytea": OIDBytea, "uuid": OIDUUID, "json": OIDJSON, "jsonb": OIDJSONB, "jsonpath": OIDJSONPath,
	"date": OIDDate, "time": OIDTime, "time without time zone": OIDTime,
	"timestamp": OIDTimestamp, "timestamp without time zone": OIDTimestamp,
	"timestamptz": OIDTimestamptz, "timestamp with time zone": OIDTimestamptz,
	"interval": OIDInterval, "oid": OIDOid, "regclass": OIDRegclass, "regtype": OIDRegtype, "regproc": OIDRegproc,
	"record": OIDRecord, "void": OIDVoid, "unknown": OIDUnknown,
}

// unsupported are PostgreSQL's types that are known by name and not there.
var unsupported = map[string]bool{
	"timetz": true, "time with time zone": true, "money": true, "bit": true, "bit varying": true, "varbit": true,
	"xml": true, "inet": true, "cidr": true, "macaddr": true, "macaddr8": true, "point": true, "line": true, "lseg": true,
	"box": true, "path": true, "polygon": true, "circle": true, "tsvector": true, "tsquery": true, "int4range": true,
	"int8range": true, "numrange": true, "tsrange": true, "tstzrange": true, "daterange": true, "hstore": true,
	"txid_snapshot": true, "tsmultirange": true, "int4multirange": true, "int8multirange": true, "nummultirange": true,
	"tstzmultirange": true, "datemultirange": true, "serial": true, "bigserial": true, "smallserial": true,
}

// Unsupported says whether name is a type of PostgreSQL's that is not there.
func Unsupported(name string) bool { return unsupported[name] }

// FromName finds a type by any of its spellings. mods are what stood in parentheses, arrayDepth how many pairs of
// brackets followed: PostgreSQL's arrays are of one type whatever their depth. Errors: 42704 with the near name, 0A000 for
// a type of PostgreSQL's that is not there, 22023 for a bad modifier.
func FromName(name string, mods []int, arrayDepth int) (Type, error) {
	low := strings.Join(strings.Fields(strings.ToLower(name)), " ")
	low = strings.TrimPrefix(low, "pg_catalog.")
	for strings.HasSuffix(low, "[]") {
		low, arrayDepth = strings.TrimSpace(strings.TrimSuffix(low, "[]")), arrayDepth+1
	}
	if strings.HasPrefix(low, "_") && names[low[1:]] != 0 {
		low, arrayDepth = low[1:], arrayDepth+1
	}
	oid := names[low]
	if oid == 0 {
		oid = catalogNames[low]
	}
	if oid == 0 {
		if unsupported[low] {
			return Type{}, sqlerr.NotSupported("type \"%s\"", low)
		}
		err := sqlerr.New(sqlerr.UndefinedObject, "type \"%s\" does not exist", name)
		if near := nearName(low); near != "" {
			return Type{}, err.WithHint("Perhaps you meant the type \"%s\".", near)
		}
		return Type{}, err.WithHint("Known are boolean, smallint, integer, bigint, real, double precision, numeric, text, " +
			"varchar, char, bytea, date, time, timestamp, timestamptz, interval, uuid, json, jsonb, and arrays of these.")
	}
	t, err := withMods(Type{OID: oid}, low, mods)
	if err != nil || arrayDepth == 0 {
		return t, err
	}
	a := t.Array()
	if a.OID == 0 {
		return Type{}, sqlerr.NotSupported("type \"%s[]\"", low)
	}
	a.Mod = t.Mod
	return a, nil
}

func badMod(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
}

func withMods(t Type, name string, mods []int) (Type, error) {
	if len(mods) == 0 {
		if t.OID == OIDBPChar && name != "bpchar" {
			t.Mod = 1 + 4
		}
		return t, nil
	}
	m := mods[0]
	switch t.OID {
	case OIDFloat8:
		switch {
		case name != "float":
		case m < 1:
			return t, badMod("precision for type float must be at least 1 bit")
		case m > 53:
			return t, badMod("precision for type float must be less than 54 bits")
		case m <= 24:
			return Float4, nil
		default:
			return t, nil
		}
	case OIDVarchar, OIDBPChar:
		short := map[OID]string{OIDVarchar: "varchar", OIDBPChar: "char"}[t.OID]
		if len(mods) > 1 {
			return t, badMod("invalid type modifier")
		}
		if m < 1 {
			return t, badMod("length for type %s must be at least 1", short)
		}
		if m > maxLength {
			return t, badMod("length for type %s cannot exceed %d", short, maxLength)
		}
		t.Mod = int32(m) + 4
		return t, nil
	case OIDNumeric:
		return numericType(mods)
	case OIDTime, OIDTimestamp, OIDTimestamptz, OIDInterval:
		if m < 0 || len(mods) > 1 {
			return t, badMod("%s(%d) precision must not be negative", strings.ToUpper(t.Name()), m)
		}
		t.Mod = DigitsMod(m)
		return t, nil
	}
	return t, sqlerr.New(sqlerr.SyntaxError, "type modifier is not allowed for type \"%s\"", t.Name())
}

func numericType(mods []int) (Type, error) {
	p, s := mods[0], 0
	if len(mods) > 2 {
		return Type{}, badMod("invalid NUMERIC type modifier")
	}
	if p < 1 || p > maxPrecision {
		return Type{}, badMod("NUMERIC precision %d must be between 1 and %d", p, maxPrecision)
	}
	if len(mods) == 2 {
		if s = mods[1]; s < -maxPrecision || s > maxPrecision {
			return Type{}, badMod("NUMERIC scale %d must be between -%d and %d", s, maxPrecision, maxPrecision)
		}
	}
	return Type{OID: OIDNumeric, Mod: NumericMod(p, s)}, nil
}

// nearName is the known spelling at most two edits away, if there is one.
func nearName(low string) string {
	best, at := "", 3
	for n := range names {
		if d := edits(low, n, 3); d < at || d == at && d < 3 && n < best {
			best, at = n, d
		}
	}
	if at >= len(low) {
		return ""
	}
	return best
}

// edits is Levenshtein's distance, or limit if it is not below that.
func edits(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(a) > 64 {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return min(row[len(b)], limit)
}
