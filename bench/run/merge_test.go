package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/storage/segment"
)

// BenchmarkMerge merges a log of epochs of a few rows, and one of large blocks, and tells what each takes before and after,
// and how long a scan of two columns takes, the best of seven, with nothing kept decoded.
func BenchmarkMerge(b *testing.B) {
	b.Run("epochs of 20 rows", func(b *testing.B) { merge(b, 20, 2000) })
	b.Run("COPY of a million", func(b *testing.B) { merge(b, 1_000_000, 2) })
}

func merge(b *testing.B, rows, statements int) {
	set := node.Settings{
		Data: b.TempDir(), PgAddr: "127.0.0.1:0", SegmentBytes: 1 << 20, MergeRate: -1, DecodedBytes: 1, Journal: slog.New(slog.DiscardHandler),
	}
	n, err := node.Open(b.Context(), set)
	if err != nil {
		b.Fatal(err)
	}
	c := client(b, n)
	exec(b, c, fileOpsStream)
	data := fileOps(rows * statements)
	for range statements {
		end := 0
		for range rows {
			end += 1 + bytes.IndexByte(data[end:], '\n')
		}
		statement := data[:end]
		data = data[end:]
		if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(statement), "COPY fileops FROM STDIN WITH (FORMAT csv)"); err != nil {
			b.Fatal(err)
		}
	}
	all := float64(rows * statements)
	sum, scan := fastest(b, n)
	if err := n.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.ReportMetric(scan, "scan-before-ms")
	l, err := segment.Open(filepath.Join(set.Data, "log"), segment.Options{SegmentBytes: set.SegmentBytes, MinFree: -1, Recode: codec.Recode})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for {
		m, err := l.Merge(b.Context(), 1, func(context.Context, int64) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		if m.Segment == 0 {
			break
		}
	}
	took, st := time.Since(began), l.Stats()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	share := float64(st.Was) / float64(st.Was+st.Bytes-st.Merged) // the last segment is left as it is
	b.ReportMetric(float64(st.Was)/all/share, "before-B/row")
	b.ReportMetric(float64(st.Merged)/all/share, "after-B/row")
	b.ReportMetric(float64(st.Was)/took.Seconds()/1e6, "merged-MB/s")
	if n, err = node.Open(b.Context(), set); err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	again, scan := fastest(b, n)
	b.ReportMetric(scan, "scan-after-ms")
	if sum != again {
		b.Fatalf("the scan gives %s, and %s when merged", sum, again)
	}
}

// fastest scans two columns seven times, and gives the answer and the least milliseconds.
func fastest(b *testing.B, n *node.Node) (answer string, ms float64) {
	for range 7 {
		began := time.Now()
		rows, err := n.Query(b.Context(), "SELECT count(*), sum(size_bytes), min(ts) FROM fileops")
		if err != nil {
			b.Fatal(err)
		}
		if took := float64(time.Since(began).Microseconds()) / 1e3; ms == 0 || took < ms {
			ms = took
		}
		answer = fmt.Sprint(rows)
	}
	return answer, ms
}
