package plan

import (
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// firstRows puts a Top-N below window functions whose filter lets only the first rows of each partition pass, by
// row_number() or rank(): the others need not be kept. It is for functions that do not see the rows behind their own.
func firstRows(n Node) Node {
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	o, ok := f.Input.(*Over)
	if !ok {
		return n
	}
	if t, ok := o.Input.(*TopN); ok && t.Prefix == len(o.Partition) {
		return n // the rule has been here
	}
	width := Width(o.Input)
	for _, c := range o.Calls {
		if c.Name != "row_number" && c.Name != "rank" && c.Name != "dense_rank" {
			return n
		}
	}
	for _, term := range expr.Terms(f.Cond) {
		c, most, ok := noMoreThan(term)
		if !ok || c < width || most < 1 || o.Calls[c-width].Name == "dense_rank" {
			continue
		}
		count, err := expr.Lit(types.Int8, strconv.FormatInt(most, 10))
		if err != nil {
			return n
		}
		t := &TopN{Input: o.Input, Prefix: len(o.Partition), Count: count, Ties: o.Calls[c-width].Name == "rank"}
		for _, p := range o.Partition {
			t.Keys = append(t.Keys, SortKey{Column: p})
		}
		t.Keys = append(t.Keys, o.Order...)
		if p := numbered(o, t); most == 1 && p != nil {
			if rest := slices.DeleteFunc(slices.Clone(expr.Terms(f.Cond)), func(e expr.Expr) bool { return e == term }); len(rest) > 0 {
				return &Filter{Input: p, Cond: expr.And(rest...)}
			}
			return p
		}
		return f.With([]Node{o.With([]Node{t})})
	}
	return n
}

// numbered gives what t, the first row of each partition, has as results of o's functions: 1, all of them. It is nil where
// rows that are equal in order have different numbers.
func numbered(o *Over, t *TopN) Node {
	p := firstOf(t, Width(t)).(*Project)
	for _, c := range o.Calls {
		if t.Ties && c.Name == "row_number" {
			return nil
		}
		one, err := expr.Lit(types.Int8, "1")
		if err != nil {
			return nil
		}
		p.Exprs, p.Names = append(p.Exprs, one), append(p.Names, c.Name)
	}
	return p
}

// noMoreThan reads t as a condition that a column is at most a constant integer.
func noMoreThan(t expr.Expr) (column int, most int64, ok bool) {
	op, a, b, ok := expr.Comparison(t)
	if !ok {
		return 0, 0, false
	}
	if _, is := expr.IsCol(a); !is {
		a, b, op = b, a, turned[op]
	}
	column, ok = expr.IsCol(a)
	c, constant := expr.IsConst(b)
	if !ok || !constant || c.Null(0) {
		return 0, 0, false
	}
	switch c.Type {
	case types.Int2:
		most = int64(batch.Values[int16](&c)[0])
	case types.Int4:
		most = int64(batch.Values[int32](&c)[0])
	case types.Int8:
		most = batch.Values[int64](&c)[0]
	default:
		return 0, 0, false
	}
	switch op {
	case "<=", "=":
		return column, most, true
	case "<":
		return column, most - 1, true
	}
	return 0, 0, false
}
