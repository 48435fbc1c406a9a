package node_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// fetched gives rows without their epoch and time, as texts.
func fetched(t *testing.T, c *pgx.Conn, sql string) string {
	t.Helper()
	res, err := c.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, r := range res {
		for _, row := range r.Rows {
			var cells []string
			for _, v := range row[2:] {
				if v == nil {
					v = []byte("null")
				}
				cells = append(cells, string(v))
			}
			out = append(out, strings.Join(cells, ","))
		}
	}
	return strings.Join(out, " ")
}

const totals = "CREATE MATERIALIZED VIEW totals WITH (history = '10 minutes') AS SELECT user_id, sum(ms) AS ms FROM clicks GROUP BY user_id"

func click(t *testing.T, c *pgx.Conn, user string, ms int) {
	t.Helper()
	exec(t, c, "INSERT INTO clicks VALUES ('2026-01-01', $1, $2)", user, ms)
}

func TestCursorOfSubscription(t *testing.T) {
	n, w := server(t)
	exec(t, w, clicks)
	exec(t, w, totals)
	click(t, w, "a", 1)
	c := connect(t, n)
	_, err := c.Exec(t.Context(), "DECLARE c CURSOR FOR SUBSCRIBE totals")
	wantCode(t, err, "25P01")
	exec(t, c, "BEGIN")
	exec(t, c, "DECLARE c CURSOR FOR SUBSCRIBE totals")
	for _, step := range []struct {
		user      string
		ms        int
		sql, want string
	}{
		{sql: "FETCH 10 c", want: "1,a,1"},
		{sql: "FETCH 10 c WITH (timeout = '0s')", want: ""},
		{sql: "FETCH 10 c WITH (timeout = '1ms')", want: ""},
		{user: "b", ms: 2, sql: "FETCH 10 c", want: "1,b,2"}, // waits for it
		{user: "a", ms: 4, sql: "FETCH 1 c", want: "-1,a,1"},
		{sql: "FETCH ALL c WITH (timeout = '0s')", want: "1,a,5"},
	} {
		if step.user != "" {
			click(t, w, step.user, step.ms)
		}
		if got := fetched(t, c, step.sql); got != step.want {
			t.Errorf("%s gives %q, want %q", step.sql, got, step.want)
		}
	}
	_, err = c.Exec(t.Context(), "FETCH BACKWARD 1 c")
	wantCode(t, err, "55000")
	exec(t, c, "ROLLBACK")
	_, err = c.Exec(t.Context(), "FETCH 1 c")
	wantCode(t, err, "34000")
}

// Rows of a plain SUBSCRIBE come as they are made, without the client asking for each.
func TestPlainSubscribeIsSentAtOnce(t *testing.T) {
	n, w := server(t)
	exec(t, w, clicks)
	exec(t, w, totals)
	click(t, w, "a", 1) // pgx returns from Query with the first row
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows, err := connect(t, n).Query(ctx, "SUBSCRIBE totals")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	defer cancel() // else it would wait for the last row
	for i, want := range []int64{1, -1, 1} {
		if i == 1 {
			click(t, w, "a", 1)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		if values[2] != want {
			t.Fatalf("row %d is %v, want _diff %d", i, values, want)
		}
	}
	cancel()
}

func TestSubscriptionResumes(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), PgAddr: "127.0.0.1:0"}
	n, err := node.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { n.Close() }()
	c := connect(t, n)
	exec(t, c, clicks)
	exec(t, c, totals)
	exec(t, c, "CREATE MATERIALIZED VIEW forgetful AS SELECT count(*) FROM clicks")
	click(t, c, "a", 1)
	exec(t, c, "BEGIN")
	exec(t, c, "DECLARE c CURSOR FOR SUBSCRIBE totals")
	var token string
	if err := c.QueryRow(t.Context(), "FETCH 1 c").Scan(&token, nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "COMMIT")
	click(t, c, "b", 2)
	click(t, c, "a", 3)
	exec(t, c, "BEGIN")
	exec(t, c, "DECLARE c CURSOR FOR SUBSCRIBE totals WITH (since = '"+token+"')")
	if got := fetched(t, c, "FETCH ALL c WITH (timeout = '0s')"); got != "1,b,2 -1,a,1 1,a,4" {
		t.Errorf("since %s there is %s", token, got)
	}
	exec(t, c, "COMMIT")
	for sql, code := range map[string]string{
		"SUBSCRIBE forgetful WITH (since = '" + token + "')":                    "72000",
		"SUBSCRIBE (SELECT user_id FROM clicks) WITH (since = '" + token + "')": "72000",
		"SUBSCRIBE totals WITH (since = '1-99999999')":                          "22023",
		"SUBSCRIBE totals WITH (since = 'yesterday')":                           "22023",
	} {
		_, err := c.Exec(t.Context(), sql)
		wantCode(t, err, code)
	}
	// What happened before a restart is not known after it.
	n.Close()
	if n, err = node.Open(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	c = connect(t, n)
	click(t, c, "b", 1)
	_, err = c.Exec(t.Context(), "SUBSCRIBE totals WITH (since = '"+token+"')")
	wantCode(t, err, "72000")
}

func TestEnvelopeUpsert(t *testing.T) {
	n, w := server(t)
	exec(t, w, "CREATE TABLE t (k int PRIMARY KEY, v text)")
	exec(t, w, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
	exec(t, w, "CREATE MATERIALIZED VIEW m WITH (history = '1 hour') AS SELECT k, v FROM t")
	c := connect(t, n)
	exec(t, c, "BEGIN")
	exec(t, c, "DECLARE c CURSOR FOR SUBSCRIBE m ENVELOPE UPSERT (KEY (k))")
	exec(t, c, "DECLARE d CURSOR FOR SUBSCRIBE m WITH (snapshot = false) ENVELOPE UPSERT (KEY (k))")
	exec(t, c, "DECLARE e CURSOR FOR SUBSCRIBE m ENVELOPE UPSERT (KEY (v))")
	if got := fetched(t, c, "FETCH ALL c WITH (timeout = '0s')"); got != "upsert,1,a upsert,2,b" {
		t.Errorf("at first %s", got)
	}
	exec(t, w, "UPDATE t SET v = 'c' WHERE k = 1")
	exec(t, w, "DELETE FROM t WHERE k = 2")
	for _, name := range []string{"c", "d"} {
		if got := fetched(t, c, "FETCH ALL "+name+" WITH (timeout = '0s')"); got != "upsert,1,c delete,2,null" {
			t.Errorf("%s: then %s", name, got)
		}
	}
	exec(t, w, "INSERT INTO t VALUES (3, 'c')")
	_, err := c.Exec(t.Context(), "FETCH ALL e WITH (timeout = '0s')")
	wantCode(t, err, "23505")
	exec(t, c, "ROLLBACK")
	_, err = c.Exec(t.Context(), "SUBSCRIBE m ENVELOPE UPSERT (KEY (nothing))")
	wantCode(t, err, "42703")
}
