package build

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// builder makes the operators of one plan, from the last to the first.
type builder struct {
	env      *Env
	ops      *op.Env
	inputs   []Input
	feeds    []feed
	stateful []state.Keeper
	counters map[plan.Node]*Counter
	waits    []window.Mark               // the watermarks that windows and retention go by, one of a relation
	judges   []Judge                     // where rows may come too late
	expiry   *op.Expiry                  // of the operator that holds the view\'s contents
	forks    map[*plan.Named]*op.Tee     // to the places of what is computed once
	filters  map[*plan.Scan]*rule.Filter // those right above scans whose rows others may find
	working  map[int][]*batch.Batch      // of recursive queries: the rows of the round before
	lane     bool                        // what is built is a lane
}

func newBuilder(env *Env, bounded bool) *builder {
	b := &builder{env: env, ops: env.operators(bounded), working: env.Given}
	if env.Count {
		b.counters = map[plan.Node]*Counter{}
	}
	return b
}

// into builds n so that its rows go to next.
func (b *builder) into(n plan.Node, next stream.Sink) error {
	if b.env.Count {
		c := &Counter{Timed: b.env.Clock != nil}
		b.counters[n] = c
		next = counted{next, c, b.env.Clock}
	}
	if w, ok := n.(*plan.Window); ok {
		if err := validate(w); err != nil {
			return err
		}
	}
	if s, ok := b.stateless(n, next); ok {
		return b.into(n.Children()[0], s)
	}
	switch n := n.(type) {
	case *plan.Scan:
		b.scan(n, next)
		return nil
	case *plan.Values:
		return b.values(n, next)
	case *plan.Union:
		for i, s := range op.NewUnion(len(n.Inputs), next) {
			if err := b.into(n.Inputs[i], s); err != nil {
				return err
			}
		}
		return nil
	case *plan.Shared:
		if t := b.forks[n.Of]; t != nil {
			t.Add(next)
			return nil
		}
		if b.forks == nil {
			b.forks = map[*plan.Named]*op.Tee{}
		}
		b.forks[n.Of] = op.NewTee(next)
		return b.into(n.Of.Plan, b.forks[n.Of])
	case *plan.Join:
		return b.join(n, next)
	case *plan.Recursive:
		return b.recursive(n, next)
	case *plan.Working:
		b.feeds = append(b.feeds, feed{batches: b.working[n.ID], to: next, before: len(b.inputs)})
		return nil
	case *plan.Order:
		return b.into(n.Input, op.NewOrder(orderKeys(n.Keys), op.NoLimit, b.ops, next))
	case *plan.Limit:
		return b.limit(n, next)
	}
	_, err := b.keeper(n, next)
	return err
}

func validate(n *plan.Window) error {
	if n.Grow != 0 {
		return cumulation(n).Validate()
	}
	return window.Frame(n.Frame).Validate()
}

func cumulation(n *plan.Window) window.Cumulation {
	return window.Cumulation{Step: n.Grow, Size: n.Frame.Size, Offset: n.Frame.Offset, Zone: n.Frame.Zone}
}

// stateless builds n if it keeps nothing.
func (b *builder) stateless(n plan.Node, next stream.Sink) (stream.Sink, bool) {
	switch n := n.(type) {
	case *plan.Filter:
		f := op.NewFilter(n.Cond, b.opsOver(n.Input, nil), next)
		b.sift(n, f)
		return f, true
	case *plan.Project:
		return op.NewProject(n.Exprs, b.opsOver(n.Input, nil), next), true
	case *plan.Unfold:
		return op.NewUnfold(op.UnfoldSpec{Calls: n.Calls, Ordinality: n.Ordinality, Outer: n.Outer}, b.opsOver(n.Input, nil), next), true
	case *plan.Window:
		if n.OnClose {
			return nil, false
		}
		return b.assign(n, next), true
	}
	return nil, false
}

// assign gives rows their windows.
func (b *builder) assign(n *plan.Window, next stream.Sink) stream.Sink {
	if n.Grow != 0 {
		return window.NewCumulate(cumulation(n), n.Time, b.opsOver(n.Input, nil), next)
	}
	return window.NewAssign(window.Frame(n.Frame), n.Time, b.opsOver(n.Input, nil), next)
}

// hold gives rows their windows, and holds them back until these are over.
func (b *builder) hold(n *plan.Window, next stream.Sink) (keeper, error) {
	c := window.CloseSpec{Allowed: n.Lateness, Marks: b.marks(n.Input, n.Time), View: b.env.View, Late: b.late(n.Input, n.Schema())}
	h := window.NewHold(c, n.Schema(), b.opsOver(n.Input, n.Schema()), next)
	b.keep(h)
	return h, b.into(n.Input, b.assign(n, h))
}

func orderKeys(keys []plan.SortKey) []op.OrderKey {
	out := make([]op.OrderKey, len(keys))
	for i, k := range keys {
		out[i] = op.OrderKey{Col: k.Column, Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	return out
}

func (b *builder) scan(n *plan.Scan, next stream.Sink) {
	in := Input{Relation: n.Relation.ID, Columns: n.Columns, Sink: next}
	in.Counter = b.counters[n]
	in.Filter = b.filters[n]
	in.MinTime, in.MaxTime = b.timeRange(n.Range)
	in.Values = b.valueRanges(n.Values)
	in.Find = b.find(n.Lookup)
	b.inputs = append(b.inputs, in)
}

// timeRange is the event times that all limits let pass. A limit that cannot be computed is none: the filter it came
// from reports it.
func (b *builder) timeRange(limits []plan.TimeLimit) (lo, hi types.Micros) {
	lo, hi = types.MinTime, types.MaxTime
	if !b.ops.Bounded {
		return lo, hi
	}
	for _, l := range limits {
		c, err := b.constant(l.X)
		if err != nil {
			continue
		}
		if c.Null(0) {
			return types.MaxTime, types.MinTime
		}
		t := batch.Values[types.Micros](&c)[0]
		if l.Op == ">" && t < types.MaxTime {
			t++
		}
		if l.Op == "<" && t > types.MinTime {
			t--
		}
		if l.Op != "<" && l.Op != "<=" {
			lo = max(lo, t)
		}
		if l.Op != ">" && l.Op != ">=" {
			hi = min(hi, t)
		}
	}
	return lo, hi
}

// constant computes an expression over no columns. The column is the caller's.
func (b *builder) constant(e expr.Expr) (batch.Column, error) {
	if c, ok := expr.IsConst(e); ok {
		return c, nil
	}
	ctx := &expr.Ctx{Now: b.env.Now, Locale: b.env.Locale, Params: b.env.Params, Catalog: b.env.Catalog, Budget: b.env.Budget}
	defer ctx.Close()
	col := e.Eval(ctx, &batch.Batch{N: 1}, nil)
	if f := ctx.Failures(); len(f) > 0 {
		return col, f[0].Err
	}
	return col.Clone(), nil
}

func (b *builder) limit(n *plan.Limit, next stream.Sink) error {
	limit, offset, err := b.rowCounts(n.Count, n.Offset)
	if err != nil {
		return err
	}
	return b.into(n.Input, op.NewLimit(limit, offset, next))
}

// rowCounts computes LIMIT and OFFSET. Null is none.
func (b *builder) rowCounts(count, offset expr.Expr) (limit, skip int64, err error) {
	if limit, err = b.rowCount(count, op.NoLimit, sqlerr.InvalidRowCountInLimit, "LIMIT"); err != nil {
		return 0, 0, err
	}
	skip, err = b.rowCount(offset, 0, sqlerr.InvalidRowCountInOffset, "OFFSET")
	return limit, skip, err
}

func (b *builder) rowCount(e expr.Expr, none int64, code sqlerr.Code, clause string) (int64, error) {
	if e == nil {
		return none, nil
	}
	c, err := b.constant(e)
	if err != nil || c.Null(0) {
		return none, err
	}
	n := batch.Values[int64](&c)[0]
	if n < 0 {
		return 0, sqlerr.New(code, "%s must not be negative", clause)
	}
	return n, nil
}
