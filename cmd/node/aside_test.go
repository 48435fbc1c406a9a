package node_test

import (
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// TestAsideRows has late rows and dead letters show the row as it was written, whatever part of it the view reads.
func TestAsideRows(t *testing.T) {
	n := open(t, node.Settings{})
	run(t, n, `CREATE STREAM clicks (ts timestamptz, user_id text, ms bigint, note text, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
		CREATE MATERIALIZED VIEW closed AS SELECT window_start, count(*) FROM TUMBLE(clicks, ts, INTERVAL '1 minute')
			WHERE note <> 'skip' GROUP BY 1 EMIT ON WINDOW CLOSE;
		CREATE MATERIALIZED VIEW rate AS SELECT user_id, sum(1000 / ms) FROM clicks GROUP BY 1;
		CREATE MATERIALIZED VIEW slow AS SELECT user_id, sum / 0 AS bad FROM rate;
		CREATE MATERIALIZED VIEW pairs AS SELECT count(*) FROM clicks a JOIN clicks b ON a.user_id = b.user_id AND a.ms / b.ms > 0`)
	run(t, n, `INSERT INTO clicks VALUES ('2026-01-01 00:10:00Z', 'a', 10, 'first');
		INSERT INTO clicks VALUES ('2026-01-01 00:00:10Z', 'a', 5, 'skip'), ('2026-01-01 00:00:20Z', 'b', 5, 'late'), ('2026-01-01 00:10:20Z', 'c', 0, 'zero')`)
	want(t, n, `SELECT view, windows, "row" FROM vex.late_rows`,
		`closed|1|{"ms": 5, "ts": "2026-01-01 00:00:20+00", "note": "late", "user_id": "b"}`)
	want(t, n, `SELECT operator, code, message, "row" FROM vex.dead_letters WHERE view = 'rate'`,
		`project|22012|division by zero|{"ms": 0, "ts": "2026-01-01 00:10:20+00", "note": "zero", "user_id": "c"}`)
	want(t, n, `SELECT "row" FROM vex.dead_letters WHERE view = 'slow' AND "row"->>'user_id' = 'b'`, `{"sum": 200, "user_id": "b"}`)
	want(t, n, `SELECT name, late_rows, dead_letters FROM vex.views WHERE late_rows + dead_letters > 0 ORDER BY 1`,
		"closed|1|0\npairs|0|1\nrate|0|1\nslow|0|2")
	want(t, n, `SELECT operator, code, "row"->>'user_id', "row"->>'ms' FROM vex.dead_letters WHERE view = 'pairs'`, "join|22012|c|0")
}
