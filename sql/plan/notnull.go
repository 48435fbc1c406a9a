package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// noNulls says whether column c of n is never null. It is what n's schema says, without making the schemas below.
func noNulls(n Node, c int) bool {
	n = under(n)
	switch n := n.(type) {
	case *Scan:
		return n.notNull(n.Columns[c])
	case *Project:
		return notNull(n.Exprs[c], n.Input)
	case *Aggregate:
		if c < len(n.Keys) {
			return notNull(n.Keys[c], n.Input)
		}
		return n.Aggs[c-len(n.Keys)].neverNull()
	case *Hop:
		if c >= len(n.Keys) {
			return n.Aggs[c-len(n.Keys)].neverNull()
		}
		return n.Keys[c].Expr == nil || notNull(n.Keys[c].Expr, n.Input)
	case *Over:
		return c < Width(n.Input) && noNulls(n.Input, c)
	case *Window:
		return c >= Width(n.Input) || noNulls(n.Input, c)
	case *Union:
		for _, in := range n.Inputs {
			if !noNulls(in, c) {
				return false
			}
		}
		return true
	case *Join:
		switch left := Width(n.Left); {
		case c < left:
			return n.Kind != FullJoin && noNulls(n.Left, c)
		case n.Kind != MarkJoin:
			return n.Kind == InnerJoin && noNulls(n.Right, c-left)
		}
	}
	return n.Schema()[c].NotNull
}

// notNull says whether an expression over in is a column of it that has no nulls. A column of the query around a
// subquery, which a node has until Apply, might have some.
func notNull(e expr.Expr, in Node) bool {
	c, ok := expr.IsCol(e)
	return ok && c < Width(in) && noNulls(in, c)
}

// notNull says so of a column of the relation. The event time of a stream is never null.
func (s *Scan) notNull(column int) bool {
	return s.Relation.Columns[column].NotNull || column == s.Relation.EventTime && s.Relation.Kind == catalog.Stream
}
