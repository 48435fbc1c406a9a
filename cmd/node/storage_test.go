package node_test

import (
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
)

// TestStorageIsShown asks what each relation takes, before and after a checkpoint and over a restart.
func TestStorageIsShown(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(1767225600 * types.Second)) // 2026-01-01 00:00:00 UTC
	set := node.Settings{Data: t.TempDir(), Clock: func() types.Micros { return types.Micros(now.Load()) }}
	n := open(t, set)
	run(t, n, `CREATE STREAM s (v int); CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW plain AS SELECT * FROM s; CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM s`)
	now.Add(int64(types.Minute))
	run(t, n, "INSERT INTO s VALUES (1), (2)")
	now.Add(int64(types.Minute))
	run(t, n, "INSERT INTO s VALUES (3); INSERT INTO t VALUES (7)")
	want(t, n, "SELECT count(*) FROM v, t", "1") // they have seen them
	const shown = `SELECT relation, kind, log_bytes > 0, log_rows, date_trunc('minute', oldest_row), state_bytes > 0, date_trunc('minute', checkpoint_time), checkpoint_epoch > 5 FROM vex.storage WHERE relation IS NOT NULL ORDER BY 1`
	want(t, n, shown, `events|stream|f|0||||
s|stream|t|3|2026-01-01 00:01:00+00|||
t|table|t|1|2026-01-01 00:02:00+00|t||
v|materialized view||||t||`)
	now.Add(int64(types.Minute))
	if err := n.Engine().Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored := `events|stream|f|0||||
s|stream|t|3|2026-01-01 00:01:00+00|||
t|table|t|1|2026-01-01 00:02:00+00|t|2026-01-01 00:02:00+00|t
v|materialized view||||t|2026-01-01 00:02:00+00|t`
	want(t, n, shown, stored)
	const folder = `SELECT kind, log_bytes > 0, log_rows, store_bytes IS NOT NULL, free_bytes > 0, checkpoint_epoch = (SELECT min(checkpoint_epoch) FROM vex.storage WHERE relation IS NOT NULL) FROM vex.storage WHERE relation IS NULL`
	want(t, n, folder, "data folder|t||t|t|t")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	want(t, n, shown, stored)
	want(t, n, folder, "data folder|t||t|t|t")
}
