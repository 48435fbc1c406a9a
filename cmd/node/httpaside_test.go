package node_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vexfs/vexstream/cmd/node"
)

// TestAppendAside sends malformed records among others: these are stored, those become dead letters, and a request that is
// sent again does neither.
func TestAppendAside(t *testing.T) {
	n, token := sqlOverHTTP(t)
	run(t, n, "CREATE STREAM s (ts timestamptz, a int, WATERMARK FOR ts AS ts - INTERVAL '1 second'); CREATE TABLE t (k int PRIMARY KEY)")
	const csv, js = "text/csv", "application/x-ndjson"
	for _, c := range []struct {
		name, to, kind, body, sequence string
		status                         int
		want                           string
	}{
		{"CSV", "s?on_error=dead_letter", csv, "ts,a\n2026-01-01,1\nsoon,2\n2026-01-01,x\n,4\n2026-01-01,5\n", "1", 200, `"dead_letters":3`},
		{"the same again", "s?on_error=dead_letter", csv, "ts,a\n2026-01-01,1\nsoon,2\n", "1", 200, `"repeated":true}`},
		{"NDJSON", "s?on_error=dead_letter", js, "{\"ts\":\"2026-01-01\",\"a\":6}\n{\"a\":\n\xff\x00\n{\"a\":7}\n", "", 200, `"dead_letters":3`},
		{"a table", "t?on_error=dead_letter", csv, "k\n1\none\n", "", 200, `"dead_letters":1`},
		{"nothing malformed", "t?on_error=dead_letter", csv, "k\n2\n", "", 200, `{"rows":1,"epoch":"`},
		{"a key that is there", "t?on_error=dead_letter", csv, "k\ntwo\n1\n", "", 400, `"code":"23505"`},
		{"stop", "s?on_error=stop", csv, "ts,a\n2026-01-01,8\nsoon,9\n", "", 400, `"where":"COPY s, line 3, column ts: \"soon\"","byte":19}`},
		{"ignore", "s?on_error=ignore", csv, "ts,a\n", "", 400, `"code":"0A000"`},
		{"what is not known", "s?on_error=maybe", csv, "ts,a\n", "", 400, `"code":"22023"`},
		{"Arrow", "s?on_error=dead_letter", "application/vnd.apache.arrow.stream", "", "", 400, `"code":"0A000"`},
	} {
		header := map[string]string{"Authorization": "Bearer " + token, "Content-Type": c.kind}
		if c.sequence != "" {
			header["Producer-Id"], header["Producer-Sequence"] = "p", c.sequence
		}
		status, answer := send(t, n, c.to, strings.NewReader(c.body), header)
		if status != c.status || !strings.Contains(answer, c.want) {
			t.Errorf("%s: %d %s\nwant %d %s", c.name, status, answer, c.status, c.want)
		}
	}
	want(t, n, "SELECT a FROM s ORDER BY a", "1\n5\n6")
	want(t, n, "SELECT k FROM t ORDER BY k", "1\n2")
	want(t, n, `SELECT view, operator, code, "row" FROM vex.dead_letters ORDER BY view, code, "row"->>'line', "row"->>'a'`, strings.Join([]string{
		`s|COPY|22007|{"byte": 19, "line": 3, "record": "soon,2"}`,
		`s|COPY|22P02|{"byte": 27, "line": 2, "record": "{\"a\":"}`,
		`s|COPY|22P02|{"byte": 33, "line": 3, "record": "` + "\uFFFD\uFFFD" + `"}`,
		`s|COPY|22P02|{"byte": 26, "line": 4, "record": "2026-01-01,x"}`,
		`s|COPY|23502|{"a": 4, "ts": null}`,
		`s|COPY|23502|{"a": 7, "ts": null}`,
		`t|COPY|22P02|{"byte": 5, "line": 3, "record": "one"}`,
	}, "\n"))
}

// TestCopyAside is the same by COPY, which tells of it in a notice; more than the samples are counted.
func TestCopyAside(t *testing.T) {
	n := open(t, node.Settings{PgAddr: "127.0.0.1:0"})
	set, err := pgx.ParseConfig("postgres://admin@" + n.PgAddr() + "/vexstream?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	set.OnNotice = func(_ *pgconn.PgConn, e *pgconn.Notice) { said = append(said, e.Message) }
	c, err := pgx.ConnectConfig(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), "CREATE STREAM s (a int)"); err != nil {
		t.Fatal(err)
	}
	body := "1\n" + strings.Repeat("x\n", 250) + "2\n"
	tag, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(body), "COPY s FROM STDIN WITH (on_error 'dead_letter')")
	if err != nil || tag.RowsAffected() != 2 {
		t.Error(tag, err)
	}
	if all := strings.Join(said, "; "); all != `250 malformed records of "s" were left out` {
		t.Errorf("the notices are %q", all)
	}
	want(t, n, "SELECT count(*) FROM vex.dead_letters", "250")
	for sql, code := range map[string]string{
		"COPY s TO STDOUT WITH (on_error 'dead_letter')":                   "0A000",
		"COPY s FROM STDIN WITH (on_error 'dead_letter', on_error 'stop')": "42601",
		"COPY s FROM STDIN WITH (on_error 'dead_letter', format binary)":   "0A000",
		"BEGIN; COPY s FROM STDIN WITH (on_error 'dead_letter'); ROLLBACK": "0A000",
		"COPY s FROM STDIN WITH (on_error ignore)":                         "0A000",
		"COPY s FROM STDIN WITH (on_error 'maybe')":                        "22023",
	} {
		_, err := c.PgConn().Exec(t.Context(), sql).ReadAll()
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v, want %s", sql, err, code)
		}
		if _, err := c.Exec(t.Context(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
	}
}

// TestDeadLettersLast starts a node again over the records that it left out: the newest of each relation are there, and all are counted;
// a relation that is dropped takes its own along.
func TestDeadLettersLast(t *testing.T) {
	dir := t.TempDir()
	n, token := withToken(t, dir)
	run(t, n, "CREATE STREAM s (a int NOT NULL, ok boolean, f float8); CREATE TABLE t (a int); CREATE STREAM gone (a int)")
	put := func(to, body string) {
		t.Helper()
		status, answer := send(t, n, to+"?on_error=dead_letter", strings.NewReader(body), map[string]string{"Authorization": "Bearer " + token, "Content-Type": "text/csv"})
		if status != 200 {
			t.Fatalf("%s: %d %s", to, status, answer)
		}
	}
	put("s", "a,ok,f\n,true,NaN\n1,true,1.5\nx,,\n")
	put("gone", "a\none\n")
	for range 3 {
		put("t", "a\n"+strings.Repeat("x\n", 400)+"7\n")
	}
	all := func() {
		t.Helper()
		want(t, n, `SELECT code, message, "row" FROM vex.dead_letters WHERE view = 's' ORDER BY code`, strings.Join([]string{
			`22P02|invalid input syntax for type integer: "x" (COPY s, line 4, column a: "x")|{"byte": 29, "line": 4, "record": "x,,"}`,
			`23502|null value in column "a" of relation "s" violates not-null constraint|{"a": null, "f": "NaN", "ok": true}`,
		}, "\n"))
		want(t, n, `SELECT view, count(*), min(("row"->>'line')::int) FROM vex.dead_letters WHERE view <> 's' GROUP BY view ORDER BY view`, "gone|1|2\nt|1000|2")
	}
	all()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n, token = withToken(t, dir)
	all()
	put("t", "a\nbad\n")
	want(t, n, `SELECT count(*), count(*) FILTER (WHERE "row"->>'record' = 'bad') FROM vex.dead_letters WHERE view = 't'`, "1000|1")
	run(t, n, "DROP STREAM gone")
	want(t, n, "SELECT count(*) FROM vex.dead_letters WHERE view = 'gone'", "0")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n, token = withToken(t, dir)
	want(t, n, "SELECT view, count(*) FROM vex.dead_letters GROUP BY view ORDER BY view", "s|2\nt|1000")
	if got := n.Engine().Asides(); len(got) != 2 || got[0].Dead+got[1].Dead != 2+1201 {
		t.Errorf("%d relations left %d and more records out", len(got), got[0].Dead)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}
