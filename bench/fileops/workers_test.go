package fileops

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/live"
)

// workers folds the same epochs with one worker and with two, in turn, and reports each one's rows a second and how many
// times as fast two are. It needs two cores of its own.
func workers(b *testing.B, sql string, coding synth.Coding) {
	gen := synth.NewFileOps(1, coding)
	var batches []*batch.Batch
	for range allRows / batch.MaxRows {
		batches = append(batches, gen.Batch(batch.MaxRows).Clone())
	}
	crew := flow.NewCrew(slog.New(slog.DiscardHandler))
	defer crew.Close()
	var busy, cpu [3]time.Duration
	var rows int64
	for range b.N {
		for n := 1; n <= 2; n++ {
			v := view(b, sql, &build.Env{Crew: crew, Workers: n})
			in := v.Inputs[0]
			began, spent := time.Now(), cpuTime()
			for at := 0; at < len(batches); at += epochRows / batch.MaxRows {
				ep := &batch.Epoch{No: uint64(at + 1), Time: 1}
				part := make([]*batch.Batch, epochRows/batch.MaxRows)
				for i := range part {
					full := batches[at+i]
					full.Epoch = ep
					part[i] = live.Scan(full, len(synth.Schema), in.Columns, 0)
					part[i].Seq0 = uint32(i * batch.MaxRows)
				}
				if in.Lanes == nil {
					b.Fatal("the planner gives one worker")
				}
				if err := in.Lanes.Push(b.Context(), part, func(int) {}); err != nil {
					b.Fatal(err)
				}
				if err := in.Sink.Advance(b.Context(), stream.Progress{Epoch: ep}); err != nil {
					b.Fatal(err)
				}
			}
			busy[n] += time.Since(began)
			cpu[n] += cpuTime() - spent
			in.Lanes.Close()
		}
		rows += allRows
	}
	for n := 1; n <= 2; n++ {
		b.ReportMetric(float64(rows)/busy[n].Seconds()/1e6, fmt.Sprintf("Mrows/s-%d", n))
		b.ReportMetric(float64(rows)/cpu[n].Seconds()/1e6, fmt.Sprintf("Mrows/cpu-s-%d", n))
	}
	b.ReportMetric(busy[1].Seconds()/busy[2].Seconds(), "times")
}

func BenchmarkWorkersTumbleKeys(b *testing.B)    { workers(b, tumble, synth.Keys) }
func BenchmarkWorkersTumbleStrings(b *testing.B) { workers(b, tumble, synth.Plain) }
func BenchmarkWorkersCountKeys(b *testing.B)     { workers(b, countByType, synth.Keys) }
func BenchmarkWorkersHopKeys(b *testing.B)       { workers(b, hop, synth.Keys) }
