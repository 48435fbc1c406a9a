package fileops

import (
	"context"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/parse"
)

// Rows of one epoch, and of all batches, which the benchmark goes through again and again.
const (
	epochRows = 64 << 10
	allRows   = 2 << 20
)

const tumble = `SELECT window_start, event_type, user_id, count(*), sum(size_bytes), avg(size_bytes), max(size_bytes)
  FROM TUMBLE(fileops, ts, INTERVAL '1 second') WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`

const countByType = `SELECT window_start, event_type, count(*) FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1, 2`

const hop = `SELECT window_start, event_type, user_id, count(*), sum(size_bytes), avg(size_bytes), max(size_bytes)
  FROM HOP(fileops, ts, INTERVAL '1 second', INTERVAL '5 seconds') WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`

const session = `SELECT window_start, window_end, user_id, count(*), sum(size_bytes), max(size_bytes)
  FROM SESSION(fileops PARTITION BY user_id, ts, INTERVAL '30 seconds') GROUP BY 1, 2, 3`

const sessionEnds = session + ` EMIT ON WINDOW CLOSE`

const distinct = `SELECT window_start, count(DISTINCT file_path) FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1`

const distinctNumbers = `SELECT window_start, count(DISTINCT process_id) FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1`

const approx = `SELECT window_start, approx_count_distinct(file_path) FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1`

const streamID = 20_000

func relation() *catalog.Relation {
	r := &catalog.Relation{
		ID: streamID, Schema: "public", Name: "fileops", Kind: catalog.Stream, AppendOnly: true,
		EventTime: synth.Schema.Index("ts"), Watermark: &catalog.Watermark{Column: synth.Schema.Index("ts"), Delay: types.Second},
	}
	var cols []catalog.Column
	for _, f := range synth.Schema {
		cols = append(cols, catalog.Column{Name: f.Name, Type: f.Type, NotNull: f.NotNull})
	}
	r.Columns = catalog.WithHidden(cols)
	return r
}

func view(b *testing.B, sql string, with *build.Env) *build.View {
	b.Helper()
	stmts, err := parse.Parse(sql)
	if err != nil {
		b.Fatal(err)
	}
	env := &bind.Env{Catalog: catalog.Empty().With(1, relation()), Continuous: true}
	p, err := bind.Query(stmts[0].Stmt.(*ast.SelectStmt).Query, env)
	if err != nil {
		b.Fatal(err)
	}
	v, err := build.NewView(p, with)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// way is how a workload is measured: by default in epochs of epochRows with nobody listening.
type way struct {
	epoch      int  // rows of one
	subscribed bool // somebody gets the changes of each epoch
}

// changesSink counts the rows of changes.
type changesSink struct{ rows int64 }

func (s *changesSink) Push(_ context.Context, b *batch.Batch) error {
	s.rows += int64(b.N)
	return nil
}

func (s *changesSink) Advance(context.Context, stream.Progress) error { return nil }

func (s *changesSink) Close() error { return nil }

// run pushes batches into a view, epoch by epoch, and reports input rows a second.
func run(b *testing.B, sql string, coding synth.Coding) {
	runAs(b, sql, coding, way{epoch: epochRows})
}

func runAs(b *testing.B, sql string, coding synth.Coding, how way) {
	gen := synth.NewFileOps(1, coding)
	var batches []*batch.Batch
	for range allRows / batch.MaxRows {
		batches = append(batches, gen.Batch(batch.MaxRows).Clone())
	}
	visible := len(synth.Schema)
	var rows int64
	var busy time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		v, changes := view(b, sql, &build.Env{}), &changesSink{}
		if how.subscribed {
			v.Out(changes)
			v.Listen(true)
		}
		in := v.Inputs[0]
		b.StartTimer()
		began := cpuTime()
		ep := &batch.Epoch{No: 1, Time: 1}
		for i, full := range batches {
			full.Epoch = ep
			if err := in.Sink.Push(b.Context(), live.Scan(full, visible, in.Columns, 0)); err != nil {
				b.Fatal(err)
			}
			rows += int64(full.N)
			if (i+1)*batch.MaxRows%how.epoch == 0 {
				p := stream.Progress{Epoch: ep}
				if v.OnClose {
					p.Watermarks = stream.Watermarks{{Relation: streamID, At: lastTime(full) - types.Second}}
				}
				if err := in.Sink.Advance(b.Context(), p); err != nil {
					b.Fatal(err)
				}
				ep = &batch.Epoch{No: ep.No + 1, Time: ep.Time + 1}
			}
		}
		busy += cpuTime() - began
		if how.subscribed && changes.rows == 0 {
			b.Fatal("the subscriber got no changes")
		}
	}
	if busy > 0 {
		b.ReportMetric(float64(rows)/busy.Seconds()/1e6, "Mrows/cpu-s")
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// lastTime is the event time of a batch's last row.
func lastTime(b *batch.Batch) types.Micros {
	return batch.Values[types.Micros](&b.Cols[synth.Schema.Index("ts")])[b.N-1]
}

func BenchmarkTumbleStrings(b *testing.B)   { run(b, tumble, synth.Plain) }
func BenchmarkTumbleKeys(b *testing.B)      { run(b, tumble, synth.Keys) }
func BenchmarkCountStrings(b *testing.B)    { run(b, countByType, synth.Plain) }
func BenchmarkCountKeys(b *testing.B)       { run(b, countByType, synth.Keys) }
func BenchmarkTumbleAllKeys(b *testing.B)   { run(b, tumble, synth.AllText) }
func BenchmarkHopKeys(b *testing.B)         { run(b, hop, synth.Keys) }
func BenchmarkSessionStrings(b *testing.B)  { run(b, session, synth.Plain) }
func BenchmarkSessionKeys(b *testing.B)     { run(b, session, synth.Keys) }
func BenchmarkSessionEndsKeys(b *testing.B) { run(b, sessionEnds, synth.Keys) }
func BenchmarkDistinctStrings(b *testing.B) { run(b, distinct, synth.Keys) }
func BenchmarkDistinctKeys(b *testing.B)    { run(b, distinct, synth.AllText) }
func BenchmarkDistinctNumbers(b *testing.B) { run(b, distinctNumbers, synth.Keys) }
func BenchmarkApproxStrings(b *testing.B)   { run(b, approx, synth.Keys) }
func BenchmarkApproxKeys(b *testing.B)      { run(b, approx, synth.AllText) }

// BenchmarkSubscribed is the same with one subscriber, and BenchmarkShortEpochs with an epoch for each batch.
func BenchmarkSubscribed(b *testing.B)  { each(b, way{epoch: epochRows, subscribed: true}) }
func BenchmarkShortEpochs(b *testing.B) { each(b, way{epoch: batch.MaxRows}) }

func each(b *testing.B, how way) {
	for _, c := range []struct {
		name, sql string
		coding    synth.Coding
	}{
		{"TumbleStrings", tumble, synth.Plain},
		{"TumbleKeys", tumble, synth.Keys},
		{"CountStrings", countByType, synth.Plain},
		{"CountKeys", countByType, synth.Keys},
		{"HopKeys", hop, synth.Keys},
		{"SessionStrings", session, synth.Plain},
		{"SessionKeys", session, synth.Keys},
		{"DistinctStrings", distinct, synth.Keys},
		{"DistinctKeys", distinct, synth.AllText},
		{"ApproxStrings", approx, synth.Keys},
	} {
		b.Run(c.name, func(b *testing.B) { runAs(b, c.sql, c.coding, how) })
	}
}
