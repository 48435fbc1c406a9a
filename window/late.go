package window

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Never is the allowed lateness of a view that takes every row whenever it comes: one without EMIT and retention.
const Never = types.MaxTime

// Lateness judges rows window by window: a row misses those of its windows that were over, by the watermark recorded
// for the epoch before the row's own, and counts in the others.
type Lateness struct {
	Frame   Frame
	Allowed types.Micros // how long after its end a window still takes rows; Never: for ever
}

// Limit is the end of windows that are over at the watermark: those that end at Limit or before take no more rows. It
// is MinTime when nothing is late, so a loop over rows needs one comparison.
func (l Lateness) Limit(watermark types.Micros) types.Micros {
	if l.Allowed == Never {
		return types.MinTime
	}
	return watermark.Sub(l.Allowed)
}

// Missed gives the starts of the first and the last window that a row at t comes too late for; first > last: none. The
// row is late for all of its windows if last is also the last of Frame.Windows(t), and late at all if first <= last.
func (l Lateness) Missed(t, watermark types.Micros) (first, last types.Micros) {
	first, last = l.Frame.Windows(t)
	limit := l.Limit(watermark)
	if limit == types.MinTime {
		return first, first - 1
	}
	if limit >= l.Frame.End(last) {
		return first, last
	}
	if l.Frame.Zone != nil {
		for last = first - 1; ; {
			next := first
			if last >= first {
				next = l.Frame.Next(last)
			}
			if l.Frame.End(next) > limit {
				return first, last
			}
			last = next
		}
	}
	return first, alignDown(limit-l.Frame.Size, l.Frame.Slide, l.Frame.Offset)
}

// Late is one row that came too late for a window, as vex.late_rows lists it.
type Late struct {
	Relation    uint32
	View        string
	WindowStart types.Micros // of the first window that the row misses
	WindowEnd   types.Micros // of the last one
	Windows     int64        // how many windows the row misses
	Whole       bool         // the row counts in no window at all
	Watermark   types.Micros // that judged it
	Batch       *batch.Batch // borrowed
	Row         int
}

// LateSink is told of rows that came too late, each with its weight in its batch. It keeps what it wants of a Late by
// copying. An error ends the stream.
type LateSink interface {
	Late(ctx context.Context, l *Late) error
}

// LateCount is a LateSink that counts and keeps nothing.
type LateCount struct {
	Rows    int64 // the sum of the weights of rows that missed a window
	Windows int64 // the same, a row counted for each window that it missed
}

// Late counts l.
func (c *LateCount) Late(_ context.Context, l *Late) error {
	w := l.Batch.Weight(l.Row)
	c.Rows += w
	c.Windows += w * l.Windows
	return nil
}

// Report tells to about row of b, at time t, if it missed a window at the watermark, and says whether any window is
// left that the row counts in.
func (l Lateness) Report(ctx context.Context, to LateSink, view string, relation uint32, watermark types.Micros, b *batch.Batch, row int, t types.Micros) (counts bool, err error) {
	first, last := l.Missed(t, watermark)
	if first > last {
		return true, nil
	}
	_, end := l.Frame.Windows(t)
	late := Late{
		Relation: relation, View: view, WindowStart: first, WindowEnd: l.Frame.End(last), Watermark: watermark,
		Windows: l.Frame.count(first, last), Whole: last == end, Batch: b, Row: row,
	}
	return last < end, to.Late(ctx, &late)
}
