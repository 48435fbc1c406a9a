package plan

import "github.com/vexfs/vexstream/engine/batch"

// Named is a query of a WITH. It reads no query around it.
type Named struct {
	Name string
	Plan Node
	Hint string // "materialized" or "not materialized", if the query says so

	guess *guess // of Plan's rows; nil: not made yet
}

// guess is how many rows an estimate says.
type guess struct {
	rows  float64
	known bool
}

// Shared is a place where a Named's rows are used. All places of one Named get the same rows, which are computed once.
type Shared struct {
	Of    *Named
	Shown bool // the Named's plan is shown, and walked, below this place: the first one
}

// Schema is the query's columns.
func (s *Shared) Schema() batch.Schema { return s.Of.Plan.Schema() }

// Children is the query, at its first place.
func (s *Shared) Children() []Node {
	if s.Shown {
		return []Node{s.Of.Plan}
	}
	return nil
}

// Times are the query's.
func (s *Shared) Times() []Times { return s.Of.Plan.Times() }

// AppendOnly is the query's.
func (s *Shared) AppendOnly() bool { return s.Of.Plan.AppendOnly() }

// With gives s: what is computed once is improved once, too.
func (s *Shared) With([]Node) Node { return s }

// Describe names the query.
func (s *Shared) Describe() Description { return Description{Name: "Shared " + s.Of.Name} }
