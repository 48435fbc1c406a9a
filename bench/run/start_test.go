package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// BenchmarkStart measures from starting a node's process to its first answer: on an empty folder, and on one with a view of
// 1,000 groups over 100,000 rows that was ended in order.
func BenchmarkStart(b *testing.B) {
	answer := func(b *testing.B, s *server, sql string) {
		b.Helper()
		c, err := pgx.Connect(b.Context(), "postgres://admin@"+s.pg+"/vexstream?sslmode=disable")
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(b.Context())
		exec(b, c, sql)
	}
	b.Run("empty", func(b *testing.B) {
		var memory int64
		for i := 0; b.Loop(); i++ {
			s := serve(b, filepath.Join(b.TempDir(), "data"))
			answer(b, s, "SELECT 1")
			b.StopTimer()
			_, memory = s.used(b)
			s.stop(b)
			b.StartTimer()
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
		b.ReportMetric(float64(memory)/(1<<20), "peak-MiB")
	})
	b.Run("view", func(b *testing.B) {
		data := filepath.Join(b.TempDir(), "data")
		s := serve(b, data)
		answer(b, s, "CREATE STREAM s (k bigint, v bigint)")
		answer(b, s, "CREATE MATERIALIZED VIEW totals AS SELECT k, count(*) AS n, sum(v) FROM s GROUP BY k")
		answer(b, s, "INSERT INTO s SELECT g % 1000, g FROM generate_series(1, 100000) g")
		answer(b, s, "SELECT count(*) FROM totals")
		s.stop(b)
		for b.Loop() {
			s := serve(b, data)
			answer(b, s, "SELECT sum(n) FROM totals")
			b.StopTimer()
			s.stop(b)
			b.StartTimer()
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
	})
}

// fsyncOnly writes n bytes into a file of a folder, a MiB and a sync at a time, and gives the time: what the disk lets
// anybody do who stores durably.
func fsyncOnly(b *testing.B, dir string, n int64) time.Duration {
	b.Helper()
	f, err := os.CreateTemp(dir, "sync")
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	chunk := make([]byte, 1<<20)
	for i := range chunk {
		chunk[i] = byte(i * 7)
	}
	began := time.Now()
	for at := int64(0); at < n; at += int64(len(chunk)) {
		if _, err := f.Write(chunk); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}
