package plan

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// Unfold gives each row of its input once for each row that set-returning functions over it give, with their columns
// after the input's. Several go in step, the shorter ones filled up with nulls. Functions in FROM, and those in a select
// list, are such nodes.
type Unfold struct {
	Input      Node
	Calls      []*expr.SetCall
	Ordinality bool // a last column numbers the rows of each input row from 1
	Outer      bool // a row that no function gives rows for comes once, with nulls
}

// Schema is the input's columns, the functions', and the number.
func (u *Unfold) Schema() batch.Schema {
	out := slices.Clone(u.Input.Schema())
	for _, c := range u.Calls {
		for _, col := range c.Columns() {
			out = append(out, batch.Field{Name: col.Name, Type: col.Type})
		}
	}
	if u.Ordinality {
		out = append(out, batch.Field{Name: "ordinality", Type: types.Int8, NotNull: !u.Outer})
	}
	return out
}

// Children is the input.
func (u *Unfold) Children() []Node { return []Node{u.Input} }

// Times are the input's; nothing bounds what a function gives.
func (u *Unfold) Times() []Times {
	return append(slices.Clone(u.Input.Times()), make([]Times, Width(u)-Width(u.Input))...)
}

// AppendOnly is the input's.
func (u *Unfold) AppendOnly() bool { return u.Input.AppendOnly() }

// With unfolds another input.
func (u *Unfold) With(c []Node) Node {
	d := *u
	d.Input = c[0]
	return &d
}

// Describe shows the functions.
func (u *Unfold) Describe() Description {
	d := Description{Name: "ProjectSet"}
	calls := make([]string, len(u.Calls))
	for i, c := range u.Calls {
		calls[i] = c.String()
	}
	if u.Ordinality {
		calls = append(calls, "ordinality")
	}
	d.add("Functions", strings.Join(calls, ", "))
	if u.Outer {
		d.add("Outer", "true")
	}
	return d
}

// args are the arguments of all functions.
func (u *Unfold) args() []expr.Expr {
	var out []expr.Expr
	for _, c := range u.Calls {
		out = append(out, c.Args()...)
	}
	return out
}

// over is u with the columns of its arguments moved, over another input.
func (u *Unfold) over(in Node, to func(int) int) *Unfold {
	d := *u
	d.Input, d.Calls = in, make([]*expr.SetCall, len(u.Calls))
	for i, c := range u.Calls {
		d.Calls[i] = c.With(remapAll(c.Args(), to))
	}
	return &d
}

// unfoldFilter moves the terms of a filter that speak of the input's columns, and cannot fail, below the functions.
func unfoldFilter(f *Filter, u *Unfold) Node {
	width := Width(u.Input)
	var above, below []expr.Expr
	for _, t := range expr.Terms(f.Cond) {
		if _, beyond := sides(t, width); beyond || expr.FailsByRow(t) || expr.Volatility(t) == expr.Volatile {
			above = append(above, t)
		} else {
			below = append(below, t)
		}
	}
	if below == nil {
		return f
	}
	n := u.With([]Node{pushFilter(&Filter{Input: u.Input, Cond: expr.And(below...)})})
	if above == nil {
		return n
	}
	return &Filter{Input: n, Cond: expr.And(above...)}
}

// pruneUnfold drops columns of the input that nobody reads.
func pruneUnfold(u *Unfold, need []bool) (Node, []int) {
	width := Width(u.Input)
	read := slices.Clone(need[:width])
	mark(read, u.args()...)
	in, to := prune(u.Input, read)
	out := slices.Clone(to)
	for i := range len(need) - width {
		out = append(out, Width(in)+i)
	}
	return u.over(in, at(to)), out
}
