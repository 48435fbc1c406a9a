package op_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// within is an ordered-set aggregate over column keys of the given type, with a row's fraction or number in column arg.
func within(t *testing.T, name string, arg types.Type, column int, key types.Type, keys int) agg.Call {
	t.Helper()
	var args []types.Type
	if column >= 0 {
		args = []types.Type{arg}
	}
	f, err := agg.ResolveWithin(name, args, []types.Type{key})
	if err != nil {
		t.Fatal(err)
	}
	return agg.Call{Func: f, Column: column, Filter: -1, Order: []agg.Key{{Column: keys}}}
}

// sortedValues is column col of rows with weights as a sorted list, nulls left out.
func sortedValues(rows enginetest.Table, col int) []int64 {
	var out []int64
	for _, r := range rows {
		for range r.Diff {
			if v, ok := r.Vals[col].(int64); ok {
				out = append(out, v)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Aggregates that depend on order, over rows that come and go: each takes back what it has not seen last.
func TestOrderedAggregates(t *testing.T) {
	s := enginetest.Schema("k text, v int4, s text, p float8, h int4")
	join, err := agg.Resolve("string_agg", []types.Type{types.Text, types.Text}, false)
	if err != nil {
		t.Fatal(err)
	}
	strings1 := agg.Call{Func: join, Column: 2, More: []int{0}, Filter: -1, Order: []agg.Key{{Column: 1, Desc: true}, {Column: 2}}}
	distinct := agg.Call{Func: join, Column: 2, More: []int{0}, Filter: -1, Distinct: true}
	joined := func(less func(a, b []any) int, once bool) enginetest.Aggregate {
		return func(rows enginetest.Table) any {
			sorted := slices.Clone(rows)
			slices.SortStableFunc(sorted, func(a, b enginetest.Row) int { return less(a.Vals, b.Vals) })
			var parts []string
			for _, r := range sorted {
				for range r.Diff {
					if v, ok := r.Vals[2].(string); ok && !(once && slices.Contains(parts, v)) {
						parts = append(parts, v)
					}
				}
			}
			if parts == nil {
				return nil
			}
			key, _ := rows[0].Vals[0].(string)
			return strings.Join(parts, key)
		}
	}
	text := func(v any) string { x, _ := v.(string); return x }
	byValue := func(a, b []any) int {
		x, xok := a[1].(int64)
		y, yok := b[1].(int64)
		switch { // descending: nulls last, as the key says
		case xok != yok && xok:
			return -1
		case xok != yok:
			return 1
		case x != y:
			return int(y - x)
		}
		return strings.Compare(text(a[2]), text(b[2]))
	}
	median := func(rows enginetest.Table) any {
		v := sortedValues(rows, 1)
		if len(v) == 0 {
			return nil
		}
		return v[max((len(v)+1)/2-1, 0)]
	}
	rank := func(rows enginetest.Table) any {
		n := int64(1)
		for _, v := range sortedValues(rows, 1) {
			if v < 4 {
				n++
			}
		}
		return n
	}
	greatest := func(rows enginetest.Table) any { return enginetest.Max(2)(rows) }
	enginetest.Matrix(t, enginetest.Case{
		Schema: s,
		Input: "a 1 x 0.5 4\nb 2 y 0.5 4\na 5 z 0.5 4 @2\na NULL NULL 0.5 4\nadvance 1\na 1 x 0.5 4 @-1\nb 2 y 0.5 4 @-1\nb 9 \"\" 0.5 4\na 3 y 0.5 4\n" +
			"advance 2\na 5 z 0.5 4 @-2\na 5 x 0.5 4\nb 9 q 0.5 4 @3\nadvance 3\nb 9 q 0.5 4 @-3\na 3 y 0.5 4 @-1\nadvance 4",
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			a, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0}, Calls: []agg.Call{
				strings1, distinct, within(t, "percentile_disc", types.Float8, 3, types.Int4, 1), within(t, "rank", types.Int4, 4, types.Int4, 1),
				call(t, "max", types.Text, 2),
			}}, set.Env, enginetest.NewLender(next))
			if err != nil {
				t.Fatal(err)
			}
			a.Listen(true)
			return a
		},
		Oracle: grouped([]int{0}, joined(byValue, false),
			joined(func(a, b []any) int { return strings.Compare(text(a[2]), text(b[2])) }, true), median, rank, greatest),
	})
}
