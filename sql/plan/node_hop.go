package plan

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// Hop is a Window and the Aggregate above it in one: each row is folded once, however many windows it falls into.
type Hop struct {
	Input    Node
	Frame    Frame
	Time     int // column of the input
	Lateness types.Micros
	Judge    bool // drop and report rows that come too late
	OnClose  bool // give a window's groups once, when it closes
	// Retention is how long after its end a window is shown; 0: for ever.
	Retention types.Micros
	Keys      []HopKey
	Aggs      []Agg
}

// HopKey is one key of a Hop: a bound of the window, or an expression over the input.
type HopKey struct {
	Expr  expr.Expr // nil: the window's
	Bound int       // WindowStart, WindowEnd or WindowTime, when Expr is nil
	Name  string
}

// Schema is the keys and the aggregates.
func (h *Hop) Schema() batch.Schema {
	in := h.Input.Schema()
	out := make(batch.Schema, 0, len(h.Keys)+len(h.Aggs))
	for _, k := range h.Keys {
		f := batch.Field{Name: k.Name, Type: in[h.Time].Type, NotNull: true}
		if k.Expr != nil {
			f.Type, f.NotNull = k.Expr.Type(), notNull(k.Expr, h.Input)
		}
		out = append(out, f)
	}
	return append(out, aggFields(h.Aggs)...)
}

// Children is the input.
func (h *Hop) Children() []Node { return []Node{h.Input} }

// Times are those of the window's bounds and of the keys.
func (h *Hop) Times() []Times {
	in := h.Input.Times()
	end := in[h.Time].later(h.Lateness)
	out := make([]Times, len(h.Keys)+len(h.Aggs))
	for i, k := range h.Keys {
		switch {
		case k.Expr != nil:
			out[i] = timesOf(k.Expr, in)
		case k.Bound == WindowStart:
			out[i] = end.later(h.Frame.Longest())
		default:
			out[i] = end
		}
	}
	return out
}

// AppendOnly is true when windows are given once.
func (h *Hop) AppendOnly() bool { return h.OnClose && h.Input.AppendOnly() }

// With aggregates another input.
func (h *Hop) With(c []Node) Node {
	d := *h
	d.Input = c[0]
	return &d
}

// Describe shows frame, keys and aggregates.
func (h *Hop) Describe() Description {
	d := Description{Name: "Window Aggregate"}
	d.add("Frame", h.Frame.String())
	d.add("Time", h.Input.Schema()[h.Time].Name)
	keys := make([]string, len(h.Keys))
	for i, k := range h.Keys {
		keys[i] = WindowNames[k.Bound]
		if k.Expr != nil {
			keys[i] = k.Expr.String()
		}
	}
	d.add("Group Key", strings.Join(keys, ", "))
	d.add("Aggregates", aggList(h.Aggs))
	if h.OnClose {
		d.add("Emit", "on window close")
	}
	if h.Retention != 0 {
		d.add("Retention", duration(h.Retention))
	}
	if h.Lateness != 0 {
		d.add("Lateness", duration(h.Lateness))
	}
	return d
}
