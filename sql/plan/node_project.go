package plan

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Project computes columns.
type Project struct {
	Input Node
	Exprs []expr.Expr
	Names []string
}

// Schema is the expressions' types under their names.
func (p *Project) Schema() batch.Schema {
	out := make(batch.Schema, len(p.Exprs))
	for i, e := range p.Exprs {
		out[i] = batch.Field{Name: p.Names[i], Type: e.Type(), NotNull: notNull(e, p.Input)}
	}
	return out
}

// Children is the input.
func (p *Project) Children() []Node { return []Node{p.Input} }

// Times follows the columns that are passed on as they are.
func (p *Project) Times() []Times {
	in := p.Input.Times()
	out := make([]Times, len(p.Exprs))
	for i, e := range p.Exprs {
		out[i] = timesOf(e, in)
	}
	return out
}

// AppendOnly is the input's.
func (p *Project) AppendOnly() bool { return p.Input.AppendOnly() }

// With projects another input.
func (p *Project) With(c []Node) Node { return &Project{Input: c[0], Exprs: p.Exprs, Names: p.Names} }

// Describe shows the expressions, with the names that differ.
func (p *Project) Describe() Description {
	d := Description{Name: "Project"}
	outs := make([]string, len(p.Exprs))
	for i, e := range p.Exprs {
		outs[i] = e.String()
		if p.Names[i] != outs[i] {
			outs[i] += " AS " + p.Names[i]
		}
	}
	d.add("Output", strings.Join(outs, ", "))
	d.once(p.Exprs)
	return d
}
