package run

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/parse"
	"github.com/vexfs/vexstream/sql/plan"
)

// scanQuery filters and groups, over three columns of six.
const scanQuery = "SELECT event_type, count(*), sum(size_bytes), avg(process_id) FROM fileops WHERE size_bytes > 100000 GROUP BY event_type"

// BenchmarkScan runs scanQuery over a million rows of the log and prints how much longer it takes than its operators
// take over decoded batches in memory (x-kernel, decoded blocks kept), and than decompressing its columns and then
// those operators take (x-cold, none kept).
func BenchmarkScan(b *testing.B) {
	const rows = 1_000_000
	n := start(b)
	c := client(b, n)
	exec(b, c, fileOpsStream)
	if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(fileOps(rows)), "COPY fileops FROM STDIN WITH (FORMAT csv)"); err != nil {
		b.Fatal(err)
	}
	p, blocks := scanPlan(b, n), scanBlocks(b, n)
	cols := scanColumns(p)
	var decoded []*batch.Batch
	var decode, kernel, cold, warm time.Duration
	b.ResetTimer()
	for range b.N {
		n.Engine().Committer.ForgetDecoded()
		cold += timed(b, func() error { return n.Run(b.Context(), scanQuery, nil) })
		warm += timed(b, func() error { return n.Run(b.Context(), scanQuery, nil) })
		decoded = decoded[:0]
		decode += timed(b, func() error {
			for _, d := range blocks {
				x, err := codec.DecodeBlock(d, cols)
				if err != nil {
					return err
				}
				decoded = append(decoded, x)
			}
			return nil
		})
		kernel += timed(b, func() error { return runOver(b.Context(), p, decoded) })
	}
	b.ReportMetric(float64(cold.Milliseconds())/float64(b.N), "cold-ms")
	b.ReportMetric(float64(warm.Milliseconds())/float64(b.N), "warm-ms")
	b.ReportMetric(float64(decode.Milliseconds())/float64(b.N), "decode-ms")
	b.ReportMetric(float64(kernel.Milliseconds())/float64(b.N), "kernel-ms")
	b.ReportMetric(warm.Seconds()/kernel.Seconds(), "x-kernel")
	b.ReportMetric(cold.Seconds()/decode.Seconds(), "x-decode")
	b.ReportMetric(cold.Seconds()/(decode+kernel).Seconds(), "x-cold")
}

func timed(b *testing.B, f func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func scanPlan(b *testing.B, n *node.Node) plan.Node {
	b.Helper()
	stmts, err := parse.Parse(scanQuery)
	if err != nil {
		b.Fatal(err)
	}
	p, err := bind.Query(stmts[0].Stmt.(*ast.SelectStmt).Query, &bind.Env{Catalog: n.Engine().Catalog()})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// scanBlocks gives the blocks of the log as bytes.
func scanBlocks(b *testing.B, n *node.Node) [][]byte {
	b.Helper()
	var out [][]byte
	err := n.Engine().Committer.Log().Read(b.Context(), 1, 0, nil, func(e *epoch.Entry) error {
		for i := range e.Blocks {
			out = append(out, bytes.Clone(e.Blocks[i].Data))
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func scanColumns(p plan.Node) (cols []int) {
	plan.Walk(p, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			cols = s.Columns
		}
	})
	return cols
}

// runOver runs a plan over batches in memory.
func runOver(ctx context.Context, p plan.Node, in []*batch.Batch) error {
	q, err := build.Query(p, nowhere{}, &build.Env{})
	if err != nil {
		return err
	}
	defer q.Close()
	for _, x := range in {
		if err := q.Inputs[0].Sink.Push(ctx, x); err != nil {
			return err
		}
	}
	return q.Inputs[0].Sink.Advance(ctx, stream.Progress{End: true})
}

// nowhere takes rows that nobody wants.
type nowhere struct{}

func (nowhere) Push(context.Context, *batch.Batch) error       { return nil }
func (nowhere) Advance(context.Context, stream.Progress) error { return nil }
func (nowhere) Close() error                                   { return nil }
