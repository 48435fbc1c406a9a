package op_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// The columns: the partition, the order, a value, two seconds before the order's time, and a number.
const passingColumns = "k int8, ts timestamptz, x int8, ago timestamptz, two int8"

func passingLimit(w stream.Watermarks) types.Micros { return w.Of(enginetest.Relation) }

// passingWindows are lists of functions that look back only, by name.
func passingWindows(t testing.TB) map[string][]op.OverCall {
	call := func(name string, args []int, f op.OverFrame) op.OverCall {
		return op.OverCall{Name: name, Args: args, Result: types.Int8, Frame: f}
	}
	current := op.FrameBound{Kind: op.CurrentRow}
	back := op.FrameBound{Kind: op.OffsetPreceding, Column: 4, Most: 2}
	running := op.OverFrame{End: current}
	rows := op.OverFrame{Unit: op.FrameRows, Start: back, End: current}
	near := op.OverFrame{Start: op.FrameBound{Kind: op.OffsetPreceding, Column: 3}, End: current}
	groups := op.OverFrame{Unit: op.FrameGroups, Start: back, End: current, Exclude: op.ExcludeTies}
	lagging := op.OverFrame{Unit: op.FrameRows, End: back}
	return map[string][]op.OverCall{
		"rows":    {nearSum(t, "sum", rows), nearSum(t, "max", rows), call("lag", []int{2}, running)},
		"range":   {nearSum(t, "sum", near), call("first_value", []int{2}, near)},
		"groups":  {nearSum(t, "count", groups)},
		"running": {nearSum(t, "sum", running), nearSum(t, "max", running), call("row_number", nil, running), call("dense_rank", nil, running)},
		"mixed":   {nearSum(t, "sum", lagging), nearSum(t, "avg", near), call("rank", nil, running), call("first_value", []int{2}, running), call("last_value", []int{2}, running)},
		"lists":   {nearSum(t, "array_agg", running), nearSum(t, "sum", rows)},
	}
}

// passingRun feeds rows in order to a PassingOver, and to one that computes all rows anew.
type passingRun struct {
	t     *testing.T
	rnd   *rand.Rand
	spec  op.PassingSpec
	over  *op.PassingOver
	naive *op.Recompute
	out   *enginetest.Collect
	at    types.Micros
	no    uint64
}

func (r *passingRun) open() {
	o, err := op.NewPassingOver(r.spec, &op.Env{Budget: mem.New("test", 0)}, r.out)
	if err != nil {
		r.t.Fatal(err)
	}
	r.over = o
}

func (r *passingRun) epoch() {
	r.t.Helper()
	r.no++
	ep := &batch.Epoch{No: r.no}
	var rows enginetest.Table
	for range r.rnd.IntN(12) {
		r.at += types.Micros(r.rnd.IntN(3)) * types.Second / 2
		var x any
		if r.rnd.IntN(8) > 0 {
			x = int64(r.rnd.IntN(50) - 10)
		}
		vals := []any{int64(r.rnd.IntN(3)), r.at, x, r.at - 2*types.Second, int64(2)}
		rows = append(rows, enginetest.Row{Vals: vals, Diff: 1 + int64(r.rnd.IntN(6)/5)})
	}
	r.at += types.Second / 2 // what comes later is later
	ctx := context.Background()
	p := stream.Progress{Epoch: ep, Watermarks: stream.Watermarks{{Relation: enginetest.Relation, At: r.at}}}
	for _, s := range []stream.Sink{r.over, r.naive} {
		if len(rows) > 0 {
			if err := s.Push(ctx, enginetest.Batch(r.spec.Input, ep, 0, rows)); err != nil {
				r.t.Fatal(err)
			}
		}
		if err := s.Advance(ctx, p); err != nil {
			r.t.Fatal(err)
		}
	}
	if r.no%5 == 0 {
		r.restart(p)
	}
}

// restart saves the state and goes on with another PassingOver.
func (r *passingRun) restart(p stream.Progress) {
	r.t.Helper()
	pin := r.over.Pin()
	defer pin.Release()
	old := r.over
	r.open()
	err := pin.Pages(func(page state.Page) error {
		data, err := page.Encode(nil)
		if err != nil {
			return err
		}
		return r.over.LoadPage(page.Key, data)
	})
	if err == nil {
		err = r.over.Loaded(p)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if a, b := old.Bytes(), r.over.Bytes(); a != b {
		r.t.Errorf("%d bytes are held, and %d after a restart", a, b)
	}
}

// TestPassingOver compares what is given, row by row and never taken back, with the results of all rows, computed anew; and
// sees that what is kept does not grow.
func TestPassingOver(t *testing.T) {
	schema := enginetest.Schema(passingColumns)
	for name, calls := range passingWindows(t) {
		t.Run(name, func(t *testing.T) {
			over := op.OverSpec{Input: schema, Partition: []int{0}, Order: []op.OrderKey{{Col: 1}}, Calls: calls}
			anew := enginetest.NewCollect(t)
			r := &passingRun{
				t: t, rnd: rand.New(rand.NewPCG(enginetest.Seed(), 3)), spec: op.PassingSpec{OverSpec: over, Limit: passingLimit},
				out: enginetest.NewCollect(t), naive: op.NewChangingOver(over, &op.Env{}, anew),
			}
			r.open()
			early := int64(0)
			for n := range 60 {
				r.epoch()
				if n == 20 {
					early = r.over.Bytes()
				}
			}
			pin := r.naive.Pin()
			defer pin.Release()
			if err := pin.Rows(context.Background(), anew); err != nil {
				t.Fatal(err)
			}
			for _, row := range r.out.All() {
				if row.Diff < 0 {
					t.Errorf("%v was taken back", row.Vals)
				}
			}
			if got, want := r.out.All().Net().String(), anew.Pending.Net().String(); got != want {
				t.Errorf("given is\n%s\nof all rows it is\n%s", got, want)
			}
			if held := r.over.Bytes(); name != "lists" && held > 2*early {
				t.Errorf("%d bytes are held, and %d were after a third of the rows", held, early)
			}
		})
	}
}

// Partitions without rows for so long that nothing looks back at them are forgotten; those that count from their start after Idle.
func TestPassingOverForgets(t *testing.T) {
	calls := passingWindows(t)
	for _, c := range []struct {
		name string
		idle types.Micros
		held bool
	}{{"range", 0, false}, {"rows", 0, true}, {"rows", 3 * types.Second, false}, {"running", 0, true}, {"running", 3 * types.Second, false}} {
		t.Run(fmt.Sprint(c.name, " ", c.idle), func(t *testing.T) {
			schema := enginetest.Schema(passingColumns)
			over := op.OverSpec{Input: schema, Partition: []int{0}, Order: []op.OrderKey{{Col: 1}}, Calls: calls[c.name]}
			r := &passingRun{
				t: t, rnd: rand.New(rand.NewPCG(enginetest.Seed(), 4)), spec: op.PassingSpec{OverSpec: over, Limit: passingLimit, Idle: c.idle},
				out: enginetest.NewCollect(t), naive: op.NewChangingOver(over, &op.Env{}, nowhere{}),
			}
			r.open()
			for range 6 {
				r.epoch()
			}
			late := stream.Progress{Epoch: &batch.Epoch{No: 7}, Watermarks: stream.Watermarks{{Relation: enginetest.Relation, At: r.at + types.Minute}}}
			if err := r.over.Advance(context.Background(), late); err != nil {
				t.Fatal(err)
			}
			if n := r.over.Bytes(); (n > 0) != c.held {
				t.Errorf("%d bytes are held", n)
			}
		})
	}
}

// What looks at later rows, or at all of a partition, cannot be given once.
func TestPassingOverRefuses(t *testing.T) {
	schema := enginetest.Schema(passingColumns)
	for _, c := range []op.OverCall{
		{Name: "lead", Args: []int{2}, Result: types.Int8},
		{Name: "ntile", Args: []int{4}, Result: types.Int8},
		nearSum(t, "sum", op.OverFrame{End: op.FrameBound{Kind: op.UnboundedFollowing}}),
		nearSum(t, "sum", op.OverFrame{Unit: op.FrameRows, Start: op.FrameBound{Kind: op.CurrentRow}, End: op.FrameBound{Kind: op.OffsetFollowing, Column: 4, Most: 2}}),
	} {
		over := op.OverSpec{Input: schema, Partition: []int{0}, Order: []op.OrderKey{{Col: 1}}, Calls: []op.OverCall{c}}
		if _, err := op.NewPassingOver(op.PassingSpec{OverSpec: over, Limit: passingLimit}, &op.Env{}, nowhere{}); err == nil {
			t.Errorf("%s is taken", c.Name)
		}
	}
}

// A row whose result fails is a dead letter; those before and after it are given.
func TestPassingOverFailure(t *testing.T) {
	schema := enginetest.Schema("k int8, ts timestamptz, x int4")
	nth := op.OverCall{Name: "nth_value", Args: []int{0, 2}, Result: types.Int8, Frame: op.OverFrame{
		Unit: op.FrameRows, Start: op.FrameBound{Kind: op.CurrentRow}, End: op.FrameBound{Kind: op.CurrentRow},
	}}
	over := op.OverSpec{Input: schema, Order: []op.OrderKey{{Col: 1}}, Calls: []op.OverCall{nth}}
	enginetest.Matrix(t, enginetest.Case{
		Schema: schema, AppendOnly: true,
		Input: "7 1 1\n8 2 2\nadvance 2.5\n9 3 0\n9 4 1\nadvance 6\nend",
		Want:  "7 1 1 7\n8 2 2 NULL\n--\n9 4 1 9\n--\n--", DeadLetters: "9 3 0",
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			o, err := op.NewPassingOver(op.PassingSpec{OverSpec: over, Limit: passingLimit}, set.Env, enginetest.NewLender(next))
			if err != nil {
				t.Fatal(err)
			}
			return o
		},
	})
}
