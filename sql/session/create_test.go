package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// TestTableOfQueryInOneEpoch makes tables of queries: rows and table come in the same epoch, and both are there after a
// crash.
func TestTableOfQueryInOneEpoch(t *testing.T) {
	n, g := gated(t)
	for i, text := range []string{
		`CREATE TABLE %s AS SELECT i, 'x' || i AS v FROM generate_series(1, 10000) i`,
		`SELECT i, 'x' || i AS v INTO %s FROM generate_series(1, 10000) i`,
		`CREATE TABLE IF NOT EXISTS %s (i, v) AS SELECT i, 'x' || i FROM generate_series(1, 10000) i`,
	} {
		name := fmt.Sprintf("t%d", i)
		if got := n.must(fmt.Sprintf(text, name)); got != "SELECT 10000\n" {
			t.Fatalf("%s gives %s", text, got)
		}
		made := n.e.Catalog().Lookup(name).Created
		g.mu.Lock()
		if g.rows[made] != 10000 {
			t.Errorf("%s is of epoch %d, which has %d rows", text, made, g.rows[made])
		}
		g.mu.Unlock()
		n.must(fmt.Sprintf(`INSERT INTO %s VALUES (10001, 'more'); UPDATE %s SET v = 'changed' WHERE i = 1; DELETE FROM %s WHERE i = 2`, name, name, name))
	}
	if got := n.must(`CREATE TABLE IF NOT EXISTS t0 AS SELECT 1`); got != "NOTICE: relation \"t0\" already exists, skipping\nCREATE TABLE AS\n" {
		t.Errorf("for a table that is there: %s", got)
	}
	n.crash()
	for i := range 3 {
		if got := n.must(fmt.Sprintf(`SELECT count(*), min(v), sum(i) FROM t%d`, i)); got != "10000|changed|50014999\n" {
			t.Errorf("after a crash t%d has %s", i, got)
		}
	}
}

// TestTableOfQueryThatTheLogRefuses sees that a table whose rows cannot be written is not there.
func TestTableOfQueryThatTheLogRefuses(t *testing.T) {
	n, g := gated(t)
	g.set(true)
	out := n.begin(`CREATE TABLE u AS SELECT 1 AS a`)
	<-g.waiting
	g.set(false)
	g.answer <- sqlerr.New(sqlerr.DiskFull, "no room")
	if got := <-out; !strings.HasPrefix(got, "ERROR 53100") {
		t.Fatalf("a full log gives %s", got)
	}
	if got := n.must(`SELECT to_regclass('u') IS NULL`); got != "true\n" && got != "t\n" {
		t.Fatalf("the table is there: %s", got)
	}
}

// TestShowCreateMakesTheSame drops everything of a schema and makes it again of what SHOW CREATE said: the catalogs say
// the same of both.
func TestShowCreateMakesTheSame(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE SCHEMA "Odd one"; SET search_path = public, "Odd one"`)
	made := []string{
		`CREATE SEQUENCE q AS smallint INCREMENT BY -2 MINVALUE -100 MAXVALUE 50 START WITH 10 CYCLE`,
		`CREATE SEQUENCE "Odd one".plain`,
		`CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 5) PRIMARY KEY, "Up" text NOT NULL DEFAULT 'it''s',
			n numeric(10, 2) CONSTRAINT n_ok CHECK (n > 0), g int GENERATED ALWAYS AS (length("Up")) STORED, a int[], UNIQUE ("Up", n), CHECK (g < 100))`,
		`CREATE TABLE "Odd one"."T" (s serial, d int DEFAULT nextval('q'), ts timestamptz, ref bigint REFERENCES t (id) MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL)`,
		`CREATE STREAM st (ts timestamptz NOT NULL, "User" text DEFAULT 'x', v varchar(5), WATERMARK FOR ts AS ts - INTERVAL '90 seconds') WITH (idle = 'clock', max_future_skew = '2 hours')`,
		`CREATE STREAM "Odd one".bare (a int)`,
		`CREATE VIEW v (one, "Two") AS SELECT id, "Up" FROM t AS x WHERE "Up" <> 'a'`,
		`CREATE VIEW "Odd one".w AS SELECT * FROM v JOIN "T" ON v.one = "T".s`,
		`CREATE MATERIALIZED VIEW m WITH (allowed_lateness = '5 seconds') AS SELECT window_start, "User", count(*) AS n FROM TUMBLE(st, ts, INTERVAL '1 minute') GROUP BY 1, 2 EMIT ON WINDOW CLOSE`,
	}
	names := []string{"q", `"Odd one".plain`, "t", `"Odd one"."T"`, "st", `"Odd one".bare`, "v", `"Odd one".w`, "m"}
	n.must(strings.Join(made, ";\n"))
	n.must(`ALTER TABLE t RENAME TO t2; ALTER TABLE t2 RENAME COLUMN n TO amount; ALTER VIEW v RENAME COLUMN one TO first; ALTER TABLE t2 ADD COLUMN later date; ALTER STREAM st RENAME TO events2; SET search_path = public`)
	for i, name := range names {
		names[i] = map[string]string{"t": "t2", "st": "events2"}[name]
		if names[i] == "" {
			names[i] = name
		}
	}
	describe := func() string {
		return n.must(`SELECT n.nspname, c.relname, c.relkind, c.reloptions, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE n.nspname IN ('public', 'Odd one') AND c.relkind <> 'i' ORDER BY 1, 2, a.attnum;
			SELECT conname, contype, conkey, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1;
			SELECT schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle FROM pg_sequences ORDER BY 1, 2;
			SELECT viewname, definition FROM pg_views WHERE schemaname IN ('public', 'Odd one') ORDER BY 1;
			SELECT matviewname, definition FROM pg_matviews ORDER BY 1`)
	}
	before := describe()
	var texts []string
	for _, name := range names {
		out := n.must("SHOW CREATE " + name)
		_, text, _ := strings.Cut(out, "|")
		texts = append(texts, text)
	}
	all := slices.Clone(names)
	slices.Reverse(all)
	for _, name := range all {
		kind := map[string]string{"q": "SEQUENCE", `"Odd one".plain`: "SEQUENCE", "t2": "TABLE", `"Odd one"."T"`: "TABLE", "events2": "STREAM", `"Odd one".bare`: "STREAM", "m": "MATERIALIZED VIEW"}[name]
		if kind == "" {
			kind = "VIEW"
		}
		n.must("DROP " + kind + " " + name)
	}
	for _, text := range texts {
		n.must(text)
	}
	if after := describe(); after != before {
		t.Errorf("made of\n%s\nthe catalogs say\n%s\nand said\n%s", strings.Join(texts, "\n"), after, before)
	}
}
