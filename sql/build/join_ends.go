package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// joinEnds says when the rows of a join's sides go.
func (b *builder) joinEnds(n *plan.Join, sides [2]*joinSide) (out [2]*op.JoinEnd) {
	if b.ops.Bounded {
		return out
	}
	for side, e := range n.Ends() {
		if e == nil {
			continue
		}
		marks := b.marksOf(e.Until)
		out[side] = &op.JoinEnd{
			Column: e.Column, Partner: e.Partner, Plus: e.Plus,
			Until: func(w stream.Watermarks) types.Micros { return leastMark(marks, w).Sub(n.Lateness) },
		}
		if late := b.late(n.Children()[1-side], sides[1-side].schema); late != nil {
			out[side].Late = func(ctx context.Context, rows *batch.Batch, row int, until types.Micros) error {
				return late.Late(ctx, &window.Late{Watermark: until.Sub(-n.Lateness), Relation: marks[0].Relation, View: b.env.View, Windows: 1, Whole: true, Batch: rows, Row: row})
			}
		}
	}
	return out
}
