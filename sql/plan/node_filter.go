package plan

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Input Node
	Cond  expr.Expr // boolean
}

// Schema is the input's.
func (f *Filter) Schema() batch.Schema { return f.Input.Schema() }

// Children is the input.
func (f *Filter) Children() []Node { return []Node{f.Input} }

// Times are the input's.
func (f *Filter) Times() []Times { return f.Input.Times() }

// AppendOnly is the input's.
func (f *Filter) AppendOnly() bool { return f.Input.AppendOnly() }

// With filters another input.
func (f *Filter) With(c []Node) Node { return &Filter{Input: c[0], Cond: f.Cond} }

// Describe shows the condition.
func (f *Filter) Describe() Description {
	d := Description{Name: "Filter"}
	d.add("Cond", f.Cond.String())
	d.once([]expr.Expr{f.Cond})
	return d
}
