package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bench/result"
	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/batch"
)

// The load of the latency figures: so many events a second of the clock, a burst a millisecond. An event's time is counted
// from when its burst was due, whether or not the one before had been taken in.
const (
	latencyRate = 200_000
	burst       = latencyRate / 1000
	maxUsers    = 1000
)

func latencyEvents() int {
	if short() {
		return latencyRate
	}
	return 20 * latencyRate
}

// latencyNode is a node on disk whose checkpoints follow each other by a second, so that one is at work much of the time.
func latencyNode(b *testing.B, setup string) *node.Node {
	b.Helper()
	n, err := node.Open(b.Context(), node.Settings{Data: filepath.Join(b.TempDir(), "data"), Checkpoint: time.Second, Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close() })
	if _, err := n.Query(b.Context(), setup); err != nil {
		b.Fatal(err)
	}
	return n
}

// emitAll emits events at the rate, each with its number as size_bytes, and gives when the first burst was due. call is told what each
// call of Emit took.
func emitAll(b *testing.B, n *node.Node, events int, due func(i int) time.Time, call func(time.Duration)) {
	users := make([]string, maxUsers)
	for i := range users {
		users[i] = fmt.Sprintf("user%04d", i)
	}
	for i := range events {
		if i%burst == 0 {
			if wait := time.Until(due(i)); wait > 0 {
				<-time.After(wait)
			}
		}
		e := bridge.Event{
			Type: "FilesystemWrite", Op: "write", UserID: users[i%maxUsers], Path: "/data/project/file.log",
			SizeBytes: int64(i), Has: bridge.HasSizeBytes,
		}
		began := time.Now()
		if err := n.Emit(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		call(time.Since(began))
	}
}

// report gives the quantiles of a histogram.
func report(b *testing.B, h *result.Histogram, name string, unit time.Duration, suffix string) {
	for _, q := range []struct {
		name string
		of   float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}} {
		b.ReportMetric(float64(h.Quantile(q.of))/float64(unit), name+q.name+"-"+suffix)
	}
	b.ReportMetric(float64(h.Most())/float64(unit), name+"most-"+suffix)
}

// The rules of the second form of BenchmarkEmitLatency: one holds events back, one sends some to another stream.
var emitRules = strings.Join([]string{
	"CREATE STREAM routed (event_id uuid, file_path text)",
	"CREATE TRIGGER hold BEFORE INSERT ON events FOR EACH ROW WHEN (file_path LIKE '/secret/%') EXECUTE FUNCTION block()",
	"CREATE TRIGGER send AFTER INSERT ON events FOR EACH ROW WHEN (user_id = 'user0007') EXECUTE FUNCTION route('routed')",
}, "; ")

// BenchmarkEmitLatency measures what a call of Emit takes that returns when its event is in a buffer, at 200,000 events a second.
func BenchmarkEmitLatency(b *testing.B) {
	for name, setup := range map[string]string{"plain": "SELECT 1", "rules": emitRules} {
		b.Run(name, func(b *testing.B) {
			n := latencyNode(b, setup)
			events := latencyEvents() / 2
			for b.Loop() {
				var calls result.Histogram
				start := time.Now()
				emitAll(b, n, events, func(i int) time.Time { return start.Add(time.Duration(i/burst) * time.Millisecond) },
					func(d time.Duration) { calls.Record(d, 1) })
				b.ReportMetric(float64(events)/time.Since(start).Seconds(), "events/s")
				report(b, &calls, "call-", 1, "ns")
				if err := n.Flush(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDurableLatency measures from when an event was due to be emitted to when a subscriber sees that a view has it, and so that it is durable,
// for every event at 200,000 a second, while checkpoints store that view and one of 100,000 groups.
func BenchmarkDurableLatency(b *testing.B) {
	n := latencyNode(b, `CREATE STREAM wide (k bigint, v bigint);
	  CREATE MATERIALIZED VIEW widely AS SELECT k, count(*) FROM wide GROUP BY k;
	  INSERT INTO wide SELECT g, g FROM generate_series(1, 100000) g;
	  CREATE MATERIALIZED VIEW seen AS SELECT user_id, count(*) AS n, max(size_bytes) AS newest FROM events GROUP BY user_id`)
	events := latencyEvents()
	var lags result.Histogram
	var start time.Time
	due := func(i int) time.Time { return start.Add(time.Duration(i/burst) * time.Millisecond) }
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var done sync.WaitGroup
	next := 0 // the first event that is not visible
	done.Go(func() {
		err := n.Subscribe(ctx, "seen", func(c node.Change) error {
			now := time.Now()
			newest := int64(-1)
			for _, v := range batch.Values[int64](&c.Rows.Cols[2])[:c.Rows.N] {
				newest = max(newest, v)
			}
			for ; next <= int(newest); next++ {
				lags.Record(now.Sub(due(next)), 1)
			}
			if next == events {
				cancel()
			}
			return nil
		})
		if err != nil {
			b.Error(err)
		}
	})
	start = time.Now().Add(100 * time.Millisecond)
	b.ResetTimer()
	emitAll(b, n, events, due, func(time.Duration) {})
	if err := n.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	done.Wait()
	b.ReportMetric(float64(events)/time.Since(start).Seconds(), "events/s")
	report(b, &lags, "", time.Millisecond, "ms")
}
