package op

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Env is what the operators of one query share. It does not change while the query runs.
type Env struct {
	// Locale is the session's; in a view it is nil.
	Locale *types.Locale
	// Params are the values of $1, $2, ... as columns of one row.
	Params []batch.Column
	// Catalog answers the functions that ask the catalog and the session; nil in a continuous query.
	Catalog expr.Catalog
	// Bounded says that the query ends, and that the first row that fails ends it with its error. A query that is not
	// bounded reports the row to DeadLetter, drops it, and goes on.
	Bounded bool
	// Now is the time of now() in a bounded query. In a view it is the time of the batch's epoch.
	Now types.Micros
	// DeadLetter takes a row that an operator could not evaluate: row of b, with its weight, so that a later -1 of the
	// same row takes the report back. op says which operator, for people. b is borrowed. nil: such rows are dropped.
	DeadLetter func(ctx context.Context, op string, err error, b *batch.Batch, row int)
	// Budget is the memory that the query may hold; nil: no limit.
	Budget *mem.Budget
	// Scratch takes state that is not touched when memory is short; nil: everything stays in memory.
	Scratch state.Scratch
}

// Short says whether memory is so short that state which is not touched is to leave it, and there is where: more than three quarters
// of a limit are held.
func (e *Env) Short() bool { return e.Scratch != nil && !e.Bounded && e.Budget.Over(12, 16) }

// Eased says whether memory is not short any more.
func (e *Env) Eased() bool { return !e.Budget.Over(10, 16) }

// Clock is the time of now() for rows of the epoch.
func (e *Env) Clock(ep *batch.Epoch) types.Micros {
	if e.Bounded || ep == nil {
		return e.Now
	}
	return ep.Time
}

// evaluator runs expressions over one batch at a time, and applies the Env's policy to rows that fail.
type evaluator struct {
	env *Env
	op  string
	ctx expr.Ctx
}

func newEvaluator(env *Env, op string) evaluator {
	return evaluator{env: env, op: op, ctx: expr.Ctx{Locale: env.Locale, Params: env.Params, Catalog: env.Catalog, Budget: env.Budget}}
}

// splitting makes v one whose user looks at crowded, unless what it evaluates must not be evaluated twice.
func (v *evaluator) splitting(es ...expr.Expr) {
	v.ctx.Splits = !slices.ContainsFunc(es, func(e expr.Expr) bool { return expr.Volatility(e) == expr.Volatile })
}

// halves gives b in two parts to push, which is the operator's own Push, if b has more rows than there is room for at once. done says
// that it did.
func (v *evaluator) halves(ctx context.Context, b *batch.Batch, push func(context.Context, *batch.Batch) error) (done bool, err error) {
	if !v.ctx.Crowded() || b.N < 2 {
		return false, nil
	}
	if err := push(ctx, b.Slice(0, b.N/2)); err != nil {
		return true, err
	}
	return true, push(ctx, b.Slice(b.N/2, b.N))
}

// begin forgets the batch before: columns that were evaluated over it are gone.
func (v *evaluator) begin(b *batch.Batch) *expr.Ctx {
	v.ctx.Reset()
	v.ctx.Now = v.env.Clock(b.Epoch)
	return &v.ctx
}

// settle deals with the rows that failed since begin. It gives the error that ends a bounded query; in another the
// rows are reported, and failed says that the caller must leave them out. Memory that is short ends either.
func (v *evaluator) settle(ctx context.Context, b *batch.Batch) (failed bool, err error) {
	fs := v.ctx.Failures()
	if len(fs) == 0 {
		return false, nil
	}
	if v.env.Bounded {
		return true, v.first().Err
	}
	if err := v.ctx.Exhausted(); err != nil {
		return true, err
	}
	if v.env.DeadLetter != nil {
		for _, f := range fs {
			v.env.DeadLetter(ctx, v.op, f.Err, b, f.Row)
		}
	}
	return true, nil
}

// first is the failure of the least row.
func (v *evaluator) first() expr.Failure {
	fs := v.ctx.Failures()
	first := fs[0]
	for _, f := range fs {
		if f.Row < first.Row {
			first = f
		}
	}
	return first
}

// upTo gives to, the operator whose evaluation of b failed with err, the rows before the one that failed: whoever comes
// after may have enough with them, and then the row is never reached.
func (v *evaluator) upTo(ctx context.Context, b *batch.Batch, to stream.Sink, err error) error {
	if row := v.first().Row; row > 0 {
		if early := to.Push(ctx, b.Slice(0, row)); early != nil {
			return early
		}
	}
	return err
}
