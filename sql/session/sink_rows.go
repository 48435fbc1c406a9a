package session

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// opColumn is the first column of what a sink of changes writes.
var opColumn = batch.Field{Name: "_op", Type: types.Text}

// opRows puts what a weight means before each row, and makes the weight a count.
type opRows struct {
	stream.Sink
	add, remove string
}

// Push gives each row on as often as its weight says.
func (o opRows) Push(ctx context.Context, b *batch.Batch) error {
	words := batch.NewBuilder(types.Text, b.N)
	out := &batch.Batch{N: b.N}
	if b.Diff != nil {
		out.Diff = make([]int64, b.N)
	}
	for i := range b.N {
		w, word := b.Weight(i), o.add
		if w < 0 {
			w, word = -w, o.remove
		}
		words.String(word)
		if out.Diff != nil {
			out.Diff[i] = w
		}
	}
	out.Cols = append(append(out.Cols, words.Finish()), b.Cols...)
	return o.Sink.Push(ctx, out)
}

// upsertRows makes the changes of an epoch one row per key, before what comes next sees the epoch's end.
type upsertRows struct {
	*upserts
	next stream.Sink
}

// Advance sends the epoch's rows.
func (u upsertRows) Advance(ctx context.Context, p stream.Progress) error {
	if err := u.done(ctx); err != nil {
		return err
	}
	return u.next.Advance(ctx, p)
}

// Close closes what comes next.
func (u upsertRows) Close() error { return u.next.Close() }
