package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// sweeps is how often, while the watermark passes the time that results are kept, those that are past it are looked for.
const sweeps = 16

// retain sees to it that results of view p, whose topmost operator with state is root, go when their time has passed.
func (b *builder) retain(p, root plan.Node) error {
	keep := b.env.Retention
	if keep == 0 {
		return nil
	}
	held := p
	width := plan.Width(p)
	switch r := root.(type) {
	case *plan.Hop:
		if len(r.Input.Times()[r.Time]) > 0 {
			return nil // it does so itself
		}
		return needsWatermark()
	case *plan.Aggregate:
		held, width = r, len(r.Keys)
	case *plan.Distinct:
		held, width = r, plan.Width(r)
	case nil:
	default:
		return sqlerr.NotSupported("retention of a view of %s", root.Describe().Name).
			WithHint("Group by a window: results go when their window's end is past.")
	}
	key := boundedColumn(held, width)
	if key < 0 {
		return needsWatermark()
	}
	marks := b.marks(held, key)
	b.expiry = &op.Expiry{Key: key, Step: keep / sweeps, Limit: func(w stream.Watermarks) types.Micros { return leastMark(marks, w).Sub(keep) }}
	if late := b.late(held, nil); late != nil {
		b.expiry.Late = func(ctx context.Context, rows *batch.Batch, row int, limit types.Micros) error {
			return late.Late(ctx, &window.Late{Watermark: limit + keep, Relation: marks[0].Relation, View: b.env.View, Windows: 1, Whole: true, Batch: rows, Row: row})
		}
	}
	return nil
}

func needsWatermark() error {
	return sqlerr.New(sqlerr.WindowingError, "retention needs a result whose time a watermark bounds").
		WithHint("Group by window_end of a stream with a WATERMARK, or select its event time.")
}

// boundedColumn gives the column among the first width of n that says when a result is past: the end of a window, else
// the first that a watermark bounds; -1: none.
func boundedColumn(n plan.Node, width int) int {
	found := -1
	for i, t := range n.Times()[:width] {
		switch {
		case len(t) == 0:
		case n.Schema()[i].Name == "window_end":
			return i
		case found < 0:
			found = i
		}
	}
	return found
}

func leastMark(marks []window.Mark, w stream.Watermarks) types.Micros {
	at := types.MaxTime
	for _, m := range marks {
		at = min(at, w.Of(m.Relation).Sub(m.Minus))
	}
	return at
}

// takeExpiry gives the expiry to the operator that holds the view's contents: the first one that is built.
func (b *builder) takeExpiry() *op.Expiry {
	e := b.expiry
	b.expiry = nil
	return e
}

// passing makes groups of windows that have closed go as soon as they were given: whoever comes next keeps what it needs.
func (b *builder) passing(n *plan.Aggregate) *op.Expiry {
	key := boundedColumn(n, len(n.Keys))
	if key < 0 || b.ops.Bounded {
		return nil
	}
	marks := b.marks(n, key)
	return &op.Expiry{Key: key, Limit: func(w stream.Watermarks) types.Micros { return leastMark(marks, w) }}
}
