package crash

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// levels is what must stay level while a node works.
type levels struct {
	heap       uint64 // bytes that are still used
	goroutines int
	files      int
}

func levelsNow(t *testing.T) levels {
	t.Helper()
	runtime.GC()
	runtime.GC() // what finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		skipOrFail(t, err.Error())
	}
	return levels{m.HeapAlloc, runtime.NumGoroutine(), len(files)}
}

// heapSlack is how many bytes more may be used at the end: what is cached within limits, and the times of what was done.
const heapSlack = 16 << 20

// TestFlat has a node take rows in while views, tables, roles and prepared statements come and go: in the end it holds no more
// memory, goroutines and files than once it was warm.
func TestFlat(t *testing.T) {
	rounds := scale(t, 40, 200, 20_000)
	n, err := node.Open(t.Context(), node.Settings{
		Data: t.TempDir(), PgAddr: "127.0.0.1:0", Checkpoint: checkpoints, DecodedBytes: 4 << 20, Journal: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	run := func(sql string) {
		t.Helper()
		if err := n.Run(t.Context(), sql, nil); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run(`CREATE STREAM s (ts timestamptz, k int, v bigint, WATERMARK FOR ts AS ts - INTERVAL '1 second');
		CREATE MATERIALIZED VIEW kept AS SELECT window_start, k, count(*), sum(v) FROM TUMBLE(s, ts, INTERVAL '1 second') GROUP BY window_start, k EMIT ON WINDOW CLOSE`)
	var warm levels
	for i := range rounds {
		run(fmt.Sprintf(`INSERT INTO s SELECT '2026-01-01Z'::timestamptz + INTERVAL '1 second' * %d, g %% 100, g FROM generate_series(1, 2000) g`, i))
		run(fmt.Sprintf(`CREATE MATERIALIZED VIEW v%[1]d AS SELECT k, count(*), array_agg(v) FROM s WHERE ts >= '2026-01-01Z'::timestamptz + INTERVAL '1 second' * %[1]d GROUP BY k;
			CREATE TABLE t%[1]d (a int PRIMARY KEY, b text); INSERT INTO t%[1]d SELECT g, repeat('x', 100) FROM generate_series(1, 1000) g; UPDATE t%[1]d SET b = 'y' WHERE a < 10;
			SELECT count(*) FROM v%[1]d JOIN t%[1]d ON a = k;
			CREATE ROLE r%[1]d; GRANT SELECT ON t%[1]d TO r%[1]d; REVOKE SELECT ON t%[1]d FROM r%[1]d; DROP ROLE r%[1]d;
			DROP MATERIALIZED VIEW v%[1]d; DROP TABLE t%[1]d`, i))
		if i == rounds/4 {
			warm = levelsNow(t)
		}
	}
	end := levelsNow(t)
	t.Logf("%d rounds: %+v when warm, %+v at the end", rounds, warm, end)
	if end.heap > warm.heap+heapSlack || end.goroutines > warm.goroutines+2 || end.files > warm.files+4 {
		t.Errorf("%+v when warm, %+v after %d more rounds", warm, end, rounds-rounds/4)
	}
}
