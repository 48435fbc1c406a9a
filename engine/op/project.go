package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/stream"
)

type project struct {
	exprs  []expr.Expr
	eval   evaluator
	next   stream.Sink
	out    batch.Batch
	sel    []uint32
	gather Gather
	single bool // rows are evaluated one by one: see expr.Counts
	one    Gather
}

// NewProject gives one column per expression. What expressions have in common is computed once. A bare column reference passes its column on without a copy.
func NewProject(exprs []expr.Expr, env *Env, next stream.Sink) stream.Sink {
	p := &project{
		exprs: expr.Share(exprs), eval: newEvaluator(env, "project"), next: next,
		out:    batch.Batch{Cols: make([]batch.Column, len(exprs))},
		single: expr.Counts(exprs),
	}
	p.eval.splitting(p.exprs...)
	return p
}

func (p *project) Push(ctx context.Context, b *batch.Batch) error {
	if p.single && b.N > 1 {
		return p.each(ctx, b)
	}
	c := p.eval.begin(b)
	cols := p.out.Cols
	p.out = *b
	p.out.Cols = cols
	for i, e := range p.exprs {
		cols[i] = e.Eval(c, b, nil)
	}
	if split, err := p.eval.halves(ctx, b, p.Push); split {
		return err
	}
	failed, err := p.eval.settle(ctx, b)
	if err != nil {
		return p.eval.upTo(ctx, b, p, err)
	}
	if !failed {
		return p.next.Push(ctx, &p.out)
	}
	p.sel = p.sel[:0]
	for i := range b.N {
		if !c.Failed(i) {
			p.sel = append(p.sel, uint32(i))
		}
	}
	if len(p.sel) == 0 {
		return nil
	}
	err = p.next.Push(ctx, p.gather.Rows(&p.out, p.sel))
	p.gather.Poison()
	return err
}

// each pushes rows one by one, so that what one of them moves the next one meets.
func (p *project) each(ctx context.Context, b *batch.Batch) error {
	for i := range b.N {
		err := p.Push(ctx, p.one.Rows(b, []uint32{uint32(i)}))
		p.one.Poison()
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *project) Advance(ctx context.Context, pr stream.Progress) error {
	return p.next.Advance(ctx, pr)
}

func (p *project) Close() error { return p.next.Close() }
