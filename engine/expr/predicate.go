package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
)

// Predicate is a condition made to pick rows: its conjuncts, in the order in which they run. Several goroutines may
// use one, each with its own Ctx.
type Predicate struct {
	e     Expr
	terms []Expr
	safe  []bool // the term cannot fail: it may be computed for any row
	late  []bool // the term should see only the rows that are left: it can fail, or costs much
}

// NewPredicate makes a Predicate of the boolean expression e. Conjuncts that cannot fail run cheapest first, up to the
// first one that can; from there on their order is kept, so that what a condition guards stays guarded.
func NewPredicate(e Expr) *Predicate {
	p := &Predicate{e: e, terms: []Expr{e}}
	if l, ok := e.(*logic); ok && l.and {
		p.terms = append([]Expr(nil), l.terms...)
	}
	free := 0
	for free < len(p.terms) && !Fallible(p.terms[free]) {
		free++
	}
	cheapestFirst(p.terms[:free])
	for _, t := range p.terms {
		p.safe = append(p.safe, !Fallible(t))
		p.late = append(p.late, Fallible(t) || cost(t) >= costly)
	}
	return p
}

// Expr is the condition.
func (p *Predicate) Expr() Expr { return p.e }

// Select puts the positions of the rows of b where the condition is true (not false, not null, not failed) into dst,
// ascending, and gives it; dst's memory is used where it suffices. The result shares nothing with c.
func (p *Predicate) Select(c *Ctx, b *batch.Batch, dst []uint32) []uint32 {
	n := b.N
	var acc batch.Bitmap // rows that all terms so far hold for, while sel is nil
	var sel batch.Sel
	for i, t := range p.terms {
		if acc != nil && p.late[i] {
			sel = kernel.Select(scratch[uint32](c, n)[:0], acc, n)
			acc = nil
		}
		if sel != nil {
			if sel = p.refine(c, b, t, sel); len(sel) == 0 {
				return dst[:0]
			}
			continue
		}
		v := t.Eval(c, b, nil)
		if i == 0 && !p.safe[i] {
			sel = pickTrue(c, &v, everyRow(n))
			continue
		}
		acc = conjoin(c, acc, &v)
	}
	if sel != nil {
		return append(dst[:0], sel...)
	}
	if acc == nil {
		return append(dst[:0], everyRow(n)...)
	}
	if cap(dst) < n {
		dst = make([]uint32, 0, n)
	}
	return kernel.Select(dst[:0], acc, n)
}

// conjoin narrows acc, or begins it, by the rows where v is true.
func conjoin(c *Ctx, acc batch.Bitmap, v *batch.Column) batch.Bitmap {
	if acc == nil {
		if v.Valid == nil {
			return v.Bits
		}
		acc = c.bitmap(v.N)
		kernel.And(acc, v.Bits, v.Valid)
		return acc
	}
	out := c.bitmap(v.N)
	kernel.And(out, acc, v.Bits)
	if v.Valid != nil {
		kernel.And(out, out, v.Valid)
	}
	return out
}

// refine keeps the rows of sel where t is true.
func (p *Predicate) refine(c *Ctx, b *batch.Batch, t Expr, sel batch.Sel) batch.Sel {
	v := t.Eval(c, b, sel)
	return pickTrue(c, &v, sel)
}

func pickTrue(c *Ctx, v *batch.Column, sel batch.Sel) batch.Sel {
	keep := kernel.Refine(scratch[uint32](c, len(sel))[:0], sel, v.Bits)
	if v.Valid != nil {
		keep = kernel.Refine(keep, keep, v.Valid)
	}
	if c.Failures() == nil {
		return keep
	}
	k := 0
	for _, r := range keep {
		keep[k] = r
		if !c.Failed(int(r)) {
			k++
		}
	}
	return keep[:k]
}

// cost ranks an expression by what a row of it takes: 1 is a comparison of numbers.
func cost(e Expr) int {
	n := 0
	walk(e, func(e Expr) bool {
		switch e := e.(type) {
		case *column, *constant, *param:
		case *like:
			n += 3
			if e.fixed == nil || e.fixed.shape >= shapeContains {
				n += 40
			}
		case *in:
			n += 2 * len(e.list)
		case *logic, *not, *isTest:
		case *call:
			n += 1
			if e.fn.run != nil && e.t.Layout().Width() == 0 && len(e.args) > 0 && e.args[0].Type().Layout().Width() == 0 {
				n += 10
			}
		default:
			n += 10
		}
		return true
	})
	return n
}

// costly is the cost from which on picking rows first is cheaper than computing all.
const costly = 10

func cheapestFirst(es []Expr) {
	for i := range es {
		for j := i; j > 0 && cost(es[j]) < cost(es[j-1]); j-- {
			es[j], es[j-1] = es[j-1], es[j]
		}
	}
}
