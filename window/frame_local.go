package window

import (
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// A local day begins when its date first appears on the clocks of its zone: at midnight, or, where clocks go from before
// midnight to after it, with the first time after. Where they go back over midnight, the new date's day has begun. So days
// lie side by side, and each time is in one.

// Days have numbers, from 1970 on: windows start at those that are whole multiples of the slide, panes at those of the greatest
// divisor of size and slide.

// dayNo gives the number of the local day that t lies in.
func (f Frame) dayNo(t types.Micros) types.Micros {
	_, offset := time.UnixMicro(int64(t)).In(f.Zone).Zone()
	clock := t + types.Micros(offset)*types.Second - f.Offset
	no := alignDown(clock, types.Day, 0) / types.Day // whole days, so that the division is one
	for t >= f.dayStart(no+1) {                      // clocks went back to the day before
		no++
	}
	return no
}

// localPane gives the pane that t lies in.
func (f Frame) localPane(t types.Micros) (start, end types.Micros) {
	days := f.Pane() / types.Day
	no := alignDown(f.dayNo(t), days, 0)
	return f.dayStart(no), f.dayStart(no + days)
}

// localWindows gives the starts of the first and the last window that t lies in.
func (f Frame) localWindows(t types.Micros) (first, last types.Micros) {
	no := f.dayNo(t)
	from, to := f.firstDay(no), alignDown(no, f.Slide/types.Day, 0)
	if first, last = f.dayStart(from), f.dayStart(to); from > to {
		first = max(first, last+1) // a gap
	}
	return first, last
}

// firstDay gives the number of the day at which the first window starts that day no lies in, or that is after it.
func (f Frame) firstDay(no types.Micros) types.Micros {
	size, slide := f.Size/types.Day, f.Slide/types.Day
	return alignDown(no-size, slide, 0) + slide
}

// localAfter gives when the window that starts at start has gone on for so many days.
func (f Frame) localAfter(start, days types.Micros) types.Micros {
	return f.dayStart(alignDown(f.dayNo(start), f.Slide/types.Day, 0) + days/types.Day)
}

// farZone is more than clocks of any zone are behind those of another.
const farZone = 26 * types.Hour

// dayStart gives the first time at which local clocks show day no since 1970, at Offset, or a later time.
func (f Frame) dayStart(no types.Micros) types.Micros {
	clock := no*types.Day + f.Offset
	at := clock - farZone
	for {
		t := time.UnixMicro(int64(at)).In(f.Zone)
		_, seconds := t.Zone()
		offset := types.Micros(seconds) * types.Second
		_, change := t.ZoneBounds()
		if change.IsZero() || types.Micros(change.UnixMicro())+offset > clock {
			return max(at, clock-offset)
		}
		at = types.Micros(change.UnixMicro())
	}
}
