package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

type limit struct {
	left   int64 // rows that may still pass; -1: all
	skip   int64
	next   stream.Sink
	sel    []uint32
	diff   []int64
	gather Gather
}

// NoLimit is a LIMIT that is not there.
const NoLimit int64 = -1

// NewLimit leaves out the first offset rows, passes on the limit rows after them (NoLimit: all), and then says ErrStop.
// A row of weight n counts as n rows. It is for bounded queries: a row that takes an earlier one back is an error,
// because the rows that were left out are gone.
func NewLimit(count, offset int64, next stream.Sink) stream.Sink {
	return &limit{left: count, skip: offset, next: next}
}

func (l *limit) Push(ctx context.Context, b *batch.Batch) error {
	if l.left == 0 {
		return stream.ErrStop
	}
	if l.skip == 0 && l.left == NoLimit {
		return l.next.Push(ctx, b)
	}
	if err := l.choose(b); err != nil {
		return err
	}
	if err := l.push(ctx, b); err != nil {
		return err
	}
	if l.left == 0 {
		return stream.ErrStop
	}
	return nil
}

// choose fills sel with the rows that pass and diff with how often, and counts them.
func (l *limit) choose(b *batch.Batch) error {
	l.sel, l.diff = l.sel[:0], l.diff[:0]
	for i := range b.N {
		w := b.Weight(i)
		if w < 0 {
			return sqlerr.New(sqlerr.InternalError, "limit: a row of weight %d", w)
		}
		skipped := min(w, l.skip)
		l.skip -= skipped
		w -= skipped
		if l.left != NoLimit {
			w = min(w, l.left)
			l.left -= w
		}
		if w > 0 {
			l.sel, l.diff = append(l.sel, uint32(i)), append(l.diff, w)
		}
		if l.left == 0 {
			break
		}
	}
	return nil
}

func (l *limit) push(ctx context.Context, b *batch.Batch) error {
	if len(l.sel) == 0 {
		return nil
	}
	if len(l.sel) == b.N && b.Diff == nil {
		return l.next.Push(ctx, b)
	}
	out := l.gather.Rows(b, l.sel)
	if b.Diff != nil {
		out.Diff = l.diff
	}
	err := l.next.Push(ctx, out)
	l.gather.Poison()
	return err
}

func (l *limit) Advance(ctx context.Context, p stream.Progress) error { return l.next.Advance(ctx, p) }

func (l *limit) Close() error { return l.next.Close() }
