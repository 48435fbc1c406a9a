package op_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// aged is the limit of what is older than 4 s, in steps of 2 s.
func aged(w stream.Watermarks) types.Micros {
	at := w.Of(enginetest.Relation).Sub(4 * types.Second)
	if at <= types.MinTime {
		return types.MinTime
	}
	return at - (at%(2*types.Second)+2*types.Second)%(2*types.Second)
}

// agedInput is random rows of keys, times and values, more or less in order, with nulls and rows that are too old.
func agedInput(seed uint64) string {
	r := rand.New(rand.NewPCG(enginetest.Seed(), seed))
	var b strings.Builder
	mark := 0
	for range 12 {
		for range r.IntN(6) {
			key, val := string(rune('a'+r.IntN(4))), fmt.Sprint(r.IntN(9))
			if r.IntN(5) == 0 {
				key = "NULL"
			}
			if r.IntN(5) == 0 {
				val = "NULL"
			}
			fmt.Fprintf(&b, "%s %d %s", key, mark+r.IntN(9)-3, val)
			if r.IntN(4) == 0 {
				b.WriteString(" @2")
			}
			b.WriteByte('\n')
		}
		if r.IntN(3) == 0 {
			b.WriteString("advance\n")
			continue
		}
		mark += r.IntN(5)
		fmt.Fprintf(&b, "advance %d\n", mark)
	}
	return b.String() + "end"
}

// agedOracle gives the changes of contents: of what has come, and was not too old then, without what of makes go.
func agedOracle(of func(there enginetest.Table, limit types.Micros) (kept, contents enginetest.Table)) func([]enginetest.Epoch) []enginetest.Table {
	return func(epochs []enginetest.Epoch) []enginetest.Table {
		var out []enginetest.Table
		var there, before enginetest.Table
		limit := types.MinTime
		for _, e := range epochs {
			there = append(there, enginetest.Of([]enginetest.Epoch{e}).Filter(func(v []any) bool { return v[1] == nil || v[1].(types.Micros) > limit })...)
			if !e.Progress.End {
				limit = max(limit, aged(e.Progress.Watermarks))
			}
			var now enginetest.Table
			there, now = of(there, limit)
			out = append(out, append(before.Negate(), now...).Net())
			before = now
		}
		return out
	}
}

// Groups go when their newest row is old, begin anew, and leave no trace; every step equals the groups made anew.
func TestAggregateIdle(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz, v bigint")
	oracle := agedOracle(func(there enginetest.Table, limit types.Micros) (kept, contents enginetest.Table) {
		newest := map[any]types.Micros{}
		for _, r := range there {
			if at, seen := newest[r.Vals[0]]; !seen || at < r.Vals[1].(types.Micros) {
				newest[r.Vals[0]] = r.Vals[1].(types.Micros)
			}
		}
		kept = there.Filter(func(v []any) bool { return newest[v[0]] > limit })
		return kept, kept.Group([]int{0}, enginetest.CountAll, enginetest.Sum(2), enginetest.Max(2))
	})
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: agedInput(seed), AppendOnly: true, Oracle: oracle,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					spec := op.AggregateSpec{
						Input: s, Keys: []int{0}, AppendOnly: true, Idle: &op.Idle{Time: 1, Limit: aged},
						Calls: []agg.Call{call(t, "count", types.Type{}, -1), call(t, "sum", types.Int8, 2), call(t, "max", types.Int8, 2)},
					}
					a, err := op.NewAggregate(spec, set.Env, enginetest.NewLender(next))
					if err != nil {
						t.Fatal(err)
					}
					a.Listen(true)
					return a
				},
			})
		})
	}
}

// Rows are taken back when they are old.
func TestLapse(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz, v bigint")
	oracle := agedOracle(func(there enginetest.Table, limit types.Micros) (kept, contents enginetest.Table) {
		kept = there.Filter(func(v []any) bool { return v[1].(types.Micros) > limit })
		return kept, kept
	})
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: agedInput(seed), AppendOnly: true, Oracle: oracle,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					return op.NewLapse(op.LapseSpec{Input: s, Time: 1, Limit: aged}, set.Env, enginetest.NewLender(next))
				},
			})
		})
	}
}
