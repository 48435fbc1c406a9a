package plan

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Lapse takes each row back when the watermark has passed its time by After. What comes later than that never counts.
type Lapse struct {
	Input Node
	Time  int // a column that watermarks bound
	After types.Micros
}

// Schema is the input's.
func (l *Lapse) Schema() batch.Schema { return l.Input.Schema() }

// Children is the input.
func (l *Lapse) Children() []Node { return []Node{l.Input} }

// Times bounds nothing: rows go later than they came.
func (l *Lapse) Times() []Times { return make([]Times, Width(l)) }

// AppendOnly is false.
func (l *Lapse) AppendOnly() bool { return false }

// With is the same over another input.
func (l *Lapse) With(c []Node) Node {
	d := *l
	d.Input = c[0]
	return &d
}

// Describe shows when rows go.
func (l *Lapse) Describe() Description {
	d := Description{Name: "Lapse"}
	d.add("State TTL", duration(l.After)+" after "+l.Input.Schema()[l.Time].Name)
	return d
}

// Idle says that a group is forgotten when the watermark has passed the time of its newest row by After.
type Idle struct {
	Time  int // a column of the Aggregate's input that watermarks bound
	After types.Micros
}
