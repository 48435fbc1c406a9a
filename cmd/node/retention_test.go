package node

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/types"
)

// TestRetentionOfEvents gives the stream that is there from the start a retention, which is kept over restarts, also of a
// node that its views make keep rows.
func TestRetentionOfEvents(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(1767225600 * types.Second))
	set := Settings{Data: t.TempDir(), Host: "here", Clock: func() types.Micros { return types.Micros(now.Load()) }}
	var n *Node
	open := func() {
		t.Helper()
		var err error
		if n, err = Open(t.Context(), set); err != nil {
			t.Fatal(err)
		}
	}
	query := func(text string) [][]string {
		t.Helper()
		rows, err := n.Query(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return rows
	}
	is := func(text string, want ...[]string) {
		t.Helper()
		if d := cmp.Diff(want, query(text)); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
	open()
	is("SELECT retention FROM vex.streams WHERE name = 'events'", []string{""})
	query("ALTER STREAM events SET (retention = '1 day 02:00:00')")
	query("CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM events")
	query("INSERT INTO events (event_type) VALUES ('A')")
	now.Add(int64(25 * types.Hour))
	query("INSERT INTO events (event_type) VALUES ('B')")
	is("SELECT event_type FROM events", []string{"A"}, []string{"B"})
	for range 2 {
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		open()
		is("SELECT retention, rows FROM vex.streams WHERE name = 'events'", []string{"1 day 02:00:00", "2"})
		if text := query("SHOW CREATE events")[0][1]; !strings.HasSuffix(text, "WITH (idle = 'clock', retention = '1 day 02:00:00')") {
			t.Errorf("SHOW CREATE ends with %q", text[max(0, len(text)-60):])
		}
		now.Add(int64(2 * types.Hour))
		is("SELECT event_type FROM events", []string{"B"})
		is("SELECT * FROM v", []string{"2"})
	}
	query("CREATE MATERIALIZED VIEW w AS SELECT count(*) FROM events")
	is("SELECT * FROM w", []string{"1"})
	is("SELECT w.since_epoch > v.since_epoch FROM vex.views v, vex.views w WHERE v.name = 'v' AND w.name = 'w'", []string{"t"})
	query("ALTER STREAM events RESET (retention)")
	is("SELECT retention FROM vex.streams WHERE name = 'events'", []string{""})
	is("SELECT event_type FROM events", []string{"A"}, []string{"B"})
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}
