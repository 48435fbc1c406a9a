package op

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// Outgoing gathers rows with their weights into batches. Who adds a row appends to every column, and then its weight.
type Outgoing struct {
	Cols  []*batch.Builder
	Diff  []int64
	epoch *batch.Epoch // of the last flush
	seq   uint32       // rows flushed for it: they are numbered through
}

// maxPushed is about how many bytes a batch has at most that is made of rows which are held. A single row may have more.
const maxPushed = 16 << 20

// Full says whether what has gathered should leave: it has as many rows as a batch may have, less room for two, or is long.
func (o *Outgoing) Full() bool {
	if len(o.Diff) >= batch.MaxRows-1 {
		return true
	}
	size := 0
	for _, c := range o.Cols {
		size += c.Size()
	}
	return size > maxPushed
}

// NewOutgoing makes columns for s.
func NewOutgoing(s batch.Schema) Outgoing {
	var o Outgoing
	for _, f := range s {
		o.Cols = append(o.Cols, batch.NewBuilder(f.Type, 64))
	}
	return o
}

// Truncate forgets the rows after the first n, and of the one after them what was appended before it failed.
func (o *Outgoing) Truncate(n int) {
	for _, c := range o.Cols {
		c.Truncate(n)
	}
	o.Diff = o.Diff[:n]
}

// Same says whether rows i and i+1 have the same values.
func (o *Outgoing) Same(i int) bool {
	for _, c := range o.Cols {
		if !c.Same(i, i+1) {
			return false
		}
	}
	return true
}

// Flush pushes what has gathered to to.
func (o *Outgoing) Flush(ctx context.Context, to stream.Sink, ep *batch.Epoch) error {
	if len(o.Diff) == 0 {
		return nil
	}
	if ep != o.epoch {
		o.epoch, o.seq = ep, 0
	}
	b := &batch.Batch{Epoch: ep, N: len(o.Diff), Seq0: o.seq}
	o.seq += uint32(b.N)
	for _, c := range o.Cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	if slices.ContainsFunc(o.Diff, func(n int64) bool { return n != 1 }) {
		b.Diff = o.Diff
	}
	err := to.Push(ctx, b)
	for _, c := range o.Cols {
		c.Reset()
	}
	o.Diff = o.Diff[:0]
	return err
}
