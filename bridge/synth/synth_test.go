package synth

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/bridgetest"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFileOpsIsTheWorkload(t *testing.T) {
	const n = 1 << 20
	g := NewFileOps(1, Plain)
	var op Op
	late, data, bytes := 0, 0, 0
	var kinds [8]int
	for i := range n {
		g.Next(&op)
		if due := Base + types.Micros(i); op.TS != due {
			late++
			if op.TS > due || due-op.TS > MaxLate {
				t.Fatalf("row %d is %d µs late", i, due-op.TS)
			}
		}
		kinds[op.Type]++
		bytes += len(g.voc.paths[op.Path])
	}
	for _, p := range g.voc.paths {
		if strings.HasPrefix(p, "/data/") {
			data++
		}
	}
	if data*10 != Paths*3 {
		t.Errorf("%d paths under /data/", data)
	}
	if share := float64(late) / n; share < 0.029 || share > 0.033 {
		t.Errorf("%.4f of the rows are late", share)
	}
	if mean := float64(bytes) / n; mean < 45 || mean > 47 {
		t.Errorf("a path has %.1f bytes on average", mean)
	}
	for k, c := range kinds {
		if c == 0 {
			t.Errorf("type %d never comes", k)
		}
	}
}

// The same seed gives the same rows, in every coding and every cut.
func TestFileOpsIsDeterministic(t *testing.T) {
	whole := NewFileOps(7, Plain).Batch(1000)
	for _, coding := range []Coding{Plain, Keys, AllText} {
		g := NewFileOps(7, coding)
		at := 0
		for _, n := range []int{1, 2, 297, 700} {
			b := g.Batch(n)
			for i := range n {
				same(t, whole, at, b, i)
				at++
			}
		}
	}
}

func same(t *testing.T, a *batch.Batch, i int, b *batch.Batch, j int) {
	t.Helper()
	for _, c := range []int{FileOpsEventType, FileOpsUserID, FileOpsFilePath} {
		if x, y := string(a.Cols[c].At(i)), string(b.Cols[c].At(j)); x != y {
			t.Fatalf("row %d, %s: %q and %q", i, Schema[c].Name, x, y)
		}
	}
	for _, c := range []int{FileOpsTS, FileOpsSizeBytes} {
		if x, y := batch.Values[int64](&a.Cols[c])[i], batch.Values[int64](&b.Cols[c])[j]; x != y {
			t.Fatalf("row %d, %s: %d and %d", i, Schema[c].Name, x, y)
		}
	}
}

// The rate is the clock's: what is due is made, no more, whatever the ticks do.
func TestSourceKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(bridge.Options{Host: "h"}, Config{Seed: 1, Rate: 1000, Limit: 2500})
		if err != nil {
			t.Fatal(err)
		}
		begin := bridge.Now()
		c := bridgetest.New()
		if err := s.Run(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		rows := c.Rows()
		if len(rows) != 2500 {
			t.Fatalf("%d rows", len(rows))
		}
		if passed := bridge.Now() - begin; passed < 2499*types.Millisecond || passed > 2505*types.Millisecond {
			t.Errorf("2500 events took %d µs of the clock", passed)
		}
		for i, r := range rows {
			if r.Source != Name || r.Flags != "synthetic" || r.Seq != int64(i+1) || r.TS > int64(begin)+int64(i)*1000 {
				t.Fatalf("row %d: %v", i, r)
			}
		}
	})
}

func TestSourceRefusesARate(t *testing.T) {
	for _, rate := range []int64{0, -1, MaxRate + 1} {
		if _, err := Open(bridge.Options{}, Config{Rate: rate}); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			t.Errorf("rate %d: %v", rate, err)
		}
	}
}

func BenchmarkFileOpsKeys(b *testing.B) {
	g := NewFileOps(1, Keys)
	for b.Loop() {
		g.Batch(batch.MaxRows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
}
