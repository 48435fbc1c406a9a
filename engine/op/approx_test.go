package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// About how many values are different: few are counted, however the rows are cut, saved, restored and spread over workers;
// equal values that are spelled differently are one. Where rows can be taken back the count is exact.
func TestApproxCountDistinct(t *testing.T) {
	s := enginetest.Schema("k text, s text, v int4, f float8")
	var in strings.Builder
	for i := range 400 {
		fmt.Fprintf(&in, "%c a_text_of_some_length_%d %d %s\n", 'a'+i%3, i%150, i%77, []string{"0", "-0", "1.5", "NULL"}[i%4])
		if i%90 == 89 {
			in.WriteString("advance 1\n")
		}
	}
	in.WriteString("d NULL NULL NULL\nadvance 2")
	distinct := func(col int) enginetest.Aggregate {
		return func(rows enginetest.Table) any {
			seen := map[any]bool{}
			for _, r := range rows {
				if v := r.Vals[col]; v != nil {
					if f, ok := v.(float64); ok && f == 0 {
						v = 0.0
					}
					seen[v] = true
				}
			}
			return int64(len(seen))
		}
	}
	const name = "approx_count_distinct"
	for _, appendOnly := range []bool{true, false} {
		input := in.String()
		if !appendOnly {
			input += "\na a_text_of_some_length_0 0 0 @-1\na a_text_of_some_length_3 3 NULL @-1\nadvance 3"
		}
		enginetest.Matrix(t, enginetest.Case{
			Schema: s, Input: input, AppendOnly: appendOnly,
			Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
				a, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0}, AppendOnly: appendOnly, Calls: []agg.Call{
					call(t, name, types.Text, 1), call(t, name, types.Int4, 2), call(t, name, types.Float8, 3),
				}}, set.Env, enginetest.NewLender(next))
				if err != nil {
					t.Fatal(err)
				}
				a.Listen(true)
				return a
			},
			Oracle: grouped([]int{0}, distinct(1), distinct(2), distinct(3)),
		})
	}
}
