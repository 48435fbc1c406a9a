package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Frame is the shape of tumbling and sliding windows: one every Slide, Size long, [start, end).
type Frame struct {
	Size, Slide, Offset types.Micros   // Slide equals Size for tumbling windows
	Zone                *time.Location // set: windows are local days there
}

// Longest is what no window is longer than: clocks that change make days longer.
func (f Frame) Longest() types.Micros {
	if f.Zone != nil {
		return f.Size + 2*types.Day
	}
	return f.Size
}

// Tumbling says whether windows do not overlap.
func (f Frame) Tumbling() bool { return f.Size == f.Slide }

// String is the frame as EXPLAIN shows it.
func (f Frame) String() string {
	s := fmt.Sprintf("tumbling, size %s", duration(f.Size))
	if !f.Tumbling() {
		s = fmt.Sprintf("sliding, size %s, slide %s", duration(f.Size), duration(f.Slide))
	}
	if f.Offset != 0 {
		s += ", offset " + duration(f.Offset)
	}
	if f.Zone != nil {
		s += ", days of " + f.Zone.String()
	}
	return s
}

// duration writes d in the largest unit that divides it.
func duration(d types.Micros) string {
	for _, u := range []struct {
		size types.Micros
		name string
	}{{types.Day, "d"}, {types.Hour, "h"}, {types.Minute, "min"}, {types.Second, "s"}, {types.Millisecond, "ms"}} {
		if d != 0 && d%u.size == 0 {
			return fmt.Sprintf("%d %s", d/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d us", d)
}

// The columns that a Window adds, after the input's.
const (
	WindowStart = iota // start of the window
	WindowEnd          // its end, not in it
	WindowTime         // end - 1 µs
	windowColumns
)

// WindowNames are the names of the columns a Window adds.
var WindowNames = [windowColumns]string{"window_start", "window_end", "window_time"}

// Window gives each row once for each window that it falls into, with the window's bounds as three more columns. A row
// whose time is null falls into none.
type Window struct {
	Input    Node
	Frame    Frame
	Grow     types.Micros // of CUMULATE: windows of one start, each this much longer than the one before; 0: one
	Time     int          // column of the input: timestamptz or timestamp
	Lateness types.Micros // how long after its end a window takes rows
	Judge    bool         // drop and report rows that come too late
	OnClose  bool         // give the rows of a window once, when it is over
}

// Schema is the input's and the window's columns.
func (w *Window) Schema() batch.Schema {
	in := w.Input.Schema()
	out := append(make(batch.Schema, 0, len(in)+windowColumns), in...)
	for _, name := range WindowNames {
		out = append(out, batch.Field{Name: name, Type: in[w.Time].Type, NotNull: true})
	}
	return out
}

// Children is the input.
func (w *Window) Children() []Node { return []Node{w.Input} }

// Times are the input's; a window's start lags by its size, all three by the lateness. Where rows wait for their windows,
// nothing else is bounded.
func (w *Window) Times() []Times {
	in := w.Input.Times()
	end := in[w.Time].later(w.Lateness)
	if w.OnClose {
		in = make([]Times, len(in))
	}
	return append(append(make([]Times, 0, len(in)+windowColumns), in...), end.later(w.Frame.Longest()), end, end)
}

// AppendOnly is the input's.
func (w *Window) AppendOnly() bool { return w.Input.AppendOnly() }

// With assigns windows to another input.
func (w *Window) With(c []Node) Node {
	d := *w
	d.Input = c[0]
	return &d
}

// Describe shows the frame.
func (w *Window) Describe() Description {
	d := Description{Name: "Window"}
	frame := w.Frame.String()
	if w.Grow != 0 {
		frame = "cumulating, step " + duration(w.Grow) + strings.TrimPrefix(frame, "tumbling")
	}
	d.add("Frame", frame)
	d.add("Time", w.Input.Schema()[w.Time].Name)
	if w.Lateness != 0 {
		d.add("Lateness", duration(w.Lateness))
	}
	if w.OnClose {
		d.add("Emit", "on window close")
	}
	return d
}
