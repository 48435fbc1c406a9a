package node_test

import (
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
)

// TestFlushAs repeats flushes of a producer, also after a restart.
func TestFlushAs(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), Clock: func() types.Micros { return 1_800_000_000_000_000 }}
	n := open(t, set)
	run(t, n, "CREATE STREAM s (v bigint)")
	flush := func(v int64, sequence uint64, repeated bool) {
		t.Helper()
		a, err := n.Appender("s")
		if err != nil {
			t.Fatal(err)
		}
		a.Int64(0, v)
		if err := a.Appender.EndRow(); err != nil {
			t.Fatal(err)
		}
		if got, err := a.FlushAs(t.Context(), "me", sequence); got != repeated || err != nil {
			t.Errorf("flush %d: repeated %v, %v", sequence, got, err)
		}
		if a.Len() != 0 {
			t.Errorf("%d rows are left", a.Len())
		}
	}
	flush(1, 1, false)
	flush(1, 1, true)
	flush(2, 2, false)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	flush(2, 2, true)
	flush(3, 3, false)
	want(t, n, "SELECT * FROM s ORDER BY 1", "1\n2\n3")
	want(t, n, "SELECT stream, producer, sequence, date_trunc('second', committed) FROM vex.producers", "s|me|3|2027-01-15 08:00:00+00")
	a, err := n.Appender("s")
	if err != nil {
		t.Fatal(err)
	}
	a.Int64(0, 4)
	if err := a.Appender.EndRow(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.FlushAs(t.Context(), "", 4); err == nil || a.Len() != 1 {
		t.Errorf("a producer without a name: %v, %d rows", err, a.Len())
	}
}
