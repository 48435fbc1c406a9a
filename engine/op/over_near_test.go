package op_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// The columns of these tests: the partition, the order, a value, how far the order reaches down and up, and two numbers that
// are the same everywhere.
const nearColumns = "k int8, v int8, x int8, low int8, high int8, two int8, three int8"

func nearSum(t testing.TB, name string, frame op.OverFrame) op.OverCall {
	t.Helper()
	f, err := agg.Resolve(name, []types.Type{types.Int8}, false)
	if err != nil {
		t.Fatal(err)
	}
	return op.OverCall{Agg: &agg.Call{Func: f, Column: 2, Filter: -1}, Result: f.Result, Frame: frame}
}

// nearWindows are lists of functions of one window, by name.
func nearWindows(t testing.TB) map[string][]op.OverCall {
	call := func(name string, args []int, f op.OverFrame) op.OverCall {
		return op.OverCall{Name: name, Args: args, Result: types.Int8, Frame: f}
	}
	bound := func(kind op.BoundKind, column int) op.FrameBound {
		return op.FrameBound{Kind: kind, Column: column, Most: 3}
	}
	current := op.FrameBound{Kind: op.CurrentRow}
	rows := op.OverFrame{Unit: op.FrameRows, Start: bound(op.OffsetPreceding, 5), End: bound(op.OffsetFollowing, 6)}
	groups := op.OverFrame{Unit: op.FrameGroups, Start: bound(op.OffsetPreceding, 5), End: current, Exclude: op.ExcludeTies}
	near := op.OverFrame{Start: bound(op.OffsetPreceding, 3), End: bound(op.OffsetFollowing, 4)}
	ahead := op.OverFrame{Unit: op.FrameRows, Start: bound(op.OffsetFollowing, 5), End: bound(op.OffsetFollowing, 6)}
	behind := op.OverFrame{Unit: op.FrameRows, Start: bound(op.OffsetPreceding, 6), End: bound(op.OffsetPreceding, 5)}
	running := op.OverFrame{End: current}
	others := op.OverFrame{End: current, Exclude: op.ExcludeRow}
	without := op.OverFrame{Unit: op.FrameGroups, End: bound(op.OffsetFollowing, 5), Exclude: op.ExcludeGroup}
	lagging := op.OverFrame{Unit: op.FrameRows, End: bound(op.OffsetPreceding, 5)}
	all := op.OverFrame{End: op.FrameBound{Kind: op.UnboundedFollowing}}
	two := int64(2)
	lead := call("lead", []int{2, 5}, running)
	lead.Distance = &two
	ranks := []op.OverCall{call("row_number", nil, running), call("rank", nil, running), call("dense_rank", nil, running)}
	return map[string][]op.OverCall{
		"rows":    {nearSum(t, "sum", rows), nearSum(t, "max", rows), call("lag", []int{2}, running), lead},
		"groups":  {nearSum(t, "count", groups), call("last_value", []int{2}, groups)},
		"range":   {nearSum(t, "sum", near), call("first_value", []int{2}, near), call("nth_value", []int{2, 5}, near)},
		"ahead":   {nearSum(t, "sum", ahead), nearSum(t, "min", behind)},
		"ranks":   append(ranks, nearSum(t, "sum", rows)),
		"running": {nearSum(t, "sum", running), nearSum(t, "max", running), call("first_value", []int{2}, running), nearSum(t, "avg", lagging), nearSum(t, "sum", near)},
		"ends":    {call("first_value", []int{2}, running), call("last_value", []int{2}, running)},
		"others":  {nearSum(t, "max", others), nearSum(t, "count", rows)},
		"without": {nearSum(t, "sum", others), nearSum(t, "avg", without)},
		"whole":   {nearSum(t, "sum", all), nearSum(t, "max", running)},
	}
}

// nearRow is a row of the columns.
func nearRow(k, v int64, x any) []any { return []any{k, v, x, v - 3, v + 2, int64(2), int64(3)} }

// TestChangingOverNear adds and takes back rows of partitions that are long enough for their parts to be computed, and compares
// the sum of what was sent with the results of all rows, computed anew, after every epoch.
func TestChangingOverNear(t *testing.T) {
	schema := enginetest.Schema(nearColumns)
	for name, calls := range nearWindows(t) {
		for _, desc := range []bool{false, true} {
			if desc && name == "range" || desc && name == "running" { // the bounds of values are those of a rising order
				continue
			}
			t.Run(fmt.Sprint(name, " ", desc), func(t *testing.T) {
				spec := op.OverSpec{Input: schema, Partition: []int{0}, Order: []op.OrderKey{{Col: 1, Desc: desc}}, Calls: calls}
				r := &nearRun{t: t, rnd: rand.New(rand.NewPCG(enginetest.Seed(), 7)), schema: schema, out: enginetest.NewCollect(t)}
				r.over = op.NewChangingOver(spec, &op.Env{Budget: mem.New("test", 0)}, r.out)
				r.over.Listen(true)
				for range 600 {
					r.come(int64(r.rnd.IntN(2)), int64(r.rnd.IntN(600)))
				}
				r.epoch()
				for n := range 16 {
					for range 1 + r.rnd.IntN(4) {
						switch {
						case n%3 == 0 && r.rnd.IntN(2) == 0:
							r.come(int64(r.rnd.IntN(2)), int64(600+n)) // at the end
						case r.rnd.IntN(2) == 0:
							r.come(int64(r.rnd.IntN(3)), int64(r.rnd.IntN(600)))
						default:
							r.go1()
						}
					}
					r.epoch()
				}
				for len(r.here) > 0 { // down to nothing
					for range min(len(r.here), 120) {
						r.go1()
					}
					r.epoch()
				}
			})
		}
	}
}

type nearRun struct {
	t      *testing.T
	rnd    *rand.Rand
	schema batch.Schema
	over   *op.Recompute
	out    *enginetest.Collect
	here   enginetest.Table
	next   enginetest.Table // of the epoch
	no     uint64
}

func (r *nearRun) come(k, v int64) {
	var x any
	if r.rnd.IntN(8) > 0 {
		x = int64(r.rnd.IntN(50) - 10)
	}
	row := enginetest.Row{Vals: nearRow(k, v, x), Diff: 1 + int64(r.rnd.IntN(6)/5)}
	r.here, r.next = append(r.here, row), append(r.next, row)
}

func (r *nearRun) go1() {
	if len(r.here) == 0 {
		return
	}
	i := r.rnd.IntN(len(r.here))
	row := r.here[i]
	r.here[i] = r.here[len(r.here)-1]
	r.here = r.here[:len(r.here)-1]
	r.next = append(r.next, enginetest.Row{Vals: row.Vals, Diff: -row.Diff})
}

// epoch pushes what came and went, and compares.
func (r *nearRun) epoch() {
	r.t.Helper()
	r.no++
	ep := &batch.Epoch{No: r.no}
	ctx := context.Background()
	if len(r.next) > 0 {
		if err := r.over.Push(ctx, enginetest.Batch(r.schema, ep, 0, r.next)); err != nil {
			r.t.Fatal(err)
		}
	}
	r.next = nil
	if err := r.over.Advance(ctx, stream.Progress{Epoch: ep}); err != nil {
		r.t.Fatal(err)
	}
	anew := enginetest.NewCollect(r.t)
	pin := r.over.Pin()
	defer pin.Release()
	if err := pin.Rows(ctx, anew); err != nil {
		r.t.Fatal(err)
	}
	if got, want := r.out.All().Net().String(), anew.Pending.Net().String(); got != want {
		r.t.Fatalf("epoch %d: what was sent is\n%s\nof all rows it is\n%s", r.no, got, want)
	}
}

// BenchmarkChangingOver is an epoch of one row at the end of a partition of 100,000, with somebody listening.
func BenchmarkChangingOver(b *testing.B) {
	schema := enginetest.Schema(nearColumns)
	for _, name := range []string{"rows", "range", "ranks", "running"} {
		b.Run(name, func(b *testing.B) {
			spec := op.OverSpec{Input: schema, Partition: []int{0}, Order: []op.OrderKey{{Col: 1}}, Calls: nearWindows(b)[name]}
			o := op.NewChangingOver(spec, &op.Env{}, nowhere{})
			o.Listen(true)
			ep, v, ctx := &batch.Epoch{}, int64(0), context.Background()
			push := func(n int) {
				var rows enginetest.Table
				for range n {
					v++
					rows = append(rows, enginetest.Row{Vals: nearRow(1, v, v%100), Diff: 1})
				}
				ep = &batch.Epoch{No: ep.No + 1}
				if err := o.Push(ctx, enginetest.Batch(schema, ep, 0, rows)); err != nil {
					b.Fatal(err)
				}
			}
			end := func() {
				if err := o.Advance(ctx, stream.Progress{Epoch: ep}); err != nil {
					b.Fatal(err)
				}
			}
			for range 100 {
				push(1000)
			}
			end()
			for b.Loop() {
				push(1)
				end()
			}
		})
	}
}
