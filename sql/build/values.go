package build

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// feed is rows that a query brings with it, and where they go.
type feed struct {
	batches []*batch.Batch
	to      stream.Sink
	before  int // the input that it comes before, as it does in the plan
}

// smallValue is how many bytes a value may have that is not counted towards the query's memory: its expression is longer.
const smallValue = 4 << 10

// values computes the rows of n, column by column in batches.
func (b *builder) values(n *plan.Values, next stream.Sink) error {
	f := feed{to: next, before: len(b.inputs)}
	ep := &batch.Epoch{Time: b.env.Now}
	for lo := 0; lo < len(n.Rows); lo += batch.MaxRows {
		rows := n.Rows[lo:min(lo+batch.MaxRows, len(n.Rows))]
		out := &batch.Batch{Epoch: ep, N: len(rows), Seq0: uint32(lo), Cols: make([]batch.Column, len(n.Columns))}
		for c, field := range n.Columns {
			to := batch.NewBuilder(field.Type, len(rows))
			for _, row := range rows {
				v, err := b.constant(row[c])
				if err != nil {
					return err
				}
				if n := v.Bytes(); n > smallValue {
					if err := b.ops.Budget.Reserve(int64(n)); err != nil {
						return err
					}
				}
				to.Append(&v, 0)
			}
			out.Cols[c] = to.Finish()
		}
		f.batches = append(f.batches, out)
	}
	if b.ops.Bounded {
		b.feeds = append(b.feeds, f)
		return nil
	}
	c := op.NewConstant(next, f.batches...)
	b.keep(c)
	b.inputs = append(b.inputs, Input{Sink: c})
	return nil
}

func (f *feed) run(ctx context.Context) error {
	for _, b := range f.batches {
		if err := f.to.Push(ctx, b); errors.Is(err, stream.ErrStop) {
			break
		} else if err != nil {
			return err
		}
	}
	return f.to.Advance(ctx, stream.Progress{Epoch: &batch.Epoch{}, End: true})
}
