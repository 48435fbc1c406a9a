package op_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// byRow is an expression that a Go function computes row by row: a bool or an int64, nil for null, an error to fail.
type byRow struct {
	t  types.Type
	of func(vals []any) any
}

func (e *byRow) Type() types.Type { return e.t }
func (e *byRow) String() string   { return "by row" }

func (e *byRow) Eval(c *expr.Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	bld := batch.NewBuilder(e.t, b.N)
	for i, r := range enginetest.Rows(b) {
		switch v := e.of(r.Vals).(type) {
		case error:
			c.Fail(i, v)
			if e.t == types.Bool {
				bld.Bool(true)
			} else {
				bld.Null()
			}
		case bool:
			bld.Bool(v)
		case int64:
			batch.Put(bld, v)
		default:
			bld.Null()
		}
	}
	col := bld.Finish()
	for i := range col.Bits { // what lies at a null or failed row is undefined, so make it the worst
		if col.Valid != nil {
			col.Bits[i] |= ^col.Valid[i]
		}
	}
	return col
}

// bare is a column reference.
type bare struct {
	i int
	t types.Type
}

func (e bare) Type() types.Type { return e.t }
func (e bare) String() string   { return fmt.Sprint("$", e.i) }
func (e bare) Eval(_ *expr.Ctx, b *batch.Batch, _ batch.Sel) batch.Column {
	return b.Cols[e.i]
}

var (
	schema   = enginetest.Schema("k text, v int8, ts timestamptz, ok bool, s int2, i int4, f float8")
	errSeven = sqlerr.New(sqlerr.DivisionByZero, "division by zero")
)

const input = `
a 1 10 true 1 1 0.5
b 2 11 false 2 2 1.5
c NULL 12 NULL 3 3 NULL
"" 3 -13 true NULL NULL -2
advance 5
advance 5
a 1 10 true 1 1 0.5 @-1
"a b" 4 14 true 4 4 4 @3
b 5 14.5 true 4 4 4
advance 9
x -2 20 false 4 4 4`

func more(n int64) func([]any) any {
	return func(vals []any) any {
		v, ok := vals[1].(int64)
		if !ok {
			return nil
		}
		return v > n
	}
}

func perEpoch(f func(enginetest.Table) enginetest.Table) func([]enginetest.Epoch) []enginetest.Table {
	return func(epochs []enginetest.Epoch) []enginetest.Table {
		var out []enginetest.Table
		for _, e := range epochs {
			out = append(out, f(e.Rows))
		}
		return out
	}
}

func TestFilter(t *testing.T) {
	for _, n := range []int64{-10, 0, 1, 3, 100} {
		t.Run(fmt.Sprint("v > ", n), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: schema, Input: input,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					return op.NewFilter(&byRow{types.Bool, more(n)}, s.Env, enginetest.NewLender(next))
				},
				Oracle: perEpoch(func(tb enginetest.Table) enginetest.Table {
					return tb.Filter(func(v []any) bool { x, ok := v[1].(int64); return ok && x > n })
				}),
			})
		})
	}
}

func failing(vals []any) any {
	if vals[1] == int64(4) || vals[1] == int64(1) {
		return errSeven
	}
	return true
}

func TestRowsThatFail(t *testing.T) {
	filter := func(s enginetest.Setup, next stream.Sink) stream.Sink {
		return op.NewFilter(&byRow{types.Bool, failing}, s.Env, next)
	}
	project := func(s enginetest.Setup, next stream.Sink) stream.Sink {
		return op.NewProject([]expr.Expr{bare{0, types.Text}, &byRow{types.Bool, failing}}, s.Env, next)
	}
	dead := `"a b" 4 14 true 4 4 4 @3`
	for name, c := range map[string]enginetest.Case{
		"filter": {Make: filter, DeadLetters: dead, Want: `
"" 3 -13 true NULL NULL -2
b 2 11 false 2 2 1.5
c NULL 12 NULL 3 3 NULL
--
--
b 5 14.5 true 4 4 4
--
x -2 20 false 4 4 4
--`},
		"project": {Make: project, DeadLetters: dead, Want: `
"" true
b true
c true
--
--
b true
--
x true
--`},
		"filter, bounded":  {Make: filter, Bounded: true, WantError: sqlerr.DivisionByZero},
		"project, bounded": {Make: project, Bounded: true, WantError: sqlerr.DivisionByZero},
	} {
		t.Run(name, func(t *testing.T) {
			c.Schema, c.Input = schema, input
			enginetest.Matrix(t, c)
		})
	}
}

// TestFirstFailureWins: a client's query ends with its first row that fails, whichever expression failed first.
func TestFirstFailureWins(t *testing.T) {
	epochs, err := enginetest.Parse(enginetest.Schema("k text, v int8"), "a 1\nb 2\nc 3")
	if err != nil {
		t.Fatal(err)
	}
	fails := func(at int64) expr.Expr {
		return &byRow{types.Bool, func(v []any) any {
			if v[1].(int64) >= at {
				return fmt.Errorf("row %d", v[1])
			}
			return true
		}}
	}
	sink := op.NewProject([]expr.Expr{fails(3), fails(2)}, &op.Env{Bounded: true}, enginetest.NewCollect(t))
	b := enginetest.Batch(enginetest.Schema("k text, v int8"), epochs[0].Epoch, 0, epochs[0].Rows)
	if err := sink.Push(context.Background(), b); err == nil || err.Error() != "row 2" {
		t.Errorf("got %v, want the error of row 2", err)
	}
}

func TestProject(t *testing.T) {
	double := func(vals []any) any {
		if v, ok := vals[1].(int64); ok {
			return 2 * v
		}
		return nil
	}
	enginetest.Matrix(t, enginetest.Case{
		Schema: schema, Input: input,
		Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
			return op.NewProject([]expr.Expr{bare{3, types.Bool}, &byRow{types.Int8, double}, bare{0, types.Text}}, s.Env, enginetest.NewLender(next))
		},
		Oracle: perEpoch(func(tb enginetest.Table) enginetest.Table {
			return tb.Project(func(v []any) []any { return []any{v[3], double(v), v[0]} })
		}),
	})
}

// first keeps the address of the first value that it sees.
type first struct {
	*enginetest.Collect
	at *byte
}

func (f *first) Push(ctx context.Context, b *batch.Batch) error {
	f.at = &b.Cols[0].Fixed[0]
	return f.Collect.Push(ctx, b)
}

func TestNoCopy(t *testing.T) {
	s := enginetest.Schema("v int8")
	epochs, _ := enginetest.Parse(s, "1\n2")
	b := enginetest.Batch(s, epochs[0].Epoch, 0, epochs[0].Rows)
	env := &op.Env{}
	for name, mk := range map[string]func(stream.Sink) stream.Sink{
		"project of a bare column": func(next stream.Sink) stream.Sink {
			return op.NewProject([]expr.Expr{bare{0, types.Int8}}, env, next)
		},
		"filter that passes all": func(next stream.Sink) stream.Sink {
			return op.NewFilter(&byRow{types.Bool, func([]any) any { return true }}, env, next)
		},
	} {
		to := &first{Collect: enginetest.NewCollect(t)}
		if err := mk(to).Push(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		if to.at != &b.Cols[0].Fixed[0] {
			t.Errorf("%s copied it", name)
		}
	}
}

func TestLimit(t *testing.T) {
	rows := "a 1\nb 2 @2\nc 3\nd 4"
	for _, c := range []struct {
		limit, offset int64
		want          string
	}{
		{op.NoLimit, 0, "a 1\nb 2 @2\nc 3\nd 4\n--"},
		{op.NoLimit, 2, "b 2\nc 3\nd 4\n--"},
		{0, 0, "--"},
		{1, 0, "a 1\n--"},
		{2, 0, "a 1\nb 2\n--"},
		{2, 1, "b 2 @2\n--"},
		{2, 2, "b 2\nc 3\n--"},
		{9, 4, "d 4\n--"},
		{1, 9, "--"},
	} {
		t.Run(fmt.Sprint(c.limit, c.offset), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: enginetest.Schema("k text, v int8"), Input: rows, Bounded: true,
				Ordered: true, AppendOnly: true, Want: c.want,
				Make: func(_ enginetest.Setup, next stream.Sink) stream.Sink { return op.NewLimit(c.limit, c.offset, next) },
			})
		})
	}
}

func TestLimitStops(t *testing.T) {
	s := enginetest.Schema("v int8")
	epochs, _ := enginetest.Parse(s, "1\n2")
	b := enginetest.Batch(s, epochs[0].Epoch, 0, epochs[0].Rows)
	out := enginetest.NewCollect(t)
	l := op.NewLimit(3, 0, out)
	for i, want := range []error{nil, stream.ErrStop, stream.ErrStop} {
		if err := l.Push(context.Background(), b); !errors.Is(err, want) {
			t.Errorf("push %d: %v, want %v", i, err, want)
		}
	}
	if got := len(out.All()); got != 3 {
		t.Errorf("%d rows passed a limit of 3", got)
	}
}

func TestRetractionsAreRefused(t *testing.T) {
	for name, mk := range map[string]func(s enginetest.Setup, next stream.Sink) stream.Sink{
		"order": func(s enginetest.Setup, next stream.Sink) stream.Sink { return op.NewOrder(nil, 3, s.Env, next) },
		"limit": func(_ enginetest.Setup, next stream.Sink) stream.Sink { return op.NewLimit(3, 0, next) },
	} {
		sink := mk(enginetest.Setup{Env: &op.Env{}}, enginetest.NewCollect(t))
		b := enginetest.Batch(enginetest.Schema("v int8"), &batch.Epoch{No: 1}, 0, []enginetest.Row{{Vals: []any{int64(1)}, Diff: -1}})
		if err := sink.Push(context.Background(), b); sqlerr.CodeOf(err) != sqlerr.InternalError {
			t.Errorf("%s takes a row of weight -1: %v", name, err)
		}
	}
}

// both is the n inputs of a union as one sink that deals batches out in turn.
type both struct {
	inputs []stream.Sink
	turn   int
}

func (b *both) Push(ctx context.Context, x *batch.Batch) error {
	b.turn++
	return b.inputs[b.turn%len(b.inputs)].Push(ctx, x)
}

func (b *both) Advance(ctx context.Context, p stream.Progress) error {
	for _, in := range b.inputs {
		if err := in.Advance(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (b *both) Close() error {
	for _, in := range b.inputs {
		if err := in.Close(); err != nil {
			return err
		}
	}
	return nil
}

func TestUnion(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: schema, Input: input,
				Make: func(_ enginetest.Setup, next stream.Sink) stream.Sink {
					return &both{inputs: op.NewUnion(n, next)}
				},
				Oracle: perEpoch(func(tb enginetest.Table) enginetest.Table { return tb }),
			})
		})
	}
}

func TestUnionWaitsForAll(t *testing.T) {
	ctx := context.Background()
	out := enginetest.NewCollect(t)
	in := op.NewUnion(2, out)
	at := func(no uint64, a, b types.Micros, end bool) stream.Progress {
		return stream.Progress{Epoch: &batch.Epoch{No: no}, End: end, Watermarks: stream.Watermarks{{Relation: 1, At: a}, {Relation: 5, At: b}}}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(in[0].Advance(ctx, at(1, 10, 20, false)))
	if len(out.Epochs) != 0 {
		t.Fatal("advanced before the second input did")
	}
	row := enginetest.Batch(enginetest.Schema("v int8"), &batch.Epoch{No: 2}, 0, []enginetest.Row{{Vals: []any{int64(1)}, Diff: 1}})
	if err := in[0].Push(ctx, row); sqlerr.CodeOf(err) != sqlerr.InternalError {
		t.Errorf("an input that runs ahead gets %v", err)
	}
	do(in[1].Advance(ctx, at(1, 7, 30, false)))
	if w := out.Last.Watermarks; w.Of(1) != 7 || w.Of(5) != 20 || len(w) != 2 {
		t.Errorf("watermarks %v, want the least of both", w)
	}
	do(in[1].Advance(ctx, at(2, 8, 31, true)))
	do(in[0].Advance(ctx, at(2, 50, 60, false)))
	if w := out.Last.Watermarks; out.Last.End || w.Of(1) != 8 {
		t.Errorf("after one input ended: end %v, watermarks %v", out.Last.End, w)
	}
	do(in[0].Push(ctx, row))
	do(in[0].Advance(ctx, at(3, 51, 61, true)))
	if w := out.Last.Watermarks; !out.Last.End || len(out.Epochs) != 3 || w.Of(1) != 51 {
		t.Errorf("end %v after %d epochs, watermarks %v: an input that ended earlier counts no more", out.Last.End, len(out.Epochs), w)
	}
	do(in[0].Close())
	do(in[0].Close())
	if out.Closed != 0 {
		t.Error("closed before the second input was")
	}
	do(in[1].Close())
	if out.Closed != 1 {
		t.Errorf("closed %d times", out.Closed)
	}
}

func TestTee(t *testing.T) {
	enginetest.Matrix(t, enginetest.Case{
		Schema: schema, Input: input,
		Make: func(_ enginetest.Setup, next stream.Sink) stream.Sink {
			full := enginetest.NewCollect(t)
			full.StopAt = 1
			return op.NewTee(full, next, op.NewLimit(2, 0, enginetest.NewCollect(t)))
		},
		AppendOnly: true,
		Oracle:     perEpoch(func(tb enginetest.Table) enginetest.Table { return tb }),
	})
}

func TestTeeStopsWhenAllDo(t *testing.T) {
	a, b := enginetest.NewCollect(t), enginetest.NewCollect(t)
	a.StopAt, b.StopAt = 1, 2
	tee := op.NewTee(a, b)
	row := enginetest.Batch(enginetest.Schema("v int8"), &batch.Epoch{No: 1}, 0, []enginetest.Row{{Vals: []any{int64(1)}, Diff: 1}})
	if err := tee.Push(context.Background(), row); err != nil {
		t.Errorf("one of two is full: %v", err)
	}
	if err := tee.Push(context.Background(), row); !errors.Is(err, stream.ErrStop) {
		t.Errorf("both are full: %v", err)
	}
	if len(a.All()) != 1 || len(b.All()) != 2 {
		t.Errorf("%d and %d rows", len(a.All()), len(b.All()))
	}
}

func TestDrain(t *testing.T) {
	s := enginetest.Schema("v int8")
	ep := &batch.Epoch{No: 4}
	b := enginetest.Batch(s, ep, 0, []enginetest.Row{{Vals: []any{int64(1)}, Diff: 1}})
	out := enginetest.NewCollect(t)
	src := op.NewValues(s, b, b, b)
	if err := op.Drain(context.Background(), src, stream.Progress{Epoch: ep}, op.NewLimit(2, 0, out)); err != nil {
		t.Fatal(err)
	}
	if len(out.All()) != 2 || !out.Last.End || out.Last.Epoch != ep {
		t.Errorf("%d rows, end %v", len(out.All()), out.Last.End)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	stopped := enginetest.NewCollect(t)
	if err := op.Drain(ctx, src, stream.Progress{Epoch: ep}, stopped); !errors.Is(err, context.Canceled) || stopped.Last.End {
		t.Errorf("a canceled query: %v, end %v", err, stopped.Last.End)
	}
}

// TestGatherStrings: values around the size that is copied at once, from buffers with padding and without.
func TestGatherStrings(t *testing.T) {
	var rows []enginetest.Row
	for n := range 140 {
		rows = append(rows, enginetest.Row{Vals: []any{strings.Repeat(string(rune('a'+n%26)), n)}, Diff: 1})
	}
	b := enginetest.Batch(enginetest.Schema("k text"), &batch.Epoch{No: 1}, 5, rows)
	bare := *b
	bare.Cols = []batch.Column{b.Cols[0]}
	data := b.Cols[0].Data
	bare.Cols[0].Data = append(make([]byte, 0, len(data)), data...)[:len(data):len(data)]
	var g op.Gather
	for _, sel := range [][]uint32{nil, {139}, {0, 139}, {139, 0, 139}, {31, 32, 33, 33, 1, 64, 65, 2}} {
		var want []string
		for _, r := range sel {
			want = append(want, rows[r].Vals[0].(string))
		}
		for name, from := range map[string]*batch.Batch{"padded": b, "bare": &bare, "sliced": b.Slice(0, 140)} {
			out := g.Rows(from, sel)
			for i, w := range want {
				if got := string(out.Cols[0].At(i)); got != w || out.SeqAt(i) != 5+sel[i] {
					t.Errorf("%s: row %d of %v is %q at %d, want %q", name, i, sel, got, out.SeqAt(i), w)
				}
			}
		}
	}
}
