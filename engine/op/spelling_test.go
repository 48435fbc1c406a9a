package op_test

import (
	"math"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
)

// zeros groups rows of (text, float8) by both, where -0 is 0. of chooses the spelling of a group's float.
func zeros(of func(rows enginetest.Table) any) func([]enginetest.Epoch) []enginetest.Table {
	plain := func(t enginetest.Table) enginetest.Table {
		return t.Project(func(v []any) []any {
			if f, ok := v[1].(float64); ok && f == 0 {
				return []any{v[0], 0.0, v[1]}
			}
			return []any{v[0], v[1], v[1]}
		})
	}
	return func(epochs []enginetest.Epoch) []enginetest.Table {
		var out []enginetest.Table
		var before enginetest.Table
		for i := range epochs {
			all := plain(enginetest.Of(epochs[:i+1]))
			now := all.Group([]int{0, 1}, of, enginetest.CountAll).Project(func(v []any) []any { return []any{v[0], v[2], v[3]} })
			out = append(out, append(before.Negate(), now...).Net())
			before = now
		}
		return out
	}
}

// least is 0 if there is one among the rows of a group, else what they have.
func least(rows enginetest.Table) any {
	if slices.ContainsFunc(rows, func(r enginetest.Row) bool {
		f, ok := r.Vals[2].(float64)
		return ok && f == 0 && !math.Signbit(f)
	}) {
		return 0.0
	}
	return rows[0].Vals[2]
}

// A group shows a spelling that one of its rows has, at every epoch: one of another group is none of its own, and what is
// taken back no longer counts.
func TestSpellings(t *testing.T) {
	s := enginetest.Schema("k text, v float8")
	enginetest.Matrix(t, enginetest.Case{
		Schema: s,
		Input: "a 0\nb -0\nadvance 1\na -0\nb 0 @2\nNULL -0\nadvance 2\na 0 @-1\nb -0 @-1\nc NULL\nc 1.5\nadvance 3\na -0 @-1\nb 0 @-2\nadvance 4\n" +
			"a -0\nb 0\nb -0\nadvance 5\nb 0 @-1\na 0 @3\nadvance 6",
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			a, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0, 1}, Calls: []agg.Call{call(t, "count", s[0].Type, -1)}},
				set.Env, enginetest.NewLender(next))
			if err != nil {
				t.Fatal(err)
			}
			a.Listen(true)
			return a
		},
		Oracle: zeros(least),
	})
}
