package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
)

// spelled are the columns of a table whose values are often equal and written in several ways.
var spelled = []struct {
	name, decl string
	values     []string
}{
	{"k", "text", []string{"'a'", "'b'", "NULL"}},
	{"n", "numeric", []string{"1", "1.0", "1.00", "0", "0.000", "NULL", "'NaN'"}},
	{"i", "interval", []string{"'1 day'", "'24:00'", "'1 mon'", "'30 days'", "'29 days 24:00'", "NULL"}},
	{"f", "float8", []string{"0", "'-0'", "1.5", "NULL"}},
	{"r", "real", []string{"0", "'-0'", "'NaN'", "NULL"}},
	{"c", "char(4)", []string{"'x'", "'x '", "''", "NULL"}},
	{"a", "numeric[]", []string{"'{1}'", "'{1.0}'", "'{1.00,NULL}'", "'{1,NULL}'", "NULL"}},
	{"j", "jsonb", []string{"'1'", "'1.0'", `'{"a": 1.00}'`, `'{"a": 1}'`, "NULL"}},
	{"v", "interval[]", []string{"'{1 day}'", "'{24:00}'", "NULL"}},
}

// spellingSQL gives the statements that make and fill the table.
func spellingSQL(r *rand.Rand) (create, insert string) {
	decls, rows := []string{"id int"}, make([]string, 24)
	for _, c := range spelled {
		decls = append(decls, c.name+" "+c.decl)
	}
	for n := range rows {
		cells := []string{fmt.Sprint(n)}
		for _, c := range spelled {
			cells = append(cells, c.values[r.IntN(len(c.values))])
		}
		rows[n] = "(" + strings.Join(cells, ", ") + ")"
	}
	return "sp (" + strings.Join(decls, ", ") + ")", "INSERT INTO sp VALUES " + strings.Join(rows, ", ")
}

// spelledGroups are queries whose groups show the spelling of their first rows, in PostgreSQL too, which takes that of the smaller
// side for INTERSECT, and that of any row where it sorts: %[1]s are keys, %[2]s and %[3]s conditions, %[4]s one
// of the keys, %[5]s their places.
var spelledGroups = []string{
	"SELECT %[1]s, count(*), min(id) FROM sp WHERE %[2]s GROUP BY %[5]s",
	"SELECT %[4]s::text, count(*) FROM sp WHERE %[2]s GROUP BY %[1]s",
	"SELECT DISTINCT %[1]s FROM sp WHERE %[2]s",
	"SELECT DISTINCT %[1]s FROM (SELECT * FROM sp WHERE %[2]s UNION ALL SELECT * FROM sp WHERE %[3]s) q",
	"SELECT %[1]s FROM sp WHERE %[2]s UNION SELECT %[1]s FROM sp WHERE %[3]s",
	"SELECT %[1]s FROM sp WHERE %[2]s EXCEPT SELECT %[1]s FROM sp WHERE %[3]s",
	"SELECT %[1]s FROM sp WHERE %[2]s EXCEPT ALL SELECT %[1]s FROM sp WHERE %[3]s",
	"SELECT x, string_agg(%[4]s::text, ',' ORDER BY m) FROM (SELECT %[1]s, id %% 2 AS x, max(id) AS m FROM sp WHERE %[2]s GROUP BY %[1]s, x) q GROUP BY x",
	"SELECT %[1]s, count(*) FROM sp WHERE %[2]s GROUP BY %[1]s HAVING count(id) > 1 AND %[4]s::text <> ''",
	"SELECT %[1]s, k, count(*), grouping(%[4]s) FROM sp WHERE %[2]s GROUP BY GROUPING SETS ((%[1]s), (%[4]s, k))",
	"SELECT DISTINCT ON (%[4]s, k) %[1]s, id FROM sp WHERE %[2]s ORDER BY %[4]s, k, id",
	"SELECT string_agg(DISTINCT %[4]s::text, ',' ORDER BY %[4]s::text), k FROM sp WHERE %[2]s GROUP BY k",
}

// spelledReads are what subqueries make of columns of the row around, %[1]s and %[2]s.
var spelledReads = []string{
	"(SELECT o.%[1]s::text)",
	"(SELECT string_agg(s.id || o.%[1]s::text, ',' ORDER BY s.id) FROM sp s WHERE s.%[2]s = o.%[2]s)",
	"(SELECT string_agg(s.%[1]s::text, ',' ORDER BY s.id) FROM sp s WHERE s.%[1]s = o.%[1]s AND s.id <= o.id)",
	"EXISTS (SELECT FROM sp s WHERE s.%[1]s::text = o.%[1]s::text AND s.id <> o.id)",
	"(o.%[1]s::text IN (SELECT s.%[1]s::text FROM sp s WHERE s.%[2]s = o.%[2]s AND s.id <> o.id))",
	"(o.%[1]s IN (SELECT s.%[1]s FROM sp s WHERE s.%[2]s::text = o.%[2]s::text AND s.id <> o.id))",
	"(SELECT count(*) FROM (SELECT DISTINCT o.%[1]s::text, s.k FROM sp s) q)",
	"ARRAY(SELECT o.%[1]s::text || s.%[2]s::text FROM sp s WHERE s.%[1]s = o.%[1]s ORDER BY s.id)",
	"(SELECT max(z) FROM (VALUES (o.%[1]s::text), (o.%[2]s::text)) v(z))",
	"(SELECT (SELECT o.%[1]s::text || s.%[2]s::text) FROM sp s WHERE s.id = o.id %% 5)",
	"(SELECT string_agg((SELECT max(o.%[1]s::text || t.id || s.%[2]s::text) FROM sp t WHERE t.%[1]s = s.%[1]s), ',' ORDER BY s.id) FROM sp s WHERE s.id < 4)",
	"CASE WHEN o.id %% 2 = 0 THEN (SELECT o.%[1]s::text || 6 / (o.id %% 2 + 1)) ELSE (SELECT max(s.id || o.%[2]s::text) FROM sp s) END",
	"(WITH RECURSIVE w AS (SELECT o.%[1]s::text AS t, 0 AS n UNION ALL SELECT t || o.%[2]s::text, n + 1 FROM w WHERE n < 2) SELECT max(t) FROM w)",
	"(WITH w AS (SELECT o.%[1]s::text AS t) SELECT string_agg((SELECT t || s.%[2]s::text FROM w), ',' ORDER BY s.id) FROM sp s WHERE s.id < 3)",
	"(SELECT s.id || o.%[1]s::text FROM sp s WHERE s.%[1]s = o.%[1]s ORDER BY s.id LIMIT 1)",
	"(SELECT string_agg(z, ',' ORDER BY z) FROM (SELECT o.%[1]s::text UNION SELECT o.%[2]s::text) q(z))",
	"(SELECT count(*) FROM sp s FULL JOIN (SELECT o.%[1]s::text AS t) q ON q.t = s.%[1]s::text)",
	"(SELECT sum(c) FROM (SELECT count(*) OVER (PARTITION BY s.%[1]s, o.%[2]s) AS c FROM sp s WHERE s.id <= o.id) q)",
	"(SELECT string_agg(z, ',' ORDER BY n) FROM unnest(ARRAY[o.%[1]s::text, o.%[2]s::text]) WITH ORDINALITY AS u(z, n))",
	"(SELECT l.t FROM sp s LEFT JOIN LATERAL (SELECT s.%[1]s::text || o.%[2]s::text AS t) l ON true WHERE s.id = 3)",
	"(SELECT q.g::text || count(*) FROM (SELECT o.%[1]s AS g FROM sp s WHERE s.id < 3) q GROUP BY q.g)",
}

// spelledQuery is a random query over the table.
func spelledQuery(r *rand.Rand) string {
	column := func() string { return spelled[r.IntN(len(spelled))].name }
	where := func() string {
		return []string{"true", "id % 3 <> 1", "id > 7", "id % 5 < 3", "id < 12"}[r.IntN(5)]
	}
	if r.IntN(2) == 0 {
		items := make([]string, 1+r.IntN(2))
		for i := range items {
			items[i] = fmt.Sprintf(spelledReads[r.IntN(len(spelledReads))], column(), column())
		}
		return "SELECT id, " + strings.Join(items, ", ") + " FROM sp AS o WHERE " + where()
	}
	keys, places := []string{column()}, []string{"1"}
	for range r.IntN(4) {
		if c := column(); !slices.Contains(keys, c) {
			keys = append(keys, c)
			places = append(places, fmt.Sprint(len(keys)))
		}
	}
	form := spelledGroups[r.IntN(len(spelledGroups))]
	text := fmt.Sprintf(form, strings.Join(keys, ", "), where(), where(), keys[r.IntN(len(keys))], strings.Join(places, ", "))
	text, _, _ = strings.Cut(text, "%!(EXTRA")
	return text
}

// TestSpellings compares to the last byte what groups and subqueries make of values that are equal and written in several
// ways. PostgreSQL groups by hashes, and so in the order of the rows, where it cannot sort.
func TestSpellings(t *testing.T) {
	c := newComparison(t, "UTC")
	seed := enginetest.Seed()
	t.Logf("seed %d", seed)
	create, insert := spellingSQL(rand.New(rand.NewPCG(seed, 2)))
	c.us.must(t, "CREATE STREAM "+create)
	c.us.must(t, insert)
	c.pg.must(t, "CREATE TEMP TABLE "+create)
	c.pg.must(t, insert)
	c.pg.must(t, "SET enable_sort = off")
	wrong, rows := 0, 0
	for i := 0; i < scale(1000) && wrong < maxDifferences; i++ {
		text := spelledQuery(rand.New(rand.NewPCG(seed, uint64(i))))
		us := c.us.ask(text)
		pg := c.pg.ask(t, []query{{text, len(us.types)}})[0]
		rows += len(pg.rows)
		slices.SortFunc(us.rows, slices.Compare)
		slices.SortFunc(pg.rows, slices.Compare)
		if us.code != pg.code || !slices.EqualFunc(us.rows, pg.rows, slices.Equal) {
			if wrong++; wrong == 1 {
				t.Log(insert)
			}
			t.Errorf("query %d: %s\nours       %s\nPostgreSQL %s", i, text, us, pg)
		}
	}
	if rows == 0 {
		t.Error("no query gave a row")
	}
}
