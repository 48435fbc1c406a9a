package crash

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// all are the features in the order in which they are made: what others read comes first.
func all() []feature {
	fs := []feature{source}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		view := "kept_" + strings.ReplaceAll(name, " ", "_")
		sql, with := kept[name], ""
		if strings.HasPrefix(sql, "WITH (") {
			i := strings.Index(sql, ") ") + 1
			with, sql = sql[:i], sql[i:]
		}
		nothing := [2]string{"SELECT 1", "SELECT 1"} // the streams under it change
		f := feature{"view: " + name, "CREATE MATERIALIZED VIEW " + view + " " + with + " AS " + sql, nothing, []string{"SELECT * FROM " + view, "SHOW CREATE " + view}}
		fs = append(fs, f)
	}
	return append(fs, features...)
}

// do runs statements one by one, so that each is committed before the next.
func do(t *testing.T, c *pgx.Conn, f *feature, sql string) {
	t.Helper()
	for one := range strings.SplitSeq(sql, ";") {
		if _, err := c.PgConn().Exec(t.Context(), one).ReadAll(); err != nil {
			t.Fatalf("%s: %s: %v", f.name, one, err)
		}
	}
}

// answer gives the rows of a query as texts, sorted where it does not order them; for a statement behind ! its SQLSTATE.
func answer(ctx context.Context, c *pgx.Conn, sql string) string {
	sql, refused := strings.CutPrefix(sql, "!")
	results, err := c.PgConn().Exec(ctx, sql).ReadAll()
	var e *pgconn.PgError
	if refused && errors.As(err, &e) {
		return e.Code
	}
	if err != nil || refused {
		return fmt.Sprintf("%s gives %v", sql, err)
	}
	var rows []string
	for _, r := range results {
		for _, row := range r.Rows {
			cells := make([]string, len(row))
			for i, v := range row {
				if cells[i] = string(v); v == nil {
					cells[i] = "null"
				}
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	if !strings.Contains(sql, "ORDER BY") || strings.Contains(sql, "SHOW CREATE") {
		slices.Sort(rows)
	}
	return strings.Join(rows, "\n")
}

func dial(t *testing.T, p *process) *pgx.Conn {
	t.Helper()
	c, err := p.connect(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, p.said)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// answers makes every feature, changes it twice, and asks for it. end is called behind each step and gives the node that
// goes on.
func answers(t *testing.T, data string, end func(p *process) *process) map[string][]string {
	p := start(t, data)
	defer func() { p.kill() }()
	fs := all()
	for step := range 3 {
		c := dial(t, p)
		for i := range fs {
			f := &fs[i]
			do(t, c, f, append([]string{f.make}, f.change[:]...)[step])
		}
		p = end(p)
	}
	c := dial(t, p)
	out := map[string][]string{}
	for _, f := range fs {
		for _, q := range f.ask {
			out[f.name] = append(out[f.name], q+"\n"+answer(t.Context(), c, q))
		}
	}
	return out
}

// TestRestart makes everything that a node keeps, changes it twice, and compares it with a node that did not end: after clean
// ends, and after it was killed behind each step.
func TestRestart(t *testing.T) {
	want := answers(t, t.TempDir(), func(p *process) *process { return p })
	for name, end := range map[string]func(t *testing.T, p *process){
		"stopped": func(t *testing.T, p *process) { p.stop(t) },
		"killed":  func(_ *testing.T, p *process) { p.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			got := answers(t, data, func(p *process) *process {
				end(t, p)
				return start(t, data)
			})
			for _, f := range all() {
				t.Run(f.name, func(t *testing.T) {
					for i, w := range want[f.name] {
						if _, rows, _ := strings.Cut(w, "\n"); rows == "" || rows == "null" || strings.Contains(rows, " gives ") {
							t.Errorf("without an end there is nothing to compare: %s", w)
						}
						if g := got[f.name][i]; g != w {
							t.Errorf("with ends in between:\n%s\nwithout:\n%s", g, w)
						}
					}
				})
			}
		})
	}
}

// TestRestartEndsSessions kills a node under a session: what was the session's own is gone, what it had not committed, too, and
// a subscription goes on by its token where it can, and is refused where the history is gone.
func TestRestartEndsSessions(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	defer func() { p.kill() }()
	c, ctx := dial(t, p), t.Context()
	f := &feature{name: "sessions"}
	do(t, c, f, `CREATE TABLE kept (i int); CREATE MATERIALIZED VIEW sums WITH (history = '10 minutes') AS SELECT sum(i) FROM kept`)
	do(t, c, f, "INSERT INTO kept VALUES (1)")
	const follow = "DECLARE f CURSOR FOR SUBSCRIBE sums WITH (since = '%s')"
	newest := func(c *pgx.Conn) string {
		do(t, c, f, "BEGIN; DECLARE f CURSOR FOR SUBSCRIBE sums")
		token, _, _ := strings.Cut(answer(ctx, c, "FETCH 100 f"), "|")
		do(t, c, f, "ROLLBACK")
		return token
	}
	old := newest(c)
	do(t, c, f, "INSERT INTO kept VALUES (2)")
	do(t, c, f, "CREATE TEMPORARY TABLE mine (i int); INSERT INTO mine VALUES (1); CREATE TEMPORARY SEQUENCE mine_too; PREPARE again AS SELECT 1; SET application_name = 'mine'; LISTEN here")
	do(t, c, f, "DECLARE held CURSOR WITH HOLD FOR SELECT * FROM kept")
	do(t, c, f, "BEGIN; INSERT INTO kept VALUES (100); CREATE VIEW never AS SELECT count(*) FROM kept")
	p.kill()

	p = start(t, data)
	c = dial(t, p)
	for sql, want := range map[string]string{
		"!SELECT * FROM mine": "42P01", "!SELECT nextval('mine_too')": "42P01", "!EXECUTE again": "26000", "!FETCH 1 held": "34000", "!SELECT * FROM never": "42P01",
		"SELECT * FROM kept ORDER BY i": "1\n2", "SELECT current_setting('application_name') = 'mine'": "f",
		"SELECT count(*) FROM pg_class WHERE relname LIKE 'mine%'": "0",
	} {
		if got := answer(ctx, c, sql); got != want {
			t.Errorf("%s gives %q, want %q", sql, got, want)
		}
	}
	changes := func(c *pgx.Conn, token string) string {
		do(t, c, f, "BEGIN")
		if code := answer(ctx, c, "!"+fmt.Sprintf(follow, token)); len(code) == 5 {
			do(t, c, f, "ROLLBACK")
			return code
		}
		var got []string
		for row := range strings.Lines(answer(ctx, c, "FETCH 100 f")) {
			cells := strings.Split(strings.TrimSpace(row), "|")
			got = append(got, strings.Join(cells[2:], "|"))
		}
		do(t, c, f, "ROLLBACK")
		slices.Sort(got)
		return strings.Join(got, " ")
	}
	// The log is folded again from the newest checkpoint, and so is the history.
	if got := changes(c, old); got != "72000" && got != "-1|1 1|3" {
		t.Errorf("a token from before a crash gives %q", got)
	}
	token := newest(c)
	do(t, c, f, "INSERT INTO kept VALUES (4)")
	if got := changes(dial(t, p), token); got != "-1|3 1|7" { // a client that comes again
		t.Errorf("a subscription that goes on behind %s gets %q", token, got)
	}
}
