package build

import (
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

func (b *builder) hop(n *plan.Hop, next stream.Sink) (keeper, error) {
	return nil, sqlerr.NotSupported("%s", n.Describe().Name)
}

// topN sorts and cuts a query that ends.
func (b *builder) topN(n *plan.TopN, next stream.Sink) (keeper, error) {
	limit, offset, err := b.rowCounts(n.Count, n.Offset)
	if err != nil {
		return nil, err
	}
	if !b.ops.Bounded {
		return nil, sqlerr.NotSupported("%s in a materialized view", n.Describe().Name)
	}
	keep := op.NoLimit
	if limit != op.NoLimit && limit+offset >= 0 {
		keep = limit + offset
	}
	if limit != op.NoLimit || offset > 0 {
		next = op.NewLimit(limit, offset, next)
	}
	return nil, b.into(n.Input, op.NewOrder(orderKeys(n.Keys), keep, b.ops, next))
}
