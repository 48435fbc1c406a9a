package build_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// laneQueries are views whose rows may be folded in lanes.
var laneQueries = []string{
	`SELECT window_start, k, count(*), sum(n), avg(n), min(n), max(n), min(s), max(s), sum(f), avg(f) FROM TUMBLE(t, ts, INTERVAL '10 seconds') GROUP BY 1, 2`,
	`SELECT window_start, k, count(*), sum(f) FROM TUMBLE(t, ts, INTERVAL '10 seconds') GROUP BY 1, 2 EMIT ON WINDOW CLOSE`,
	`SELECT window_start, window_end, s, sum(n), max(s) FROM HOP(t, ts, INTERVAL '5 seconds', INTERVAL '20 seconds') WHERE n > -40 GROUP BY 1, 2, 3`,
	`SELECT window_start, k, count(*) FROM HOP(t, ts, INTERVAL '5 seconds', INTERVAL '12 seconds') GROUP BY 1, 2 EMIT ON WINDOW CLOSE`,
	`SELECT k, s, n, count(*), sum(f), bool_and(n > 0), bool_or(n > 0), count(f) FILTER (WHERE n > 3) FROM t GROUP BY k, s, n`,
	`SELECT k, sum(100 / n), max(s) FROM t WHERE s < 'w' GROUP BY k HAVING count(*) > 1`,
	`SELECT count(*), sum(f), min(s), avg(n) FROM t WHERE 10 / n > 0`,
	`SELECT window_start, count(*), max(s) FROM TUMBLE(t, ts, INTERVAL '1 second') GROUP BY 1`,
	`SELECT a.k, a.c, b.m FROM (SELECT k, count(*) AS c FROM t GROUP BY k) a JOIN (SELECT k, max(n) AS m FROM t WHERE n <> 0 GROUP BY k) b ON a.k = b.k`,
}

// told is everything that a view has said, in order.
type told struct{ lines []string }

func (o *told) say(what string, b *batch.Batch, row int) {
	var sb strings.Builder
	fmt.Fprintf(&sb, "%s %d", what, b.Weight(row))
	for i := range b.Cols {
		sb.WriteByte(' ')
		if b.Cols[i].Null(row) {
			sb.WriteString("NULL")
		} else {
			sb.Write(value.AppendText(nil, &b.Cols[i], row, &types.Locale{}))
		}
	}
	o.lines = append(o.lines, sb.String())
}

func (o *told) Push(_ context.Context, b *batch.Batch) error {
	for i := range b.N {
		o.say("row", b, i)
	}
	return nil
}
func (o *told) Advance(context.Context, stream.Progress) error { return nil }
func (o *told) Close() error                                   { return nil }

// laneRun is one way of running a view: with so many workers, from each restart on other ones.
type laneRun struct {
	w       *world
	p       plan.Node
	workers []int // of the lives between restarts; 1: the rows go to the operators themselves
	crew    *flow.Crew
	budget  *mem.Budget
	out     *told
	of      int
}

func (r *laneRun) build(t *testing.T, workers int) *build.View {
	t.Helper()
	v, err := build.NewView(r.p, &build.Env{
		View: "v", Crew: r.crew, Workers: workers, LaneRows: 1, Budget: r.budget,
		DeadLetter: func(_ context.Context, op string, err error, b *batch.Batch, row int, at build.Aside) {
			r.out.say(fmt.Sprintf("dead in batch %d, place %d, of %d: %s: %v", r.of, b.SeqAt(row), at.Relation, op, err), b, row)
		},
		Late: func(_ context.Context, l *window.Late, at build.Aside) error {
			r.out.say(fmt.Sprintf("late in batch %d, place %d: %d of %v at %v", r.of, l.Batch.SeqAt(l.Row), l.Windows, l.WindowEnd, l.Watermark), l.Batch, l.Row)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	v.Out(r.out)
	return v
}

// epoch pushes an epoch's batches into all inputs, and makes them rubbish.
func (r *laneRun) epoch(t *testing.T, v *build.View, no int) {
	t.Helper()
	e := r.w.epochs[no]
	for i := range v.Inputs {
		in := &v.Inputs[i]
		var rows []*batch.Batch
		for _, b := range e.rows {
			b = b.Clone()
			all := b.Cols
			b.Cols = nil
			for _, c := range in.Columns {
				b.Cols = append(b.Cols, all[c])
			}
			rows = append(rows, b)
		}
		if in.Lanes == nil {
			t.Fatal("an input has no lanes")
		}
		if err := in.Lanes.Push(t.Context(), rows, func(i int) { r.of = i }); err != nil {
			t.Fatal(err)
		}
		for _, b := range rows {
			for i := range b.Cols {
				clear(b.Cols[i].Fixed)
				clear(b.Cols[i].Data)
				clear(b.Cols[i].Offsets)
			}
		}
		if err := in.Sink.Advance(t.Context(), stream.Progress{Epoch: r.w.epoch(no), Watermarks: e.marks}); err != nil {
			t.Fatal(err)
		}
	}
}

// restarted is a view of other workers with the state of v.
func (r *laneRun) restarted(t *testing.T, v *build.View, no, workers int) *build.View {
	t.Helper()
	next := r.build(t, workers)
	for i, k := range v.Stateful {
		pin := k.Pin()
		err := pin.Pages(func(pg state.Page) error {
			data, err := pg.Encode(nil)
			if err != nil {
				return err
			}
			return next.Stateful[i].LoadPage(pg.Key, data)
		})
		pin.Release()
		if err != nil {
			t.Fatal(err)
		}
		if err := next.Stateful[i].Loaded(stream.Progress{Epoch: r.w.epoch(no), Watermarks: r.w.epochs[no].marks}); err != nil {
			t.Fatal(err)
		}
	}
	r.close(t, v)
	return next
}

func (r *laneRun) close(t *testing.T, v *build.View) {
	t.Helper()
	for i := range v.Inputs {
		v.Inputs[i].Lanes.Close()
		if err := v.Inputs[i].Sink.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// run gives all that the view says: changes while somebody listens, rows that it leaves aside, and its contents when it is read.
func (r *laneRun) run(t *testing.T, seed uint64) []string {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 3)) // the same for all ways
	life := 0
	v := r.build(t, r.workers[0])
	listening := false
	for no := range r.w.epochs {
		r.epoch(t, v, no)
		if rnd.IntN(3) == 0 {
			listening = !listening
			v.Listen(listening)
		}
		if rnd.IntN(4) == 0 {
			r.read(t, v)
		}
		if rnd.IntN(5) == 0 {
			life++
			v = r.restarted(t, v, no, r.workers[life%len(r.workers)])
			v.Listen(listening)
		}
	}
	r.read(t, v)
	r.close(t, v)
	if used := r.budget.Used(); used != 0 {
		t.Errorf("workers %v: %d bytes are still reserved after Close", r.workers, used)
	}
	return r.out.lines
}

func (r *laneRun) read(t *testing.T, v *build.View) {
	t.Helper()
	pin := v.Root.Pin()
	defer pin.Release()
	r.out.lines = append(r.out.lines, "contents")
	if err := pin.Rows(t.Context(), v.Tail(r.out)); err != nil {
		t.Fatal(err)
	}
}

// laneRows makes epochs of rows in batches that are cut at random: late ones, nulls, values whose sums need every bit.
func laneRows(w *world, rnd *rand.Rand) {
	r := w.cat.Relations()[0]
	top := types.Micros(0)
	for range 4 + rnd.IntN(12) {
		var e written
		e.relation = r
		seq := uint32(0)
		for range rnd.IntN(9) {
			n := 1 + rnd.IntN(40)
			cols := make([]*batch.Builder, len(r.Visible()))
			for i, c := range r.Visible() {
				cols[i] = batch.NewBuilder(c.Type, n)
			}
			for range n {
				at := now + top + types.Micros(rnd.IntN(30)-22)*types.Second
				top += types.Micros(rnd.IntN(500)) * types.Millisecond
				text(cols[0], rnd, string(rune('a'+rnd.IntN(5))))
				text(cols[1], rnd, strings.Repeat(string(rune('p'+rnd.IntN(9))), 1+rnd.IntN(20)))
				batch.Put(cols[2], int32(rnd.IntN(12)-4))
				if rnd.IntN(7) == 0 {
					cols[3].Null()
				} else {
					batch.Put(cols[3], []float64{1e300, -1e300, 0.1, 1e-300, -3, 1 << 60}[rnd.IntN(6)])
				}
				batch.Put(cols[4], at)
			}
			b := &batch.Batch{Epoch: w.epoch(len(w.epochs)), N: n, Seq0: seq}
			for _, c := range cols {
				b.Cols = append(b.Cols, c.Finish())
			}
			seq += uint32(n)
			e.rows = append(e.rows, b)
		}
		e.marks = stream.Watermarks{{Relation: r.ID, At: now + top - 5*types.Second}}
		w.epochs = append(w.epochs, e)
	}
}

func text(b *batch.Builder, rnd *rand.Rand, s string) {
	if rnd.IntN(10) == 0 {
		b.Null()
		return
	}
	b.Bytes([]byte(s))
}

// What a view says is the same, to the last bit and in the same order, however many workers fold its rows, also when it goes on
// with others after a restart.
func TestLanes(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	crew := flow.NewCrew(slog.New(slog.DiscardHandler))
	defer crew.Close()
	for i, q := range laneQueries {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			for round := range uint64(12) {
				seed := enginetest.Seed() + round
				w := newWorld()
				if err := w.exec(`CREATE STREAM t (k text, s text, n int NOT NULL, f float8, ts timestamptz NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')`); err != nil {
					t.Fatal(err)
				}
				laneRows(w, rand.New(rand.NewPCG(seed, uint64(i))))
				var want []string
				for _, workers := range [][]int{{1}, {2}, {4}, {4, 1, 2}, {1, 3}} {
					p, head, err := w.bind(q, true)
					if err != nil {
						t.Fatal(head, err)
					}
					run := &laneRun{w: w, p: p, workers: workers, crew: crew, budget: mem.New("test", 0), out: &told{}}
					got := run.run(t, seed)
					if want == nil {
						want = got
						continue
					}
					sameLines(t, fmt.Sprintf("seed %d, workers %v of\n%s", seed, workers, q), got, want)
					if t.Failed() {
						return
					}
				}
			}
		})
	}
}

func sameLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s: line %d of %d and %d\n got %s\nwant %s", what, i, len(got), len(want), g, w)
			return
		}
	}
}
