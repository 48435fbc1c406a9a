package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// pushFilter moves the terms of a filter as far down as they can go, so that few rows come up.
//
// A term that can fail goes below what gives its rows unchanged only (a window too: it drops rows for what their time is,
// and the order of WHERE and the window in the text is the user's), and only together with the terms before it, which may
// guard it.
func pushFilter(n Node) Node {
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	switch in := f.Input.(type) {
	case *Join:
		return joinFilter(f, in)
	case *Unfold:
		return unfoldFilter(f, in)
	case *Filter:
		return pushFilter(&Filter{Input: in.Input, Cond: expr.And(append(expr.Terms(in.Cond), expr.Terms(f.Cond)...)...)})
	case *Window:
		width := Width(in.Input)
		return sink(f, func(t expr.Expr) bool { return !speaksOf(t, width) }, nil)
	case *Order:
		return sink(f, always, nil)
	case *Project:
		return sink(f, func(t expr.Expr) bool { return replaceable(in.Exprs, t) }, in.Exprs)
	case *Union:
		return unionFilter(f, in)
	case *Aggregate:
		keys, width := in.Keys, Width(in.Input)
		if w, ok := in.Input.(*Window); ok { // its bounds are for fuseHop
			width = Width(w.Input)
		}
		over := func(t expr.Expr) bool {
			return !slices.ContainsFunc(expr.Columns(t), func(c int) bool { return speaksOf(keys[c], width) })
		}
		return sink(f, func(t expr.Expr) bool {
			return len(keys) > 0 && !expr.FailsByRow(t) && !speaksOf(t, len(keys)) && over(t) && replaceable(keys, t) && allIdentical(in.Schema(), expr.Columns(t))
		}, keys)
	case *Distinct:
		return sink(f, func(t expr.Expr) bool { return !expr.FailsByRow(t) && allIdentical(in.Schema(), expr.Columns(t)) }, nil)
	case *Over:
		return sink(f, func(t expr.Expr) bool {
			cols := expr.Columns(t)
			return len(cols) > 0 && !expr.FailsByRow(t) && subset(cols, in.Partition) && allIdentical(in.Schema(), cols)
		}, nil)
	}
	return n
}

func always(expr.Expr) bool { return true }

// sink moves the terms that may go below the filter's input, which has one child, there. columns are what the input's
// columns are over its child; nil: the same.
func sink(f *Filter, may func(expr.Expr) bool, columns []expr.Expr) Node {
	above, below := split(f.Cond, may)
	if below == nil {
		return f
	}
	cond := expr.And(below...)
	if columns != nil {
		cond = expr.Replace(cond, func(i int) expr.Expr { return columns[i] })
	}
	n := over(f.Input, pushFilter(&Filter{Input: input(f.Input), Cond: cond}))
	if above == nil {
		return n
	}
	return &Filter{Input: n, Cond: expr.And(above...)}
}

// split takes the terms of a condition that may move down from those that must stay. One that can fail stays with any
// that was before it.
func split(cond expr.Expr, may func(expr.Expr) bool) (above, below []expr.Expr) {
	for _, t := range expr.Terms(cond) {
		if expr.Volatility(t) == expr.Volatile || !may(t) || above != nil && expr.FailsByRow(t) {
			above = append(above, t)
		} else {
			below = append(below, t)
		}
	}
	return above, below
}

// replaceable says whether the columns of t may be computed where t goes: they are bare, or cannot fail and are the same
// each time.
func replaceable(columns []expr.Expr, t expr.Expr) bool {
	ok := true
	expr.EachColumn(t, func(c int) {
		e := columns[c]
		if _, bare := expr.IsCol(e); ok && !bare {
			ok = !expr.Fallible(e) && expr.Volatility(e) != expr.Volatile
		}
	})
	return ok
}

// allIdentical says that rows which are equal in the columns have the same values there.
func allIdentical(in batch.Schema, cols []int) bool {
	for _, c := range cols {
		if types.Tellable(in[c].Type) {
			return false
		}
	}
	return true
}

func subset(cols, of []int) bool {
	for _, c := range cols {
		if !slices.Contains(of, c) {
			return false
		}
	}
	return true
}

// unionFilter filters each input of a union.
func unionFilter(f *Filter, in *Union) Node {
	above, below := split(f.Cond, always)
	if below == nil {
		return f
	}
	u := &Union{Inputs: make([]Node, len(in.Inputs))}
	for k, side := range in.Inputs {
		schema := side.Schema()
		cond := expr.Replace(expr.And(below...), func(i int) expr.Expr { return expr.Col(i, schema[i].Type, schema[i].Name) })
		u.Inputs[k] = pushFilter(&Filter{Input: side, Cond: cond})
	}
	if above == nil {
		return u
	}
	return &Filter{Input: u, Cond: expr.And(above...)}
}

func remapAll(es []expr.Expr, to func(int) int) []expr.Expr {
	return changed(es, func(e expr.Expr) expr.Expr { return expr.Remap(e, to) })
}

func remapAggs(aggs []Agg, to func(int) int) []Agg {
	out := make([]Agg, len(aggs))
	for i, a := range aggs {
		out[i] = a
		out[i].Args = remapAll(a.Args, to)
		if a.Filter != nil {
			out[i].Filter = expr.Remap(a.Filter, to)
		}
	}
	return out
}
