package node_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// connected is a connection of this user, until the test ends.
func connected(t *testing.T, n *node.Node, user string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), "postgres://"+user+"@"+n.PgAddr()+"/vexstream?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// pg_cancel_backend ends what another connection runs, for those who may.
func TestCancelBackend(t *testing.T) {
	n, c := server(t)
	exec(t, c, "CREATE STREAM s (a bigint); CREATE ROLE anna LOGIN; CREATE ROLE ben LOGIN; CREATE ROLE carl LOGIN; GRANT anna TO ben; GRANT pg_signal_backend TO carl; GRANT SELECT ON s TO anna")
	as := func(user string) *pgx.Conn { return connected(t, n, user) }
	anna, ben, carl, boss := as("anna"), as("ben"), as("carl"), as("boss")
	cancel := func(by, of *pgx.Conn) (sent bool, err error) {
		err = by.QueryRow(t.Context(), "SELECT pg_cancel_backend($1)", of.PgConn().PID()).Scan(&sent)
		return sent, err
	}
	for by, waits := range map[*pgx.Conn]string{boss: "SUBSCRIBE s", ben: "SELECT pg_sleep(1e9)", carl: "SUBSCRIBE s"} {
		done := make(chan error, 1)
		go func() {
			_, err := anna.Exec(t.Context(), waits)
			done <- err
		}()
		for ended := false; !ended; { // the statement may not have begun yet
			if sent, err := cancel(by, anna); !sent || err != nil {
				t.Fatal(sent, err)
			}
			select {
			case err := <-done:
				wantCode(t, err, "57014")
				ended = true
			default:
			}
		}
	}
	_, err := cancel(anna, ben)
	wantCode(t, err, "42501")
	_, err = cancel(carl, boss)
	if e := wantCode(t, err, "42501"); e.Message != "must be a superuser to cancel superuser query" {
		t.Error(e.Message)
	}
	_, err = cancel(boss, boss)
	wantCode(t, err, "57014")
	var sent bool
	if err := boss.QueryRow(t.Context(), "SELECT pg_cancel_backend(2147483647)").Scan(&sent); err != nil || sent {
		t.Error(sent, err)
	}
	if err := boss.QueryRow(t.Context(), "SELECT pg_cancel_backend(NULL) IS NULL").Scan(&sent); err != nil || !sent {
		t.Error(sent, err)
	}
}

// pg_terminate_backend ends another connection, whatever it does, for those who may.
func TestTerminateBackend(t *testing.T) {
	n, c := server(t)
	exec(t, c, "CREATE STREAM s (a bigint); CREATE ROLE anna LOGIN; CREATE ROLE ben LOGIN; CREATE ROLE carl LOGIN; GRANT pg_signal_backend TO carl; GRANT SELECT ON s TO anna")
	as := func(user string) *pgx.Conn { return connected(t, n, user) }
	end := func(by, of *pgx.Conn) (sent bool, err error) {
		err = by.QueryRow(t.Context(), "SELECT pg_terminate_backend($1)", of.PgConn().PID()).Scan(&sent)
		return sent, err
	}
	ben, carl, boss := as("ben"), as("carl"), as("boss")
	for _, busy := range []string{"", "SUBSCRIBE s", "SELECT pg_sleep(1e9)", "BEGIN; SELECT pg_sleep(1e9)"} {
		anna := as("anna")
		if _, err := end(ben, anna); err == nil {
			t.Fatal("ben ends anna's connection")
		} else if e := wantCode(t, err, "42501"); e.Message != "must be a member of the role whose process is being terminated or member of pg_signal_backend" {
			t.Error(e.Message)
		}
		done := make(chan error, 1)
		if busy != "" {
			go func() {
				_, err := anna.Exec(t.Context(), busy)
				done <- err
			}()
		}
		if sent, err := end(carl, anna); !sent || err != nil {
			t.Fatal(sent, err)
		}
		if busy == "" {
			_, err := anna.Exec(t.Context(), "SELECT 1")
			done <- err
		}
		wantCode(t, <-done, "57P01")
		if _, err := anna.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Errorf("after %q the connection goes on", busy)
		}
	}
	_, err := end(carl, boss)
	if e := wantCode(t, err, "42501"); e.Message != "must be a superuser to terminate superuser process" {
		t.Error(e.Message)
	}
	var sent bool
	if err := boss.QueryRow(t.Context(), "SELECT pg_terminate_backend(2147483647, 0)").Scan(&sent); err != nil || sent {
		t.Error(sent, err)
	}
	_, err = boss.Exec(t.Context(), "SELECT pg_terminate_backend(2147483647, 5)")
	wantCode(t, err, "0A000")
	_, err = boss.Exec(t.Context(), "SELECT pg_terminate_backend(2147483647, -5)")
	wantCode(t, err, "22003")
	if _, err := end(boss, boss); err == nil {
		t.Error("a connection that ends itself goes on")
	}
}
