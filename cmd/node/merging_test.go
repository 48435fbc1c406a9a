package node_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// TestMergedLogAnswersTheSame merges the log of a node between two starts: scans, views that are made anew from the log,
// what a time ago was, and the folder as verify sees it are as they were, and vex.storage tells the gain.
func TestMergedLogAnswersTheSame(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), SegmentBytes: node.MinSegmentBytes, MergeRate: -1}
	n := open(t, set)
	run(t, n, `CREATE STREAM s (id bigint, ts timestamptz NOT NULL, k text, WATERMARK FOR ts AS ts - INTERVAL '1 second');
		CREATE TABLE t (id bigint PRIMARY KEY, v text);
		CREATE MATERIALIZED VIEW early AS SELECT k, count(*) AS n, sum(id) AS x FROM s GROUP BY k`)
	for i := range 60 {
		run(t, n, fmt.Sprintf(`INSERT INTO s SELECT g + %d, timestamptz '2026-01-01 00:00:00Z' + (g + %d) * interval '1 second', 'k' || g %% 3 FROM generate_series(1, 9) g;
			INSERT INTO t VALUES (%d, 'row'); UPDATE t SET v = 'changed' WHERE id = %d`, 9*i, 9*i, i, i/2))
	}
	run(t, n, `INSERT INTO s SELECT g, timestamptz '2026-01-02 00:00:00Z', 'large' || g % 100 FROM generate_series(1, 20000) g`)
	run(t, n, `INSERT INTO s VALUES (1, '2026-01-03 00:00:00Z', 'last')`)
	const rows = "SELECT k, count(*), sum(id), min(ts), max(_offset) FROM s GROUP BY k ORDER BY k LIMIT 7"
	const table = "SELECT v, count(*), sum(id) FROM t GROUP BY v ORDER BY v"
	ask := func(n *node.Node, q string) string {
		t.Helper()
		out, err := n.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(out)
	}
	was := []string{ask(n, rows), ask(n, table), ask(n, "SELECT * FROM early ORDER BY k LIMIT 9")}
	const storage = "SELECT merged_bytes > 0, merged_from_bytes > merged_bytes FROM vex.storage WHERE relation IS NULL"
	want(t, n, storage, "f|f")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if m := mergeLog(t, filepath.Join(set.Data, "log")); m < 3 {
		t.Fatalf("%d segments were merged", m)
	}
	n = open(t, set)
	want(t, n, storage, "t|t")
	run(t, n, "CREATE MATERIALIZED VIEW late AS SELECT k, count(*) AS n, sum(id) AS x FROM s GROUP BY k")
	for i, q := range []string{rows, table, "SELECT * FROM early ORDER BY k LIMIT 9", "SELECT * FROM late ORDER BY k LIMIT 9"} {
		if got := ask(n, q); got != was[min(i, 2)] {
			t.Errorf("%s\n%s\nbefore it was merged\n%s", q, got, was[min(i, 2)])
		}
	}
	want(t, n, "SELECT count(*) FROM s WHERE id = 12345 AND ts = '2026-01-02 00:00:00Z'", "1")
}
