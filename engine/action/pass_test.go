package action

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// copies keeps what is added beside the rows.
type copies struct {
	rows []int64
	err  error
}

func (c *copies) Beside(_ epoch.Target, b *batch.Batch) error {
	if c.err == nil {
		c.rows = append(c.rows, batch.Values[int64](&b.Cols[0])...)
	}
	return c.err
}

func numbers(n int) *batch.Batch {
	vs := batch.MakeValues[int64](n)
	for i := range vs {
		vs[i] = int64(i)
	}
	return &batch.Batch{N: n, Cols: []batch.Column{batch.FixedOf(types.Int8, vs, nil)}}
}

// when is the condition column op n.
func when(t *testing.T, op, n string) *expr.Predicate {
	return expr.NewPredicate(operation(t, op, n))
}

func operation(t *testing.T, op, n string) expr.Expr {
	t.Helper()
	v, err := expr.Lit(types.Int8, n)
	if err != nil {
		t.Fatal(err)
	}
	x, err := expr.Operator(op, []expr.Expr{expr.Col(0, types.Int8, "n"), v})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func through(t *testing.T, l *List, b *batch.Batch, to Beside) []int64 {
	t.Helper()
	still := func() types.Micros { return 0 }
	out, err := l.Pass(0, still, b, to)
	if err != nil {
		t.Fatal(err)
	}
	return append([]int64{}, batch.Values[int64](&out.Cols[0])...)
}

// TestOrder has each trigger see the rows as those before it left them, and none see a row that was blocked.
func TestOrder(t *testing.T) {
	var low, high Counts
	l := NewList(
		[]*Trigger{
			{When: when(t, ">", "5"), Steps: []Step{{Kind: Block}}, Counts: &high},
			{When: when(t, ">", "3"), Steps: []Step{{Kind: Set, Set: []Assign{{0, operation(t, "*", "10")}}}}, Counts: &low},
		},
		[]*Trigger{{When: when(t, ">", "39"), Steps: []Step{{Kind: Route, To: []Destination{{Columns: []expr.Expr{expr.Col(0, types.Int8, "n")}}}}}, Counts: &Counts{}}}, nil,
	)
	var to copies
	in := numbers(8)
	if d := cmp.Diff([]int64{0, 1, 2, 3, 40, 50}, through(t, l, in, &to)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int64{40, 50}, to.rows); d != "" {
		t.Error(d)
	}
	if got := batch.Values[int64](&in.Cols[0]); got[4] != 4 {
		t.Error("the batch that came was changed")
	}
	if low.Matches.Load() != 2 || high.Actions.Load() != 2 {
		t.Errorf("%d matches of the second, %d actions of the first, want 2 and 2", low.Matches.Load(), high.Actions.Load())
	}
}

// TestErrorsLoseNoRow has a condition, a value and a copy fail for some rows.
func TestErrorsLoseNoRow(t *testing.T) {
	by := func(n string) expr.Expr {
		v, _ := expr.Lit(types.Int8, "6")
		x, err := expr.Operator("/", []expr.Expr{v, operation(t, "-", n)})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	one, _ := expr.Lit(types.Int8, "0")
	cond, err := expr.Operator("<>", []expr.Expr{by("1"), one})
	if err != nil {
		t.Fatal(err)
	}
	var c Counts
	l := NewList([]*Trigger{{
		When: expr.NewPredicate(cond), Counts: &c,
		Steps: []Step{{Kind: Set, Name: "set", Set: []Assign{{0, by("3")}}}, {Kind: Route, Name: "route", To: []Destination{{Columns: []expr.Expr{expr.Col(0, types.Int8, "n")}}}}},
	}}, nil, nil)
	var to copies
	if d := cmp.Diff([]int64{-2, 1, -6, 3, 6}, through(t, l, numbers(5), &to)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int64{-2, -6, 3, 6}, to.rows); d != "" {
		t.Error(d)
	}
	to.err = epoch.ErrHops
	through(t, l, numbers(5), &to)
	got := map[string]int{}
	for _, s := range c.Samples() {
		got[s.Action]++
	}
	if d := cmp.Diff(map[string]int{"when": 2, "set": 2, "route": 4}, got); d != "" || c.Errors.Load() != 8 {
		t.Errorf("%d errors %s", c.Errors.Load(), d)
	}
}

// TestTurns has rows go to one destination each, in turn over batches.
func TestTurns(t *testing.T) {
	to := [2]copies{}
	whole := func(id uint32) Destination {
		return Destination{Target: epoch.Target{Relation: id}, Columns: []expr.Expr{expr.Col(0, types.Int8, "n")}}
	}
	l := NewList(nil, []*Trigger{{Counts: &Counts{}, Steps: []Step{{Kind: Any, To: []Destination{whole(0), whole(1)}}}}}, nil)
	split := besides(func(target epoch.Target, b *batch.Batch) error { return to[target.Relation].Beside(target, b) })
	through(t, l, numbers(3), split)
	through(t, l, numbers(3), split)
	if d := cmp.Diff([][]int64{{0, 2, 1}, {1, 0, 2}}, [][]int64{to[0].rows, to[1].rows}); d != "" {
		t.Error(d)
	}
}

type besides func(epoch.Target, *batch.Batch) error

func (f besides) Beside(t epoch.Target, b *batch.Batch) error { return f(t, b) }

// TestIndexIsPlain compares many triggers that an index looks up with the same asked one by one, over rows that they change.
func TestIndexIsPlain(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 50 {
		var all []*Trigger
		for i := range 30 {
			tr := &Trigger{ID: uint32(i + 1), Name: fmt.Sprint("t", 100+i), Counts: &Counts{}}
			x := operation(t, []string{"=", "<", ">", "<>"}[r.IntN(4)], fmt.Sprint(r.IntN(40)))
			if r.IntN(4) == 0 { // fails for some rows
				v, _ := expr.Lit(types.Int8, "100")
				w, _ := expr.Lit(types.Int8, "9")
				by, _ := expr.Operator("/", []expr.Expr{v, operation(t, "-", fmt.Sprint(r.IntN(40)))})
				x, _ = expr.Operator(">", []expr.Expr{by, w})
			}
			if r.IntN(10) > 0 {
				tr.On(x)
			}
			switch r.IntN(5) {
			case 0:
				tr.Steps = []Step{{Kind: Block}}
			case 1:
				tr.Steps = []Step{{Kind: Route, To: []Destination{{Columns: []expr.Expr{expr.Col(0, types.Int8, "n")}}}}}
			default:
				tr.Steps = []Step{{Kind: Set, Set: []Assign{{0, operation(t, []string{"+", "-"}[r.IntN(2)], fmt.Sprint(r.IntN(9)))}}}}
			}
			if tr.When == nil && tr.Steps[0].Kind == Block {
				continue
			}
			all = append(all, tr)
		}
		l := NewList(all[:10], nil, nil) // grows
		l = NewList(all[:20], nil, l)
		l = NewList(all, nil, l)
		var a, b copies
		got := through(t, l, numbers(64), &a)
		matches, errors := all[len(all)-1].Counts.Matches.Swap(0), all[len(all)-1].Counts.Errors.Swap(0)
		plain := &List{before: phase{all: all}}
		if d := cmp.Diff(through(t, plain, numbers(64), &b), got); d != "" {
			t.Fatal(d)
		}
		slices.Sort(a.rows)
		slices.Sort(b.rows)
		if d := cmp.Diff(b.rows, a.rows); d != "" {
			t.Fatal(d)
		}
		last := all[len(all)-1].Counts
		if last.Matches.Load() != matches || last.Errors.Load() != errors {
			t.Errorf("%d matches and %d errors, want %d and %d", matches, errors, last.Matches.Load(), last.Errors.Load())
		}
	}
}
