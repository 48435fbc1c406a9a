package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/bench/result"
	"github.com/vexfs/vexstream/cmd/node"
)

// How BenchmarkBatchModes writes: rows a statement, through so many clients, each of which sends its next statement when it has the
// answer to the last.
const (
	paceRows    = 10
	paceClients = 16
)

// BenchmarkBatchModes measures, for each batch_mode, how many small statements are durable a second, what each costs node and clients
// together in processor time, how long an answer takes, and how many statements an epoch has.
func BenchmarkBatchModes(b *testing.B) {
	for _, mode := range []string{"latency", "balanced", "throughput"} {
		b.Run(mode, func(b *testing.B) {
			n, err := node.Open(b.Context(), node.Settings{Data: b.TempDir(), PgAddr: "127.0.0.1:0", BatchMode: mode, Journal: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close()
			clients := make([]*pgx.Conn, paceClients)
			for i := range clients {
				clients[i] = client(b, n)
			}
			exec(b, clients[0], "CREATE STREAM s (ts timestamptz NOT NULL, v bigint)")
			each := max(b.N/paceClients, 1)
			var times result.Histogram
			var mu sync.Mutex
			first, began := n.Engine().Committer.Last().No, cpuTime(b)
			b.ResetTimer()
			var all sync.WaitGroup
			for _, c := range clients {
				all.Go(func() {
					for range each {
						at := time.Now()
						if _, err := c.Exec(context.Background(), fmt.Sprintf("INSERT INTO s SELECT now(), i FROM generate_series(1, %d) i", paceRows)); err != nil {
							b.Error(err)
							return
						}
						took := time.Since(at)
						mu.Lock()
						times.Record(took, 1)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			b.StopTimer()
			statements := float64(each * paceClients)
			b.ReportMetric(statements/b.Elapsed().Seconds(), "statements/s")
			b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/statements, "cpu-µs/statement")
			b.ReportMetric(float64(times.Quantile(0.5).Microseconds())/1e3, "p50-ms")
			b.ReportMetric(float64(times.Quantile(0.99).Microseconds())/1e3, "p99-ms")
			b.ReportMetric(statements/float64(n.Engine().Committer.Last().No-first), "statements/epoch")
		})
	}
}
