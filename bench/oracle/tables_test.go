package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/types"
)

// relation is a table that queries read, or what stands for one in a FROM.
type relation struct {
	name string
	cols []column
}

// queryTypes are the types of the tables' columns.
var queryTypes = []types.Type{types.Bool, types.Int4, types.Int8, types.Numeric, types.Text, types.Float8, types.Date, types.Timestamptz, types.Interval, types.UUID, types.Bytea, types.Int4Array, types.BPChar, types.Timestamp, types.Time, types.Float4, types.TextArray, types.Numeric.Array()}

// small are the tables of queries. They have id, k and s in common, for USING and NATURAL. Floats are sums of powers of
// two, so that the order of adding does not show.
var small = []relation{
	{"qa", []column{{"id", types.Int4}, {"k", types.Int4}, {"s", types.Text}, {"n", types.Numeric}, {"b", types.Bool}, {"f", types.Float8}}},
	{"qb", []column{{"id", types.Int4}, {"k", types.Int4}, {"s", types.Text}, {"m", types.Int8}, {"d", types.Date}, {"u", types.UUID}, {"a", types.Int4Array}}},
	{"qc", []column{{"id", types.Int4}, {"k", types.Int4}, {"s", types.Text}, {"x", types.Int4}, {"t", types.Timestamptz}, {"v", types.Interval}, {"y", types.Bytea}, {"j", types.JSONB}}},
	{"qd", []column{{"id", types.Int4}, {"k", types.Int4}, {"s", types.Text}, {"c", types.BPChar}, {"w", types.Timestamp}, {"e", types.Time}, {"r", types.Float4}, {"l", types.TextArray}, {"p", types.Numeric.Array()}}},
}

var smallValues = map[types.OID][]string{
	types.OIDBool: {"true", "false"}, types.OIDInt4: {"0", "1", "2", "3", "4"}, types.OIDInt8: {"1", "2", "3", "-7"},
	types.OIDNumeric: {"1.50", "2.25", "0.00", "-3.10", "7.00"}, types.OIDText: {"'a'", "'b'", "'ä'", "''", "'abc'"},
	types.OIDFloat8: {"0.5", "2", "-0.25", "8"}, types.OIDDate: {"'2024-02-29'", "'2024-03-01'", "'1999-12-31'"},
	types.OIDTimestamptz: {"'2024-03-31 00:30Z'", "'2024-03-31 01:00Z'", "'2000-01-01 00:00Z'"},
	types.OIDInterval:    {"'1 day'", "'2 days'", "'1 mon'", "'-00:30'"}, types.OIDUUID: {"'00112233-4455-6677-8899-aabbccddeeff'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
	types.OIDBytea: {`'\x'`, `'\x00ff'`, `'\x616263'`}, types.OIDInt4Array: {"'{}'", "'{1,2}'", "'{2,NULL}'", "'{3}'"}, types.OIDJSONB: {`'{"a": 1}'`, "'[1, 2]'", `'"a"'`, "'null'"},
	types.OIDBPChar: {"'a'", "'b'", "''", "'abc'"}, types.OIDTimestamp: {"'2024-03-31 02:30'", "'2024-02-29'", "'2000-01-01 23:59:59.5'"}, types.OIDTime: {"'00:00'", "'12:30'", "'23:59:59.999999'"},
	types.OIDFloat4: {"0.5", "2", "-0.25"}, types.OIDTextArray: {"'{}'", "'{a}'", "'{b,NULL}'"}, types.OIDNumericArray: {"'{}'", "'{1.50}'", "'{2.25,NULL}'"},
}

// smallSQL gives the statements that make and fill the small tables.
func smallSQL(r *rand.Rand) (creates, inserts []string) {
	for i, rel := range small {
		var cols, rows []string
		for _, c := range rel.cols {
			name := types.FormatType(c.t)
			switch c.t {
			case types.Numeric:
				name = "numeric(6,2)"
			case types.BPChar:
				name = "char(3)"
			}
			cols = append(cols, c.name+" "+name)
		}
		for n := range max(14-4*i, 5) {
			cells := []string{fmt.Sprint(n)}
			for _, c := range rel.cols[1:] {
				pool := smallValues[c.t.OID]
				v := pool[r.IntN(len(pool))]
				if r.IntN(6) == 0 {
					v = "NULL"
				}
				cells = append(cells, v)
			}
			rows = append(rows, "("+strings.Join(cells, ", ")+")")
		}
		creates = append(creates, rel.name+" ("+strings.Join(cols, ", ")+")")
		inserts = append(inserts, "INSERT INTO "+rel.name+" VALUES "+strings.Join(rows, ", "))
	}
	return creates, inserts
}

func fillSmall(t *testing.T, r *rand.Rand, us *ours, pg *postgres) {
	creates, inserts := smallSQL(r)
	for i := range creates {
		us.must(t, "CREATE STREAM "+creates[i])
		us.must(t, inserts[i])
		if pg != nil {
			pg.must(t, "CREATE TEMP TABLE "+creates[i])
			pg.must(t, inserts[i])
			pg.must(t, "ANALYZE "+small[i].name)
		}
	}
}
