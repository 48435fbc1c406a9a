package op_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// joined is a join behind one input, whose first column says which side a row is of, and a table that holds what it
// gives.
type joined struct {
	*op.Aggregate
	join op.Join
}

func (j *joined) Push(ctx context.Context, b *batch.Batch) error {
	var sides [2]batch.Sel
	for i := range b.N {
		side := 0
		if b.Cols[0].Str(i) == "r" {
			side = 1
		}
		sides[side] = append(sides[side], uint32(i))
	}
	for i, to := range []stream.Sink{j.join.Left(), j.join.Right()} {
		if len(sides[i]) == 0 {
			continue
		}
		part := b.Take(sides[i])
		part.Cols = part.Cols[1:]
		if err := enginetest.Lend(ctx, part, to); err != nil {
			return err
		}
	}
	return nil
}

func (j *joined) Advance(ctx context.Context, p stream.Progress) error {
	if err := j.join.Left().Advance(ctx, p); err != nil {
		return err
	}
	return j.join.Right().Advance(ctx, p)
}

func (j *joined) Close() error {
	if err := j.join.Left().Close(); err != nil {
		return err
	}
	return j.join.Right().Close()
}

// Pin holds the table; its pages are those of the join and the table.
func (j *joined) Pin() state.Pin {
	return joinedPin{j.Aggregate.Pin(), j.join.(*op.DeltaJoin).Pin()}
}

type joinedPin struct {
	state.Pin
	join state.Pin
}

func (p joinedPin) Pages(visit func(state.Page) error) error {
	for i, pin := range []state.Pin{p.Pin, p.join} {
		err := pin.Pages(func(pg state.Page) error {
			pg.Key = append([]byte{byte(i)}, pg.Key...)
			return visit(pg)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p joinedPin) Release() {
	p.Pin.Release()
	p.join.Release()
}

func (j *joined) LoadPage(key, data []byte) error {
	if key[0] == 0 {
		return j.Aggregate.LoadPage(key[1:], data)
	}
	return j.join.(*op.DeltaJoin).LoadPage(key[1:], data)
}

func (j *joined) Loaded(p stream.Progress) error {
	if err := j.Aggregate.Loaded(p); err != nil {
		return err
	}
	return j.join.(*op.DeltaJoin).Loaded(p)
}

// naive is the join of everything up to each epoch, row by row.
func naive(kind op.JoinKind, match func(l, r []any) bool) func(rows enginetest.Table) enginetest.Table {
	nulls := []any{nil, nil}
	return func(rows enginetest.Table) enginetest.Table {
		var out enginetest.Table
		give := func(w int64, parts ...[]any) {
			var vals []any
			for _, p := range parts {
				vals = append(vals, p...)
			}
			out = append(out, enginetest.Row{Vals: vals, Diff: w})
		}
		met := map[int]bool{}
		for _, l := range rows {
			if l.Vals[0] == "r" {
				continue
			}
			found := false
			for n, r := range rows {
				if r.Vals[0] != "r" || !match(l.Vals[1:], r.Vals[1:]) {
					continue
				}
				found, met[n] = true, true
				if kind <= op.Full {
					give(l.Diff*r.Diff, l.Vals[1:], r.Vals[1:])
				}
			}
			switch {
			case kind == op.Mark:
				give(l.Diff, l.Vals[1:], []any{found})
			case kind == op.Semi && found, kind == op.Anti && !found:
				give(l.Diff, l.Vals[1:])
			case (kind == op.Left || kind == op.Full) && !found:
				give(l.Diff, l.Vals[1:], nulls)
			}
		}
		for n, r := range rows {
			if kind == op.Full && r.Vals[0] == "r" && !met[n] {
				give(r.Diff, nulls, r.Vals[1:])
			}
		}
		return out
	}
}

// Rows of both sides come and go, in one epoch and across several; null keys; equal rows; a residual condition.
func TestJoin(t *testing.T) {
	in, side := enginetest.Schema("side text, k int4, v int8"), enginetest.Schema("k int4, v int8")
	input := "l 1 10\nr 1 5\nl 2 20 @2\nl NULL 1\nr NULL 1\nadvance 1\nr 2 7\nr 2 7\nr 1 50\nl 3 30\nadvance 2\n" +
		"r 1 5 @-1\nl 3 31\nr 4 1\nr 2 7 @-1\nadvance 3\nl 2 20 @-1\nr 3 8\nr 3 8 @-1\nl 1 10 @-1\nr 2 7 @-1\nadvance 4\nl 4 0\nr 1 50 @-1\nl 1 10\nadvance 5"
	less, err := expr.Operator("<", []expr.Expr{expr.Col(3, side[1].Type, "rv"), expr.Col(1, side[1].Type, "lv")})
	if err != nil {
		t.Fatal(err)
	}
	keyed := func(l, r []any) bool { return l[0] != nil && l[0] == r[0] }
	conditions := map[string]struct {
		on    expr.Expr
		keys  []int
		match func(l, r []any) bool
	}{
		"key":        {nil, []int{0}, keyed},
		"key and on": {less, []int{0}, func(l, r []any) bool { return keyed(l, r) && smaller(r[1], l[1]) }},
		"on":         {less, nil, func(l, r []any) bool { return smaller(r[1], l[1]) }},
		"every":      {nil, nil, func(l, r []any) bool { return true }},
	}
	for name, c := range conditions {
		for _, kind := range []op.JoinKind{op.Inner, op.Left, op.Full, op.Semi, op.Anti, op.Mark} {
			t.Run(fmt.Sprint(name, "/", kind), func(t *testing.T) {
				spec := op.JoinSpec{Kind: kind, Left: side, Right: side, LeftKeys: c.keys, RightKeys: c.keys, On: c.on}
				of := naive(kind, c.match)
				enginetest.Matrix(t, enginetest.Case{
					Schema: in, Input: input,
					Make: func(s enginetest.Setup, next stream.Sink) stream.Sink { return newJoined(t, spec, s, next) },
					Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
						var out []enginetest.Table
						var before enginetest.Table
						for i := range epochs {
							now := of(enginetest.Of(epochs[:i+1]).Net())
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

func smaller(a, b any) bool {
	x, ok := a.(int64)
	y, also := b.(int64)
	return ok && also && x < y
}

func newJoined(t *testing.T, spec op.JoinSpec, s enginetest.Setup, next stream.Sink) stream.Sink {
	schema := spec.Schema()
	all := make([]int, len(schema))
	for i := range all {
		all[i] = i
	}
	a, err := op.NewAggregate(op.AggregateSpec{Input: schema, Keys: all, Weighted: true}, s.Env, next)
	if err != nil {
		t.Fatal(err)
	}
	a.Listen(true)
	j, err := op.NewJoin(spec, s.Env, enginetest.NewLender(a))
	if err != nil {
		t.Fatal(err)
	}
	return &joined{a, j}
}

// In a query that ends, rows only come.
func TestJoinBounded(t *testing.T) {
	in, side := enginetest.Schema("side text, k int4, v int8"), enginetest.Schema("k int4, v int8")
	keyed := func(l, r []any) bool { return l[0] != nil && l[0] == r[0] }
	for _, kind := range []op.JoinKind{op.Inner, op.Left, op.Full, op.Semi, op.Anti, op.Mark} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			spec := op.JoinSpec{Kind: kind, Left: side, Right: side, LeftKeys: []int{0}, RightKeys: []int{0}}
			enginetest.Matrix(t, enginetest.Case{
				Schema: in, Bounded: true, AppendOnly: true,
				Input: "l 1 10\nr 1 5\nl 2 20 @2\nl NULL 1\nr NULL 1\nr 2 7 @3\nr 1 50\nl 3 30\nr 9 9\nend",
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					j, err := op.NewJoin(spec, s.Env, next)
					if err != nil {
						t.Fatal(err)
					}
					return &split{joined{join: j}}
				},
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					return []enginetest.Table{naive(kind, keyed)(enginetest.Of(epochs).Net()).Net()}
				},
			})
		})
	}
}

// split is a joined that keeps nothing.
type split struct{ j joined }

func (s *split) Push(ctx context.Context, b *batch.Batch) error       { return s.j.Push(ctx, b) }
func (s *split) Advance(ctx context.Context, p stream.Progress) error { return s.j.Advance(ctx, p) }
func (s *split) Close() error                                         { return s.j.Close() }
