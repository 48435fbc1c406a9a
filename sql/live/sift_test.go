package live

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// sifted is the input of a view that counts what it is given: rows that pass its filter, and rows that it would have to filter.
type sifted struct {
	stream.Sink
	passed, whole int
}

func (s *sifted) Push(_ context.Context, b *batch.Batch) error {
	s.whole += b.N
	return nil
}

func (s *sifted) Close() error { return nil }

func (s *sifted) Pass(_ context.Context, _ *batch.Batch, rows []uint32) error {
	s.passed += len(rows)
	return nil
}

// TestFiltersAreDecidedTogether: of a batch that many views are given from memory, each is told the rows that pass its filter;
// of one from the log it is not, nor while there are few views.
func TestFiltersAreDecidedTogether(t *testing.T) {
	c := committerOn(t, memstore.NewLog())
	l := New(c, memstore.NewStore(), slog.New(slog.DiscardHandler))
	var members []*Member
	var sinks []*sifted
	for i := range rule.MinSifted + 2 {
		lit, err := expr.Lit(types.Int8, fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		cond, err := expr.Operator("=", []expr.Expr{expr.Col(0, types.Int8, "n"), lit})
		if err != nil {
			t.Fatal(err)
		}
		s := &sifted{}
		in := Input{Relation: 7, Columns: []int{0}, Sink: s, Filter: &rule.Filter{When: rule.Compile(cond), Pass: s.Pass}}
		sinks = append(sinks, s)
		p := &Pipeline{Inputs: []Input{in}, Listen: func(bool) {}, Out: func(stream.Sink) {}}
		members = append(members, l.newMember(Definition{Visible: func(uint32) int { return 1 }, Pipeline: p}))
	}
	push := func(shared *epoch.Shared) {
		t.Helper()
		numbers := batch.NewBuilder(types.Int8, 100)
		for i := range 100 {
			batch.Put(numbers, int64(i%20))
		}
		p := epoch.Part{Relation: 7, Rows: &batch.Batch{N: 100, Cols: []batch.Column{numbers.Finish()}}, Shared: shared}
		for _, m := range members {
			if err := m.push(t.Context(), &m.pipeline.Inputs[0], p); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := func(passed, whole int) {
		t.Helper()
		for i, s := range sinks {
			if s.passed != passed || s.whole != whole {
				t.Errorf("view %d was given %d rows that pass and %d others, want %d and %d", i, s.passed, s.whole, passed, whole)
			}
			*s = sifted{}
		}
	}
	push(&epoch.Shared{})
	want(5, 0)
	push(nil)
	want(0, 100)
	for range 3 { // too few are left
		last := len(members) - 1
		members[last].close()
		members, sinks = members[:last], sinks[:last]
	}
	push(&epoch.Shared{})
	want(0, 100)
	for _, m := range members {
		m.close()
	}
	if len(l.sieves.of) != 0 {
		t.Errorf("%d sieves are left that nobody uses", len(l.sieves.of))
	}
}
