package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/stream"
)

type filter struct {
	pred   expr.Expr
	eval   evaluator
	next   stream.Sink
	keep   batch.Bitmap
	sel    []uint32
	gather Gather
	reader *project // set when next is one
}

// NewFilter passes on the rows for which pred, a boolean, is true; null is not. A batch that passes whole goes on as it
// is, one of which nothing passes does not go on.
func NewFilter(pred expr.Expr, env *Env, next stream.Sink) stream.Sink {
	f := &filter{pred: expr.Qual(expr.Share([]expr.Expr{pred})[0]), eval: newEvaluator(env, "filter"), next: next}
	// A projection says which columns it reads; what only the filter needed is not worth copying.
	f.reader, _ = next.(*project)
	f.eval.splitting(f.pred)
	return f
}

// skip marks the columns, of n, that the projection behind the filter does not read. A projection reports a row that
// fails with all its columns, so it gets all of them unless it cannot fail.
func (f *filter) skip(n int) []bool {
	if f.reader == nil {
		return nil
	}
	skip := make([]bool, n)
	for i := range skip {
		skip[i] = true
	}
	for _, e := range f.reader.exprs {
		if expr.Fallible(e) {
			return nil
		}
		for _, c := range expr.Columns(e) {
			skip[c] = false
		}
	}
	return skip
}

func (f *filter) Push(ctx context.Context, b *batch.Batch) error {
	c := f.eval.begin(b)
	col := f.pred.Eval(c, b, nil)
	if split, err := f.eval.halves(ctx, b, f.Push); split {
		return err
	}
	failed, err := f.eval.settle(ctx, b)
	if err != nil {
		return f.eval.upTo(ctx, b, f, err)
	}
	keep := col.Bits
	if col.Valid != nil || failed {
		keep = f.narrow(&col, b.N, failed)
	}
	if keep.Count(b.N) == b.N {
		return f.next.Push(ctx, b)
	}
	f.sel = keep.Select(f.sel[:0], b.N)
	return f.Pass(ctx, b, f.sel)
}

// Pass passes on rows of b, in ascending order, of which somebody else knows that the filter lets exactly these pass.
func (f *filter) Pass(ctx context.Context, b *batch.Batch, rows []uint32) error {
	switch len(rows) {
	case 0:
		return nil
	case b.N:
		return f.next.Push(ctx, b)
	}
	if f.reader != nil && f.gather.skip == nil {
		f.gather.skip = f.skip(len(b.Cols))
		f.reader = nil
	}
	err := f.next.Push(ctx, f.gather.Rows(b, rows))
	f.gather.Poison()
	return err
}

// narrow gives the bits that are set, not null, and of rows that did not fail.
func (f *filter) narrow(col *batch.Column, n int, failed bool) batch.Bitmap {
	f.keep = sized(f.keep, (n+63)/64)
	copy(f.keep, col.Bits)
	if col.Valid != nil {
		for i := range f.keep {
			f.keep[i] &= col.Valid[i]
		}
	}
	if failed {
		for _, fail := range f.eval.ctx.Failures() {
			f.keep.Clear(fail.Row)
		}
	}
	return f.keep
}

func (f *filter) Advance(ctx context.Context, p stream.Progress) error { return f.next.Advance(ctx, p) }

func (f *filter) Close() error { return f.next.Close() }
