package node_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
)

// What a restart would fold grows with what a view has folded, and a checkpoint spares it.
func TestReplayIsWhatNoCheckpointHas(t *testing.T) {
	var now atomic.Int64 // a millisecond a look
	n := open(t, node.Settings{
		Data: t.TempDir(), Checkpoint: time.Hour, Replay: -1,
		Clock: func() types.Micros { return types.Micros(now.Add(1000)) + fixtureClock() },
	})
	run := func(text string) {
		t.Helper()
		if _, err := n.Query(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	l := n.Engine().Live
	run("CREATE STREAM s (a int)")
	run("CREATE MATERIALIZED VIEW v AS SELECT a, count(*) FROM s GROUP BY a")
	run("INSERT INTO s VALUES (1)")
	run("SELECT * FROM v")
	first := l.Replay()
	run("INSERT INTO s VALUES (2)")
	run("SELECT * FROM v")
	if second := l.Replay(); first <= 0 || second <= first {
		t.Fatalf("a restart would fold for %v, then for %v", first, second)
	}
	if err := l.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := l.Replay(); left != 0 {
		t.Fatalf("behind a checkpoint lie %v", left)
	}
}
