package main

import (
	"bytes"
	"context"
	"runtime"
	"syscall"
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

// BenchmarkScan runs scanQuery over a million rows of the log, in turn with its parts alone: decompressing the columns that
// it reads, block by block from memory (decode), and its operators over decoded batches (kernel). It prints the least
// times, and how many times as long the whole takes: with decoded blocks kept as the operators (x-kernel), with none
// kept as decompressing (x-decode). On the wall, in processor time of all cores together (cpu), and of the core that had
// more to do (core), which is the time on the wall when nothing else wants the cores.
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
	var cold, warm, decode, kernel spent
	query := func() error { return n.Run(b.Context(), scanQuery, nil) }
	b.ResetTimer()
	for range b.N {
		n.Engine().Committer.ForgetDecoded()
		cold.time(b, query)
		warm.time(b, query)
		decoded = decoded[:0]
		decode.time(b, func() error {
			for _, d := range blocks {
				x, err := codec.DecodeBlock(d, cols)
				if err != nil {
					return err
				}
				decoded = append(decoded, x)
			}
			return nil
		})
		kernel.time(b, func() error { return runOver(b.Context(), p, decoded) })
	}
	for name, s := range map[string]spent{"cold": cold, "warm": warm, "decode": decode, "kernel": kernel} {
		b.ReportMetric(s.wall.Seconds()*1000, name+"-ms")
		b.ReportMetric(s.cpu.Seconds()*1000, name+"-cpu-ms")
		b.ReportMetric(s.core.Seconds()*1000, name+"-core-ms")
	}
	b.ReportMetric(warm.wall.Seconds()/kernel.wall.Seconds(), "x-kernel")
	b.ReportMetric(cold.wall.Seconds()/decode.wall.Seconds(), "x-decode")
	b.ReportMetric(cold.cpu.Seconds()/decode.cpu.Seconds(), "x-decode-cpu")
	b.ReportMetric(cold.core.Seconds()/decode.core.Seconds(), "x-decode-core")
}

// spent is the least time that something took.
type spent struct{ wall, cpu, core time.Duration }

func (s *spent) time(b *testing.B, f func() error) {
	b.Helper()
	runtime.GC() // what others left is not to be paid for
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used, here := cpuTime(b), threadTime(b)
	wall := timed(b, f)
	cpu, own := cpuTime(b)-used, threadTime(b)-here
	core := max(own, cpu-own)
	if s.wall == 0 {
		s.wall, s.cpu, s.core = wall, cpu, core
	}
	s.wall, s.cpu, s.core = min(s.wall, wall), min(s.cpu, cpu), min(s.core, core)
}

// threadTime is what the calling thread has used.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
