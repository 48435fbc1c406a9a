package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// outgoing gathers rows with their weights into batches.
type outgoing struct {
	cols  []*batch.Builder
	diff  []int64
	epoch *batch.Epoch // of the last flush
	seq   uint32       // rows flushed for it: they are numbered through
}

func newOutgoing(s batch.Schema) outgoing {
	var o outgoing
	for _, f := range s {
		o.cols = append(o.cols, batch.NewBuilder(f.Type, 64))
	}
	return o
}

// flush pushes what has gathered to to.
func (o *outgoing) flush(ctx context.Context, to stream.Sink, ep *batch.Epoch) error {
	if len(o.diff) == 0 {
		return nil
	}
	if ep != o.epoch {
		o.epoch, o.seq = ep, 0
	}
	b := &batch.Batch{Epoch: ep, N: len(o.diff), Seq0: o.seq}
	o.seq += uint32(b.N)
	for _, c := range o.cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	for _, d := range o.diff {
		if d != 1 {
			b.Diff = o.diff
			break
		}
	}
	err := to.Push(ctx, b)
	for _, c := range o.cols {
		c.Reset()
	}
	o.diff = o.diff[:0]
	return err
}
