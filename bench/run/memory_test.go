package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// BenchmarkMemory measures the bytes of heap that a group of a view, and a row of a table, take in the end. What the same
// rows take where nothing keeps them is taken off.
func BenchmarkMemory(b *testing.B) {
	rows := 1_000_000
	if short() {
		rows = 100_000
	}
	const into = "INSERT INTO s SELECT g, 'key_' || g, g FROM generate_series(%d, %d) g"
	const stream = "CREATE STREAM s (k bigint, t text, v bigint)"
	for _, c := range []struct{ name, kept, into, check string }{
		{"group-bigint-count-sum", stream + "; CREATE MATERIALIZED VIEW kept AS SELECT k, count(*), sum(v) FROM s GROUP BY k", into, "SELECT count(*) FROM kept"},
		{"group-text-count", stream + "; CREATE MATERIALIZED VIEW kept AS SELECT t, count(*) FROM s GROUP BY t", into, "SELECT count(*) FROM kept"},
		{"group-count-distinct-one", stream + "; CREATE MATERIALIZED VIEW kept AS SELECT k, count(DISTINCT v) FROM s GROUP BY k", into, "SELECT count(*) FROM kept"},
		{"view-row", stream + "; CREATE MATERIALIZED VIEW kept AS SELECT k, t, v FROM s", into, "SELECT count(*) FROM kept"},
		{"join-row", stream + "; CREATE MATERIALIZED VIEW kept AS SELECT x.k, x.v FROM s x JOIN s y ON y.k = x.v", into, "SELECT count(*) FROM kept"},
		{"table-row", "CREATE TABLE s (k bigint PRIMARY KEY, t text, v bigint)", into, "SELECT count(*) FROM s"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				without := heapAfter(b, stream, into, "SELECT 1", 1, rows)
				with := heapAfter(b, c.kept, c.into, c.check, rows, rows)
				b.ReportMetric(float64(with-without)/float64(rows), "B/row")
			}
		})
	}
}

// heapAfter gives the bytes that a node's heap has grown by when it has what setup makes and rows in it.
func heapAfter(b *testing.B, setup, into, check string, want, rows int) int64 {
	before := heap()
	n, err := node.Open(b.Context(), node.Settings{Data: filepath.Join(b.TempDir(), "data"), DecodedBytes: 1, Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	do := func(sql string) string {
		got, err := n.Query(b.Context(), sql)
		if err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
		return fmt.Sprint(got)
	}
	do(setup)
	const step = 100_000
	for lo := 1; lo <= rows; lo += step {
		do(fmt.Sprintf(into, lo, min(lo+step-1, rows)))
	}
	if got := do(check); got != fmt.Sprintf("[[%d]]", want) {
		b.Fatalf("%s gives %s, want %d", check, got, want)
	}
	after := heap()
	runtime.KeepAlive(n)
	return after - before
}

// heap is what is reachable. Two collections, as what a first one finds in pools is freed by the second.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
