package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
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
		enginetest.Matrix(t, enginetest.Case{
			Schema: s, Input: input, AppendOnly: true,
			Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
				a := op.NewAppended(s, set.Env, enginetest.NewLender(next))
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
