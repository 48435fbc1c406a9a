package main

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkKey finds and changes single rows of a table of 100,000 rows by their primary key, and prints how much longer
// the same takes when the key is hidden in an expression, so that all rows are read.
func BenchmarkKey(b *testing.B) {
	n := start(b)
	c := client(b, n)
	exec(b, c, "CREATE TABLE t (id int PRIMARY KEY, v int, name text)")
	exec(b, c, "INSERT INTO t SELECT g, 0, 'name' || g FROM generate_series(1, 100000) AS g")
	for _, q := range []struct{ name, byKey, byScan string }{
		{"select", "SELECT v FROM t WHERE id = %d", "SELECT v FROM t WHERE id + 0 = %d"},
		{"join", "SELECT v FROM (VALUES (%d)) AS x(i) JOIN t ON t.id = x.i", "SELECT v FROM (VALUES (%d)) AS x(i) JOIN t ON t.id + 0 = x.i"},
		{"update", "UPDATE t SET v = v + 1 WHERE id = %d", "UPDATE t SET v = v + 1 WHERE id + 0 = %d"},
		{"upsert", "INSERT INTO t VALUES (%d, 1, 'x') ON CONFLICT (id) DO UPDATE SET v = t.v + 1", "UPDATE t SET v = v + 1 WHERE id + 0 = %d"},
	} {
		b.Run(q.name, func(b *testing.B) {
			var key, scan time.Duration
			i := 0
			for b.Loop() {
				i = (i + 7919) % 100_000
				key += timed(b, func() error { _, err := c.Exec(b.Context(), fmt.Sprintf(q.byKey, i+1)); return err })
				if i%10 == 0 {
					scan += 10 * timed(b, func() error { _, err := c.Exec(b.Context(), fmt.Sprintf(q.byScan, i+1)); return err })
				}
			}
			b.ReportMetric(float64(key.Microseconds())/float64(b.N), "key-µs")
			b.ReportMetric(scan.Seconds()/key.Seconds(), "x-scan")
		})
	}
}
