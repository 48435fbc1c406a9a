package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// Setup is what an operator is made with.
type Setup struct {
	Workers int
	// Env has a Budget, which must be empty again after Close, and collects dead letters into Case.DeadLetters.
	Env *op.Env
}

// Case is one operator, its input and what must come of it.
type Case struct {
	Schema batch.Schema
	Input  string
	// Make makes the operator in front of next. Matrix calls it once for each way of running. If what it gives is a
	// state.Pinner or state.Keeper, pins and restarts are tried as well.
	Make func(s Setup, next stream.Sink) stream.Sink
	// Want is what comes out, in the form of Collect.String (or Collect.Ordered); the empty string: what comes out of
	// the first way of running, which all others must equal.
	Want string
	// Oracle computes Want from the input instead, one Table per epoch.
	Oracle func(epochs []Epoch) []Table
	// Ordered compares the rows in their order instead of the net of each epoch.
	Ordered bool
	// AppendOnly says that the operator takes only rows of positive weight, so that none that cancel are mixed in.
	AppendOnly bool
	// Bounded is Env.Bounded.
	Bounded bool
	// WantError is the SQLSTATE that the run ends with.
	WantError sqlerr.Code
	// DeadLetters are the rows that must have been reported, net, as in Want.
	DeadLetters string
}

// way is one of the ways in which a case is run.
type way struct {
	name   string
	cut    int // rows of a batch; 0: all
	sliced bool
	coded  bool
	spread bool // weights are split and rows mixed in that cancel
	seqs   bool // places are written out
}

var ways = []way{
	{name: "whole"},
	{name: "cut=1", cut: 1},
	{name: "cut=2", cut: 2},
	{name: "cut=3", cut: 3},
	{name: "sliced", sliced: true, cut: 3},
	{name: "sliced whole", sliced: true, seqs: true},
	{name: "codes", coded: true},
	{name: "codes cut=2", coded: true, cut: 2, seqs: true},
	{name: "weights", spread: true},
	{name: "weights cut=2", spread: true, cut: 2, coded: true},
}

// Seed gives the seed of this run: VEXSTREAM_TEST_SEED, or a fixed one.
func Seed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("VEXSTREAM_TEST_SEED"), 10, 64); err == nil {
		return n
	}
	return 20260101
}

// Matrix runs the case in every way.
func Matrix(t *testing.T, c Case) {
	t.Helper()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	epochs, err := Parse(c.Schema, c.Input)
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{Case: c, epochs: epochs, want: strings.TrimSpace(c.Want)}
	if c.Oracle != nil {
		m.want = strings.TrimSpace(text(c.Oracle(epochs), Table.Net))
	}
	for _, w := range ways {
		if w.spread && (c.AppendOnly || c.WantError != "") {
			continue
		}
		t.Run(w.name, func(t *testing.T) { m.compare(t, w) })
	}
	t.Run("nulls", m.nulls)
	t.Run("late rows", m.late)
	t.Run("full receiver", m.full)
	t.Run("failing receiver", m.failing)
	if probe := c.Make(m.setup(1, nil), NewCollect(t)); !isPinner(probe) {
		closeSink(t, probe)
		return
	} else {
		closeSink(t, probe)
	}
	t.Run("pin", m.pin)
	for _, n := range []int{1, 2, 5} {
		t.Run(fmt.Sprintf("restart at %d workers", n), func(t *testing.T) { m.restart(t, n) })
	}
}

func isPinner(s stream.Sink) bool { _, ok := s.(state.Pinner); return ok }

type matrix struct {
	Case
	epochs []Epoch
	want   string
}

func (m *matrix) setup(workers int, dead *Table) Setup {
	env := &op.Env{Bounded: m.Bounded, Budget: mem.New("test", 0)}
	env.DeadLetter = func(_ context.Context, _ string, err error, b *batch.Batch, row int) {
		if dead != nil && err != nil {
			*dead = append(*dead, Rows(b.Take([]uint32{uint32(row)}))...)
		}
	}
	return Setup{Workers: workers, Env: env}
}

// compare runs the case one way and compares all that came out.
func (m *matrix) compare(t *testing.T, w way) {
	out := NewCollect(t)
	var dead Table
	s := m.setup(1, &dead)
	sink := m.Make(s, out)
	err := m.run(sink, m.epochs, w)
	closeSink(t, sink)
	if used := s.Env.Budget.Used(); used != 0 {
		t.Errorf("%d bytes are still reserved after Close", used)
	}
	if out.Closed == 0 {
		t.Errorf("Close did not close the receiver")
	}
	if m.WantError != "" || err != nil {
		if code := sqlerr.CodeOf(err); code != m.WantError {
			t.Errorf("ended with %v, want %s", err, m.WantError)
		}
		return
	}
	if len(out.Epochs) != len(m.epochs) || !out.Last.End {
		t.Errorf("%d epochs came out of %d, end %v", len(out.Epochs), len(m.epochs), out.Last.End)
	}
	m.check(t, out)
	if diff := cmp.Diff(strings.TrimSpace(m.DeadLetters), strings.TrimSpace(dead.Net().String())); diff != "" {
		t.Errorf("dead letters (- wanted, + got):\n%s", diff)
	}
}

func (m *matrix) check(t *testing.T, out *Collect) {
	t.Helper()
	got := out.String()
	if m.Ordered {
		got = out.Ordered()
	}
	got = strings.TrimSpace(got)
	if m.want == "" {
		m.want = got
	}
	if diff := cmp.Diff(m.want, got); diff != "" {
		t.Errorf("- wanted, + got:\n%s", diff)
	}
}

func closeSink(t *testing.T, s stream.Sink) {
	t.Helper()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// run pushes epochs into sink as a driver does.
func (m *matrix) run(sink stream.Sink, epochs []Epoch, w way) error {
	ctx, full := context.Background(), false
	rnd := rand.New(rand.NewPCG(Seed(), uint64(w.cut)))
	for _, e := range epochs {
		rows := e.Rows
		if w.spread {
			rows = spread(rows, rnd)
		}
		for _, b := range cutRows(m.Schema, e, rows, w, rnd) {
			if full {
				break
			}
			if err := Lend(ctx, b, sink); errors.Is(err, stream.ErrStop) {
				full = true
			} else if err != nil {
				return err
			}
		}
		if err := sink.Advance(ctx, e.Progress); err != nil {
			return err
		}
	}
	return nil
}

// cutRows makes the batches of an epoch.
func cutRows(schema batch.Schema, e Epoch, rows []Row, w way, rnd *rand.Rand) []*batch.Batch {
	var out []*batch.Batch
	step := w.cut
	if step == 0 {
		step = batch.MaxRows
	}
	for at := 0; at < len(rows); at += step {
		part := rows[at:min(at+step, len(rows))]
		b := Batch(schema, e.Epoch, uint32(at), part)
		if w.sliced {
			before := 1 + rnd.IntN(70)
			around := slices.Concat(repeat(rows[0], before), part, repeat(rows[len(rows)-1], 3))
			b = Batch(schema, e.Epoch, uint32(at)-uint32(before), around).Slice(before, before+len(part))
		}
		if w.coded {
			b = Coded(b, rnd)
		}
		if w.seqs {
			b.Seq = make([]uint32, b.N)
			for i := range b.Seq {
				b.Seq[i] = b.Seq0 + uint32(i)
			}
			b.Seq0 = 1 << 30
		}
		out = append(out, b)
	}
	return out
}

func repeat(r Row, n int) []Row { return slices.Repeat([]Row{r}, n) }

// spread gives rows with the same net: weights are split, and rows come and go. A row is never taken back before it is
// there.
func spread(rows []Row, rnd *rand.Rand) []Row {
	var out []Row
	for _, r := range rows {
		a := int64(rnd.IntN(3) + 1)
		if r.Diff < 0 {
			out = append(out, Row{r.Vals, a}, Row{r.Vals, r.Diff - a})
		} else {
			out = append(out, Row{r.Vals, r.Diff + a}, Row{r.Vals, -a})
		}
		if other := rows[rnd.IntN(len(rows))]; rnd.IntN(2) == 0 {
			out = append(out, Row{other.Vals, 1}, Row{other.Vals, -1})
		}
	}
	return out
}
