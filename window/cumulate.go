package window

import (
	"context"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Cumulation is windows that grow: of one start there are Size/Step windows, each a Step longer than the one before, the
// last of them Size long. Starts are Offset plus whole multiples of Size. All in µs.
//
//	size 6, step 2      0   2   4   6   8   10  12
//	                    ├───┤           ├───┤
//	                    ├───────┤       ├───────┤
//	                    ├───────────┤   ├───────────┤
//
// With a Zone starts are those of local days, as a Frame has them. A step of whole days is of local ones; another goes by time as it
// passes, and the last one ends with the day.
type Cumulation struct {
	Step, Size, Offset types.Micros
	Zone               *time.Location
}

// frame is the longest windows.
func (c Cumulation) frame() Frame {
	return Frame{Size: c.Size, Slide: c.Size, Offset: c.Offset, Zone: c.Zone}
}

// after gives the end of the first window from start that t lies in, or that is longer than that one; end is where the last one ends.
func (c Cumulation) after(f Frame, start, t, end types.Micros) types.Micros {
	if c.Zone != nil && c.Step%types.Day == 0 {
		first, step := f.dayNo(start), c.Step/types.Day
		return min(f.dayStart(alignDown(f.dayNo(t), step, first)+step), end)
	}
	return min(alignDown(t, c.Step, start)+c.Step, end)
}

// Validate says whether c can be computed: 22023 names what cannot.
func (c Cumulation) Validate() error {
	if err := (Frame{Size: c.Size, Slide: c.Step, Offset: c.Offset}).Validate(); err != nil {
		return err
	}
	if err := c.frame().Validate(); err != nil {
		return err
	}
	if c.Size%c.Step != 0 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "the size of a cumulating window must be a multiple of its step").
			WithHint("CUMULATE(relation, time, step, size): INTERVAL '10 minutes', INTERVAL '1 hour'.")
	}
	return nil
}

// cumulate gives rows the windows of a Cumulation. The bounds that an assign computes from a start and a size have
// several ends for each start here.
type cumulate struct {
	assign
	grow Cumulation
	ends []types.Micros
}

// NewCumulate adds the columns window_start, window_end and window_time to every row, once for each window of c that
// the time in column timeCol lies in, shortest first. A row without a time does not come. A time that is out of range
// is a failed row under env's policy.
func NewCumulate(c Cumulation, timeCol int, env *op.Env, next stream.Sink) stream.Sink {
	a := NewAssign(c.frame(), timeCol, env, next).(*assign)
	return &cumulate{assign: *a, grow: c, ends: batch.MakeValues[types.Micros](batch.MaxRows)}
}

func (c *cumulate) Push(ctx context.Context, b *batch.Batch) error {
	ts := batch.Values[types.Micros](&b.Cols[c.col])
	c.sel = c.sel[:0]
	var start, last types.Micros // of the longest window
	for i, t := range ts {
		if b.Cols[c.col].Null(i) {
			continue
		}
		if !c.frame.Contains(t) {
			if err := c.refuse(ctx, b, i); err != nil {
				return err
			}
			continue
		}
		if t < start || t >= last {
			start = c.frame.PaneStart(t)
			last = c.frame.End(start)
		}
		for at := t; at < last; at = c.ends[len(c.sel)-1] {
			if len(c.sel) == batch.MaxRows {
				if err := c.flush(ctx, b); err != nil {
					return err
				}
			}
			c.starts[len(c.sel)], c.ends[len(c.sel)] = start, c.grow.after(c.frame, start, at, last)
			c.sel = append(c.sel, uint32(i))
		}
	}
	return c.flush(ctx, b)
}

func (c *cumulate) flush(ctx context.Context, b *batch.Batch) error {
	n := len(c.sel)
	if n == 0 {
		return nil
	}
	lasts := c.bounds[1][:n]
	for i, end := range c.ends[:n] {
		lasts[i] = end - 1
	}
	err := c.bounded(ctx, c.gather.Rows(b, c.sel), c.starts[:n], c.ends[:n], lasts)
	c.gather.Poison()
	c.sel = c.sel[:0]
	return err
}
