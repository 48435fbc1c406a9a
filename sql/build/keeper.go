package build

import (
	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// keeper is an operator that keeps state: what a view is read from, and what survives a restart.
type keeper interface {
	stream.Sink
	state.Keeper
	Listen(on bool)
	SetNext(next stream.Sink)
	Bytes() int64
}

// keeper builds n, which keeps state, and what is below it.
func (b *builder) keeper(n plan.Node, next stream.Sink) (keeper, error) {
	switch n := n.(type) {
	case *plan.Aggregate:
		return b.aggregate(n, next)
	case *plan.Distinct:
		return b.distinct(n, next)
	case *plan.Hop:
		return b.hop(n, next)
	case *plan.TopN:
		return b.topN(n, next)
	case *plan.Session:
		return b.session(n, next)
	case *plan.Over:
		return b.over(n, next)
	case *plan.Window:
		return b.hold(n, next)
	case *plan.Lapse:
		return b.lapse(n, next)
	case *plan.Temporal:
		return b.temporal(n, next)
	}
	return nil, sqlerr.NotSupported("%s in a materialized view", n.Describe().Name)
}

// keep registers k before what is below it is built.
func (b *builder) keep(k keeper) { b.stateful = append(b.stateful, k) }

// appendOnly says whether n never takes a row back: nothing does in a query that ends.
func (b *builder) appendOnly(n plan.Node) bool { return b.ops.Bounded || n.AppendOnly() }

// folded is the input of a grouping operator: one column per key, argument and filter.
type folded struct {
	exprs  []expr.Expr
	schema batch.Schema
}

// column gives the place of e, which is added unless it is there.
func (f *folded) column(e expr.Expr) int {
	for i, have := range f.exprs {
		if expr.Equal(have, e) {
			return i
		}
	}
	f.exprs = append(f.exprs, e)
	f.schema = append(f.schema, batch.Field{Name: e.String(), Type: e.Type()})
	return len(f.exprs) - 1
}

// calls gives the aggregates as calls over the folded columns. An argument that can fail is computed only where the
// aggregate's filter lets the row in.
func (f *folded) calls(aggs []plan.Agg) ([]agg.Call, error) {
	out := make([]agg.Call, len(aggs))
	for i, a := range aggs {
		out[i] = agg.Call{Func: a.Func, Column: -1, Filter: -1, Distinct: a.Distinct}
		at := make([]int, len(a.Args))
		for k, x := range a.Args {
			if a.Filter != nil && expr.Fallible(x) {
				var err error
				if x, err = expr.Case([]expr.Expr{a.Filter}, []expr.Expr{x}, nil); err != nil {
					return nil, err
				}
			}
			at[k] = f.column(x)
		}
		if a.Lead > 0 {
			out[i].Column, out[i].More = at[0], at[1:a.Lead]
		}
		for _, k := range a.Order {
			out[i].Order = append(out[i].Order, agg.Key{Column: at[k.Column], Desc: k.Desc, NullsFirst: k.NullsFirst})
		}
		if a.Filter != nil {
			out[i].Filter = f.column(a.Filter)
		}
	}
	return out, nil
}

// project puts the projection of n's rows to f before next, unless it would give them as they are.
func (f *folded) project(b *builder, n plan.Node, next stream.Sink) stream.Sink {
	in := n.Schema()
	same := len(f.exprs) == len(in)
	for i, e := range f.exprs {
		c, ok := expr.IsCol(e)
		same = same && ok && c == i
	}
	if same {
		return next
	}
	return op.NewProject(f.exprs, b.opsOver(n, in), next)
}

func (b *builder) aggregate(n *plan.Aggregate, next stream.Sink) (keeper, error) {
	if s, ok := n.SessionGroups(); ok && !b.ops.Bounded && b.expiry == nil {
		if k, err := b.sessionGroups(n, s, next); k != nil || err != nil {
			return k, err
		}
	}
	f := &folded{}
	spec := op.AggregateSpec{AppendOnly: b.appendOnly(n.Input), Expiry: b.takeExpiry()}
	if spec.Expiry == nil && n.Final && len(b.stateful) > 0 {
		spec.Expiry = b.passing(n)
	}
	for _, k := range n.Keys {
		spec.Keys = append(spec.Keys, f.column(k))
	}
	if n.Idle != nil {
		t := n.Input.Schema()[n.Idle.Time]
		spec.Idle = &op.Idle{Time: f.column(expr.Col(n.Idle.Time, t.Type, t.Name)), Limit: b.lapsing(n.Input, n.Idle.Time, n.Idle.After)}
	}
	var err error
	if spec.Calls, err = f.calls(n.Aggs); err != nil {
		return nil, err
	}
	spec.Input = f.schema
	if len(spec.Keys) == 0 && !b.ops.Bounded {
		return b.single(n, spec, f, next)
	}
	a, err := op.NewAggregate(spec, b.ops, next)
	if err != nil {
		return nil, err
	}
	b.keep(a)
	inputs := len(b.inputs)
	if err := b.into(n.Input, f.project(b, n.Input, a)); err != nil {
		return nil, err
	}
	b.divide(n, a, inputs)
	return a, nil
}

func (b *builder) distinct(n *plan.Distinct, next stream.Sink) (keeper, error) {
	spec := op.AggregateSpec{Input: n.Schema(), Keys: every(len(n.Schema())), AppendOnly: b.appendOnly(n.Input), Expiry: b.takeExpiry()}
	a, err := op.NewAggregate(spec, b.ops, next)
	if err != nil {
		return nil, err
	}
	b.keep(a)
	return a, b.into(n.Input, a)
}

func every(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// materialized keeps the rows of n as they are: the contents of a view that no operator keeps. Types that cannot be
// grouped are held as the bytes they are.
func (b *builder) materialized(n plan.Node, next stream.Sink) (keeper, error) {
	schema := op.Plain(n.Schema())
	if b.appendOnly(n) && b.expiry == nil {
		a := op.NewAppended(schema, b.ops, next)
		b.keep(a)
		return a, b.into(n, &retyped{Sink: a, to: schema})
	}
	spec := op.AggregateSpec{Input: schema, Keys: every(len(schema)), AppendOnly: b.appendOnly(n), Weighted: true, Expiry: b.takeExpiry()}
	a, err := op.NewAggregate(spec, b.ops, next)
	if err != nil {
		return nil, err
	}
	b.keep(a)
	return a, b.into(n, &retyped{Sink: a, to: schema})
}
