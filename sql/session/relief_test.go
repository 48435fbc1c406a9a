package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/mem"
)

// TestNewestViewIsPaused fills the memory of a node: statements are refused first, then the newest view is paused, also over a
// restart, while the older one goes on. With room it is made anew.
func TestNewestViewIsPaused(t *testing.T) {
	n := newNode(t)
	n.e.Close()
	n.memory = mem.New("node", 8<<20)
	n.start()
	n.must(`CREATE STREAM s (k text, v int); CREATE MATERIALIZED VIEW older AS SELECT k, count(*) AS n FROM s GROUP BY k;
		CREATE MATERIALIZED VIEW newer AS SELECT k, v, sum(v) AS n FROM s GROUP BY k, v;
		CREATE MATERIALIZED VIEW over AS SELECT count(*) FROM older; CREATE MATERIALIZED VIEW small AS SELECT count(*) FROM s WHERE v < 0`)
	const sorted = `SELECT count(*) FROM (SELECT repeat(g::text, 400) FROM generate_series(1, 500) g ORDER BY 1) x`
	n.must(sorted)
	held := 7*8<<20/8 - n.memory.Used()
	if err := n.memory.Reserve(held); err != nil {
		t.Fatal(err)
	}
	if got := n.run(t.Context(), sorted, &client{}); !strings.Contains(got, "ERROR 53200") {
		t.Errorf("a statement gets what it is to leave to views: %s", got)
	}
	n.must(`INSERT INTO s VALUES ('first', 1); SELECT k FROM older ORDER BY 1`)
	n.memory.Release(held)
	gone := func() string { return n.run(t.Context(), `SELECT count(*) FROM newer`, &client{}) }
	rows := 1
	for !strings.Contains(gone(), "ERROR") {
		if n.memory.Used() > 15*8<<20/16 {
			continue // it is about to be paused
		}
		n.must(fmt.Sprintf(`INSERT INTO s SELECT 'key number ' || g, g FROM generate_series(%d, %d) g`, rows, rows+499))
		if rows += 500; rows > 200_000 {
			t.Fatal("8 MiB hold 200,000 groups")
		}
	}
	stands := func() {
		t.Helper()
		if got := gone(); !strings.Contains(got, "ERROR 53200: materialized view newer was paused: the memory of the node is taken") || !strings.Contains(got, "RESUME") {
			t.Errorf("who reads it gets %s", got)
		}
		if got, want := n.must(`SELECT count(*) FROM older; SELECT * FROM over; SELECT * FROM small`), fmt.Sprintf("%d\n%d\n0\n", rows, rows); got != want {
			t.Errorf("the others have %s, not %s", got, want)
		}
	}
	stands()
	if got := n.run(t.Context(), `ALTER MATERIALIZED VIEW newer RESUME`, &client{}); !strings.Contains(got, "ERROR 53200") {
		t.Errorf("it goes on without room: %s", got)
	}
	stands()
	n.crash()
	stands()
	n.must(`INSERT INTO s VALUES ('more', 1)`)
	rows++
	n.must(`DROP MATERIALIZED VIEW older CASCADE; ALTER MATERIALIZED VIEW newer RESUME`)
	if got := n.must(`SELECT count(*) FROM newer`); got != fmt.Sprintf("%d\n", rows) {
		t.Errorf("then it has %s", got)
	}
}
