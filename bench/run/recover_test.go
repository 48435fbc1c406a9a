package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
)

// groups is how many groups the state of each view has.
const groups = 1_000_000

// BenchmarkRecovery fills a log of VEXSTREAM_BENCH_LOG_MB megabytes (1,000; 100 in the short form) by COPY CSV of FILEOPS rows, with checkpoints running and a
// million groups in a tumbling and in a joining view; measures how long single inserts wait while a checkpoint stores all of
// these groups; and starts again from the folder as a crash would leave it, until both views answer.
func BenchmarkRecovery(b *testing.B) {
	mb := int64(1000)
	if short() {
		mb = 100
	}
	if v, err := strconv.ParseInt(os.Getenv("VEXSTREAM_BENCH_LOG_MB"), 10, 64); err == nil {
		mb = v
	}
	set := node.Settings{
		Data: filepath.Join(b.TempDir(), "data"), PgAddr: "127.0.0.1:0", LogBytes: 1 << 40, Journal: slog.New(slog.DiscardHandler),
	}
	n, err := node.Open(b.Context(), set)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close() })
	c := client(b, n)
	exec(b, c, fileOpsStream)
	exec(b, c, "CREATE STREAM g (ts timestamptz, k bigint, v bigint, WATERMARK FOR ts AS ts - INTERVAL '1 second')")
	exec(b, c, "CREATE TABLE d (k bigint PRIMARY KEY, n bigint)")
	exec(b, c, "INSERT INTO d SELECT i, i * 10 FROM generate_series(0, 999) i")
	exec(b, c, "CREATE MATERIALIZED VIEW tumbled AS SELECT window_start, k, count(*), sum(v) FROM TUMBLE(g, ts, INTERVAL '1 day') GROUP BY window_start, k")
	exec(b, c, "CREATE MATERIALIZED VIEW joined AS SELECT g.k, count(*), sum(d.n) FROM g JOIN d ON d.k = g.v GROUP BY g.k")
	touch := func() {
		var buf bytes.Buffer
		for i := range groups {
			fmt.Fprintf(&buf, "2026-01-01 00:00:00Z,%d,%d\n", i, i%1000)
		}
		if _, err := c.PgConn().CopyFrom(b.Context(), &buf, "COPY g FROM STDIN WITH (FORMAT csv)"); err != nil {
			b.Fatal(err)
		}
	}
	touch()
	b.ResetTimer()
	data := fileOps(groups)
	began, rows := time.Now(), 0
	for n.Engine().Committer.Log().Size() < mb<<20 {
		if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(data), "COPY fileops FROM STDIN WITH (FORMAT csv)"); err != nil {
			b.Fatal(err)
		}
		rows += groups
	}
	took := time.Since(began).Seconds()
	b.ReportMetric(float64(rows)/took/1e6, "Mrows/s")
	b.ReportMetric(took, "ingest-s")
	b.ReportMetric(float64(n.Engine().Committer.Log().Size())/1e6, "log-MB")
	touch()
	if _, err := n.Query(b.Context(), "SELECT count(*) FROM tumbled, (SELECT count(*) FROM joined) j"); err != nil { // they have caught up
		b.Fatal(err)
	}
	alone := inserts(b, n, func() { <-time.After(2 * time.Second) })
	beside := inserts(b, n, func() {
		if err := n.Engine().Live.Checkpoint(b.Context()); err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(float64(alone.Microseconds())/1e3, "longest-insert-ms")
	b.ReportMetric(float64(beside.Microseconds())/1e3, "longest-beside-checkpoint-ms")
	touch() // what lies behind the checkpoint
	copied := filepath.Join(b.TempDir(), "data")
	if out, err := osexec.CommandContext(b.Context(), "cp", "-a", "--sparse=always", set.Data, copied).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	set.Data = copied
	began = time.Now()
	used := cpuTime(b)
	again, err := node.Open(b.Context(), set)
	if err != nil {
		b.Fatal(err)
	}
	defer again.Close()
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ready-ms")
	b.ReportMetric(float64((cpuTime(b) - used).Milliseconds()), "ready-cpu-ms")
	got, err := again.Query(b.Context(), "SELECT (SELECT count(*) FROM tumbled), (SELECT count(*) FROM joined)")
	if want := fmt.Sprintf("[[%d %d]]", groups, groups); err != nil || fmt.Sprint(got) != want {
		b.Fatalf("%v, want %s: %v", got, want, err)
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "answers-ms")
}

// inserts puts single rows in, one after the other, while f runs, and gives how long the longest took.
func inserts(b *testing.B, n *node.Node, f func()) (longest time.Duration) {
	c := client(b, n)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return longest
		default:
		}
		began := time.Now()
		exec(b, c, fmt.Sprintf("INSERT INTO g VALUES ('2026-01-01 00:00:00Z', %d, 1)", i%groups))
		longest = max(longest, time.Since(began))
	}
}
