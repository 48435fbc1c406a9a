package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// pools are values of every type, as text: usual ones, extremes, and those that trip programs up.
var pools = map[types.OID][]string{
	types.OIDBool:    {"true", "false"},
	types.OIDInt2:    {"0", "1", "-1", "7", "-3", "100", "32767", "-32768"},
	types.OIDInt4:    {"0", "1", "-1", "2", "3", "-7", "10", "100", "12345", "2147483647", "-2147483648"},
	types.OIDInt8:    {"0", "1", "-1", "5", "-12", "1000", "86400", "4294967296", "9223372036854775807", "-9223372036854775808"},
	types.OIDFloat4:  {"0", "1", "-1", "0.5", "-2.25", "1e10", "1e-30", "3.4e38", "NaN", "Infinity", "-Infinity", "-0"},
	types.OIDFloat8:  {"0", "1", "-1", "0.1", "-2.5", "1e15", "123456.789", "1e-300", "1e300", "NaN", "Infinity", "-Infinity", "-0"},
	types.OIDNumeric: {"0", "1", "-1", "0.5", "12.50", "-0.001", "100", "99999.995", "123456789012345678901234.5678", "1e-10", "NaN", "Infinity", "-Infinity"},
	types.OIDText:    {"", "a", "abc", "Hello World", "äöü €uro", "日本語", "a%b_c", `back\slash`, "O'Brien", " lead", "trail ", "12", "-3.5", "1e3", "true", "2024-02-29", "a,b,,c", "ABC abc", "x\ty", "ß", "{1,2}", `{"a": 1}`, "%a%", "[a-c]+", "^a", "NaN"},
	types.OIDVarchar: {"", "a", "abc", "äöü", "Hello", "12", "zz top"},
	types.OIDBPChar:  {"", "a", "abc", "äö", "12", "Hello", "a b"},
	types.OIDBytea:   {`\x`, `\x00`, `\x00ff`, `\xdeadbeef`, `\x616263`, `\xc3a4`},
	types.OIDDate:    {"2024-02-29", "1999-12-31", "1970-01-01", "2000-01-01", "2024-03-31", "0044-03-15 BC", "infinity", "-infinity", "5874897-12-31", "2021-01-03"},
	types.OIDTime:    {"00:00", "12:34:56.789", "23:59:59.999999", "24:00", "06:00:00.000001"},
	types.OIDTimestamp: {
		"2024-02-29 12:34:56.789012", "1999-12-31 23:59:59.999999", "1970-01-01", "2024-03-31 02:30:00", "2024-10-27 02:30:00",
		"2024-11-03 01:30:00", "0001-01-01", "0044-03-15 11:00 BC", "infinity", "-infinity", "99999-12-31 23:59:59.999999",
	},
	types.OIDTimestamptz: {
		"2024-03-31 00:59:59.999999Z", "2024-03-31 01:00:00Z", "2024-10-27 00:30:00Z", "2024-10-27 01:30:00Z", "2024-03-10 07:00:00Z", "2024-11-03 06:30:00Z",
		"1970-01-01 00:00:00Z", "1999-12-31 23:59:59.5Z", "0044-03-15 11:00Z BC", "1890-01-01 00:00Z", "infinity", "-infinity",
	},
	types.OIDInterval: {
		"0", "1 day", "24:00:00", "1 mon", "-1 year", "1 mon 2 days 03:04:05.5", "-3 years 10 days -00:00:01", "400 days 25:00", "0.000001 seconds", "1.5 hours",
		"30 days", "15 minutes", "-1 mon 31 days",
	},
	types.OIDUUID:  {"00112233-4455-6677-8899-aabbccddeeff", "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000"},
	types.OIDJSON:  {`{"a": 1, "b": [1, "x", null]}`, `[1, 2, {"c": true}]`, `"str"`, `null`, `1.50`, `{"a":  2, "a": 3}`, `{}`, `[]`},
	types.OIDJSONB: {`{"a": 1, "b": [1, "x", null], "c": {"d": "e"}}`, `[3, 1, 2]`, `"str"`, `null`, `1.50`, `{"a": "1", "k": true}`, `{}`, `[]`, `"ä\u00df\n"`, `[[1], {"a": [null]}]`, `-1e3`},

	types.OIDBoolArray:        {"{}", "{t}", "{t,f,NULL}"},
	types.OIDInt4Array:        {"{}", "{1}", "{1,2,3}", "{3,NULL,1}", "{{1,2},{3,4}}", "[0:1]={7,8}", "{NULL}"},
	types.OIDInt8Array:        {"{}", "{1}", "{9223372036854775807,0}", "{2,NULL}"},
	types.OIDTextArray:        {"{}", "{a}", `{a,"b c",NULL}`, `{"",ä,"x\"y"}`, "{{a,b},{c,d}}", "{NULL}", `{"NULL"}`},
	types.OIDFloat8Array:      {"{}", "{1.5,NaN}", "{-0,NULL,Infinity}"},
	types.OIDNumericArray:     {"{}", "{1.50,2}", "{NULL,-0.1}"},
	types.OIDDateArray:        {"{}", "{2024-02-29,NULL}"},
	types.OIDTimestamptzArray: {"{}", `{"2024-03-31 01:00:00Z"}`},
	types.OIDInt2Array:        {"{}", "{1,-3,NULL}"},
	types.OIDTimestampArray:   {"{}", `{"0044-03-15 11:00 BC",infinity}`, "{2024-02-29,NULL}"},
	types.OIDIntervalArray:    {"{}", `{"1 day",24:00:00,NULL}`},
	types.OIDJSONBArray:       {"{}", `{"{\"a\": [1, null]}","\"x\"",NULL}`},
	types.OIDUUIDArray:        {"{}", "{00112233-4455-6677-8899-aabbccddeeff,NULL}"},
	types.OIDVarcharArray:     {"{}", "{abc,NULL,zz}"},
	types.OIDJSONPath:         {"$", "$.a", "$.b[*]", "strict $.b[1]", "$.** ? (@ > 1)", `$.b[*] ? (@.type() == "number")`, "$.a + 1", `$.c.d like_regex "^e"`, "exists($.a)", "$.size()", "$.keyvalue().key", "$.b[last]", "$.a.double()", "-$.a", "$.a == 1", "$[0 to 1]", "lax $.a.b.c", "strict $.a.b.c", `$.c ? (exists(@.d))`, "$[*] ? (@ >= $x)", "$.a ? (@ == 1 || @ == 2).ceiling()", `$.b[*] ? (@ starts with "x")`, "$.b[0] is unknown", "!($.a > 1)", "$.a / 0", "$.*", "$.a % 2 * 3"},
}

// kinds are the types that expressions are made of; scalars come first.
var kinds = []types.Type{
	types.Bool, types.Int2, types.Int4, types.Int8, types.Float4, types.Float8, types.Numeric, types.Text, types.Varchar, types.BPChar,
	types.Bytea, types.Date, types.Time, types.Timestamp, types.Timestamptz, types.Interval, types.UUID, types.JSON, types.JSONB,
}

// usual are those among them that most expressions should be about.
var usual = []types.Type{types.Bool, types.Int4, types.Int8, types.Float8, types.Numeric, types.Text, types.Timestamp, types.Timestamptz, types.Interval, types.JSONB}

// arrayKinds are the arrays that expressions are made of.
var arrayKinds = []types.Type{
	types.Int4Array, types.TextArray, types.Numeric.Array(), types.Int8Array, types.Float8Array, types.Bool.Array(), types.Date.Array(),
	types.TimestamptzArray, types.Int2.Array(), types.Timestamp.Array(), types.Interval.Array(), types.JSONB.Array(), types.UUID.Array(), types.Varchar.Array(),
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literal is a constant of type t as SQL.
func literal(r *rand.Rand, t types.Type) string {
	pool := pools[t.OID]
	text := pool[r.IntN(len(pool))]
	switch {
	case t == types.Bool && r.IntN(2) == 0:
		return text
	case (t == types.Int4 || t == types.Int8 && len(text) > 10) && text[0] != '-' && r.IntN(4) > 0:
		return text
	case t == types.Int4 && text != "-2147483648" && r.IntN(4) > 0:
		return "(" + text + ")"
	case t == types.Numeric && strings.Contains(text, ".") && text[0] != '-' && r.IntN(4) > 0:
		return text
	case t == types.Text && r.IntN(4) > 0:
		return quote(text) // unknown until it meets its type
	}
	name := types.FormatType(t)
	switch {
	case t == types.BPChar:
		name = "bpchar"
	case r.IntN(3) == 0 && t.Category() != 'A':
		return "(" + name + " " + quote(text) + ")"
	case r.IntN(2) == 0:
		return "CAST(" + quote(text) + " AS " + name + ")"
	}
	return quote(text) + "::" + name
}

// column is a column that expressions may read.
type column struct {
	name string
	t    types.Type
}

// wide is the table that expressions run over: a column of every type, and a number for its rows.
var wide = []struct {
	column
	decl string
}{
	{column{"b", types.Bool}, "boolean"},
	{column{"i2", types.Int2}, "smallint"},
	{column{"i4", types.Int4}, "integer"},
	{column{"j4", types.Int4}, "integer"},
	{column{"i8", types.Int8}, "bigint"},
	{column{"f4", types.Float4}, "real"},
	{column{"f8", types.Float8}, "double precision"},
	{column{"n", types.Numeric}, "numeric"},
	{column{"n2", types.Numeric}, "numeric(12,2)"},
	{column{"s", types.Text}, "text"},
	{column{"p", types.Text}, "text"},
	{column{"vc", types.Varchar}, "varchar(8)"},
	{column{"ch", types.BPChar}, "char(5)"},
	{column{"by", types.Bytea}, "bytea"},
	{column{"d", types.Date}, "date"},
	{column{"tm", types.Time}, "time"},
	{column{"ts", types.Timestamp}, "timestamp"},
	{column{"tz", types.Timestamptz}, "timestamptz"},
	{column{"iv", types.Interval}, "interval"},
	{column{"u", types.UUID}, "uuid"},
	{column{"js", types.JSON}, "json"},
	{column{"jb", types.JSONB}, "jsonb"},
	{column{"ai", types.Int4Array}, "integer[]"},
	{column{"at", types.TextArray}, "text[]"},
	{column{"an", types.Numeric.Array()}, "numeric[]"},
}

const wideRows = 12

// fits are values that a column with a length takes.
func fits(decl, text string) bool {
	switch decl {
	case "numeric(12,2)":
		return len(text) < 10 && !strings.Contains(text, "nfinity")
	case "varchar(8)":
		return len([]rune(text)) <= 8
	}
	return true
}

// wideSQL gives the statements that make and fill the table t, in our words and in PostgreSQL's, and the cells of its
// rows as SQL. Row 1 has a usual value everywhere and row 2 nulls.
func wideSQL(r *rand.Rand) (create, insert string, cells [][]string) {
	var cols, rows []string
	for _, c := range wide {
		cols = append(cols, c.name+" "+c.decl)
	}
	for n := 1; n <= wideRows; n++ {
		row := make([]string, len(wide))
		for i, c := range wide {
			pool := pools[c.t.OID]
			text := pool[r.IntN(len(pool))]
			switch {
			case n == 1:
				text = pool[min(2, len(pool)-1)]
			case n == 2 || r.IntN(10) == 0:
				row[i] = "NULL"
				continue
			}
			for !fits(c.decl, text) {
				text = pool[r.IntN(len(pool))]
			}
			row[i] = quote(text)
		}
		cells = append(cells, row)
		rows = append(rows, fmt.Sprintf("(%d, %s)", n, strings.Join(row, ", ")))
	}
	return "t (row_no int, " + strings.Join(cols, ", ") + ")", "INSERT INTO t VALUES " + strings.Join(rows, ",\n"), cells
}
