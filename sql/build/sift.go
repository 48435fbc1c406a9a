package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// passer is a filter, in that it takes rows of which others know that it lets them pass.
type passer interface {
	Pass(ctx context.Context, b *batch.Batch, rows []uint32) error
}

// sift notes a view's filter of a stream whose condition is one that a shared index can decide for many views at once.
func (b *builder) sift(n *plan.Filter, f stream.Sink) {
	s, ok := n.Input.(*plan.Scan)
	if b.ops.Bounded || b.env.Count || !ok || s.Relation.Kind != catalog.Stream {
		return
	}
	stored := len(s.Relation.Visible())
	for _, c := range expr.Columns(n.Cond) {
		if s.Columns[c] >= stored {
			return // it is no part of the rows that views share
		}
	}
	cond := expr.Remap(n.Cond, func(i int) int { return s.Columns[i] })
	when := rule.Compile(cond)
	if !rule.Siftable(cond, when) {
		return
	}
	if b.filters == nil {
		b.filters = map[*plan.Scan]*rule.Filter{}
	}
	b.filters[s] = &rule.Filter{When: when, Pass: f.(passer).Pass}
}
