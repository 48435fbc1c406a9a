package plan

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Scan reads a relation: what is there, then, in a view, what comes.
type Scan struct {
	Relation *catalog.Relation
	Alias    string // as the query calls it
	Columns  []int  // positions among Relation.Columns, hidden ones included
	Range    []TimeLimit
	Values   []ColumnLimit // what the filter says of columns of integers, dates and timestamps; it spares reading, too
	Lookup   []KeyValues   // of a table, with all columns of a key: only rows that have them matter; nil: all do
}

// ColumnLimit narrows a Scan by a column: only rows that compare so with X matter.
type ColumnLimit struct {
	Column int // of the relation
	Op     string
	X      expr.Expr // of the column's type, over no columns
}

// KeyValues says which values a key's column has in the rows that matter. Like TimeLimit it spares reading, and the filter
// that it came from stays.
type KeyValues struct {
	Column int         // of the relation
	Values []expr.Expr // over no columns, of a type whose value.WideKey is that of the column's
	Array  expr.Expr   // in place of Values: an array of them
}

func (k KeyValues) String(r *catalog.Relation) string {
	name := r.Columns[k.Column].Name
	switch {
	case k.Array != nil:
		return name + " = ANY (" + k.Array.String() + ")"
	case len(k.Values) == 1:
		return name + " = " + k.Values[0].String()
	}
	list := make([]string, len(k.Values))
	for i, v := range k.Values {
		list[i] = v.String()
	}
	return name + " IN (" + strings.Join(list, ", ") + ")"
}

// TimeLimit narrows a Scan by event time: only rows whose event time compares so with X matter. It spares reading; the
// filter that it came from stays.
type TimeLimit struct {
	Op string    // "<", "<=", "=", ">=", ">"
	X  expr.Expr // of the event time's type, over no columns
}

// Schema is the columns read.
func (s *Scan) Schema() batch.Schema {
	out := make(batch.Schema, len(s.Columns))
	for i, c := range s.Columns {
		col := &s.Relation.Columns[c]
		out[i] = batch.Field{Name: col.Name, Type: col.Type, NotNull: s.notNull(c)}
	}
	return out
}

// Children is none.
func (s *Scan) Children() []Node { return nil }

// Times bounds the event time by the relation's own watermark.
func (s *Scan) Times() []Times {
	out := make([]Times, len(s.Columns))
	w := s.Relation.Watermark
	for i, c := range s.Columns {
		if w != nil && c == w.Column {
			out[i] = Times{{Relation: s.Relation.ID}}
		}
	}
	return out
}

// AppendOnly is the relation's.
func (s *Scan) AppendOnly() bool { return s.Relation.AppendOnly || s.Relation.Kind == catalog.Stream }

// With gives s.
func (s *Scan) With([]Node) Node { return s }

// Describe names the relation, the columns and the range of time.
func (s *Scan) Describe() Description {
	d := Description{Name: "Scan on " + s.Relation.QualifiedName()}
	if s.Alias != "" && s.Alias != s.Relation.Name {
		d.Name += " " + s.Alias
	}
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = s.Relation.Columns[c].Name
	}
	d.add("Columns", strings.Join(names, ", "))
	limits := make([]string, len(s.Range))
	for i, l := range s.Range {
		limits[i] = s.Relation.Columns[s.Relation.EventTime].Name + " " + l.Op + " " + l.X.String()
	}
	d.add("Time Range", strings.Join(limits, " AND "))
	keys := make([]string, len(s.Lookup))
	for i, k := range s.Lookup {
		keys[i] = k.String(s.Relation)
	}
	d.add("Key Lookup", strings.Join(keys, " AND "))
	return d
}
