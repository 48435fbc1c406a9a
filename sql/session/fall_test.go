package session_test

import (
	"strings"
	"testing"
)

// TestViewPastItsLimit has a view grow past its memory_limit: it stops with those that read it, also over restarts, and all others
// of its group, the table among them, go on. With room it is made anew.
func TestViewPastItsLimit(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (k int PRIMARY KEY, v text); CREATE MATERIALIZED VIEW ok AS SELECT count(*) FROM t;
		CREATE MATERIALIZED VIEW big WITH (memory_limit = '1MB') AS SELECT k, repeat(v, 10) AS v FROM t ORDER BY k LIMIT 100000;
		CREATE MATERIALIZED VIEW over AS SELECT count(*) FROM big`)
	n.must(`INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 10000) g`)
	stands := func(rows string) {
		t.Helper()
		if got := n.must(`SELECT count(*) FROM t; SELECT * FROM ok`); got != rows+"\n"+rows+"\n" {
			t.Errorf("the others have %s", got)
		}
		for _, text := range []string{`SELECT count(*) FROM big`, `SELECT * FROM over`, `CREATE MATERIALIZED VIEW x AS SELECT k FROM big`} {
			if got := n.run(t.Context(), text, &client{}); !strings.Contains(got, "53200") || !strings.Contains(got, "has stopped: memory limit of") {
				t.Errorf("%s gives %s", text, got)
			}
		}
	}
	stands("10000")
	n.must(`INSERT INTO t VALUES (-1, 'a')`)
	stands("10001")
	n.crash()
	stands("10001")
	if err := n.e.Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.crash()
	stands("10001")
	if n.e.Live.Stored() == 0 {
		t.Error("what has stopped holds the log")
	}
	n.must(`DROP MATERIALIZED VIEW over; ALTER MATERIALIZED VIEW big PAUSE; ALTER MATERIALIZED VIEW big SET (memory_limit = '100MB'); ALTER MATERIALIZED VIEW big RESUME;
		INSERT INTO t VALUES (0, 'b'); CREATE MATERIALIZED VIEW over AS SELECT count(*) FROM big`)
	if got := n.must(`SELECT count(*) FROM big; SELECT * FROM over; SELECT * FROM ok`); got != "10002\n10002\n10002\n" {
		t.Errorf("then there are %s", got)
	}
	n.must(`DROP MATERIALIZED VIEW big CASCADE; INSERT INTO t VALUES (-2, 'c')`)
	if got := n.must(`SELECT * FROM ok`); got != "10003\n" {
		t.Errorf("after it is gone there are %s", got)
	}
}
