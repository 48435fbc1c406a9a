package main

import (
	"context"
	"time"

	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/parse"
)

const epochRows = 64 << 10

// ours folds the batches into a view that is made anew each time.
type ours struct{ batches []*batch.Batch }

func (o *ours) load(context.Context, string) error { return nil } // it has what the file was written from
func (o *ours) version(context.Context) string     { return "vexstream, this tree" }
func (o *ours) close()                             {}

func relation() *catalog.Relation {
	r := &catalog.Relation{
		ID: 20_000, Schema: "public", Name: "fileops", Kind: catalog.Stream, AppendOnly: true,
		EventTime: synth.FileOpsTS, Watermark: &catalog.Watermark{Column: synth.FileOpsTS, Delay: types.Second},
	}
	for _, f := range synth.Schema {
		r.Columns = append(r.Columns, catalog.Column{Name: f.Name, Type: f.Type, NotNull: f.NotNull})
	}
	r.Columns = catalog.WithHidden(r.Columns)
	return r
}

func (o *ours) ask(ctx context.Context, q query) (answer, time.Duration, error) {
	began := used()
	stmts, err := parse.Parse(q.ours)
	if err != nil {
		return answer{}, 0, err
	}
	p, err := bind.Query(stmts[0].Stmt.(*ast.SelectStmt).Query, &bind.Env{Catalog: catalog.Empty().With(1, relation()), Continuous: true})
	if err != nil {
		return answer{}, 0, err
	}
	v, err := build.NewView(p, &build.Env{})
	if err != nil {
		return answer{}, 0, err
	}
	in, ep := v.Inputs[0], &batch.Epoch{No: 1, Time: 1}
	for i, full := range o.batches {
		full.Epoch = ep
		if err := in.Sink.Push(ctx, live.Scan(full, len(synth.Schema), in.Columns, 0)); err != nil {
			return answer{}, 0, err
		}
		if (i+1)*batch.MaxRows%epochRows == 0 || i == len(o.batches)-1 {
			if err := in.Sink.Advance(ctx, stream.Progress{Epoch: ep}); err != nil {
				return answer{}, 0, err
			}
			ep = &batch.Epoch{No: ep.No + 1, Time: ep.Time + 1}
		}
	}
	took := used() - began
	sum := &summer{col: v.Schema.Index("n")}
	var to stream.Sink = sum
	if v.Tail != nil {
		to = v.Tail(sum)
	}
	pin := v.Root.Pin()
	defer pin.Release()
	err = pin.Rows(ctx, to)
	return sum.answer, took, err
}

// summer adds up a column of counts.
type summer struct {
	answer
	col int
}

func (s *summer) Push(_ context.Context, b *batch.Batch) error {
	for i, v := range batch.Values[int64](&b.Cols[s.col])[:b.N] {
		w := int64(1)
		if b.Diff != nil {
			w = b.Diff[i]
		}
		s.rows += w
		s.sum += w * v
	}
	return nil
}

func (s *summer) Advance(context.Context, stream.Progress) error { return nil }
func (s *summer) Close() error                                   { return nil }
