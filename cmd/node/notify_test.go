package node_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// heard gives the next notifications as channel=payload.
func heard(t *testing.T, c *pgx.Conn, n int) string {
	t.Helper()
	var got []string
	for range n {
		x, err := c.WaitForNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, x.Channel+"="+x.Payload)
	}
	return strings.Join(got, " ")
}

// A client that listens is told at once, and only of what was committed, in the order of commits.
func TestNotify(t *testing.T) {
	n, a := server(t)
	b := connect(t, n)
	exec(t, b, "LISTEN c")
	exec(t, b, `LISTEN "Ü x"`)
	exec(t, a, "NOTIFY c, 'one'")
	exec(t, a, "BEGIN")
	exec(t, a, "NOTIFY c, 'two'")
	exec(t, a, "NOTIFY c, 'two'")
	exec(t, a, "SAVEPOINT s")
	exec(t, a, "NOTIFY c, 'dropped'")
	exec(t, a, "ROLLBACK TO s")
	exec(t, a, "NOTIFY other, 'nobody'")
	exec(t, a, `SELECT pg_notify('Ü x', $1)`, "three")
	exec(t, connect(t, n), "NOTIFY c, 'before'")
	exec(t, a, "COMMIT")
	exec(t, a, "BEGIN")
	exec(t, a, "NOTIFY c, 'rolled back'")
	exec(t, a, "ROLLBACK")
	if _, err := a.Exec(t.Context(), "SELECT pg_notify('c', 'failed'), 1 / ($1::int - 1)", 1); err == nil {
		t.Error("no division by zero")
	}
	exec(t, a, "NOTIFY c")
	if got := heard(t, b, 5); got != "c=one c=before c=two Ü x=three c=" {
		t.Errorf("heard %s", got)
	}
	// LISTEN and UNLISTEN are as of COMMIT.
	exec(t, b, "BEGIN")
	exec(t, b, "UNLISTEN c")
	exec(t, b, "ROLLBACK")
	exec(t, b, "BEGIN")
	exec(t, b, "LISTEN d")
	exec(t, a, "NOTIFY d, 'too early'")
	exec(t, b, "NOTIFY d, 'own'")
	exec(t, b, "COMMIT")
	if got := heard(t, b, 1); got != "d=own" {
		t.Errorf("heard %s", got)
	}
	exec(t, b, "UNLISTEN c")
	exec(t, a, "NOTIFY c, 'nobody'")
	exec(t, a, "NOTIFY d, 'last'")
	if got := heard(t, b, 1); got != "d=last" {
		t.Errorf("heard %s", got)
	}
}

func TestNotifyRefusals(t *testing.T) {
	_, c := server(t)
	for sql, want := range map[string]string{
		"SELECT pg_notify('', 'x')":                                            "channel name cannot be empty",
		"SELECT pg_notify(NULL, 'x')":                                          "channel name cannot be empty",
		"SELECT pg_notify('c', repeat('x', 8000))":                             "payload string too long",
		"SELECT pg_notify(repeat('x', 64), '')":                                "channel name too long",
		"NOTIFY c, '" + strings.Repeat("x", 8000) + "'":                        "payload string too long",
		"CREATE MATERIALIZED VIEW m AS SELECT pg_notify('a', 'b') FROM events": "",
	} {
		_, err := c.Exec(t.Context(), sql)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v", sql, err)
		}
	}
}

// Whoever listens and does not take what comes is cut off, and told so; nobody waits for it.
func TestListenerThatTakesNothing(t *testing.T) {
	n, a := server(t)
	b := connect(t, n)
	exec(t, b, "LISTEN c")
	exec(t, b, "BEGIN")
	for range 3 {
		exec(t, a, "SELECT pg_notify('c', g::text) FROM generate_series(1, 5000) g")
	}
	_, err := b.Exec(t.Context(), "COMMIT")
	if err == nil {
		_, err = b.Exec(t.Context(), "SELECT 1")
	}
	wantCode(t, err, "53400")
	exec(t, a, "NOTIFY c")
}

func TestTimeouts(t *testing.T) {
	n, c := server(t)
	exec(t, c, "SET statement_timeout = '20ms'")
	_, err := c.Exec(t.Context(), "SUBSCRIBE events")
	if e := wantCode(t, err, "57014"); e.Message != "canceling statement due to statement timeout" {
		t.Error(e.Message)
	}
	for _, waits := range []string{"SELECT pg_sleep(1e9)", "SELECT pg_sleep('infinity') FROM generate_series(1, 3)", "SELECT pg_sleep_for('1000 years')", "SELECT pg_sleep_until('infinity')"} {
		_, err := c.Exec(t.Context(), waits)
		wantCode(t, err, "57014")
	}
	exec(t, c, "EXPLAIN SELECT pg_sleep(1e9)")
	exec(t, c, "SET statement_timeout = 0")
	for sql, code := range map[string]string{
		"SET idle_session_timeout = 1":                       "57P05",
		"BEGIN; SET idle_in_transaction_session_timeout = 1": "25P03",
	} {
		c := connect(t, n)
		exec(t, c, sql)
		_, err := c.WaitForNotification(t.Context())
		wantCode(t, err, code)
	}
	for value, want := range map[string]string{"1000": "1s", "'90 s'": "90s", "'1.5min'": "90s", "'2d'": "2d", "0": "0", "1500": "1500ms", "'1us'": "0"} {
		exec(t, c, "SET lock_timeout = "+value)
		var got string
		if err := c.QueryRow(t.Context(), "SHOW lock_timeout").Scan(&got); err != nil || got != want {
			t.Errorf("lock_timeout = %s shows %s, %v", value, got, err)
		}
	}
	_, err = c.Exec(t.Context(), "SET statement_timeout = '1 fortnight'")
	wantCode(t, err, "22023")
	_, err = c.Exec(t.Context(), "SET statement_timeout = -5")
	wantCode(t, err, "22023")
}
