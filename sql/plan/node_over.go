package plan

import (
	"strings"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Over gives its input's rows with the results of window functions, which all have the same partition and order. What
// they read are columns of the input.
type Over struct {
	Input     Node
	Partition []int
	Order     []SortKey
	Calls     []OverCall
	OnClose   bool         // give each row once, when the watermark has passed its time, the first key of Order
	Final     bool         // all rows of a partition come in one epoch
	Lateness  types.Micros // how long after that it waits
	Idle      types.Micros // with OnClose: after how long without a row a partition is forgotten; 0: never
}

// OverCall is one window function.
type OverCall struct {
	Name  string
	Args  []int
	Agg   *agg.Func // of an aggregate
	Where int       // column of its FILTER, or -1
	Frame OverFrame
	Type  types.Type
}

// OverFrame is the frame of a window function; the numbers are those of package op.
type OverFrame struct {
	Unit, Exclude uint8
	Start, End    OverBound
}

// OverBound is where a frame begins or ends.
type OverBound struct {
	Kind   uint8
	Column int // of the offset; see op.FrameBound
}

// Schema is the input's columns and the results.
func (o *Over) Schema() batch.Schema {
	out := append(batch.Schema(nil), o.Input.Schema()...)
	for _, c := range o.Calls {
		out = append(out, batch.Field{Name: c.Name, Type: c.Type})
	}
	return out
}

// Children is the input.
func (o *Over) Children() []Node { return []Node{o.Input} }

// Times bounds the time of rows that are given once. Else a row's results change with those after it.
func (o *Over) Times() []Times {
	out := make([]Times, Width(o))
	if o.Final {
		copy(out, o.Input.Times())
	}
	if o.OnClose {
		at := o.Order[0].Column
		out[at] = o.Input.Times()[at].later(o.Lateness)
	}
	return out
}

// AppendOnly is true when rows are given once.
func (o *Over) AppendOnly() bool { return (o.OnClose || o.Final) && o.Input.AppendOnly() }

// LooksAhead names a function that looks at rows behind those that are equal to its own in order, or at a whole partition;
// empty: none does.
func (o *Over) LooksAhead() string {
	for _, c := range o.Calls {
		switch c.Name {
		case "lead", "ntile", "percent_rank", "cume_dist":
			return c.Name
		}
		if c.framed() && c.Frame.End.Kind > currentRow {
			return "a frame that ends behind the current row"
		}
	}
	return ""
}

// Endless says whether something is kept of every partition, however long ago its last row was.
func (o *Over) Endless() bool {
	for _, c := range o.Calls {
		if !c.framed() || c.Frame.Unit != frameRange || c.Frame.Start.Kind == 0 {
			return true
		}
	}
	return false
}

// framed says whether the function looks at its frame.
func (c *OverCall) framed() bool {
	switch c.Name {
	case "first_value", "last_value", "nth_value":
		return true
	}
	return c.Agg != nil
}

// With is the same over another input.
func (o *Over) With(c []Node) Node {
	d := *o
	d.Input = c[0]
	return &d
}

// Describe shows the window and the functions.
func (o *Over) Describe() Description {
	d := Description{Name: "WindowAgg"}
	in := o.Input.Schema()
	name := func(cols []int) string {
		s := make([]string, len(cols))
		for i, c := range cols {
			s[i] = in[c].Name
		}
		return strings.Join(s, ", ")
	}
	d.add("Partition", name(o.Partition))
	if len(o.Order) > 0 {
		d.add("Order", keyList(o.Order, in))
	}
	calls := make([]string, len(o.Calls))
	for i, c := range o.Calls {
		calls[i] = c.Name + "(" + name(c.Args) + ")"
	}
	d.add("Functions", strings.Join(calls, ", "))
	if o.OnClose {
		d.add("Emit", "when the watermark has passed "+in[o.Order[0].Column].Name)
	}
	if o.Final {
		d.add("Emit", "on window close")
	}
	if o.Lateness != 0 {
		d.add("Lateness", duration(o.Lateness))
	}
	if o.Idle != 0 {
		d.add("State TTL", duration(o.Idle))
	}
	return d
}

// reads gives the columns that the function reads itself.
func (c *OverCall) reads() []int {
	cols := append([]int(nil), c.Args...)
	if c.Where >= 0 {
		cols = append(cols, c.Where)
	}
	for _, b := range []OverBound{c.Frame.Start, c.Frame.End} {
		if b.hasOffset() {
			cols = append(cols, b.Column)
		}
	}
	return cols
}

// moved is c over an input whose columns are elsewhere.
func (c OverCall) moved(to []int) OverCall {
	c.Args = moved(c.Args, to)
	if c.Where >= 0 {
		c.Where = to[c.Where]
	}
	for _, b := range []*OverBound{&c.Frame.Start, &c.Frame.End} {
		if b.hasOffset() {
			b.Column = to[b.Column]
		}
	}
	return c
}

// hasOffset says whether the bound is a number of rows, groups or units away.
func (b OverBound) hasOffset() bool { return b.Kind == offsetPreceding || b.Kind == offsetFollowing }

// frameRange is the unit of frames by value, as package op numbers it.
const frameRange = 0

// Kinds of bounds, as package op numbers them.
const (
	offsetPreceding = 1
	currentRow      = 2
	offsetFollowing = 3
)

// Numbering is a call of row_number, or of another function without arguments that numbers the rows of a window in their order.
func Numbering(name string) OverCall {
	return OverCall{Name: name, Type: types.Int8, Where: -1, Frame: OverFrame{End: OverBound{Kind: 2}}}
}
