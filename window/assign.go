package window

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Columns are the names of what an Assign adds after its input's columns, in order. All have the type of the event
// time; window_time is the last µs of the window.
var Columns = [3]string{"window_start", "window_end", "window_time"}

type assign struct {
	frame  Frame
	col    int
	env    *op.Env
	next   stream.Sink
	sel    []uint32
	starts []types.Micros
	bounds [2][]types.Micros // window_end, window_time
	gather op.Gather
	out    batch.Batch
}

// NewAssign adds the columns window_start, window_end and window_time to every row: the windows of f that the time in
// column timeCol lies in. A row that lies in several comes once for each, earliest first; a row in a gap, or without a
// time, does not come. A time that is out of f's range is a failed row under env's policy.
func NewAssign(f Frame, timeCol int, env *op.Env, next stream.Sink) stream.Sink {
	return &assign{
		frame: f, col: timeCol, env: env, next: next, starts: batch.MakeValues[types.Micros](batch.MaxRows),
		bounds: [2][]types.Micros{batch.MakeValues[types.Micros](batch.MaxRows), batch.MakeValues[types.Micros](batch.MaxRows)},
	}
}

func (a *assign) Push(ctx context.Context, b *batch.Batch) error {
	ts := batch.Values[types.Micros](&b.Cols[a.col])
	if a.frame.Slide == a.frame.Size && b.Cols[a.col].Valid == nil && a.tumble(ts) {
		return a.emit(ctx, b, b.N)
	}
	return a.spread(ctx, b, ts)
}

// tumble fills starts for windows side by side, window by window: neighbours in a batch mostly share one. It gives up
// on a time that is out of range.
func (a *assign) tumble(ts []types.Micros) bool {
	starts := a.starts[:len(ts)]
	for i := 0; i < len(ts); {
		if !a.frame.Contains(ts[i]) {
			return false
		}
		start := a.frame.PaneStart(ts[i])
		size := uint64(a.frame.End(start) - start)
		for ; i < len(ts) && uint64(ts[i]-start) < size; i++ {
			starts[i] = start
		}
	}
	return true
}

// spread repeats rows for their windows, at most MaxRows of them at a time.
func (a *assign) spread(ctx context.Context, b *batch.Batch, ts []types.Micros) error {
	a.sel = a.sel[:0]
	for i, t := range ts {
		if b.Cols[a.col].Null(i) {
			continue
		}
		if !a.frame.Contains(t) {
			if err := a.refuse(ctx, b, i); err != nil {
				return err
			}
			continue
		}
		first, last := a.frame.Windows(t)
		for start := first; start <= last; start = a.frame.Next(start) {
			if len(a.sel) == batch.MaxRows {
				if err := a.flush(ctx, b); err != nil {
					return err
				}
			}
			a.starts[len(a.sel)] = start
			a.sel = append(a.sel, uint32(i))
		}
	}
	return a.flush(ctx, b)
}

func (a *assign) flush(ctx context.Context, b *batch.Batch) error {
	if len(a.sel) == 0 {
		return nil
	}
	err := a.emit(ctx, a.gather.Rows(b, a.sel), len(a.sel))
	a.gather.Poison()
	a.sel = a.sel[:0]
	return err
}

// emit pushes n rows with the windows that begin at starts.
func (a *assign) emit(ctx context.Context, b *batch.Batch, n int) error {
	if n == 0 {
		return nil
	}
	starts, ends, lasts := a.starts[:n], a.bounds[0][:n], a.bounds[1][:n]
	start, size := starts[0], a.frame.End(starts[0])-starts[0]
	for i, s := range starts {
		if s != start && a.frame.Zone != nil {
			start, size = s, a.frame.End(s)-s
		}
		ends[i] = s + size
		lasts[i] = s + size - 1
	}
	return a.bounded(ctx, b, starts, ends, lasts)
}

// bounded pushes rows with their windows' bounds.
func (a *assign) bounded(ctx context.Context, b *batch.Batch, starts, ends, lasts []types.Micros) error {
	t := b.Cols[a.col].Type
	cols := append(a.out.Cols[:0], b.Cols...)
	a.out = *b
	a.out.Cols = append(cols, batch.FixedOf(t, starts, nil), batch.FixedOf(t, ends, nil), batch.FixedOf(t, lasts, nil))
	return a.next.Push(ctx, &a.out)
}

func (a *assign) refuse(ctx context.Context, b *batch.Batch, row int) error {
	err := sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range for a window").
		WithHint("Leave out rows with infinite timestamps: WHERE isfinite(...).")
	if a.env.Bounded {
		return err
	}
	if a.env.DeadLetter != nil {
		a.env.DeadLetter(ctx, "window", err, b, row)
	}
	return nil
}

func (a *assign) Advance(ctx context.Context, p stream.Progress) error { return a.next.Advance(ctx, p) }

func (a *assign) Close() error { return a.next.Close() }
