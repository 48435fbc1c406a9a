package build

import (
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
)

// ttlSteps is in how many steps a watermark passes the time of a state_ttl: what is too old goes at the next one.
const ttlSteps = 16

// lapse builds what takes rows back when they are old.
func (b *builder) lapse(n *plan.Lapse, next stream.Sink) (keeper, error) {
	l := op.NewLapse(op.LapseSpec{Input: n.Schema(), Time: n.Time, Limit: b.lapsing(n.Input, n.Time, n.After)}, b.ops, next)
	b.keep(l)
	return l, b.into(n.Input, l)
}

// lapsing gives which values of a column of n are too old, as watermarks say: those that are after behind. It goes in steps
// that are the same whenever the rows are read again.
func (b *builder) lapsing(n plan.Node, time int, after types.Micros) func(stream.Watermarks) types.Micros {
	marks := b.marks(n, time)
	step := max(after/ttlSteps, 1)
	return func(w stream.Watermarks) types.Micros {
		at := leastMark(marks, w).Sub(after)
		if at <= types.MinTime+step || at >= types.MaxTime {
			return types.MinTime
		}
		into := at % step
		if into < 0 {
			into += step
		}
		return at - into
	}
}
