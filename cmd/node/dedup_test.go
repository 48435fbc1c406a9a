package node_test

import (
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
)

// TestDuplicates sends events again, by SQL and by an Appender, and looks at what the node says of them, also after a restart.
func TestDuplicates(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), Clock: func() types.Micros { return 1_800_000_000_000_000 }}
	n := open(t, set)
	run(t, n, "CREATE STREAM s (v bigint) WITH (dedup_key = 'v', dedup_window = '36 hours')")
	run(t, n, "ALTER STREAM events SET (dedup_key = 'event_id')")
	event := "INSERT INTO events (event_id, event_type) VALUES ('00000000-0000-0000-0000-000000000001', 'FilesystemRead')"
	run(t, n, event)
	run(t, n, event)
	for range 2 {
		a, err := n.Appender("s")
		if err != nil {
			t.Fatal(err)
		}
		a.Int64(0, 7)
		if err := a.Appender.EndRow(); err != nil {
			t.Fatal(err)
		}
		if err := a.Flush(t.Context()); err != nil || a.Len() != 0 {
			t.Fatalf("%d rows are left: %v", a.Len(), err)
		}
	}
	looks := func(n *node.Node) {
		t.Helper()
		want(t, n, "SELECT v FROM s", "7")
		want(t, n, "SELECT count(*) FROM events", "1")
		want(t, n, "SELECT stream, dedup_key, dedup_window, dropped, keys, date_trunc('second', oldest) FROM vex.duplicates ORDER BY 1",
			"events|event_id|00:10:00|1|1|2027-01-15 08:00:00+00\ns|v|1 day 12:00:00|1|1|2027-01-15 08:00:00+00")
	}
	looks(n)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	run(t, n, event)
	run(t, n, "ALTER STREAM events RESET (dedup_key)")
	run(t, n, event)
	want(t, n, "SELECT count(*) FROM events", "2")
	want(t, n, "SELECT stream, dropped, keys FROM vex.duplicates", "s|1|1")
}
