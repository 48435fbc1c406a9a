package op_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// numbered is the definition of row_number, lag and a running sum, by partition of k, ordered by v with nulls last, then
// by s.
func numbered(all enginetest.Table) enginetest.Table {
	parts := map[any]enginetest.Table{}
	for _, r := range all.Net() {
		for range r.Diff {
			parts[r.Vals[0]] = append(parts[r.Vals[0]], enginetest.Row{Vals: r.Vals, Diff: 1})
		}
	}
	number := func(v any) (int64, bool) { n, ok := v.(int64); return n, ok }
	compare := func(a, b enginetest.Row) int {
		x, xok := number(a.Vals[1])
		y, yok := number(b.Vals[1])
		if xok != yok {
			return map[bool]int{true: -1, false: 1}[xok]
		}
		return cmp.Compare(x, y)
	}
	var out enginetest.Table
	for _, rows := range parts {
		slices.SortStableFunc(rows, compare)
		for i, r := range rows {
			var last any
			if i > 0 {
				last = rows[i-1].Vals[1]
			}
			upTo := rows.Filter(func(v []any) bool { return compare(enginetest.Row{Vals: v}, r) <= 0 })
			sum := enginetest.Sum(1)(upTo)
			if sum != nil {
				sum = enginetest.Text(sum) // a numeric
			}
			out = append(out, enginetest.Row{Vals: append(slices.Clone(r.Vals), int64(i+1), last, sum), Diff: 1})
		}
	}
	return out.Net()
}

// Window functions over rows that come, go and come again, some more than once: at every step what was sent adds up to
// what they are over the rows that are there.
func TestChangingOver(t *testing.T) {
	s := enginetest.Schema("k text, v int8, s text")
	input := "a 1 x\nb 2 y\na 5 z @2\na NULL x\nc 0 q\nb 1 p\nb 1 o\nadvance 1\na 1 x @-1\nb 2 y @-1\nb 9 \"\"\nNULL 3 y\nadvance 2\n" +
		"a 5 z @-2\na 5 x\na 0 x\nc 0 r @3\nadvance 3\na 0 x @-1\nc 0 q @-1\nb 1 o @-1\nadvance 4\nadvance 5"
	sum, err := agg.Resolve("sum", []types.Type{types.Int8}, false)
	if err != nil {
		t.Fatal(err)
	}
	spec := op.OverSpec{Input: s, Partition: []int{0}, Order: []op.OrderKey{{Col: 1}}, Calls: []op.OverCall{
		{Name: "row_number", Result: types.Int8},
		{Name: "lag", Args: []int{1}, Result: types.Int8},
		{Agg: &agg.Call{Func: sum, Column: 1, Filter: -1}, Result: sum.Result, Frame: op.OverFrame{End: op.FrameBound{Kind: op.CurrentRow}}},
	}}
	enginetest.Matrix(t, enginetest.Case{
		Schema: s, Input: input,
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			o := op.NewChangingOver(spec, set.Env, enginetest.NewLender(next))
			o.Listen(true)
			return o
		},
		Oracle: steps(numbered),
	})
}

// steps gives the changes that take the contents after each epoch to those after the next.
func steps(of func(enginetest.Table) enginetest.Table) func([]enginetest.Epoch) []enginetest.Table {
	return func(epochs []enginetest.Epoch) []enginetest.Table {
		var out []enginetest.Table
		var before enginetest.Table
		for i := range epochs {
			now := of(enginetest.Of(epochs[:i+1]))
			out = append(out, append(before.Negate(), now...).Net())
			before = now
		}
		return out
	}
}
