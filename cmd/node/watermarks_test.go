package node_test

import (
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
)

// TestWhatHoldsAView asks which of two inputs a view's windows wait for, and since when: the one that is behind.
func TestWhatHoldsAView(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(1767225600 * types.Second)) // 2026-01-01 00:00:00 UTC
	set := node.Settings{Data: t.TempDir(), Clock: func() types.Micros { return types.Micros(now.Load()) }}
	n := open(t, set)
	const holds = `SELECT query, stream, watermark, holds, date_trunc('second', since) FROM vex.watermarks WHERE query IS NOT NULL ORDER BY 1, 2`
	run(t, n, `CREATE STREAM a (ts timestamptz, WATERMARK FOR ts AS ts); CREATE STREAM b (ts timestamptz, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
		CREATE STREAM timeless (v int);
		CREATE MATERIALIZED VIEW both_of_them AS SELECT window_start, count(*) AS n FROM TUMBLE((SELECT ts FROM a UNION ALL SELECT ts FROM b), ts, INTERVAL '1 minute') GROUP BY 1 EMIT ON WINDOW CLOSE;
		CREATE MATERIALIZED VIEW over_it AS SELECT sum(n) FROM both_of_them, timeless`)
	seen := func() { want(t, n, "SELECT count(*) FROM over_it", "1") } // a read waits until the views have what was answered
	now.Add(int64(types.Minute))
	run(t, n, "INSERT INTO a VALUES ('2026-01-01 00:00:30Z'); INSERT INTO b VALUES ('2026-01-01 00:00:10Z')")
	seen()
	want(t, n, holds, `both_of_them|a|2026-01-01 00:00:30+00|f|
both_of_them|b|2026-01-01 00:00:05+00|t|2026-01-01 00:01:00+00
over_it|a|2026-01-01 00:00:30+00||
over_it|b|2026-01-01 00:00:05+00||`)
	now.Add(int64(types.Minute))
	run(t, n, "INSERT INTO b VALUES ('2026-01-01 00:00:20Z')") // still behind
	seen()
	want(t, n, holds+" LIMIT 2", `both_of_them|a|2026-01-01 00:00:30+00|f|
both_of_them|b|2026-01-01 00:00:15+00|t|2026-01-01 00:01:00+00`)
	now.Add(int64(types.Minute))
	run(t, n, "INSERT INTO b VALUES ('2026-01-01 00:02:00Z')")
	seen()
	want(t, n, holds+" LIMIT 2", `both_of_them|a|2026-01-01 00:00:30+00|t|2026-01-01 00:03:00+00
both_of_them|b|2026-01-01 00:01:55+00|f|`)
	want(t, n, "SELECT count(*) FROM both_of_them", "0")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	want(t, n, "SELECT query, watermark, holds, since IS NULL, idle FROM vex.watermarks WHERE stream = 'a' ORDER BY 1 NULLS FIRST LIMIT 2", `|2026-01-01 00:00:30+00||t|t
both_of_them|2026-01-01 00:00:30+00|t|f|t`)
	run(t, n, "INSERT INTO a VALUES ('2026-01-01 00:02:00Z')")
	want(t, n, "SELECT * FROM both_of_them", "2026-01-01 00:00:00+00|3")
}
