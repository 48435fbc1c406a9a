package window

import (
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// A local day begins when its date first appears on the clocks of its zone: at midnight, or, where clocks go from before
// midnight to after it, with the first time after. Where they go back over midnight, the new date's day has begun. So days
// lie side by side, and each time is in one.

// localStart gives the start of the window that t lies in.
func (f Frame) localStart(t types.Micros) types.Micros {
	start, _ := f.localWindow(t)
	return start
}

// localEnd gives the end of the window that starts at start.
func (f Frame) localEnd(start types.Micros) types.Micros {
	_, end := f.localWindow(start)
	return end
}

func (f Frame) localWindow(t types.Micros) (start, end types.Micros) {
	_, offset := time.UnixMicro(int64(t)).In(f.Zone).Zone()
	clock := t + types.Micros(offset)*types.Second - f.Offset
	size := f.Size / types.Day
	no := alignDown(clock, types.Day, 0) / types.Day // whole days, so that the division is one
	no = alignDown(no, size, 0)
	start, end = f.dayStart(no), f.dayStart(no+size)
	for t >= end { // clocks went back to the day before
		no += size
		start, end = end, f.dayStart(no+size)
	}
	return start, end
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
