package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// groups is how many groups the state of each view has.
const groups = 1_000_000

// BenchmarkRecovery fills the log of a node in a process of its own with VEXSTREAM_BENCH_LOG_MB megabytes (1,000; 100 in the short form) by COPY CSV of
// FILEOPS rows, with checkpoints running and a million groups in a tumbling and in a joining view; kills it when each group has changed since the newest
// checkpoint; and starts again from the folder as it is, until both views answer.
func BenchmarkRecovery(b *testing.B) {
	mb := int64(1000)
	if short() {
		mb = 100
	}
	if v, err := strconv.ParseInt(os.Getenv("VEXSTREAM_BENCH_LOG_MB"), 10, 64); err == nil {
		mb = v
	}
	dir := filepath.Join(b.TempDir(), "data")
	s := serve(b, dir)
	c := dial(b, s)
	exec(b, c, fileOpsStream)
	makeGroups(b, c)
	touch(b, c)
	b.ResetTimer()
	data := fileOps(groups)
	began, rows := time.Now(), 0
	for logBytes(b, c) < mb<<20 {
		if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(data), "COPY fileops FROM STDIN WITH (FORMAT csv)"); err != nil {
			b.Fatal(err)
		}
		rows += groups
	}
	took := time.Since(began).Seconds()
	b.ReportMetric(float64(rows)/took/1e6, "Mrows/s")
	b.ReportMetric(took, "ingest-s")
	b.ReportMetric(float64(logBytes(b, c))/1e6, "log-MB")
	touch(b, c)
	exec(b, c, "SELECT count(*) FROM tumbled, (SELECT count(*) FROM joined) j") // they have caught up
	exec(b, c, "CHECKPOINT")
	touch(b, c) // what lies behind the checkpoint
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it says that it was killed
	began = time.Now()
	s = serve(b, dir)
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ready-ms")
	used, _ := s.used(b)
	b.ReportMetric(float64(used.Milliseconds()), "ready-cpu-ms")
	var tumbled, joined int64
	err := dial(b, s).QueryRow(b.Context(), "SELECT (SELECT count(*) FROM tumbled), (SELECT count(*) FROM joined)").Scan(&tumbled, &joined)
	if err != nil || tumbled != groups || joined != groups {
		b.Fatalf("%d and %d groups, want %d: %v", tumbled, joined, groups, err)
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "answers-ms")
	s.stop(b)
}

// logBytes is how large the log is.
func logBytes(b *testing.B, c *pgx.Conn) (n int64) {
	b.Helper()
	if err := c.QueryRow(b.Context(), "SELECT log_bytes FROM vex.storage WHERE relation IS NULL").Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// makeGroups makes the stream g and two views over it, one of them joined to a table.
func makeGroups(b *testing.B, c *pgx.Conn) {
	exec(b, c, "CREATE STREAM g (ts timestamptz, k bigint, v bigint, WATERMARK FOR ts AS ts - INTERVAL '1 second')")
	exec(b, c, "CREATE TABLE d (k bigint PRIMARY KEY, n bigint)")
	exec(b, c, "INSERT INTO d SELECT i, i * 10 FROM generate_series(0, 999) i")
	exec(b, c, "CREATE MATERIALIZED VIEW tumbled AS SELECT window_start, k, count(*), sum(v) FROM TUMBLE(g, ts, INTERVAL '1 day') GROUP BY window_start, k")
	exec(b, c, "CREATE MATERIALIZED VIEW joined AS SELECT g.k, count(*), sum(d.n) FROM g JOIN d ON d.k = g.v GROUP BY g.k")
}

// touch adds a row to each group of both views.
func touch(b *testing.B, c *pgx.Conn) {
	var buf bytes.Buffer
	for i := range groups {
		fmt.Fprintf(&buf, "2026-01-01 00:00:00Z,%d,%d\n", i, i%1000)
	}
	if _, err := c.PgConn().CopyFrom(b.Context(), &buf, "COPY g FROM STDIN WITH (FORMAT csv)"); err != nil {
		b.Fatal(err)
	}
}
