package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// values gives the different values that outer has in those columns. It will stand inside of the subquery, whose columns
// of further out are lowered when it is a join: outer's own are raised before, for they are where they belong.
func (d *dependent) values() Node {
	n, cols := source(d.outer, d.refs)
	return &Distinct{Input: chosen(raised(n), cols)}
}

// source gives a node that has the same values in some columns of n as n has, each any number of times, and where it has
// them. What other subqueries have put beside n's rows is left out, unless one of the columns is of it: with it, each
// subquery of a SELECT would have all those before it in its own plan, which makes the plan of the next several times as large.
func source(n Node, cols []int) (Node, []int) {
	switch n := n.(type) {
	case *Project:
		p := &Project{}
		for _, c := range cols {
			p.Exprs, p.Names = append(p.Exprs, n.Exprs[c]), append(p.Names, n.Names[c])
		}
		in, read, to := sourceOf(n.Input, p.Exprs, nil)
		p.Input, p.Exprs = in, remapAll(p.Exprs, placed(read, to))
		return p, upTo(len(cols))
	case *Filter:
		in, read, to := sourceOf(n.Input, []expr.Expr{n.Cond}, cols)
		place := placed(read, to)
		out := make([]int, len(cols))
		for k, c := range cols {
			out[k] = place(c)
		}
		return &Filter{Input: in, Cond: expr.Remap(n.Cond, place)}, out
	case *Order:
		return source(n.Input, cols)
	case *Join:
		beside := n.Kind == LeftJoin || n.Kind == MarkJoin
		if width := Width(n.Left); beside && !slices.ContainsFunc(cols, func(c int) bool { return c >= width }) {
			return source(n.Left, cols)
		}
	}
	return n, cols
}

// sourceOf is source for what expressions read, and more columns: read has them all, and to where they are.
func sourceOf(n Node, es []expr.Expr, cols []int) (in Node, read, to []int) {
	read = slices.Clone(cols)
	for _, e := range es {
		for _, c := range expr.Columns(e) {
			if c < OuterBase {
				read = append(read, c)
			}
		}
	}
	slices.Sort(read)
	read = slices.Compact(read)
	in, to = source(n, read)
	return in, read, to
}

// placed is where columns have gone that source was asked for. Those of queries around stay.
func placed(read, to []int) func(int) int {
	return func(c int) int {
		if c >= OuterBase {
			return c
		}
		i, _ := slices.BinarySearch(read, c)
		return to[i]
	}
}
