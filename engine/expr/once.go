package expr

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// once is an expression that stands in several places: the first that is evaluated for whole batches computes it for
// all. It is made for one operator, and no rule sees it.
type once struct{ x Expr }

// onceDone is the column of a once, for a batch.
type onceDone struct {
	of  *once
	b   *batch.Batch
	col batch.Column
}

func (e *once) Type() types.Type   { return e.x.Type() }
func (e *once) String() string     { return e.x.String() }
func (e *once) kids() []Expr       { return []Expr{e.x} }
func (e *once) own() traits        { return traits{} }
func (e *once) with(k []Expr) Expr { return &once{k[0]} }

// Eval computes the column, or gives the one that is there. A place that only some rows reach never computes more of
// them for the others' sake.
func (e *once) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	for i := range c.done {
		if d := &c.done[i]; d.of == e && d.b == b {
			return d.col
		}
	}
	col := e.x.Eval(c, b, rows)
	if rows == nil {
		c.done = append(c.done, onceDone{e, b, col})
	}
	return col
}

// Repeated gives the parts that expressions have in common, or one has twice: those that are computed, give the same
// each time, and are not only repeated as part of another one.
func Repeated(es []Expr) []Expr {
	r := repeats{}
	for _, e := range es {
		r.count(e)
	}
	var out []Expr
	for _, p := range r.parts {
		if p.n > 1 {
			out = append(out, p.x)
		}
	}
	return out
}

// repeats counts the parts of expressions.
type repeats struct {
	parts  []repeat
	byText map[string][]int // positions among parts
}

type repeat struct {
	x Expr
	n int
}

// count counts e and its parts; those of an e that was there have been counted with it.
func (r *repeats) count(e Expr) {
	n, ok := e.(node)
	if !ok || len(n.kids()) == 0 {
		return
	}
	if Volatility(e) != Volatile {
		text := e.String()
		for _, i := range r.byText[text] {
			if Equal(r.parts[i].x, e) {
				r.parts[i].n++
				return
			}
		}
		if r.byText == nil {
			r.byText = map[string][]int{}
		}
		r.byText[text] = append(r.byText[text], len(r.parts))
		r.parts = append(r.parts, repeat{e, 1})
	}
	for _, k := range n.kids() {
		r.count(k)
	}
}

// Share makes the repeated parts of expressions be computed once a batch.
func Share(es []Expr) []Expr {
	parts := Repeated(es)
	if parts == nil {
		return es
	}
	nodes := make([]*once, len(parts))
	var replace func(e Expr) Expr
	replace = func(e Expr) Expr {
		at := slices.IndexFunc(parts, func(p Expr) bool { return Equal(p, e) })
		if at < 0 {
			return within(e, replace)
		}
		if nodes[at] == nil {
			nodes[at] = &once{within(e, replace)}
		}
		return nodes[at]
	}
	out := make([]Expr, len(es))
	for i, e := range es {
		out[i] = replace(e)
	}
	return out
}

// within is e over changed children.
func within(e Expr, change func(Expr) Expr) Expr {
	n, ok := e.(node)
	if !ok {
		return e
	}
	kids := n.kids()
	fresh := make([]Expr, len(kids))
	for i, k := range kids {
		fresh[i] = change(k)
	}
	if slices.Equal(fresh, kids) {
		return e
	}
	return n.with(fresh)
}
