package build

import (
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// topN builds the first rows of an order. A query that ends sorts, unless it needs the first rows of groups, or ties.
func (b *builder) topN(n *plan.TopN, next stream.Sink) (keeper, error) {
	limit, offset, err := b.rowCounts(n.Count, n.Offset)
	if err != nil {
		return nil, err
	}
	if b.ops.Bounded && n.Prefix == 0 && !n.Ties {
		first := firstRows{keys: orderKeys(n.Keys), limit: limit, offset: offset, ops: b.ops}
		return nil, b.into(n.Input, first.sink(next))
	}
	t := op.NewTop(op.TopSpec{
		Input: n.Schema(), Order: orderKeys(n.Keys), Prefix: n.Prefix, Limit: limit, Offset: offset, Ties: n.Ties,
		AppendOnly: b.appendOnly(n.Input),
	}, b.ops, next)
	b.keep(t)
	return t, b.into(n.Input, t)
}

// firstRows is an order and a limit.
type firstRows struct {
	keys          []op.OrderKey
	limit, offset int64
	ops           *op.Env
}

func (f *firstRows) sink(next stream.Sink) stream.Sink {
	keep := op.NoLimit
	if f.limit != op.NoLimit && f.limit+f.offset >= 0 {
		keep = f.limit + f.offset
	}
	if f.limit != op.NoLimit || f.offset > 0 {
		next = op.NewLimit(f.limit, f.offset, next)
	}
	return op.NewOrder(f.keys, keep, f.ops, next)
}
