package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// Rows are there as they came, however many of them came at a time: what comes out is what went in.
func TestAppended(t *testing.T) {
	s := enginetest.Schema("k text, v bigint, b boolean, ts timestamptz")
	var large strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&large, "\"row %d\" %d %v %d\n", i%700, i, i%3 == 0, i)
	}
	for _, input := range []string{
		"a 1 true 1\nb 2 false 2 @3\nadvance 1\nadvance 2\na 1 true 1\nNULL NULL NULL 3\nend",
		large.String() + "advance 9\n" + large.String() + "x NULL NULL 1\nend",
	} {
		for _, memory := range []func(*op.Env) *op.Env{plenty, shortOfMemory} {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: input, AppendOnly: true,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					a := op.NewAppended(s, memory(set.Env), enginetest.NewLender(next))
					a.Listen(true)
					return a
				},
				Oracle: func(epochs []enginetest.Epoch) (out []enginetest.Table) {
					for _, e := range epochs {
						out = append(out, e.Rows)
					}
					return out
				},
			})
		}
	}
}

func plenty(env *op.Env) *op.Env { return env }

// shortOfMemory gives an Env whose memory is always short, but never refused.
func shortOfMemory(env *op.Env) *op.Env {
	root := mem.New("test", 1<<40)
	if err := root.Reserve(1 << 40 / 16 * 13); err != nil {
		panic(err)
	}
	out := *env
	out.Budget, out.Scratch = root.Child("view", 0), &enginetest.Attic{}
	return &out
}

// Rows of ten times the memory that they may take are there and come back; without room elsewhere they are refused, and damage is noticed.
func TestAppendedBoundsMemory(t *testing.T) {
	s := enginetest.Schema("k text, v bigint")
	const limit, rows = 1 << 20, 1000
	fill := func(a *enginetest.Attic) (out *op.Appended, pin state.Pin, peak int64, err error) {
		env := &op.Env{Budget: mem.New("view", limit)}
		if a != nil {
			env.Scratch = a
		}
		out = op.NewAppended(s, env, enginetest.NewCollect(t))
		for no := range 200 {
			var in []enginetest.Row
			for i := range rows {
				in = append(in, enginetest.Row{Vals: []any{fmt.Sprint("a value that takes some room ", no*rows+i), int64(i)}, Diff: 1})
			}
			ep := &batch.Epoch{No: uint64(no + 1)}
			if err := out.Push(t.Context(), enginetest.Batch(s, ep, 0, in)); err != nil {
				return out, pin, 0, err
			}
			if err := out.Advance(t.Context(), stream.Progress{Epoch: ep}); err != nil {
				return out, pin, 0, err
			}
			if no == 20 {
				pin = out.Pin()
			}
		}
		return out, pin, env.Budget.Peak(), nil
	}
	if _, _, _, err := fill(nil); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Fatalf("all fits into memory: %v", err)
	}
	if _, _, _, err := fill(&enginetest.Attic{Most: 3}); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Errorf("a full attic gives %v", err)
	}
	a, early, peak, err := fill(&enginetest.Attic{})
	if err != nil || peak > limit || a.Cold() == 0 || a.Bytes() > limit {
		t.Fatalf("%v; at most %d bytes were held, %d are cold", err, peak, a.Cold())
	}
	for pin, want := range map[state.Pin]int{early: 21 * rows, a.Pin(): 200 * rows} {
		c := enginetest.NewCollect(t)
		if err := pin.Rows(t.Context(), c); err != nil || len(c.All()) != want {
			t.Errorf("%d rows come back, want %d, %v", len(c.All()), want, err)
		}
	}
	b, _, _, err := fill(&enginetest.Attic{Spoil: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Pin().Rows(t.Context(), enginetest.NewCollect(t)); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
		t.Errorf("damage gives %v", err)
	}
}

// Pages from before there was an Appended are groups with every column as a key; they are read as rows.
func TestAppendedReadsGroups(t *testing.T) {
	s := enginetest.Schema("k text, v bigint")
	epochs, err := enginetest.Parse(s, "a 1\nb 2 @3\nNULL 4\nend")
	if err != nil {
		t.Fatal(err)
	}
	groups, err := op.NewAggregate(op.AggregateSpec{Input: s, Keys: []int{0, 1}, AppendOnly: true, Weighted: true}, &op.Env{}, enginetest.NewCollect(t))
	if err != nil {
		t.Fatal(err)
	}
	e := epochs[0]
	if err := groups.Push(t.Context(), enginetest.Batch(s, e.Epoch, 0, e.Rows)); err != nil {
		t.Fatal(err)
	}
	rows := op.NewAppended(s, &op.Env{}, enginetest.NewCollect(t))
	err = groups.Pin().Pages(func(p state.Page) error {
		data, err := p.Encode(nil)
		if err != nil {
			return err
		}
		return rows.LoadPage(p.Key, data)
	})
	if err == nil {
		err = rows.Loaded(e.Progress)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := enginetest.Contents(t, rows.Pin()), "a 1\nb 2 @3\nNULL 4\n"; got != want || rows.Len() != 5 {
		t.Errorf("%d rows\n%swant\n%s", rows.Len(), got, want)
	}
}
