package node_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// What was done and what was refused is in vex.audit, without passwords, also after a restart, and for pg_monitor only.
func TestAudit(t *testing.T) {
	n, dir := guardedNode(t)
	url := func(user, password string) string {
		return "postgres://" + user + ":" + password + "@" + n.PgAddr() + "/x?sslmode=disable"
	}
	_, err := pgx.Connect(t.Context(), url("anna", "pen"))
	wantCode(t, err, "28P01")
	_, err = pgx.Connect(t.Context(), url("ben", "pencil"))
	wantCode(t, err, "28000")
	c, err := pgx.Connect(t.Context(), url("anna", "pencil"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	exec(t, c, "ALTER ROLE fritz PASSWORD 'secret word'")
	exec(t, c, "CREATE TABLE t (a int PRIMARY KEY)")
	exec(t, c, "SELECT 1")
	exec(t, c, "GRANT pg_monitor TO emil")
	exec(t, c, "SET ROLE fritz")
	_, err = c.Exec(t.Context(), "SELECT * FROM t")
	wantCode(t, err, "42501")
	_, err = c.Exec(t.Context(), "SELECT * FROM vex.audit")
	wantCode(t, err, "42501")
	exec(t, c, "SET ROLE emil")
	rows, err := c.Query(t.Context(), "SELECT event, role, login, code, message, statement FROM vex.audit WHERE client <> '' ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (string, error) {
		v, err := r.Values()
		parts := make([]string, len(v))
		for i := range v {
			parts[i], _ = v[i].(string)
		}
		return strings.Join(parts, "|"), err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`login refused|anna|anna|28P01|password authentication failed for user "anna"|`,
		`login refused|ben|ben|28000|role "ben" is not permitted to log in|`,
		`login|anna|anna|||`,
		`rights|anna|anna|||ALTER ROLE fritz ... PASSWORD ...`,
		`definition|anna|anna|||CREATE TABLE t (a int PRIMARY KEY)`,
		`rights|anna|anna|||GRANT pg_monitor TO emil`,
		`rights|anna|anna|||SET ROLE fritz`,
		`refused|fritz|anna|42501|permission denied for table t|SELECT * FROM t`,
		`refused|fritz|anna|42501|permission denied for table audit|SELECT * FROM vex.audit`,
		`rights|fritz|anna|||SET ROLE emil`,
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the audit is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, node.Settings{Data: dir})
	got, err := n.Query(t.Context(), "SELECT count(*), min(number) FROM vex.audit WHERE client <> ''")
	if err != nil || got[0][0] != "10" {
		t.Errorf("after a restart: %v, %v", got, err)
	}
}
