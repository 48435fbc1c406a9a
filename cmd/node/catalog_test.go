package node_test

import (
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// clientQueries are the statements that real clients sent while they looked around.
const clientQueries = "../../sql/parse/testdata/client_queries/*.sql"

var statementMark = regexp.MustCompile(`-- \[statement\][^\n]*\n`)

func capturedQueries(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(clientQueries)
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files of clients' queries, %v", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range statementMark.Split(string(text), -1)[1:] {
			q = strings.TrimSuffix(strings.TrimSpace(q), ";")
			if word := strings.ToLower(strings.SplitN(q, " ", 2)[0]); word == "select" || strings.HasPrefix(strings.ToLower(q), "select") || word == "with" {
				out[q] = filepath.Base(f)
			}
		}
	}
	return out
}

// TestClientQueriesAsPostgres describes every query that clients sent, here and in PostgreSQL: the columns have the same
// names and types. It also runs them here.
func TestClientQueriesAsPostgres(t *testing.T) {
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		skipOrFail(t, "VEXSTREAM_TEST_POSTGRES names no server")
	}
	pg, err := pgx.Connect(t.Context(), "host="+dir+" user=postgres dbname=template1")
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(t.Context())
	_, c := server(t)
	compared := 0
	for q, file := range capturedQueries(t) {
		want, err := pg.PgConn().Prepare(t.Context(), "", q, nil)
		if err != nil {
			continue // it is about objects that were there when it was captured
		}
		have, err := c.PgConn().Prepare(t.Context(), "", q, nil)
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, q)
			continue
		}
		compared++
		if len(have.Fields) != len(want.Fields) {
			t.Errorf("%s: %d columns, PostgreSQL has %d\n%s", file, len(have.Fields), len(want.Fields), q)
			continue
		}
		for i, f := range want.Fields {
			if g := have.Fields[i]; g.Name != f.Name || g.DataTypeOID != f.DataTypeOID {
				t.Errorf("%s: column %d is %s of type %d, PostgreSQL's %s of %d\n%s", file, i+1, g.Name, g.DataTypeOID, f.Name, f.DataTypeOID, q)
			}
		}
		if len(have.ParamOIDs) == 0 {
			if _, err := c.PgConn().Exec(t.Context(), q).ReadAll(); err != nil {
				t.Errorf("%s: %v\n%s", file, err, q)
			}
		}
	}
	if compared < 70 {
		t.Errorf("only %d queries could be compared", compared)
	}
}

func skipOrFail(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// TestPsqlDescribes runs psql's backslash commands and looks for what each must show.
func TestPsqlDescribes(t *testing.T) {
	if _, err := osexec.LookPath("psql"); err != nil {
		skipOrFail(t, "psql is not installed")
	}
	n, c := server(t)
	for _, sql := range []string{
		clicks,
		"CREATE VIEW v AS SELECT user_id FROM clicks",
		"CREATE MATERIALIZED VIEW mv AS SELECT user_id, count(*) FROM clicks GROUP BY user_id",
		`CREATE TABLE "T t" (id bigint PRIMARY KEY, b text UNIQUE DEFAULT 'x', c int CHECK (c > 0))`,
		"CREATE ROLE bob",
		"COMMENT ON STREAM clicks IS 'what people click'",
		"GRANT SELECT ON clicks TO bob",
	} {
		exec(t, c, sql)
	}
	host, port, err := net.SplitHostPort(n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		command string
		want    []string
	}{
		{`\d`, []string{"public|clicks|table|admin", "public|mv|materialized view|admin", "public|v|view|admin", "public|T t|table|admin"}},
		{`\dt+ clicks`, []string{"what people click"}},
		{`\d clicks`, []string{"ts|timestamp with time zone||not null|", "user_id|text|||", "ms|bigint|||"}},
		{`\d "T t"`, []string{"id|bigint||not null|", "b|text|||'x'", `"T t_pkey" PRIMARY KEY, btree (id)`, `UNIQUE CONSTRAINT, btree (b)`, "CHECK (c > 0)"}},
		{`\d+ mv`, []string{"SELECT user_id, count(*) FROM clicks GROUP BY user_id;"}},
		{`\d+ v`, []string{"SELECT user_id FROM clicks;"}},
		{`\sv v`, []string{"CREATE OR REPLACE VIEW public.v AS", "SELECT user_id FROM clicks"}},
		{`\dt`, []string{"public|clicks|table|admin"}},
		{`\dv`, []string{"public|v|view|admin"}},
		{`\dm`, []string{"public|mv|materialized view|admin"}},
		{`\di`, []string{`public|T t_pkey|index|admin|T t`}},
		{`\dn`, []string{"public|pg_database_owner"}},
		{`\du`, []string{"admin|Superuser", "bob|Cannot login"}},
		{`\l`, []string{"vexstream|vexstream|UTF8|C|C.UTF-8"}},
		{`\dT`, []string{""}},
		{`\df`, []string{"vex|time_bucket|"}},
		{`\df abs`, []string{"pg_catalog|abs|bigint|bigint|func", "pg_catalog|abs|numeric|numeric|func"}},
		{`\dfS+ date_trunc`, []string{"pg_catalog|date_trunc|timestamp with time zone|text, timestamp with time zone|func|stable"}},
		{`\da count`, []string{`pg_catalog|count|bigint|"any"|`}},
		{`\do ||`, []string{"pg_catalog||||text|text|text|"}},
		{`\dp clicks`, []string{"public|clicks|table|admin=arwdDxt/admin"}},
		{`\dconfig timezone`, []string{"TimeZone|UTC"}},
		{`\dD`, []string{""}},
		{`\ds`, []string{""}},
		{`\dx`, []string{""}},
		{`\dy`, []string{""}},
		{`\db`, []string{"pg_default|vexstream|"}},
		{`\dF`, []string{""}},
		{`\dd`, []string{""}},
		{`\dC`, []string{"integer|bigint|"}},
	} {
		cmd := osexec.Command("psql", "-X", "-A", "-h", host, "-p", port, "-U", "admin", "vexstream", "-c", x.command)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "ERROR") {
			t.Errorf("%s: %v\n%s", x.command, err, out)
			continue
		}
		for _, w := range x.want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s does not show %q:\n%s", x.command, w, out)
			}
		}
	}
}
