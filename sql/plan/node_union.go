package plan

import (
	"fmt"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Union gives the rows of all inputs (UNION ALL). They have the same column types; the first gives the names.
type Union struct{ Inputs []Node }

// Schema is the first input's; a column is NOT NULL if it is in all.
func (u *Union) Schema() batch.Schema {
	out := append(batch.Schema(nil), u.Inputs[0].Schema()...)
	for _, in := range u.Inputs[1:] {
		for i, f := range in.Schema() {
			out[i].NotNull = out[i].NotNull && f.NotNull
		}
	}
	return out
}

// Children are the inputs.
func (u *Union) Children() []Node { return u.Inputs }

// Times: a column is bounded if it is in every input, by all their bounds.
func (u *Union) Times() []Times {
	var out []Times
	for n, in := range u.Inputs {
		for i, t := range in.Times() {
			switch {
			case n == 0:
				out = append(out, t)
			case len(t) == 0 || len(out[i]) == 0:
				out[i] = nil
			default:
				out[i] = append(append(Times(nil), out[i]...), t...)
			}
		}
	}
	return out
}

// AppendOnly is true if it is of all inputs.
func (u *Union) AppendOnly() bool {
	for _, in := range u.Inputs {
		if !in.AppendOnly() {
			return false
		}
	}
	return true
}

// With unites other inputs.
func (u *Union) With(c []Node) Node { return &Union{Inputs: c} }

// Describe is the name.
func (u *Union) Describe() Description { return Description{Name: "Union All"} }

// Distinct gives each different row once.
type Distinct struct{ Input Node }

// Schema is the input's.
func (d *Distinct) Schema() batch.Schema { return d.Input.Schema() }

// Children is the input.
func (d *Distinct) Children() []Node { return []Node{d.Input} }

// Times are the input's.
func (d *Distinct) Times() []Times { return d.Input.Times() }

// AppendOnly is the input's.
func (d *Distinct) AppendOnly() bool { return d.Input.AppendOnly() }

// With is Distinct over another input.
func (d *Distinct) With(c []Node) Node { return &Distinct{Input: c[0]} }

// Describe is the name.
func (d *Distinct) Describe() Description { return Description{Name: "Distinct"} }

// Values is rows of expressions over no columns. One row without columns is what a SELECT without FROM reads.
type Values struct {
	Columns batch.Schema
	Rows    [][]expr.Expr // each has the type of its column
}

// Schema is the columns.
func (v *Values) Schema() batch.Schema { return v.Columns }

// Children is none.
func (v *Values) Children() []Node { return nil }

// Times bounds nothing.
func (v *Values) Times() []Times { return make([]Times, len(v.Columns)) }

// AppendOnly is true.
func (v *Values) AppendOnly() bool { return true }

// With gives v.
func (v *Values) With([]Node) Node { return v }

// Describe counts the rows, or shows the only one.
func (v *Values) Describe() Description {
	d := Description{Name: "Values"}
	switch {
	case len(v.Columns) == 0:
		d.Name = "Result"
	case len(v.Rows) == 1:
		d.add("Row", exprList(v.Rows[0]))
	default:
		d.add("Rows", fmt.Sprint(len(v.Rows)))
	}
	return d
}
