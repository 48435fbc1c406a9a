package op_test

import (
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

const unfoldInput = `
a 2 1
b 0 3
c NULL NULL
d 3 1
advance
a 2 1 @-1
e 1 2 @3
advance
d 3 1 @-1
f -1 NULL
advance`

// upTo is generate_series(1, column).
func upTo(t *testing.T, column int, step string) *expr.SetCall {
	t.Helper()
	one, err := expr.Lit(types.Int4, "1")
	if err != nil {
		t.Fatal(err)
	}
	args := []expr.Expr{one, expr.Col(column, types.Int4, "n")}
	if step != "" {
		s, err := expr.Lit(types.Int4, step)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, s)
	}
	c, err := expr.CallSet("generate_series", args)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// counted is what NewUnfold must give, by the definition: for each row the numbers to each of its columns, in step.
func counted(outer, ordinal bool, columns ...int) func(tb enginetest.Table) enginetest.Table {
	return func(tb enginetest.Table) (out enginetest.Table) {
		for _, r := range tb {
			most := int64(0)
			for _, c := range columns {
				if n, ok := r.Vals[c].(int64); ok {
					most = max(most, n)
				}
			}
			for k := int64(1); k <= most || k == 1 && outer; k++ {
				vals := append([]any(nil), r.Vals...)
				for _, c := range columns {
					if n, ok := r.Vals[c].(int64); ok && k <= n {
						vals = append(vals, k)
					} else {
						vals = append(vals, nil)
					}
				}
				if ordinal && most > 0 {
					vals = append(vals, k)
				} else if ordinal {
					vals = append(vals, nil)
				}
				out = append(out, enginetest.Row{Vals: vals, Diff: r.Diff})
			}
		}
		return out
	}
}

func TestUnfold(t *testing.T) {
	in := enginetest.Schema("k text, n int4, m int4")
	for _, c := range []struct {
		name           string
		columns        []int
		outer, ordinal bool
	}{
		{"one", []int{1}, false, false},
		{"in step", []int{1, 2}, false, true},
		{"outer", []int{1}, true, true},
		{"outer in step", []int{2, 1}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := op.UnfoldSpec{Ordinality: c.ordinal, Outer: c.outer}
			for _, col := range c.columns {
				spec.Calls = append(spec.Calls, upTo(t, col, ""))
			}
			enginetest.Matrix(t, enginetest.Case{
				Schema: in, Input: unfoldInput,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					return op.NewUnfold(spec, s.Env, enginetest.NewLender(next))
				},
				Oracle: perEpoch(counted(c.outer, c.ordinal, c.columns...)),
			})
		})
	}
}

// TestUnfoldLong passes the size of a batch several times, with functions of different lengths.
func TestUnfoldLong(t *testing.T) {
	spec := op.UnfoldSpec{Calls: []*expr.SetCall{upTo(t, 1, ""), upTo(t, 2, "")}, Ordinality: true}
	enginetest.Matrix(t, enginetest.Case{
		Schema: enginetest.Schema("k text, n int4, m int4"),
		Input:  "a 3 9000\nb 20000 8192\nadvance\na 3 9000 @-1\nc 1 0\nadvance",
		Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
			return op.NewUnfold(spec, s.Env, enginetest.NewLender(next))
		},
		Oracle: perEpoch(counted(false, true, 1, 2)),
	})
}

// TestUnfoldFails leaves out the rows that a function fails for.
func TestUnfoldFails(t *testing.T) {
	fails := &byRow{types.Int4, func(vals []any) any {
		if vals[0] == "b" {
			return sqlerr.New(sqlerr.DivisionByZero, "division by zero")
		}
		return nil
	}}
	c, err := expr.CallSet("generate_series", []expr.Expr{fails, fails})
	if err != nil {
		t.Fatal(err)
	}
	make := func(s enginetest.Setup, next stream.Sink) stream.Sink {
		return op.NewUnfold(op.UnfoldSpec{Calls: []*expr.SetCall{upTo(t, 1, ""), c}}, s.Env, enginetest.NewLender(next))
	}
	in := enginetest.Schema("k text, n int4")
	input := "a 2\nb 3\nc 1\nadvance\nb 3 @-1\na 1"
	t.Run("a view", func(t *testing.T) {
		enginetest.Matrix(t, enginetest.Case{
			Schema: in, Input: input, Make: make,
			Want: "a 2 1 NULL\na 2 2 NULL\nc 1 1 NULL\n--\na 1 1 NULL\n--",
		})
	})
	t.Run("a query", func(t *testing.T) {
		enginetest.Matrix(t, enginetest.Case{Schema: in, Input: input, Make: make, Bounded: true, WantError: sqlerr.DivisionByZero})
	})
}
