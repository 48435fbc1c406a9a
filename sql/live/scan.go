package live

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Scan gives the columns of a stored batch that a query asked for, by their position among the relation's columns:
// the visible ones as they were stored, then _offset and _ingest_time, which the log knows without storing them. The
// result shares b's buffers.
func Scan(b *batch.Batch, visible int, cols []int, offset0 int64) *batch.Batch {
	out := &batch.Batch{Epoch: b.Epoch, N: b.N, Diff: b.Diff, Seq: b.Seq, Seq0: b.Seq0, Cols: make([]batch.Column, len(cols))}
	for i, c := range cols {
		switch {
		case c < visible:
			out.Cols[i] = b.Cols[c]
		case c == visible:
			v := batch.MakeValues[int64](b.N)
			for r := range v {
				v[r] = offset0 + int64(r)
			}
			out.Cols[i] = batch.FixedOf(types.Int8, v, nil)
		default:
			v := batch.MakeValues[types.Micros](b.N)
			for r := range v {
				v[r] = b.Epoch.Time
			}
			out.Cols[i] = batch.FixedOf(types.Timestamptz, v, nil)
		}
	}
	return out
}
