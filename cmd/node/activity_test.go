package node_test

import (
	"context"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestActivity looks at a client's session from another one, in the order of what the first one does, as who may see all and as
// who may not. PostgreSQL must say the same.
func TestActivity(t *testing.T) {
	n, _ := server(t)
	ours := activity(t, connect(t, n), connect(t, n))
	theirs := activity(t, connectPostgres(t, "postgres"), connectPostgres(t, "postgres"))
	for i := range ours {
		if !reflect.DeepEqual(ours[i], theirs[i]) {
			t.Errorf("%d: %v, and PostgreSQL %v", i, ours[i], theirs[i])
		}
	}
	var from netip.Prefix
	c := connect(t, n)
	if err := c.QueryRow(t.Context(), "SELECT client_addr FROM pg_stat_activity WHERE pid = pg_backend_pid()").Scan(&from); err != nil || from.String() != "127.0.0.1/32" {
		t.Errorf("a client on %v, %v", from, err)
	}
	for form, want := range map[string]string{ // as PostgreSQL has them
		"client_addr::text": "127.0.0.1/32", "client_addr || ''": "127.0.0.1/32", "concat(client_addr)": "127.0.0.1", "row(client_addr)::text": "(127.0.0.1)",
		"to_json(client_addr)::text": `"127.0.0.1"`, "row_to_json(row(client_addr))::text": `{"f1":"127.0.0.1"}`,
	} {
		var have string
		if err := c.QueryRow(t.Context(), "SELECT "+form+" FROM pg_stat_activity WHERE pid = pg_backend_pid()").Scan(&have); err != nil || have != want {
			t.Errorf("%s gives %s, %v, and not %s", form, have, err, want)
		}
	}
	_, err := c.Exec(t.Context(), "SELECT client_addr FROM pg_stat_activity ORDER BY 1")
	wantCode(t, err, "0A000")
}

// activity gives what by sees of what of does.
func activity(t *testing.T, of, by *pgx.Conn) (seen [][]any) {
	t.Helper()
	defer of.Close(context.Background())
	defer by.Close(context.Background())
	run := func(c *pgx.Conn, sql string) {
		t.Helper()
		if _, err := c.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	once := func() []any {
		t.Helper()
		rows, err := by.Query(t.Context(), `SELECT pid = $1, application_name, state, query, backend_type, wait_event_type, wait_event, xact_start IS NULL,
			query_start <= state_change, backend_start <= query_start, leader_pid, datname = current_database(), usename = $2
			FROM pg_stat_activity WHERE application_name = 'watched'`, int32(of.PgConn().PID()), of.Config().User)
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]any, error) { return r.Values() })
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		return all[0]
	}
	look := func() {
		t.Helper()
		row := once()
		for range 1000 { // who has answered says only then that it waits
			if state, _ := row[2].(string); !strings.HasPrefix(state, "idle") || row[6] != nil {
				break
			}
			row = once()
		}
		seen = append(seen, row)
	}
	run(by, "CREATE ROLE watcher")
	run(of, "SET application_name = 'watched'")
	look()
	run(of, "BEGIN")
	run(of, "SELECT 1 AS one")
	look()
	run(by, "SET ROLE watcher")
	look()
	run(by, "RESET ROLE; GRANT pg_read_all_stats TO watcher; SET ROLE watcher")
	look()
	if _, err := of.Exec(t.Context(), "SELECT 1 / 0", pgx.QueryExecModeSimpleProtocol); err == nil {
		t.Fatal("nothing divides by 0")
	}
	look()
	run(of, "ROLLBACK")
	look()
	run(by, "RESET ROLE; DROP ROLE watcher")
	var n int
	if err := by.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid = pg_backend_pid() AND query LIKE '%this%'").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d sessions are at this, %v", n, err)
	}
	return seen
}
