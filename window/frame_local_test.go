package window_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
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

// Windows that slide by local days are those whose days the time lies in, by the dates on the clocks; a day that never was begins none.
func TestLocalDaysSlide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		size, slide := rapid.IntRange(1, 7).Draw(t, "size"), rapid.IntRange(1, 9).Draw(t, "slide")
		offset := types.Micros(rapid.IntRange(-12, 12).Draw(t, "offset")) * types.Hour
		f := window.Frame{Size: types.Micros(size) * types.Day, Slide: types.Micros(slide) * types.Day, Zone: zone, Offset: offset}
		if err := f.Validate(); err != nil {
			t.Fatal(err)
		}
		day := window.Frame{Size: types.Day, Slide: types.Day, Zone: zone, Offset: offset}
		at := types.Micros(rapid.Int64Range(-1e15, 2e15).Draw(t, "at"))
		if rapid.Bool().Draw(t, "the day that never was") {
			at = types.Micros(time.Date(2011, 12, 28, 0, 0, 0, 0, time.UTC).UnixMicro()) + at%(4*types.Day)
		}
		type one struct {
			no    int
			start types.Micros
		}
		number := func(start types.Micros) int { // of the day that starts then
			local := time.UnixMicro(int64(start - offset)).In(time.UTC)
			_, zoned := time.UnixMicro(int64(start)).In(zone).Zone()
			local = local.Add(time.Duration(zoned) * time.Second)
			return int(local.Sub(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)).Hours()/24+100_000) - 100_000
		}
		start := day.PaneStart(at)
		for range size + slide + 2 {
			start = day.PaneStart(start - 1)
		}
		var days []one
		for range 4 * (size + slide + 2) {
			days = append(days, one{number(start), start})
			start = day.End(start)
		}
		// startOf is when a day begins, or, if it never was, the one after it.
		startOf := func(no int) types.Micros {
			i := 0
			for days[i].no < no {
				i++
			}
			return days[i].start
		}
		var want []types.Micros
		seen := map[types.Micros]bool{}
		for _, d := range days[:3*(size+slide+2)] {
			for no := d.no - 1; no <= d.no; no++ { // d may stand for the day before it, which never was
				if (no%slide+slide)%slide != 0 || startOf(no) != d.start || no < days[1].no {
					continue
				}
				if end := startOf(no + size); d.start <= at && at < end && !seen[d.start] {
					seen[d.start] = true
					want = append(want, d.start)
				}
			}
		}
		var got []types.Micros
		first, last := f.Windows(at)
		for w := first; w <= last; w = f.Next(w) {
			got = append(got, w)
			if at < w || at >= f.End(w) {
				t.Fatalf("%d is not in %d to %d", at, w, f.End(w))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d is in %v, not in %v", at, want, got)
		}
		pane := f.PaneStart(at)
		if end := f.PaneEnd(pane); pane > at || end <= at || f.PaneStart(end-1) != pane {
			t.Fatalf("the pane of %d is %d to %d", at, pane, end)
		}
		if a, b := f.WindowsOfPane(pane); a != first || b != last {
			t.Fatalf("the pane of %d is in %d to %d, not in %d to %d", at, a, b, first, last)
		}
		if h := f.Horizon(0, at); len(want) > 0 && h != want[0] || len(want) == 0 && h <= at {
			t.Fatalf("at %d nothing before %d is needed, and the first open window is %v", at, h, want)
		}
	})
}

// Windows that grow are cut where local days end: by time as it passes, or by local days.
func TestLocalDaysGrow(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		step, size types.Micros
		at         string
		want       string
	}{
		{12 * types.Hour, types.Day, "2026-10-25T12:00:00Z", "2026-10-24T22 2026-10-25T22, 2026-10-24T22 2026-10-25T23"},
		{12 * types.Hour, types.Day, "2026-10-25T22:30:00Z", "2026-10-24T22 2026-10-25T23"},
		{12 * types.Hour, types.Day, "2026-03-29T00:30:00Z", "2026-03-28T23 2026-03-29T11, 2026-03-28T23 2026-03-29T22"},
		{types.Day, 2 * types.Day, "2026-10-24T12:00:00Z", "2026-10-23T22 2026-10-24T22, 2026-10-23T22 2026-10-25T23"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		out := enginetest.NewCollect(t)
		s := window.NewCumulate(window.Cumulation{Step: c.step, Size: c.size, Zone: zone}, 0, &op.Env{}, out)
		rows := []enginetest.Row{{Vals: []any{types.Micros(at.UnixMicro())}, Diff: 1}}
		if err := s.Push(t.Context(), enginetest.Batch(enginetest.Schema("ts timestamptz"), &batch.Epoch{No: 1}, 0, rows)); err != nil {
			t.Fatal(err)
		}
		if err := s.Advance(t.Context(), stream.Progress{Epoch: &batch.Epoch{No: 1}}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range out.All() {
			hour := func(i int) string {
				return time.UnixMicro(int64(r.Vals[i].(types.Micros))).UTC().Format("2006-01-02T15")
			}
			got = append(got, hour(1)+" "+hour(2))
		}
		if g := strings.Join(got, ", "); g != c.want {
			t.Errorf("%s: %s\nwant %s", c.at, g, c.want)
		}
	}
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
