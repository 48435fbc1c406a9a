package types

// PostgreSQL's OIDs of the types known here.
const (
	OIDBool             OID = 16
	OIDBytea            OID = 17
	OIDChar             OID = 18
	OIDName             OID = 19
	OIDInt8             OID = 20
	OIDInt2             OID = 21
	OIDInt4             OID = 23
	OIDRegproc          OID = 24
	OIDText             OID = 25
	OIDOid              OID = 26
	OIDJSON             OID = 114
	OIDFloat4           OID = 700
	OIDFloat8           OID = 701
	OIDUnknown          OID = 705
	OIDBoolArray        OID = 1000
	OIDByteaArray       OID = 1001
	OIDNameArray        OID = 1003
	OIDInt2Array        OID = 1005
	OIDInt4Array        OID = 1007
	OIDTextArray        OID = 1009
	OIDBPCharArray      OID = 1014
	OIDVarcharArray     OID = 1015
	OIDInt8Array        OID = 1016
	OIDFloat4Array      OID = 1021
	OIDFloat8Array      OID = 1022
	OIDBPChar           OID = 1042
	OIDVarchar          OID = 1043
	OIDDate             OID = 1082
	OIDTime             OID = 1083
	OIDTimestamp        OID = 1114
	OIDTimestampArray   OID = 1115
	OIDDateArray        OID = 1182
	OIDTimeArray        OID = 1183
	OIDTimestamptz      OID = 1184
	OIDTimestamptzArray OID = 1185
	OIDInterval         OID = 1186
	OIDIntervalArray    OID = 1187
	OIDNumericArray     OID = 1231
	OIDNumeric          OID = 1700
	OIDRegclass         OID = 2205
	OIDRegtype          OID = 2206
	OIDRecord           OID = 2249
	OIDVoid             OID = 2278
	OIDUUID             OID = 2950
	OIDUUIDArray        OID = 2951
	OIDJSONArray        OID = 199
	OIDJSONB            OID = 3802
	OIDJSONBArray       OID = 3807
	OIDJSONPath         OID = 4072
	OIDRecordArray      OID = 2287
	OIDJSONPathArray    OID = 4073
)

// Info is what is known of a type besides its modifier.
type Info struct {
	OID       OID
	Name      string // PostgreSQL's internal name
	SQL       string // the name format_type gives
	Layout    Layout
	Len       int16
	Category  byte
	Preferred bool
	Elem      OID // of an array
	Array     OID // over this type
}

// Table lists every known type.
var Table = append([]Info{
	{OIDBool, "bool", "boolean", LayoutBool, 1, 'B', true, 0, OIDBoolArray},
	{OIDBytea, "bytea", "bytea", LayoutBytes, -1, 'U', false, 0, OIDByteaArray},
	{OIDChar, "char", `"char"`, LayoutBytes, 1, 'Z', false, 0, OIDCharArray},
	{OIDName, "name", "name", LayoutBytes, 64, 'S', false, 0, OIDNameArray},
	{OIDInt8, "int8", "bigint", LayoutInt64, 8, 'N', false, 0, OIDInt8Array},
	{OIDInt2, "int2", "smallint", LayoutInt16, 2, 'N', false, 0, OIDInt2Array},
	{OIDInt4, "int4", "integer", LayoutInt32, 4, 'N', false, 0, OIDInt4Array},
	{OIDRegproc, "regproc", "regproc", LayoutInt64, 4, 'N', false, 0, OIDRegprocArray},
	{OIDText, "text", "text", LayoutBytes, -1, 'S', true, 0, OIDTextArray},
	{OIDOid, "oid", "oid", LayoutInt64, 4, 'N', true, 0, OIDOidArray},
	{OIDJSON, "json", "json", LayoutBytes, -1, 'U', false, 0, OIDJSONArray},
	{OIDFloat4, "float4", "real", LayoutFloat32, 4, 'N', false, 0, OIDFloat4Array},
	{OIDFloat8, "float8", "double precision", LayoutFloat64, 8, 'N', true, 0, OIDFloat8Array},
	{OIDUnknown, "unknown", "unknown", LayoutBytes, -2, 'X', false, 0, 0},
	{OIDBPChar, "bpchar", "character", LayoutBytes, -1, 'S', false, 0, OIDBPCharArray},
	{OIDVarchar, "varchar", "character varying", LayoutBytes, -1, 'S', false, 0, OIDVarcharArray},
	{OIDDate, "date", "date", LayoutInt32, 4, 'D', false, 0, OIDDateArray},
	{OIDTime, "time", "time without time zone", LayoutInt64, 8, 'D', false, 0, OIDTimeArray},
	{OIDTimestamp, "timestamp", "timestamp without time zone", LayoutInt64, 8, 'D', false, 0, OIDTimestampArray},
	{OIDTimestamptz, "timestamptz", "timestamp with time zone", LayoutInt64, 8, 'D', true, 0, OIDTimestamptzArray},
	{OIDInterval, "interval", "interval", LayoutFixed16, 16, 'T', true, 0, OIDIntervalArray},
	{OIDNumeric, "numeric", "numeric", LayoutBytes, -1, 'N', false, 0, OIDNumericArray},
	{OIDRegclass, "regclass", "regclass", LayoutInt64, 4, 'N', false, 0, OIDRegclassArray},
	{OIDRegtype, "regtype", "regtype", LayoutInt64, 4, 'N', false, 0, OIDRegtypeArray},
	{OIDRecord, "record", "record", LayoutBytes, -1, 'P', false, 0, OIDRecordArray},
	{OIDVoid, "void", "void", LayoutBytes, 4, 'P', false, 0, 0},
	{OIDUUID, "uuid", "uuid", LayoutFixed16, 16, 'U', false, 0, OIDUUIDArray},
	{OIDJSONB, "jsonb", "jsonb", LayoutBytes, -1, 'U', false, 0, OIDJSONBArray},

	{OIDBoolArray, "_bool", "boolean[]", LayoutBytes, -1, 'A', false, OIDBool, 0},
	{OIDRecordArray, "_record", "record[]", LayoutBytes, -1, 'A', false, OIDRecord, 0},
	{OIDJSONPath, "jsonpath", "jsonpath", LayoutBytes, -1, 'U', false, 0, OIDJSONPathArray},
	{OIDJSONPathArray, "_jsonpath", "jsonpath[]", LayoutBytes, -1, 'A', false, OIDJSONPath, 0},
	{OIDByteaArray, "_bytea", "bytea[]", LayoutBytes, -1, 'A', false, OIDBytea, 0},
	{OIDNameArray, "_name", "name[]", LayoutBytes, -1, 'A', false, OIDName, 0},
	{OIDInt2Array, "_int2", "smallint[]", LayoutBytes, -1, 'A', false, OIDInt2, 0},
	{OIDInt4Array, "_int4", "integer[]", LayoutBytes, -1, 'A', false, OIDInt4, 0},
	{OIDTextArray, "_text", "text[]", LayoutBytes, -1, 'A', false, OIDText, 0},
	{OIDBPCharArray, "_bpchar", "character[]", LayoutBytes, -1, 'A', false, OIDBPChar, 0},
	{OIDVarcharArray, "_varchar", "character varying[]", LayoutBytes, -1, 'A', false, OIDVarchar, 0},
	{OIDInt8Array, "_int8", "bigint[]", LayoutBytes, -1, 'A', false, OIDInt8, 0},
	{OIDFloat4Array, "_float4", "real[]", LayoutBytes, -1, 'A', false, OIDFloat4, 0},
	{OIDFloat8Array, "_float8", "double precision[]", LayoutBytes, -1, 'A', false, OIDFloat8, 0},
	{OIDTimestampArray, "_timestamp", "timestamp without time zone[]", LayoutBytes, -1, 'A', false, OIDTimestamp, 0},
	{OIDDateArray, "_date", "date[]", LayoutBytes, -1, 'A', false, OIDDate, 0},
	{OIDTimeArray, "_time", "time without time zone[]", LayoutBytes, -1, 'A', false, OIDTime, 0},
	{OIDTimestamptzArray, "_timestamptz", "timestamp with time zone[]", LayoutBytes, -1, 'A', false, OIDTimestamptz, 0},
	{OIDIntervalArray, "_interval", "interval[]", LayoutBytes, -1, 'A', false, OIDInterval, 0},
	{OIDNumericArray, "_numeric", "numeric[]", LayoutBytes, -1, 'A', false, OIDNumeric, 0},
	{OIDUUIDArray, "_uuid", "uuid[]", LayoutBytes, -1, 'A', false, OIDUUID, 0},
	{OIDJSONArray, "_json", "json[]", LayoutBytes, -1, 'A', false, OIDJSON, 0},
	{OIDJSONBArray, "_jsonb", "jsonb[]", LayoutBytes, -1, 'A', false, OIDJSONB, 0},
}, catalogTypes...)

var byOID = func() map[OID]*Info {
	m := make(map[OID]*Info, len(Table))
	for i := range Table {
		m[Table[i].OID] = &Table[i]
	}
	return m
}()
