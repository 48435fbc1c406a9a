package rule

import (
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// derived are the expressions over columns whose values an Index looks up as it does those of columns, like lower(x) and x->>'k'. They are
// computed once for a batch. Within an Index they come first, by their places, and column i of a batch is MaxDerived+i. It does not
// change: with adds to a copy.
type derived struct {
	all    []expr.Expr
	places map[string][]int // by how they are spelled
}

// subject is what of a condition can be looked up: a column, or an expression that gives each row a value and cannot fail.
func subjectOf(x expr.Expr) (col int, of expr.Expr, ok bool) {
	x = expr.Widened(x)
	if i, is := expr.IsCol(x); is {
		return i, nil, true
	}
	if !texty(x.Type()) && (!ordered(x.Type()) || x.Type().Layout() == boolean) {
		return 0, nil, false
	}
	if expr.Fallible(x) || expr.Volatility(x) != expr.Immutable || len(expr.Columns(x)) == 0 {
		return 0, nil, false
	}
	return 0, x, true
}

// place gives the place of an expression; -1: it is not there.
func (d *derived) place(x expr.Expr) int {
	for _, i := range d.places[x.String()] {
		if expr.Equal(d.all[i], x) {
			return i
		}
	}
	return -1
}

// with has what rules look up, too, as long as there is room.
func (d *derived) with(rules []Rule) *derived {
	out := d
	for i := range rules {
		for _, c := range rules[i].When {
			for k := range c.Preds {
				x := c.Preds[k].Of
				if x == nil || len(out.all) == MaxDerived || out.place(x) >= 0 {
					continue
				}
				if out == d {
					out = &derived{all: slices.Clone(d.all), places: maps.Clone(d.places)}
					if out.places == nil {
						out.places = map[string][]int{}
					}
				}
				key := x.String()
				out.places[key] = append(slices.Clone(out.places[key]), len(out.all))
				out.all = append(out.all, x)
			}
		}
	}
	return out
}

// placed is rules whose predicates are of the columns of an Index. What there is no room for is left to be evaluated.
func (d *derived) placed(rules []Rule) []Rule {
	out := slices.Clone(rules)
	for i := range out {
		out[i].When = slices.Clone(out[i].When)
		for k := range out[i].When {
			out[i].When[k] = d.placedCond(out[i].When[k])
		}
	}
	return out
}

func (d *derived) placedCond(c Cond) Cond {
	preds := make([]Pred, 0, len(c.Preds))
	for _, p := range c.Preds {
		if p.Of == nil {
			p.Col += MaxDerived
		} else if p.Col = d.place(p.Of); p.Col < 0 {
			if c.Rest == nil {
				c.Rest = p.term
			} else {
				c.Rest = expr.And(c.Rest, p.term)
			}
			continue
		}
		preds = append(preds, p)
	}
	c.Preds = preds
	return c
}

// beside gives the columns of an Index for a batch: what is derived, and the batch's own. The memory is cols, and the context's.
func (d *derived) beside(cols []batch.Column, ctx *expr.Ctx, b *batch.Batch) []batch.Column {
	cols = longer(cols[:0], MaxDerived+len(b.Cols), batch.Column{})
	copy(cols[MaxDerived:], b.Cols)
	if len(d.all) == 0 {
		return cols
	}
	ctx.Reset()
	for i, x := range d.all {
		cols[i] = x.Eval(ctx, b, nil)
	}
	return cols
}
