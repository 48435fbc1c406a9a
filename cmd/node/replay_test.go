package node_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// captured is one statement of a client, and the parameters that it sent.
type captured struct {
	sql    string
	params [][]byte
}

var (
	capturedMark  = regexp.MustCompile(`(?m)^-- \[(statement|execute [^\n]*)\]\n`)
	capturedParam = regexp.MustCompile(`(?m)^-- params: parameters: (.*?);?$`)
	paramValue    = regexp.MustCompile(`\$\d+ = (NULL|'((?:[^']|'')*)')`)
	copyFrom      = regexp.MustCompile(`(?is)^copy .* from stdin`)
	userOID       = regexp.MustCompile(`\b1(63|64)\d\d\b`)
)

func readCaptured(t *testing.T, file string) []captured {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []captured
	for _, q := range capturedMark.Split(string(text), -1)[1:] {
		c := captured{}
		if m := capturedParam.FindStringSubmatch(q); m != nil {
			for _, v := range paramValue.FindAllStringSubmatch(m[1], -1) {
				var p []byte
				if v[1] != "NULL" {
					p = []byte(strings.ReplaceAll(v[2], "''", "'"))
				}
				c.params = append(c.params, p)
			}
		}
		c.sql = strings.TrimSuffix(strings.TrimSpace(capturedParam.ReplaceAllString(q, "")), ";")
		if !strings.Contains(c.sql, "$1") {
			c.params = nil // of another statement, whose text was not logged
		}
		out = append(out, c)
	}
	return out
}

// replayObjects are what the clients were looking at when their statements were taken down.
var replayObjects = []string{
	"CREATE SCHEMA app",
	"SET search_path = app, public",
	`CREATE TABLE events (id bigint NOT NULL, ts timestamptz NOT NULL DEFAULT now(), kind text DEFAULT 'x', amount numeric(10,2),
		payload jsonb, tags text[], PRIMARY KEY (id), CONSTRAINT events_ts UNIQUE (ts))`,
	"CREATE VIEW v_events AS SELECT id, kind FROM events",
	"CREATE MATERIALIZED VIEW mv_counts AS SELECT kind, count(*) AS n FROM events GROUP BY kind",
	"CREATE SEQUENCE s1",
	"COMMENT ON TABLE events IS 'what happened'",
	`INSERT INTO events SELECT g, timestamptz '2026-01-01 00:00:00Z' + g * interval '1 minute', 'k' || g % 3, g * 1.5,
		jsonb_build_object('g', g), ARRAY['t' || g] FROM generate_series(1, 10) g`,
}

// replayOIDs are the OIDs that the objects had, and their names.
var replayOIDs = map[string]string{"16389": "events", "16397": "events_ts", "16412": "v_events", "16416": "mv_counts", "16424": "s1"}

// replayer runs statements on one server.
type replayer struct {
	c     *pgconn.PgConn
	oids  map[string]string // by those in the files
	names map[string]string // of the server's own OIDs
}

func newReplayer(t *testing.T, c *pgx.Conn) *replayer {
	t.Helper()
	r := &replayer{c: c.PgConn(), oids: map[string]string{}, names: map[string]string{}}
	for _, q := range replayObjects {
		exec(t, c, q)
	}
	for old, name := range replayOIDs {
		var oid string
		if err := c.QueryRow(t.Context(), "SELECT oid::text FROM pg_class WHERE relname = $1 AND relnamespace = 'app'::regnamespace", name).Scan(&oid); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.oids[old] = oid
	}
	var row, schema string
	if err := c.QueryRow(t.Context(), "SELECT oid::text, typnamespace::oid::text FROM pg_type WHERE typrelid = 'app.events'::regclass").Scan(&row, &schema); err != nil {
		t.Fatal(err)
	}
	r.oids["16391"], r.oids["16388"] = row, schema
	r.name(t, c, "SELECT oid::text, relname FROM pg_class WHERE relnamespace = 'app'::regnamespace")
	r.name(t, c, "SELECT oid::text, 'constraint ' || conname FROM pg_constraint WHERE connamespace = 'app'::regnamespace")
	r.name(t, c, "SELECT oid::text, 'row of ' || typrelid::regclass FROM pg_type WHERE typrelid <> 0 AND typnamespace = 'app'::regnamespace")
	r.name(t, c, "SELECT typarray::text, 'rows of ' || typrelid::regclass FROM pg_type WHERE typrelid <> 0 AND typnamespace = 'app'::regnamespace")
	r.name(t, c, "SELECT oid::text, nspname FROM pg_namespace WHERE nspname = 'app'")
	return r
}

// name notes what the server's own OIDs stand for; each row is one, and a name.
func (r *replayer) name(t *testing.T, c *pgx.Conn, query string) {
	t.Helper()
	rows, err := c.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var oid, name string
	if _, err := pgx.ForEachRow(rows, []any{&oid, &name}, func() error {
		r.names[oid] = name
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (r *replayer) own(text string) string {
	return userOID.ReplaceAllStringFunc(text, func(s string) string { return cmp.Or(r.oids[s], s) })
}

// tempSchema is the schema of a session's temporary tables, which has the session's number.
var tempSchema = regexp.MustCompile(`\bpg_temp_[0-9]+`)

// answer is what a server said: how it went, the columns, and each row as text.
type answer struct {
	outcome, columns string
	rows             []string
}

func (r *replayer) run(ctx context.Context, q captured) answer {
	if copyFrom.MatchString(q.sql) {
		_, err := r.c.CopyFrom(ctx, strings.NewReader(""), q.sql)
		return answer{outcome: outcome(err)}
	}
	if q.params == nil {
		all, err := r.c.Exec(ctx, r.own(q.sql)).ReadAll()
		a := answer{outcome: outcome(err)}
		for _, res := range all {
			a.take(r, res)
		}
		return a
	}
	params := make([][]byte, len(q.params))
	for i, p := range q.params {
		if p != nil {
			params[i] = []byte(r.own(string(p)))
		}
	}
	res := r.c.ExecParams(ctx, r.own(q.sql), params, nil, nil, nil).Read()
	a := answer{outcome: outcome(res.Err)}
	a.take(r, res)
	return a
}

func outcome(err error) string {
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return "error " + e.Code
	case err != nil:
		return err.Error()
	}
	return "done"
}

func (a *answer) take(r *replayer, res *pgconn.Result) {
	for _, f := range res.FieldDescriptions {
		a.columns += fmt.Sprintf("%s:%d ", f.Name, f.DataTypeOID)
	}
	for _, row := range res.Rows {
		var cells []string
		for _, c := range row {
			s := "null"
			if c != nil {
				s = cmp.Or(r.names[string(c)], string(c))
			}
			cells = append(cells, s)
		}
		a.rows = append(a.rows, tempSchema.ReplaceAllString(strings.Join(cells, "|"), "pg_temp_N"))
	}
}

// replayDiffers are the files in which some answer is not PostgreSQL's, and why. After a blank stands a part of the one
// statement of a file that is meant.
var replayDiffers = map[string]string{
	"asyncpg":                "a recursive query in a subquery cannot read the query around it; the row of a table is a record",
	"psycopg2":               "events of schema public is there from the start",
	"pgx_cache_statement":    "events of schema public is there from the start",
	"psql15_dt_plus":         "relations have no sizes",
	"psql15_tab_insert_into": "vex and boundary are the server's schemas",
	"psql15_tab_drop_mv":     "vex and boundary are the server's schemas",
	"psql15_dn":              "vex and boundary are the server's schemas",
	"psql15_dn_plus":         "vex and boundary are the server's schemas",
	"psql15_df":              "functions that PostgreSQL has not are in schema vex",
	"psql15_tab_df_func":     "the first 1,000 of other functions",
	"psql15_d_view":          "a view's query reads as its author typed it",
	"psql15_d_matview":       "a view's query reads as its author typed it",
	"psql15_sv":              "a view's query reads as its author typed it",
	"psql15_dF":              "there is no full-text search",
	"psql15_dx":              "what PostgreSQL has not is an extension",
	"psql15_db":              "there is one place for data",
	"psql15_l":               "there is one database",
	"psql15_l_plus":          "there is one database",
	"psql15_tab_c_db":        "there is one database",
	"psql15_du":              "there are other roles",
	"psql15_dg":              "there are other roles",
	"psql15_tab_du_role":     "there are other roles",
	"psql15_dconfig":         "the version has no patch",
	"psql15_tab_set_to":      "PostgreSQL's time zones are those of its machine",

	"dbeaver pg_catalog.pg_settings":          "settings have no categories",
	"dbeaver format_type(nullif":              "there are fewer types",
	"dbeaver FROM pg_catalog.pg_type t WHERE": "there are fewer types",
	"dbeaver a.attisdropped AND c.oid":        "there are no system columns",
	"dbeaver pg_catalog.pg_language":          "functions are in one language",
	"dbeaver pg_catalog.pg_conversion":        "text is in one encoding",
	"dbeaver pg_catalog.pg_tablespace":        "there is one place for data",
	"grafana information_schema.schemata":     "vex and boundary are the server's schemas",
	"grafana THEN quote_ident(table_name)":    "vex and boundary are the server's schemas",
	"metabase table_privileges":               "vex and boundary are the server's schemas",
	"metabase estimated_row_count":            "PostgreSQL's counts of rows are estimates that come late",
	"npgsql SELECT version()":                 "there are fewer types, and relations of the server's own",
	"pgcli FROM    pg_catalog.pg_namespace":   "vex and boundary are the server's schemas",
	"pgcli c.relname table_name":              "vex and boundary are the server's schemas",
	"pgcli cls.relname table_name":            "relations of the server's own; the information schema has no domains",
	"pgcli pg_catalog.pg_database":            "there is one database",
	"pgcli p.proargnames":                     "there are fewer functions",
	"pgcli pg_get_userbyid(n.nspowner)":       "vex and boundary are the server's schemas",
	"pgcli pg_catalog.pg_get_function_result": "functions that PostgreSQL has not are in schema vex",
	"pgcli pg_catalog.pg_roles":               "there are other roles",
	"pgcli pg_catalog.pg_extension":           "what PostgreSQL has not is an extension",
	"superset pg_catalog.version":             "the version has no patch",
	"superset show transaction isolation":     "transactions are serializable",
	"superset FROM pg_database":               "there is one database",
	"superset nspname NOT LIKE":               "vex and boundary are the server's schemas",
	"superset typtype = 'd'":                  "there are no domains",
	"superset pg_get_viewdef":                 "a view's query reads as its author typed it",
}

// excuse gives the key of replayDiffers that a statement falls under.
func excuse(file, sql string) string {
	for _, key := range slices.Sorted(maps.Keys(replayDiffers)) {
		if f, part, ok := strings.Cut(key, " "); f == file && (!ok || strings.Contains(sql, part)) {
			return key
		}
	}
	return ""
}

// TestClientsAsPostgres sends what clients sent to PostgreSQL, here and there, one file in one session: each statement ends in
// the same way, gives the same columns, and the same rows.
func TestClientsAsPostgres(t *testing.T) {
	theirs := newReplayer(t, postgresDatabase(t, "replay_clients"))
	n, _ := server(t)
	c, err := pgx.Connect(t.Context(), "postgres://postgres@"+n.PgAddr()+"/vexstream?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	ours := newReplayer(t, c)
	files, err := filepath.Glob(clientQueries)
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	slices.Sort(files)
	differs, statements := map[string]bool{}, 0
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".sql")
		for _, q := range readCaptured(t, f) {
			statements++
			want, have := theirs.run(t.Context(), q), ours.run(t.Context(), q)
			diff := want.differs(&have)
			if diff == "" {
				continue
			}
			why := excuse(name, q.sql)
			if why == "" {
				t.Errorf("%s: %s\n%s", name, diff, q.sql)
			}
			differs[why] = true
		}
	}
	for name, why := range replayDiffers {
		if !differs[name] {
			t.Errorf("%s is as PostgreSQL has it; the test says: %s", name, why)
		}
	}
	t.Logf("%d statements of %d files; in %d files an answer differs", statements, len(files), len(differs))
}

// differs says in what an answer is not PostgreSQL's, "" if it is.
func (a *answer) differs(b *answer) string {
	switch {
	case a.outcome != b.outcome:
		return b.outcome + ", PostgreSQL " + a.outcome
	case len(a.rows) > 0 && len(b.rows) > 0 && a.columns != b.columns:
		return "columns " + b.columns + ", PostgreSQL " + a.columns
	case !slices.Equal(a.rows, b.rows) && (len(a.rows) != len(b.rows) || len(without(b.rows, a.rows)) > 0):
		return fmt.Sprintf("%d rows, PostgreSQL %d\nonly here %.600s\nonly there %.600s", len(b.rows), len(a.rows),
			strings.Join(without(b.rows, a.rows), "\n"), strings.Join(without(a.rows, b.rows), "\n"))
	}
	return ""
}

// TestRelationsAsPostgres describes every relation of pg_catalog and information_schema: each is there, with all columns in
// PostgreSQL's order and of its types.
func TestRelationsAsPostgres(t *testing.T) {
	pg := connectPostgres(t, "template1")
	defer pg.Close(context.Background())
	_, c := server(t)
	rows, err := pg.Query(t.Context(), `SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'v')
		AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 190 {
		t.Fatalf("%d relations, %v", len(names), err)
	}
	for _, name := range names {
		want, err := pg.PgConn().Prepare(t.Context(), "", "SELECT * FROM "+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		have, err := c.PgConn().Prepare(t.Context(), "", "SELECT * FROM "+name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		columns := func(d *pgconn.StatementDescription) (s []string) {
			for _, f := range d.Fields {
				s = append(s, fmt.Sprintf("%s of type %d", f.Name, f.DataTypeOID))
			}
			return s
		}
		if w, h := columns(want), columns(have); !slices.Equal(w, h) {
			t.Errorf("%s has %v, PostgreSQL %v", name, without(h, w), without(w, h))
		}
	}
}
