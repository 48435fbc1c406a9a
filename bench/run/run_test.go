package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

func start(b *testing.B) *node.Node {
	b.Helper()
	n, err := node.Open(b.Context(), node.Settings{Data: b.TempDir(), PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close() })
	return n
}

func client(b *testing.B, n *node.Node) *pgx.Conn {
	b.Helper()
	c, err := pgx.Connect(b.Context(), "postgres://admin@"+n.PgAddr()+"/vexstream?sslmode=disable")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func exec(b *testing.B, c *pgx.Conn, sql string) {
	b.Helper()
	if _, err := c.Exec(b.Context(), sql); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
}

// fileOps makes rows of FILEOPS as CSV, about 100 bytes each.
func fileOps(rows int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	types := []string{"open", "close", "read", "write", "create", "unlink", "rename", "stat"}
	dirs := []string{"data", "home", "var"}
	var buf bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&buf, "2026-01-01 00:00:%02d.%06dZ,%s,user_%04d,/%s/project/module/component_%05d.log,%d,%d\n",
			i/1_000_000%60, i%1_000_000, types[r.IntN(8)], r.IntN(1000), dirs[r.IntN(3)], r.IntN(100_000), r.IntN(30_000), r.IntN(1<<20))
	}
	return buf.Bytes()
}

const fileOpsStream = `CREATE STREAM fileops (ts timestamptz, event_type text, user_id text, file_path text, process_id int,
  size_bytes bigint, WATERMARK FOR ts AS ts - INTERVAL '1 second')`

// BenchmarkCopyCSV loads rows through COPY; each statement is answered when its rows are on disk.
func BenchmarkCopyCSV(b *testing.B) {
	const rows = 1_000_000
	data := fileOps(rows)
	n := start(b)
	c := client(b, n)
	exec(b, c, fileOpsStream)
	b.SetBytes(int64(len(data)))
	b.ResetTimer()
	for range b.N {
		if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(data), "COPY fileops FROM STDIN WITH (FORMAT csv)"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	b.ReportMetric(float64(len(data))/rows, "bytes/row")
}

// BenchmarkSubscriptionLatency measures from the answer to an INSERT to its change in another client's subscription.
func BenchmarkSubscriptionLatency(b *testing.B) {
	n := start(b)
	c, sub := client(b, n), client(b, n)
	exec(b, c, "CREATE STREAM s (ts timestamptz, k bigint)")
	exec(b, c, "CREATE MATERIALIZED VIEW v AS SELECT k, count(*) FROM s GROUP BY k")
	exec(b, c, "INSERT INTO s VALUES (now(), -1)")
	r, w := io.Pipe()
	go func() {
		_, err := sub.PgConn().CopyTo(context.Background(), w, "COPY (SUBSCRIBE v) TO STDOUT")
		w.CloseWithError(err)
	}()
	buf := make([]byte, 64<<10)
	if _, err := r.Read(buf); err != nil { // the snapshot
		b.Fatal(err)
	}
	const rounds = 500
	var lags []time.Duration
	b.ResetTimer()
	for range b.N {
		for i := range rounds {
			seen := make(chan time.Time, 1)
			go func() {
				if _, err := r.Read(buf); err == nil {
					seen <- time.Now()
				}
				close(seen)
			}()
			exec(b, c, fmt.Sprintf("INSERT INTO s VALUES (now(), %d)", i+len(lags)))
			answered := time.Now()
			lags = append(lags, max((<-seen).Sub(answered), 0))
		}
	}
	slices.Sort(lags)
	b.ReportMetric(float64(lags[len(lags)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(lags[len(lags)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkReadWhileIngesting compares how long a load takes alone with how long it takes while another client reads a
// view of a million groups over and over. Both clients do as little as they can: they share the processors.
func BenchmarkReadWhileIngesting(b *testing.B) {
	n := start(b)
	c, reader := client(b, n), client(b, n)
	exec(b, c, "CREATE STREAM g (k bigint, v bigint)")
	exec(b, c, "CREATE MATERIALIZED VIEW groups AS SELECT k, count(*), sum(v) FROM g GROUP BY k")
	load := func() time.Duration {
		var buf bytes.Buffer
		for i := range 1_000_000 {
			fmt.Fprintf(&buf, "%d,%d\n", i, i%7)
		}
		began := time.Now()
		for range 3 {
			if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(buf.Bytes()), "COPY g FROM STDIN WITH (FORMAT csv)"); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began)
	}
	load()
	b.ResetTimer()
	var alone, beside time.Duration
	var reads atomic.Int64
	for range b.N {
		alone += load()
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := reader.PgConn().CopyTo(context.Background(), io.Discard, "COPY (SELECT * FROM groups) TO STDOUT"); err != nil {
					return
				}
				reads.Add(1)
			}
		}()
		beside += load()
		close(stop)
		<-done
	}
	b.ReportMetric(100*(beside.Seconds()/alone.Seconds()-1), "%slower")
	b.ReportMetric(float64(reads.Load())/float64(b.N), "reads")
}
