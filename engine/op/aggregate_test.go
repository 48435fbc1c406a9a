package op_test

import (
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// call is an aggregate over a column of an input schema.
func call(t testing.TB, name string, arg types.Type, column int) agg.Call {
	t.Helper()
	var args []types.Type
	if column >= 0 {
		args = []types.Type{arg}
	}
	f, err := agg.Resolve(name, args, column < 0)
	if err != nil {
		t.Fatal(err)
	}
	return agg.Call{Func: f, Column: column, Filter: -1}
}

// grouped gives each epoch's changes of a grouping, by the oracle.
func grouped(keys []int, aggs ...enginetest.Aggregate) func([]enginetest.Epoch) []enginetest.Table {
	return func(epochs []enginetest.Epoch) []enginetest.Table {
		var out []enginetest.Table
		var before enginetest.Table
		for i := range epochs {
			now := enginetest.Of(epochs[:i+1]).Group(keys, aggs...)
			out = append(out, append(before.Negate(), now...).Net())
			before = now
		}
		return out
	}
}

// Groups come, change, go and come back; nulls are a key; a retracted minimum gives way to the next.
func TestAggregate(t *testing.T) {
	s := enginetest.Schema("k text, v int4")
	enginetest.Matrix(t, enginetest.Case{
		Schema: s,
		Input:  "a 1\nb 2\na 5 @2\nNULL 7\na NULL\nadvance 1\na 1 @-1\nb 2 @-1\nc -3\nadvance 2\nb 4\nb 9\nadvance 3\nNULL 7 @-1\nc 0\na 5 @-1\nadvance 4",
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			a, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0}, Calls: []agg.Call{
				call(t, "count", types.Type{}, -1), call(t, "count", types.Int4, 1), call(t, "sum", types.Int4, 1),
				call(t, "min", types.Int4, 1), call(t, "max", types.Int4, 1),
			}}, set.Env, enginetest.NewLender(next))
			if err != nil {
				t.Fatal(err)
			}
			a.Listen(true)
			return a
		},
		Oracle: grouped([]int{0}, enginetest.CountAll, enginetest.Count(1), enginetest.Sum(1), enginetest.Min(1), enginetest.Max(1)),
	})
}

// A relation held as it is: every column a key, weights as contents.
func TestAggregateHoldsARelation(t *testing.T) {
	s := enginetest.Schema("k text, v int8")
	enginetest.Matrix(t, enginetest.Case{
		Schema: s,
		Input:  "a 1\na 1\nb 2\nadvance 1\na 1 @-1\nb 2 @-1\nc NULL @3\nadvance 2\na 1 @-1\nc NULL\nadvance 3",
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			a, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0, 1}, Weighted: true}, set.Env, enginetest.NewLender(next))
			if err != nil {
				t.Fatal(err)
			}
			a.Listen(true)
			return a
		},
		Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
			var out []enginetest.Table
			for _, e := range epochs {
				out = append(out, enginetest.Table(e.Rows).Net())
			}
			return out
		},
	})
}
