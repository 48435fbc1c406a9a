package window_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// zones have clocks that change at midnight, before it and by half an hour, and dates that never were.
var zones = []string{
	"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "Asia/Beirut",
}

// Local days lie side by side, and each time is in the one that it says.
func TestLocalDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		size := types.Micros(rapid.IntRange(1, 8).Draw(t, "days")) * types.Day
		f := window.Frame{Size: size, Slide: size, Zone: zone, Offset: types.Micros(rapid.IntRange(-12, 12).Draw(t, "offset")) * types.Hour}
		if err := f.Validate(); err != nil {
			t.Fatal(err)
		}
		at := types.Micros(rapid.Int64Range(-3e15, 3e15).Draw(t, "at"))
		start, last := f.Windows(at)
		end := f.End(start)
		switch {
		case start != last || start > at || at >= end:
			t.Fatalf("%d is in %d to %d, and the last window is %d", at, start, end, last)
		case f.PaneStart(at) != start || f.PaneEnd(start) != end || f.Next(start) != end || f.PaneStart(start) != start || f.PaneStart(end-1) != start:
			t.Fatalf("the pane of %d is %d to %d, the window %d to %d", at, f.PaneStart(at), f.PaneEnd(start), start, end)
		case f.PaneStart(end) != end || f.PaneStart(start-1) >= start || f.End(f.PaneStart(start-1)) != start:
			t.Fatalf("%d to %d has a window from %d to %d before it", start, end, f.PaneStart(start-1), f.End(f.PaneStart(start-1)))
		case end-start > size+2*types.Day || end-start < size-2*types.Day:
			t.Fatalf("%d µs are long", end-start)
		case f.Over(start, 0, end-1) || !f.Over(start, 0, end) || f.Horizon(0, end) != end || f.Horizon(0, end-1) != start:
			t.Fatalf("%d to %d: over at %d, horizon %d", start, end, end, f.Horizon(0, end))
		}
	})
}

// Days on which clocks change are as long as they are.
func TestLocalDaysOfClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, at, start string
		hours           float64
	}{
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", 25},
		{"Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-25T23:00:00Z", 24},
		{"America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", 23}, // midnight was left out
		{"America/Havana", "2024-11-03T04:30:00Z", "2024-11-03T04:00:00Z", 25},    // midnight came twice
		{"America/Havana", "2024-11-03T05:30:00Z", "2024-11-03T04:00:00Z", 25},
		{"Australia/Lord_Howe", "2026-04-05T00:00:00Z", "2026-04-04T13:00:00Z", 24.5},
		{"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", 24}, // the 30th never was: this is the 31st
		{"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", 24},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		micros := func(text string) types.Micros {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return types.Micros(at.UnixMicro())
		}
		f := window.Frame{Size: types.Day, Slide: types.Day, Zone: zone}
		start := f.PaneStart(micros(c.at))
		if long := f.End(start) - start; start != micros(c.start) || float64(long) != c.hours*float64(types.Hour) {
			t.Errorf("%s in %s: the day begins at %s and has %v h", c.at, c.zone, time.UnixMicro(int64(start)).UTC(), float64(long)/float64(types.Hour))
		}
	}
}
