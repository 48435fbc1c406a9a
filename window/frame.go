package window

import (
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Frame is windows of one size that start every slide: tumbling when the two are equal, sliding with overlap when the
// slide is shorter, with gaps between windows when it is longer. Size need not be a multiple of Slide. Windows start at
// Offset plus every whole multiple of Slide, also before 1970. All in µs.
//
// With a Zone they are local days, so many as Size and Slide have days of 24 hours; Offset is when on the clock they
// begin. They are as long as the days are: 23 or 25 hours when clocks change.
type Frame struct {
	Size, Slide, Offset types.Micros
	Zone                *time.Location
}

// Bounds of what a Frame works with. Times outside them (years before -144,169 and after 148,107, and the infinities)
// lie in no window, which keeps sums of a time and a size from wrapping.
const (
	MinEventTime types.Micros = -1 << 62
	MaxEventTime types.Micros = 1<<62 - 1
	MaxSize      types.Micros = 1 << 60
	// MaxOverlap is how many windows a row may lie in: a day that slides by the second fits.
	MaxOverlap = 100_000
)

// Tumbling is the Frame of windows side by side.
func Tumbling(size types.Micros) Frame { return Frame{Size: size, Slide: size} }

// Validate says whether f can be computed: 22023 names what cannot.
func (f Frame) Validate() error {
	switch {
	case f.Size <= 0:
		return sqlerr.New(sqlerr.InvalidParameterValue, "window size must be greater than zero").
			WithHint("Write a positive interval, such as INTERVAL '1 minute'.")
	case f.Slide <= 0:
		return sqlerr.New(sqlerr.InvalidParameterValue, "window slide must be greater than zero").
			WithHint("Write a positive interval, such as INTERVAL '10 seconds'.")
	case f.Size > MaxSize || f.Slide > MaxSize || f.Offset > MaxSize || f.Offset < -MaxSize:
		return sqlerr.New(sqlerr.InvalidParameterValue, "window size, slide or offset is too large").
			WithHint("At most 13,343,998 days are possible.")
	case f.Zone != nil && (f.Slide%types.Day != 0 || f.Size%types.Day != 0 || f.Offset <= -f.Size || f.Offset >= f.Size):
		return sqlerr.New(sqlerr.InvalidParameterValue, "windows in a time zone are whole days").
			WithHint("Write whole days as size and slide, such as INTERVAL '1 day', and an offset that is shorter.")
	case (f.Size+f.Slide-1)/f.Slide > MaxOverlap:
		return sqlerr.New(sqlerr.InvalidParameterValue, "every row would lie in %d windows", (f.Size+f.Slide-1)/f.Slide).
			WithHint("Use a longer slide or a smaller size: at most %d windows may overlap.", MaxOverlap)
	}
	return nil
}

// Contains says whether t is a time that windows can be computed for.
func (f Frame) Contains(t types.Micros) bool { return t >= MinEventTime && t <= MaxEventTime }

// Pane is the length of a pane, the greatest common divisor of size and slide: every window is a whole number of panes. In
// a Zone that is its days' nominal length: see PaneEnd.
func (f Frame) Pane() types.Micros {
	a, b := f.Size, f.Slide
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// PaneStart is the start of the pane that t lies in.
func (f Frame) PaneStart(t types.Micros) types.Micros {
	if f.Zone != nil {
		start, _ := f.localPane(t)
		return start
	}
	return alignDown(t, f.Pane(), f.Offset)
}

// PaneEnd is the end of the pane that starts at start.
func (f Frame) PaneEnd(start types.Micros) types.Micros {
	if f.Zone != nil {
		_, end := f.localPane(start)
		return end
	}
	return start + f.Pane()
}

// Windows gives the starts of the first and the last window that t lies in; the others lie between them, a slide apart.
// first > last: t lies in a gap.
func (f Frame) Windows(t types.Micros) (first, last types.Micros) {
	if f.Zone != nil {
		return f.localWindows(t)
	}
	return alignDown(t-f.Size, f.Slide, f.Offset) + f.Slide, alignDown(t, f.Slide, f.Offset)
}

// WindowsOfPane gives the starts of the first and the last window that hold the pane starting at pane.
func (f Frame) WindowsOfPane(pane types.Micros) (first, last types.Micros) { return f.Windows(pane) }

// End is the end of the window that starts at start: the first time that is not in it.
func (f Frame) End(start types.Micros) types.Micros {
	if f.Zone != nil {
		return f.localAfter(start, f.Size)
	}
	return start + f.Size
}

// count is how many windows start from first to last.
func (f Frame) count(first, last types.Micros) (n int64) {
	if f.Zone == nil {
		return int64((last-first)/f.Slide) + 1
	}
	for ; first <= last; first = f.Next(first) {
		n++
	}
	return n
}

// Next is the start of the window after the one that starts at start.
func (f Frame) Next(start types.Micros) types.Micros {
	if f.Zone != nil {
		return f.localAfter(start, f.Slide)
	}
	return start + f.Slide
}

// Closed gives the starts of the first and the last window whose end is in (from, to]: those that close when the
// watermark moves from from to to. first > last: none. Both ends may be infinite; then the result is clipped to the
// windows of possible times, and who walks it starts at the first window that it knows to hold something.
func (f Frame) Closed(from, to types.Micros) (first, last types.Micros) {
	from, to = clip(from), clip(to)
	return alignDown(from-f.Size, f.Slide, f.Offset) + f.Slide, alignDown(to-f.Size, f.Slide, f.Offset)
}

// Over says whether the window that starts at start is over at the watermark: its end and the allowed lateness are
// reached.
func (f Frame) Over(start, lateness, watermark types.Micros) bool {
	return f.End(start) <= watermark.Sub(lateness)
}

// Horizon is the time before which nothing is needed any more at the watermark: every window that a pane starting
// before it belongs to is over. It never moves back as the watermark moves on.
func (f Frame) Horizon(lateness, watermark types.Micros) types.Micros {
	w := clip(watermark.Sub(lateness))
	if f.Zone != nil {
		return f.dayStart(f.firstDay(f.dayNo(w)))
	}
	return alignDown(w-f.Size, f.Slide, f.Offset) + f.Slide
}

func clip(t types.Micros) types.Micros {
	return min(max(t, MinEventTime), MaxEventTime)
}

// alignDown is the greatest offset + k*step that is not after t. Go's division truncates; this one floors.
func alignDown(t, step, offset types.Micros) types.Micros {
	r := (t - offset) % step
	if r < 0 {
		r += step
	}
	return t - r
}
