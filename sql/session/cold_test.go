package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
)

// TestColdPanes has views over windows outgrow their memory_limit three times: old windows leave memory and are read as before, late rows
// find theirs, checkpoints and restarts hold it, and a view over it sees each change.
func TestColdPanes(t *testing.T) {
	n := newNode(t)
	n.e.Close()
	attic := &enginetest.Attic{}
	n.scratch = attic
	n.start()
	n.must(`CREATE STREAM s (ts timestamptz, k text, v int, WATERMARK FOR ts AS ts);
		CREATE MATERIALIZED VIEW w WITH (memory_limit = '400kB') AS SELECT window_start, k, count(*) AS n, sum(v) AS v FROM TUMBLE(s, ts, INTERVAL '1 minute') GROUP BY 1, 2;
		CREATE MATERIALIZED VIEW h WITH (memory_limit = '500kB') AS SELECT window_start, k, max(v) AS v FROM HOP(s, ts, INTERVAL '1 minute', INTERVAL '2 minutes') GROUP BY 1, 2;
		CREATE MATERIALIZED VIEW over AS SELECT window_start, sum(n) AS n, sum(v) AS v FROM w GROUP BY 1`)
	insert := func(minute, keys int) {
		n.must(fmt.Sprintf(`INSERT INTO s SELECT timestamptz '2026-01-01 00:00Z' + %d * interval '1 minute' + g * interval '1 ms', 'key ' || g + %d, g FROM generate_series(1, %d) g`, minute, 7*minute, keys))
	}
	same := func() {
		t.Helper()
		for view, query := range map[string]string{
			"w":    `SELECT window_start, k, count(*) AS n, sum(v) AS v FROM TUMBLE(s, ts, INTERVAL '1 minute') GROUP BY 1, 2`,
			"h":    `SELECT window_start, k, max(v) AS v FROM HOP(s, ts, INTERVAL '1 minute', INTERVAL '2 minutes') GROUP BY 1, 2`,
			"over": `SELECT window_start, count(*) AS n, sum(v) AS v FROM TUMBLE(s, ts, INTERVAL '1 minute') GROUP BY 1`,
		} {
			got := n.must(fmt.Sprintf(`SELECT count(*) FROM ((TABLE %[1]s EXCEPT ALL %[2]s) UNION ALL (%[2]s EXCEPT ALL TABLE %[1]s)) x`, view, query))
			if got != "0\n" {
				t.Errorf("%s rows of %s differ", strings.TrimSpace(got), view)
			}
		}
	}
	for i := range 30 {
		insert(i, 1000)
	}
	same()
	if attic.Pieces() == 0 {
		t.Fatal("nothing has left memory")
	}
	if got := n.must(`EXPLAIN ANALYZE MATERIALIZED VIEW w`); !strings.Contains(got, "Cold: ") {
		t.Errorf("EXPLAIN does not say what lies outside memory:\n%s", got)
	}
	insert(3, 500)
	insert(17, 2)
	same()
	if err := n.e.Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert(5, 10)
	n.crash()
	same()
	insert(8, 700)
	insert(40, 1000)
	if err := n.e.Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.crash()
	same()
}
