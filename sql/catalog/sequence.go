package catalog

import (
	"slices"

	"github.com/vexfs/vexstream/engine/types"
)

// Sequence is what a relation of that kind counts by.
type Sequence struct {
	Type                       types.Type
	Start, Increment, Min, Max int64
	Cache                      int64
	Cycle                      bool
}

// SequenceColumns are what a SELECT from a sequence gives.
func SequenceColumns() []Column {
	return []Column{
		{Name: "last_value", Type: types.Int8, NotNull: true},
		{Name: "log_cnt", Type: types.Int8, NotNull: true},
		{Name: "is_called", Type: types.Bool, NotNull: true},
	}
}

// Step gives the number after last, and whether there is one.
func (q *Sequence) Step(last int64) (int64, bool) {
	next := last + q.Increment
	switch {
	case q.Increment > 0 && (next > q.Max || next < last):
		return q.Min, q.Cycle
	case q.Increment < 0 && (next < q.Min || next > last):
		return q.Max, q.Cycle
	}
	return next, true
}

// SequenceOwner finds the column that a sequence goes with, and whether the column counts by it.
func (s *Snapshot) SequenceOwner(id uint32) (r *Relation, column int, counts bool) {
	for _, r := range s.byID {
		for i := range r.Columns {
			switch c := &r.Columns[i]; {
			case c.Identity != "" && c.Sequence == id:
				return r, i, true
			case slices.Contains(c.Owns, id):
				return r, i, false
			}
		}
	}
	return nil, -1, false
}

// Sequences are those that go with a relation's columns.
func (s *Snapshot) Sequences(r *Relation) []*Relation {
	var out []*Relation
	for i := range r.Columns {
		out = append(out, s.OwnedBy(&r.Columns[i])...)
	}
	return out
}

// OwnedBy are the sequences that go with a column.
func (s *Snapshot) OwnedBy(c *Column) []*Relation {
	var out []*Relation
	if q := s.byID[c.Sequence]; c.Identity != "" && q != nil {
		out = append(out, q)
	}
	for _, id := range c.Owns {
		if q := s.byID[id]; q != nil {
			out = append(out, q)
		}
	}
	return out
}
