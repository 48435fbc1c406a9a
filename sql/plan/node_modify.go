package plan

import "github.com/vexfs/vexstream/engine/batch"

// Modify stands in what EXPLAIN shows for a statement that changes rows: the plan that gives the rows, and those of what its
// WITH changes. It is never built.
type Modify struct {
	Verb, Relation string // "Insert", "Update", "Delete", "Merge"; of a query whose WITH changes rows both are empty
	Inputs         []Node
}

// Schema is that of the rows.
func (m *Modify) Schema() batch.Schema { return m.Inputs[0].Schema() }

// Children are the plans.
func (m *Modify) Children() []Node { return m.Inputs }

// Times bounds nothing.
func (m *Modify) Times() []Times { return make([]Times, len(m.Schema())) }

// AppendOnly is false.
func (m *Modify) AppendOnly() bool { return false }

// With is the same over other plans.
func (m *Modify) With(c []Node) Node { return &Modify{m.Verb, m.Relation, c} }

// Describe is the name of the statement.
func (m *Modify) Describe() Description {
	if m.Verb == "" {
		return Description{Name: "Query with changes"}
	}
	return Description{Name: m.Verb + " on " + m.Relation}
}
