package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Expiry says which groups of an Aggregate go with time: those whose key is Limit or before. They go silently: who listens
// is not told. A row that would belong to one is late.
type Expiry struct {
	Key   int // which of the keys, a timestamp
	Limit func(stream.Watermarks) types.Micros
	// Late hears of rows that were left out, by the limit as it was then; nil: nobody does.
	Late func(ctx context.Context, b *batch.Batch, row int, limit types.Micros) error
	// Step is how far the limit moves before the groups that it has passed are looked for. Readers never see them.
	Step types.Micros
}

// expiring is an Aggregate's Expiry at work.
type expiring struct {
	*Expiry
	limit types.Micros // as of the last Advance
	swept types.Micros // the limit when groups were last looked for
	good  []uint32
}

func newExpiring(e *Expiry) *expiring {
	return &expiring{Expiry: e, limit: types.MinTime, swept: types.MinTime}
}

// inTime leaves out late rows. col is the key's.
func (e *expiring) inTime(ctx context.Context, b *batch.Batch, col int) (*batch.Batch, error) {
	good := e.good[:0]
	c := &b.Cols[col]
	for i, at := range batch.Values[types.Micros](c)[:b.N] {
		if at > e.limit || c.Null(i) {
			good = append(good, uint32(i))
		} else if e.Late != nil {
			if err := e.Late(ctx, b, i, e.limit); err != nil {
				return nil, err
			}
		}
	}
	if e.good = good; len(good) == b.N {
		return b, nil
	}
	return b.Take(good), nil
}

// expire moves the limit, and frees the groups that it has passed, now and then.
func (a *Aggregate) expire(w stream.Watermarks) {
	e := a.expiring
	if e.limit = max(e.limit, e.Limit(w)); e.limit == types.MinTime || e.swept != types.MinTime && e.limit < e.swept+e.Step {
		return
	}
	e.swept = e.limit
	f := a.groups.Freeze()
	key := batch.NewBuilder(a.spec.Input[a.spec.Keys[e.Key]].Type, 64)
	var rows, gone []uint32
	for r := range uint32(f.View.Len()) {
		if f.Live(r) {
			rows = append(rows, r)
			f.Shape.AppendKey(key, e.Key, f.View.Row(r), f.Strings)
		}
	}
	c := key.Finish()
	for i, at := range batch.Values[types.Micros](&c)[:len(rows)] {
		if at <= e.limit && !c.Null(i) {
			gone = append(gone, rows[i])
		}
	}
	for _, weight := range a.groups.Pages.Touch(gone, nil) {
		*state.At[uint64](weight, 0) = 0
	}
	a.groups.Release(gone)
	if a.listening {
		a.old = a.groups.Freeze()
	}
}

// unexpired hides the rows whose time is limit or before.
type unexpired struct {
	stream.Sink
	col    int
	limit  types.Micros
	gather Gather
}

func (u *unexpired) Push(ctx context.Context, b *batch.Batch) error {
	var sel []uint32
	c := &b.Cols[u.col]
	for i, at := range batch.Values[types.Micros](c)[:b.N] {
		if at > u.limit || c.Null(i) {
			sel = append(sel, uint32(i))
		}
	}
	switch len(sel) {
	case 0:
		return nil
	case b.N:
		return u.Sink.Push(ctx, b)
	}
	return u.Sink.Push(ctx, u.gather.Rows(b, sel))
}
