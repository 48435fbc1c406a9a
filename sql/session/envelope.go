package session

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// maxUpsertKeys is how many keys a subscription with ENVELOPE UPSERT keeps, to notice two rows of one key.
const maxUpsertKeys = 1_000_000

// upserts makes the changes of an epoch one row per key: its row as it has become, or that it is gone.
type upserts struct {
	to   stream.Sink
	keys []int // columns
	rows []*batch.Batch
	// present is how many rows there are of a key, 1 at the end of each epoch; nil: what was there before is not known, and
	// KEY is taken at its word.
	present map[string]int64
	key     []byte
}

// Push keeps the rows until the epoch is there in full.
func (u *upserts) Push(_ context.Context, b *batch.Batch) error {
	u.rows = append(u.rows, b.Clone())
	return nil
}

// Advance has nothing to do.
func (u *upserts) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (u *upserts) Close() error { return nil }

// spot is a row among those of an epoch.
type spot struct {
	batch, row int
	diff       int64
}

// done sends what became of the keys of the epoch, in the order in which they came up.
func (u *upserts) done(ctx context.Context) error {
	if len(u.rows) == 0 {
		return nil
	}
	newest := map[string]spot{}
	var order []string
	for i, b := range u.rows {
		for r := range b.N {
			d := int64(1)
			if b.Diff != nil {
				d = b.Diff[r]
			}
			key := u.keyOf(b, r)
			was, seen := newest[key]
			if !seen {
				order = append(order, key)
			}
			if u.present != nil {
				u.present[key] += d
			}
			if !seen || d > 0 || was.diff < 0 {
				newest[key] = spot{i, r, d}
			}
		}
	}
	var cut []spot
	for _, key := range order {
		p := newest[key]
		n := max(min(p.diff, 1), 0)
		if u.present != nil {
			n = u.present[key]
		}
		switch {
		case n == 1:
			p.diff = 1
		case n > 1:
			return sqlerr.New(sqlerr.UniqueViolation, "the subscription's rows have two of one key").
				WithHint("Name columns in KEY that tell the rows apart.")
		default:
			p.diff = -1
			delete(u.present, key)
		}
		cut = append(cut, p)
	}
	if len(u.present) > maxUpsertKeys {
		return sqlerr.New(sqlerr.ConfigurationLimit, "a subscription with ENVELOPE UPSERT keeps at most %d keys", maxUpsertKeys).
			WithHint("Subscribe without ENVELOPE: that keeps nothing.")
	}
	err := u.send(ctx, cut)
	u.rows = u.rows[:0]
	return err
}

func (u *upserts) keyOf(b *batch.Batch, row int) string {
	u.key = u.key[:0]
	for _, k := range u.keys {
		u.key = value.WideKey(u.key, &b.Cols[k], row)
	}
	return string(u.key)
}

// send gives runs of rows of one batch on. What a row that is gone had beside its key is null.
func (u *upserts) send(ctx context.Context, cut []spot) error {
	for len(cut) > 0 {
		n := 1
		for n < len(cut) && cut[n].batch == cut[0].batch && cut[n].diff == cut[0].diff {
			n++
		}
		from := u.rows[cut[0].batch]
		sel, diff := make(batch.Sel, n), make([]int64, n)
		for i, p := range cut[:n] {
			sel[i], diff[i] = uint32(p.row), p.diff
		}
		b := from.Take(sel)
		b.Diff = diff
		if diff[0] < 0 {
			b.Cols = u.onlyKeys(b)
		}
		if err := u.to.Push(ctx, b); err != nil {
			return err
		}
		cut = cut[n:]
	}
	return nil
}

func (u *upserts) onlyKeys(b *batch.Batch) []batch.Column {
	out := make([]batch.Column, len(b.Cols))
	for i := range b.Cols {
		nulls := batch.NewBuilder(b.Cols[i].Type, b.N)
		for range b.N {
			nulls.Null()
		}
		out[i] = nulls.Finish()
	}
	for _, k := range u.keys {
		out[k] = b.Cols[k]
	}
	return out
}

// operations is weights as words.
func operations(weights []int64) batch.Column {
	b := batch.NewBuilder(types.Text, len(weights))
	for _, w := range weights {
		switch {
		case w > 0:
			b.String("upsert")
		case w < 0:
			b.String("delete")
		default: // of progress
			b.Null()
		}
	}
	return b.Finish()
}
