package op_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// soonAfter is the join of rows of a key whose right time is the left one's or up to two seconds later. Rows go by the
// watermark of enginetest.Relation, moved back by a second.
func soonAfter(t *testing.T, side batch.Schema) op.JoinSpec {
	t.Helper()
	lt, rt := expr.Col(1, types.Timestamptz, "lt"), expr.Col(3, types.Timestamptz, "rt")
	two, err := expr.Lit(types.Interval, "2 seconds")
	if err != nil {
		t.Fatal(err)
	}
	operator := func(name string, args ...expr.Expr) expr.Expr {
		x, err := expr.Operator(name, args)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	until := func(w stream.Watermarks) types.Micros { return w.Of(enginetest.Relation).Sub(types.Second) }
	spec := op.JoinSpec{
		Kind: op.Inner, Left: side, Right: side, LeftKeys: []int{0}, RightKeys: []int{0},
		On: expr.And(operator(">=", rt, lt), operator("<=", rt, operator("+", lt, two))),
		Ends: [2]*op.JoinEnd{
			{Column: 1, Partner: 1, Plus: 2 * types.Second, Until: until},
			{Column: 1, Partner: 1, Until: until},
		},
	}
	return spec
}

// Rows meet as if all were kept, but for those that come later than the watermark of the epoch before allows.
func TestJoinEnds(t *testing.T) {
	in, side := enginetest.Schema("side text, k text, ts timestamptz"), enginetest.Schema("k text, ts timestamptz")
	spec := soonAfter(t, side)
	enginetest.Matrix(t, enginetest.Case{
		Schema: in,
		Input: "l a 1\nr a 2\nl b 1 @2\nr NULL 2 @2\nr NULL 2\nl NULL 2\nl a NULL\nadvance 2\nr a 3\nr b 4\nl a -5\nr b 1\nr a 3\nadvance 5\nr NULL 5\nr NULL 5\nr a 3\nr a 4\nl b 3.5\nl b 4\nr b 6\n" +
			"advance 9\nl b 7\nr b 6\nr b 9 @2\nl a 20\nadvance 9\nr a infinity\nr a 22\nl b 8\nl a infinity\nadvance 100\nl b 99\nr b 101\nr a 22\nadvance\nend",
		Make: func(s enginetest.Setup, next stream.Sink) stream.Sink { return newJoined(t, spec, s, next) },
		Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
			var out []enginetest.Table
			var before, rows enginetest.Table
			mark := types.MinTime
			of := naive(op.Inner, func(l, r []any) bool {
				lt, is := l[1].(types.Micros)
				rt, also := r[1].(types.Micros)
				return is && also && l[0] != nil && l[0] == r[0] && rt >= lt && rt <= lt.Sub(-2*types.Second)
			})
			for _, e := range epochs {
				for _, r := range e.Rows {
					if at, ok := r.Vals[2].(types.Micros); !ok || at >= mark.Sub(types.Second) {
						rows = append(rows, r)
					}
				}
				now := of(rows.Net())
				out = append(out, append(before.Negate(), now...).Net())
				before = now
				mark = max(mark, e.Watermarks.Of(enginetest.Relation))
			}
			return out
		},
	})
}

// onceInput has rows that meet late ones of the other side, none at all, and ones that a checkpoint lies between.
const onceInput = "l a 1\nl b 1 @2\nr c 1\nl NULL 2 @2\nr NULL 2\nl c NULL\nr c NULL\nadvance 1.5\nr a 2.9\nl d 2\nr e 2.2\nl d 2\nadvance 3.2\nr b 3\nl e 1\nl e 2.1\nadvance 4\n" +
	"r d 4.1\nr f 4 @3\nl f 3.5\nadvance 5\nr d 5\nl g 5.5\nadvance 6.5\nl h 5.4\nr h 7\nadvance 8\nl i 8\nr i 8\nl a -5\nr a infinity\nadvance 9\nadvance 10\nl i 9.2\nr i 11.2\nadvance 11\nadvance 12\nl k 30\nr k 31\nadvance 20\nl a 25\nl a infinity\nr z 24\nadvance 100\nend"

// once is what a join that gives rows once has given by a watermark: its pairs, and of the rows that have met none those that
// could not any more.
func once(kind op.JoinKind, rows enginetest.Table, mark types.Micros, ended bool) (out enginetest.Table) {
	all := naive(kind, func(l, r []any) bool {
		lt, is := l[1].(types.Micros)
		rt, also := r[1].(types.Micros)
		return is && also && l[0] != nil && l[0] == r[0] && rt >= lt && rt <= lt.Sub(-2*types.Second)
	})(rows)
	for _, r := range all {
		key, at, plus := r.Vals[0], r.Vals[1], 2*types.Second
		lone := kind == op.Anti || kind != op.Semi && r.Vals[2] == nil && r.Vals[3] == nil
		if kind == op.Full && r.Vals[0] == nil && r.Vals[1] == nil {
			key, at, plus, lone = r.Vals[2], r.Vals[3], 0, true
		}
		if when, ok := at.(types.Micros); !lone || ended || !ok || key == nil || when.Sub(-plus) < mark.Sub(types.Second) {
			out = append(out, r)
		}
	}
	return out
}

// A join that gives rows once says that a row has met none when none can come that it meets, whatever is between: other cuts of the
// batches, a checkpoint after the partner has gone.
func TestJoinOnce(t *testing.T) {
	in, side := enginetest.Schema("side text, k text, ts timestamptz"), enginetest.Schema("k text, ts timestamptz")
	for _, kind := range []op.JoinKind{op.Left, op.Full, op.Semi, op.Anti} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			spec := soonAfter(t, side)
			spec.Kind, spec.Once = kind, true
			enginetest.Matrix(t, enginetest.Case{
				Schema: in, Input: onceInput,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					return newJoined(t, spec, s, onlyAdds{t, next})
				},
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					var out []enginetest.Table
					var before, rows enginetest.Table
					mark := types.MinTime
					for _, e := range epochs {
						for _, r := range e.Rows {
							if at, ok := r.Vals[2].(types.Micros); !ok || at >= mark.Sub(types.Second) {
								rows = append(rows, r)
							}
						}
						mark = max(mark, e.Watermarks.Of(enginetest.Relation))
						now := once(kind, rows.Net(), mark, e.End)
						out = append(out, append(before.Negate(), now...).Net())
						before = now
					}
					return out
				},
			})
		})
	}
}

// onlyAdds is a Sink that takes no row back.
type onlyAdds struct {
	t *testing.T
	stream.Sink
}

func (o onlyAdds) Push(ctx context.Context, b *batch.Batch) error {
	for i := range b.N {
		if b.Weight(i) < 0 {
			o.t.Errorf("row %d of a batch has weight %d", i, b.Weight(i))
		}
	}
	return o.Sink.Push(ctx, b)
}

// What no later row can meet takes no memory.
func TestJoinEndsMemory(t *testing.T) {
	side := enginetest.Schema("k text, ts timestamptz")
	spec := soonAfter(t, side)
	j, err := op.NewJoin(spec, &op.Env{}, new(pairCount))
	if err != nil {
		t.Fatal(err)
	}
	var early int64
	for no := range 200 {
		ep := &batch.Epoch{No: uint64(no + 1)}
		k, at := batch.NewBuilder(types.Text, 1), batch.MakeValues[types.Micros](100)
		for i := range at {
			k.String("k")
			at[i] = types.Micros(no)*types.Second + types.Micros(i)
		}
		b := &batch.Batch{Epoch: ep, N: len(at), Cols: []batch.Column{k.Finish(), batch.FixedOf(types.Timestamptz, at, nil)}}
		p := stream.Progress{Epoch: ep, Watermarks: stream.Watermarks{{Relation: enginetest.Relation, At: types.Micros(no) * types.Second}}}
		for _, to := range []stream.Sink{j.Left(), j.Right()} {
			if err := to.Push(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if err := to.Advance(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		if no == 20 {
			early = j.Bytes()
		}
	}
	if now := j.Bytes(); now > early+early/10 {
		t.Errorf("%d bytes after 200 epochs, %d after 20", now, early)
	}
}
