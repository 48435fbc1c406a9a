package plan

import (
	"github.com/vexfs/vexstream/engine/batch"
)

// Recursive is WITH RECURSIVE: the rows of Start, then again and again those that Step makes of the rows of the round
// before, until a round gives none. It is for bounded queries only.
type Recursive struct {
	ID          int // that of the Working in Step
	Name        string
	All         bool // UNION ALL: a row that was there counts again
	Columns     batch.Schema
	Start, Step Node
}

// Schema is the columns.
func (r *Recursive) Schema() batch.Schema { return r.Columns }

// Children are the two terms.
func (r *Recursive) Children() []Node { return []Node{r.Start, r.Step} }

// Times bounds nothing.
func (r *Recursive) Times() []Times { return make([]Times, len(r.Columns)) }

// AppendOnly is that of both terms.
func (r *Recursive) AppendOnly() bool { return r.Start.AppendOnly() && r.Step.AppendOnly() }

// With is the same over other terms.
func (r *Recursive) With(c []Node) Node {
	d := *r
	d.Start, d.Step = c[0], c[1]
	return &d
}

// Describe says how the terms are united.
func (r *Recursive) Describe() Description {
	d := Description{Name: "Recursive Union " + r.Name}
	if !r.All {
		d.add("Distinct", "true")
	}
	return d
}

// Working is the rows that the round before gave a Recursive.
type Working struct {
	ID      int
	Name    string
	Columns batch.Schema
}

// Schema is the columns.
func (w *Working) Schema() batch.Schema { return w.Columns }

// Children is none.
func (w *Working) Children() []Node { return nil }

// Times bounds nothing.
func (w *Working) Times() []Times { return make([]Times, len(w.Columns)) }

// AppendOnly is true.
func (w *Working) AppendOnly() bool { return true }

// With gives w.
func (w *Working) With([]Node) Node { return w }

// Describe is the name.
func (w *Working) Describe() Description { return Description{Name: "Work Table on " + w.Name} }
