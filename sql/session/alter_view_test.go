package session_test

import (
	"context"
	"fmt"
	"testing"
)

// TestAlterUnderWrites alters a view again and again while rows come in: no row is lost or counted twice by it or by what
// reads it.
func TestAlterUnderWrites(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE STREAM s (k int, n bigint); CREATE TABLE t (k int PRIMARY KEY, name text); INSERT INTO t VALUES (0, 'even'), (1, 'odd');
		CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM s GROUP BY k;
		CREATE MATERIALIZED VIEW named AS SELECT name, v.n FROM v JOIN t USING (k);
		CREATE MATERIALIZED VIEW most AS SELECT sum(n) AS n FROM named`)
	const rows = 60
	done := make(chan string)
	go func() {
		w, bad := n.another(), ""
		for i := range rows {
			if got := w.run(context.Background(), fmt.Sprintf(`INSERT INTO s VALUES (%d, %d)`, i%2, i), &client{}); got != "INSERT 0 1\n" {
				bad += got
			}
		}
		done <- bad
	}()
	for i := 0; ; i++ {
		n.must([]string{
			`ALTER MATERIALIZED VIEW v AS SELECT k, count(*) AS n, sum(n) AS total FROM s GROUP BY k`,
			`ALTER MATERIALIZED VIEW named AS SELECT name, v.n FROM t JOIN v USING (k) WHERE v.n > 0`,
			`CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT k, count(*) AS n, sum(n) * 2 AS total FROM s GROUP BY k`,
		}[i%3])
		select {
		case bad := <-done:
			if bad != "" {
				t.Fatal(bad)
			}
		default:
			continue
		}
		break
	}
	for range 2 {
		if got := n.must(`SELECT sum(n) FROM v; SELECT * FROM named ORDER BY 1; SELECT n FROM most`); got != "60\neven|30\nodd|30\n60\n" {
			t.Fatal(got)
		}
		n.crash()
	}
}
