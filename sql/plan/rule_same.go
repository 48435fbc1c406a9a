package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// sameKeys says of the other side what a filter says of one side's join key: with a.k = b.k AND a.k = 5, only the rows of b
// with k = 5 can match. A left join's left side may say it of the right one.
func sameKeys(n Node) Node {
	j, ok := n.(*Join)
	if !ok || j.NullAware || j.Kind == FullJoin || j.Kind == AntiJoin || j.Kind == MarkJoin {
		return n
	}
	var left, right []expr.Expr
	for _, k := range j.Keys {
		l, isL := expr.IsCol(k.Left)
		r, isR := expr.IsCol(k.Right)
		if !isL || !isR || k.NullSafe || k.Left.Type() != k.Right.Type() || types.Tellable(k.Left.Type()) {
			continue
		}
		right = append(right, said(j.Left, l, j.Right, k.Right)...)
		if j.Kind == InnerJoin || j.Kind == SemiJoin {
			left = append(left, said(j.Right, r, j.Left, k.Left)...)
		}
	}
	if len(left) == 0 && len(right) == 0 {
		return n
	}
	d := *j
	if len(right) > 0 {
		d.Right = pushFilter(&Filter{Input: j.Right, Cond: expr.And(right...)})
	}
	if len(left) > 0 {
		d.Left = pushFilter(&Filter{Input: j.Left, Cond: expr.And(left...)})
	}
	return &d
}

// said gives the terms that filters under in say of its column c alone and that filters under other do not say of the
// key there, spoken of the key.
func said(in Node, c int, other Node, key expr.Expr) (out []expr.Expr) {
	to, _ := expr.IsCol(key)
	have := spoken(other, to)
	for _, t := range spoken(in, c) {
		t = expr.Replace(t, func(int) expr.Expr { return key })
		known := false
		for _, h := range have {
			known = known || expr.Equal(expr.Replace(h, func(int) expr.Expr { return key }), t)
		}
		if !known {
			out = append(out, t)
		}
	}
	return out
}

// spoken gives the terms of filters that hold for all rows of n and read its column c only, as terms over that column.
func spoken(n Node, c int) (out []expr.Expr) {
	switch n := n.(type) {
	case *Filter:
		for _, t := range expr.Terms(n.Cond) {
			if cols := expr.Columns(t); len(cols) == 1 && cols[0] == c && !expr.FailsByRow(t) && expr.Volatility(t) != expr.Volatile {
				out = append(out, t)
			}
		}
		return append(out, spoken(n.Input, c)...)
	case *Project:
		if to, ok := expr.IsCol(n.Exprs[c]); ok {
			return spoken(n.Input, to)
		}
	case *Join:
		if width := Width(n.Left); c < width && n.Kind != FullJoin {
			return spoken(n.Left, c)
		} else if c >= width && n.Kind == InnerJoin {
			return spoken(n.Right, c-width)
		}
	}
	return nil
}
