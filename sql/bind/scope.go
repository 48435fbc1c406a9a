package bind

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// column is a column that names can reach. Its place in the scope is its position in the node's output.
type column struct {
	schema, table, name string
	t                   types.Type
	hidden              bool              // found by name only, not by *
	only                bool              // found by its relation's name only: USING has made one of it and another
	key                 []string          // the columns of its table's primary key
	scalar              bool              // of a function in FROM that gives one column: its row is this value
	rel                 *catalog.Relation // that it is a column of, nil if of none
	nullable            bool              // of a side that an outer join fills up with nulls
	source              *Access           // of the relation that it is a column of, there at place; nil: nobody asks, or of none
	place               int
	shown               string // what EXPLAIN calls it, where it has no name
	same                int    // the column, plus 1, that this one has the values of: of USING, that of a side; 0: none
}

// scope is the columns of a FROM.
type scope struct {
	cols      []column
	eventTime int // the column that tumble(size) means, or -1
	window    *windowScope
}

// windowScope says where a scope has the columns of a window.
type windowScope struct {
	start, end int
	aliases    map[string]bool
	ksql       bool // of the WINDOW clause: a key without being named
}

func relationScope(r *catalog.Relation, alias ast.Alias) *scope {
	s := &scope{eventTime: r.EventTime, cols: make([]column, 0, len(r.Columns))}
	table, schema := r.Name, r.Schema
	if alias.Name != "" {
		table, schema = alias.Name, ""
	}
	for i, c := range r.Columns {
		name := c.Name
		if i < len(alias.Columns) {
			name = alias.Columns[i]
		}
		s.cols = append(s.cols, column{schema: schema, table: table, name: name, t: c.Type, hidden: c.Hidden, rel: r})
	}
	for _, k := range r.Keys {
		if !k.Primary || k.Deferrable {
			continue
		}
		var names []string
		for _, c := range k.Columns {
			names = append(names, s.cols[c].name)
		}
		for i := range s.cols {
			s.cols[i].key = names
		}
	}
	return s
}

// from says that the scope is the columns of a relation, so that what is read of them shows in a.
func (s *scope) from(a *Access) *scope {
	for i := range s.cols {
		if a != nil && i < len(a.Relation.Columns) {
			s.cols[i].source, s.cols[i].place = a, i
		}
	}
	return s
}

// read gives column i as an expression, which the text names.
func (s *scope) read(i int) expr.Expr {
	s.cols[i].source.reads(s.cols[i].place)
	return s.col(i)
}

// schemaScope is the columns of a query in FROM.
func schemaScope(in batch.Schema, alias ast.Alias) *scope {
	s := &scope{eventTime: -1, cols: make([]column, 0, len(in))}
	for i, f := range in {
		name := f.Name
		if i < len(alias.Columns) {
			name = alias.Columns[i]
		}
		s.cols = append(s.cols, column{table: alias.Name, name: name, t: f.Type})
	}
	return s
}

// col is column i as an expression. Where another relation has a column of that name, its relation's stands before it.
func (s *scope) col(i int) expr.Expr {
	c := &s.cols[i]
	name := c.name
	if name == "" {
		name = c.shown
	}
	for k := range s.cols {
		if o := &s.cols[k]; k != i && o.name == c.name && o.table != c.table && c.table != "" {
			name = c.table + "." + c.name
			break
		}
	}
	if c.same > 0 {
		i = c.same - 1
	}
	return expr.Col(i, c.t, name)
}

// find gives the position of the column that a name means, -1 if there is none.
func (s *scope) find(name []string, pos int) (int, error) {
	found := -1
	for i := range s.cols {
		if !s.cols[i].called(name) {
			continue
		}
		if found >= 0 {
			return -1, sqlerr.New(sqlerr.AmbiguousColumn, "column reference %q is ambiguous", name[len(name)-1]).At(pos).
				WithHint("Write the relation's name before it: %s.%s.", s.cols[found].table, s.cols[found].name)
		}
		found = i
	}
	return found, nil
}

func (c *column) called(name []string) bool {
	n := len(name)
	switch {
	case c.name != name[n-1]:
		return false
	case n == 1:
		return !c.only
	case n == 2:
		return c.table == name[0]
	}
	return c.table == name[n-2] && c.schema == name[n-3]
}

func (s *scope) hasTable(name string) bool {
	for i := range s.cols {
		if s.cols[i].table == name {
			return true
		}
	}
	return false
}

// hidden is the error for a relation that goes by an alias; nil for others.
func (s *scope) hidden(name string, pos int) error {
	for i := range s.cols {
		c := &s.cols[i]
		if c.source != nil && c.source.Relation.Name == name && c.table != "" {
			return sqlerr.New(sqlerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", name).At(pos).
				WithHint("Perhaps you meant to reference the table alias %q.", c.table)
		}
	}
	return nil
}

// noEntry is the error for a relation that the FROM has not.
func noEntry(name string, pos int) *sqlerr.Error {
	return sqlerr.New(sqlerr.UndefinedTable, "missing FROM-clause entry for table %q", name).At(pos)
}

// undefined is the error for a name that nothing has.
func (s *scope) undefined(name []string, pos int) error {
	last := name[len(name)-1]
	if len(name) > 1 && !s.hasTable(name[len(name)-2]) {
		if err := s.hidden(name[len(name)-2], pos); err != nil {
			return err
		}
		err := noEntry(name[len(name)-2], pos)
		for i := range s.cols {
			if s.cols[i].table != "" {
				return err.WithHint("The query reads %q.", s.cols[i].table)
			}
		}
		return err
	}
	shown := `"` + last + `"`
	if len(name) > 1 {
		shown = strings.Join(name, ".")
	}
	err := sqlerr.New(sqlerr.UndefinedColumn, "column %s does not exist", shown).At(pos)
	best := catalog.Nearest(last, len(s.cols), func(i int) string { return s.cols[i].name })
	switch {
	case best >= 0:
		full := s.cols[best].name
		if t := s.cols[best].table; t != "" {
			full = t + "." + full
		}
		return err.WithHint("Perhaps you meant to reference the column %q.", full)
	case len(s.cols) == 0:
		return err.WithHint("The query has no FROM; strings take single quotes.")
	}
	return err
}
