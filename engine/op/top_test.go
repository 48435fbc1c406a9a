package op_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
)

// firstOf is the definition: sort all rows by k descending or ascending and v ascending, nulls last, then by the rest, and
// take the rows of each group that spec wants.
func firstOf(spec op.TopSpec) func(enginetest.Table) enginetest.Table {
	text := func(v any) (string, bool) { x, ok := v.(string); return x, ok }
	whole := func(v any) (int64, bool) { x, ok := v.(int64); return x, ok }
	byKey := func(a, b enginetest.Row) int {
		x, xok := text(a.Vals[0])
		y, yok := text(b.Vals[0])
		if xok != yok {
			return map[bool]int{true: -1, false: 1}[xok]
		}
		c := cmp.Compare(x, y)
		if spec.Order[0].Desc {
			c = -c
		}
		return c
	}
	byOrder := func(a, b enginetest.Row) int {
		if c := byKey(a, b); c != 0 {
			return c
		}
		x, xok := whole(a.Vals[1])
		y, yok := whole(b.Vals[1])
		if xok != yok {
			return map[bool]int{true: -1, false: 1}[xok]
		}
		return cmp.Compare(x, y)
	}
	return func(all enginetest.Table) enginetest.Table {
		sorted := all.Net() // by values
		slices.SortStableFunc(sorted, byOrder)
		var out enginetest.Table
		seen, last := int64(0), enginetest.Row{}
		for i, r := range sorted {
			if i == 0 || spec.Prefix > 0 && byKey(sorted[i-1], r) != 0 {
				seen = 0
			}
			n := int64(0)
			for range r.Diff {
				at := seen
				seen++
				inside := at >= spec.Offset && at < spec.Offset+spec.Limit
				tie := spec.Ties && at >= spec.Offset+spec.Limit && spec.Limit > 0 && last.Vals != nil && byOrder(last, r) == 0
				if inside || tie {
					n++
				}
				if inside {
					last = r
				}
			}
			if n > 0 {
				out = append(out, enginetest.Row{Vals: r.Vals, Diff: n})
			}
		}
		return out
	}
}

// The first rows, as rows come, go and come again, some more than once.
func TestTop(t *testing.T) {
	s := enginetest.Schema("k text, v int8, s text")
	input := "a 1 x\nb 2 y\na 5 z @2\na NULL x\nc 0 q\nb 1 p\nb 1 o\nadvance 1\na 1 x @-1\nb 2 y @-1\nb 9 \"\"\nNULL 3 y\nadvance 2\n" +
		"a 5 z @-2\na 5 x\na 0 x\nc 0 r @3\nadvance 3\na 0 x @-1\nc 0 q @-1\nb 1 o @-1\nadvance 4\nadvance 5"
	added := "a 5 x\nb 7 y @2\na 9 z\nadvance 1\na 5 w\nb 2 y\na 5 v\nadvance 2\nc 1 r\na 1 q\nNULL 8 u\na 1 p\nadvance 3"
	key, value := op.OrderKey{Col: 0}, op.OrderKey{Col: 1}
	for _, spec := range []op.TopSpec{
		{Limit: 3, Order: []op.OrderKey{key, value}},
		{Limit: 3, Offset: 2, Order: []op.OrderKey{{Col: 0, Desc: true}, value}},
		{Limit: 1, Prefix: 1, Order: []op.OrderKey{key, value}},
		{Limit: 2, Offset: 1, Prefix: 1, Order: []op.OrderKey{{Col: 0, Desc: true}, value}},
		{Limit: 2, Ties: true, Order: []op.OrderKey{key, value}},
		{Limit: 1, Prefix: 1, Ties: true, Order: []op.OrderKey{key, value}},
		{Limit: 0, Order: []op.OrderKey{key, value}},
	} {
		for _, appendOnly := range []bool{false, true} {
			spec.Input, spec.AppendOnly = s, appendOnly
			first := firstOf(spec)
			rows := input
			if appendOnly {
				rows = added
			}
			t.Run(fmt.Sprintf("%d after %d, prefix %d, ties %t, append only %t", spec.Limit, spec.Offset, spec.Prefix, spec.Ties, appendOnly), func(t *testing.T) {
				enginetest.Matrix(t, enginetest.Case{
					Schema: s, Input: rows, AppendOnly: appendOnly,
					Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
						top := op.NewTop(spec, set.Env, enginetest.NewLender(next))
						top.Listen(true)
						return top
					},
					Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
						var out []enginetest.Table
						var before enginetest.Table
						for i := range epochs {
							now := first(enginetest.Of(epochs[:i+1]))
							out = append(out, append(before.Negate(), now...).Net())
							before = now
						}
						return out
					},
				})
			})
		}
	}
}

// Rows that only come give the same first rows as rows that may go, whatever comes together, in small and large groups.
func TestTopOfRowsThatOnlyCome(t *testing.T) {
	s := enginetest.Schema("k text, v int8, s text")
	rapid.Check(t, func(r *rapid.T) {
		spec := op.TopSpec{
			Input: s, Prefix: rapid.IntRange(0, 1).Draw(r, "prefix"), Limit: rapid.Int64Range(0, 4).Draw(r, "limit"),
			Offset: rapid.Int64Range(0, 2).Draw(r, "offset"), Ties: rapid.Bool().Draw(r, "ties"),
			Order: []op.OrderKey{{Col: 0, Desc: rapid.Bool().Draw(r, "desc")}, {Col: 1}},
		}
		made := func(appendOnly bool) *op.Top {
			spec.AppendOnly = appendOnly
			return op.NewTop(spec, &op.Env{}, nowhere{})
		}
		plain, only := made(false), made(true)
		for no := range uint64(rapid.IntRange(1, 6).Draw(r, "batches")) {
			var rows []enginetest.Row
			for range rapid.IntRange(1, 30).Draw(r, "rows") {
				k := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(r, "k")
				rows = append(rows, enginetest.Row{Vals: []any{k, rapid.Int64Range(0, 5).Draw(r, "v"), rapid.SampledFrom([]string{"x", "y"}).Draw(r, "s")}, Diff: rapid.Int64Range(1, 3).Draw(r, "n")})
			}
			for _, top := range []*op.Top{plain, only} {
				if err := top.Push(t.Context(), enginetest.Batch(s, &batch.Epoch{No: no + 1}, 0, rows)); err != nil {
					r.Fatal(err)
				}
				if err := top.Advance(t.Context(), stream.Progress{Epoch: &batch.Epoch{No: no + 1}}); err != nil {
					r.Fatal(err)
				}
			}
			if got, want := enginetest.Contents(t, only.Pin()), enginetest.Contents(t, plain.Pin()); got != want {
				r.Fatalf("%s\nwant\n%s", got, want)
			}
		}
	})
}
