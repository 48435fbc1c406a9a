package plan

import (
	"math/bits"
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// orderJoins puts the inner joins of three and more inputs into the order that is guessed to be the cheapest. Up to
// mostExact inputs it tries all trees without cross products (dynamic programming over subsets: Moerkotte and Neumann,
// Analysis of Two Existing and One New Dynamic Programming Algorithm for the Generation of Optimal Bushy Join Trees
// without Cross Products, VLDB 2006); from there on it joins what gives the fewest rows next (Fegaras, A New Heuristic
// for Optimizing Large Queries, 1998).
//
// Whatever else stands between joins is an input of them as it is: an outer join is never moved, nor a join whose
// condition can fail, because what fails first depends on the order of rows.
func (o Options) orderJoins(n Node) Node {
	if _, ok := n.(*Join); !ok {
		return o.orderBelow(n)
	}
	g := &joinGraph{o: o}
	if !g.add(n) || len(g.leaves) < 3 || len(g.leaves) > mostJoined {
		return o.orderBelow(n)
	}
	for i, in := range g.leaves {
		g.leaves[i] = o.orderJoins(in)
	}
	if !g.measure() {
		return g.asWritten(n)
	}
	best := g.best()
	if best.cost*orderFactor >= g.cost(n) {
		return g.asWritten(n)
	}
	fresh, at := g.build(best)
	width := Width(n)
	cols := make([]int, width)
	for i := range cols {
		cols[i] = slices.Index(at, g.cols[i])
	}
	p := chosen(fresh, cols).(*Project)
	for i, f := range n.Schema() {
		p.Names[i] = f.Name
	}
	return p
}

func (o Options) orderBelow(n Node) Node { return below(n, o.orderJoins) }

const (
	mostExact   = 8
	mostJoined  = 32
	orderFactor = 1.2 // how many times cheaper another order must be: below, a change is not worth a surprise
)

// joinGraph is inner joins taken apart: their inputs, whose columns are numbered through, and the terms of their
// conditions.
type joinGraph struct {
	o      Options
	leaves []Node
	rows   []float64 // of the leaves
	base   []float64 // of the relations below them, without filters
	first  []int     // the number of each leaf's first column
	terms  []joinTerm
	cols   []int // which columns the root gives
}

// joinTerm is a part of a condition. set and the sides' are the leaves that it reads.
type joinTerm struct {
	cond             expr.Expr // nil of a key
	key              JoinKey   // over the numbered columns
	set, left, right uint64
	share            float64 // of the pairs that it lets pass
}

// add takes n apart. It says false for what must stay together.
func (g *joinGraph) add(n Node) bool {
	cols, ok := g.take(n)
	g.cols = cols
	return ok
}

// take gives the columns of n by their numbers.
func (g *joinGraph) take(n Node) (cols []int, ok bool) {
	x := joinsOf(n)
	switch n := n.(type) {
	case *Join:
		if x == nil {
			break
		}
		l, okL := g.take(x.Left)
		r, okR := g.take(x.Right)
		if !okL || !okR {
			return nil, false
		}
		cols = slices.Concat(l, r)
		for _, k := range x.Keys {
			g.key(JoinKey{Left: expr.Remap(k.Left, at(l)), Right: expr.Remap(k.Right, at(r)), NullSafe: k.NullSafe})
		}
		for _, t := range expr.Terms(x.On) {
			t = expr.Remap(t, at(cols))
			set := g.reads(t)
			if bits.OnesCount64(set) < 2 { // it belongs to this join, and would have no place in another one
				return nil, false
			}
			g.terms = append(g.terms, joinTerm{cond: t, set: set})
		}
		return cols, true
	case *Project:
		if x == nil {
			break
		}
		in, ok := g.take(x)
		if !ok {
			return nil, false
		}
		for _, e := range n.Exprs {
			c, _ := expr.IsCol(e)
			cols = append(cols, in[c])
		}
		return cols, true
	}
	from := 0
	if k := len(g.leaves); k > 0 {
		from = g.first[k-1] + Width(g.leaves[k-1])
	}
	g.leaves, g.first = append(g.leaves, n), append(g.first, from)
	cols = make([]int, Width(n))
	for i := range cols {
		cols[i] = from + i
	}
	return cols, len(g.leaves) <= mostJoined
}

func (g *joinGraph) key(k JoinKey) {
	t := joinTerm{key: k, left: g.reads(k.Left), right: g.reads(k.Right)}
	t.set = t.left | t.right
	g.terms = append(g.terms, t)
}

// fallible says whether the condition can fail, or differs each time.
func (j *Join) fallible() bool {
	es := present(j.On)
	for _, k := range j.Keys {
		es = append(es, k.Left, k.Right)
	}
	return slices.ContainsFunc(es, func(e expr.Expr) bool { return expr.Fallible(e) || expr.Volatility(e) == expr.Volatile })
}

func bare(es []expr.Expr) bool {
	return !slices.ContainsFunc(es, func(e expr.Expr) bool { _, ok := expr.IsCol(e); return !ok })
}

// reads gives the leaves whose columns e reads.
func (g *joinGraph) reads(e expr.Expr) (set uint64) {
	expr.EachColumn(e, func(c int) { set |= 1 << g.leafOf(c) })
	return set
}

func (g *joinGraph) leafOf(column int) int {
	i, found := slices.BinarySearch(g.first, column)
	for found && i+1 < len(g.first) && g.first[i+1] == column { // a leaf without columns
		i++
	}
	if !found {
		i--
	}
	return i
}

// joined is a tree over a set of leaves. right is the side that is kept in memory.
type joined struct {
	leaf        int
	left, right *joined // nil: a leaf
	set         uint64
	rows, cost  float64
}

// join puts two trees together, the smaller one on the right. linked says whether a term speaks of both.
func (g *joinGraph) join(a, b *joined) (j *joined, linked bool) {
	if a.rows < b.rows {
		a, b = b, a
	}
	j = &joined{left: a, right: b, set: a.set | b.set, rows: a.rows * b.rows}
	for i := range g.terms {
		t := &g.terms[i]
		if t.set&^j.set == 0 && t.set&^a.set != 0 && t.set&^b.set != 0 {
			linked = true
			j.rows *= t.share
		}
	}
	j.rows = max(j.rows, 1)
	j.cost = a.cost + b.cost + a.rows + builtFactor*b.rows + j.rows
	return j, linked
}

// builtFactor is how many times as much a row of the side costs that is kept in memory.
const builtFactor = 2

// best is the cheapest tree over all leaves.
func (g *joinGraph) best() *joined {
	singles := make([]*joined, len(g.leaves))
	for i := range singles {
		singles[i] = &joined{leaf: i, set: 1 << i, rows: g.rows[i]}
	}
	if len(singles) <= mostExact {
		if j := g.exact(singles); j != nil {
			return j
		}
	}
	return g.greedy(singles)
}

// exact finds the cheapest tree for each set of leaves from those of its parts. Nil: not all leaves hang together.
func (g *joinGraph) exact(singles []*joined) *joined {
	all := uint64(1)<<len(singles) - 1
	found := make([]*joined, all+1)
	for set := uint64(1); set <= all; set++ {
		if bits.OnesCount64(set) == 1 {
			found[set] = singles[bits.TrailingZeros64(set)]
			continue
		}
		lowest := set & -set
		for part := (set - 1) & set; part > 0; part = (part - 1) & set {
			a, b := found[part], found[set&^part]
			if part&lowest == 0 || a == nil || b == nil {
				continue
			}
			if j, linked := g.join(a, b); linked && (found[set] == nil || j.cost < found[set].cost) {
				found[set] = j
			}
		}
	}
	return found[all]
}

// greedy joins the two trees that give the fewest rows until one is left. Those that no term links come last.
func (g *joinGraph) greedy(trees []*joined) *joined {
	trees = slices.Clone(trees)
	for len(trees) > 1 {
		var least *joined
		var l, r int
		leastLinked := false
		for i := range trees {
			for k := i + 1; k < len(trees); k++ {
				j, linked := g.join(trees[i], trees[k])
				if least == nil || linked && !leastLinked || linked == leastLinked && j.rows < least.rows {
					least, l, r, leastLinked = j, i, k, linked
				}
			}
		}
		trees[l] = least
		trees = slices.Delete(trees, r, r+1)
	}
	return trees[0]
}

// build makes the joins of a tree, and says which columns they give.
func (g *joinGraph) build(j *joined) (Node, []int) {
	if j.left == nil {
		cols := same(Width(g.leaves[j.leaf]))
		for i := range cols {
			cols[i] += g.first[j.leaf]
		}
		return g.leaves[j.leaf], cols
	}
	l, lcols := g.build(j.left)
	r, rcols := g.build(j.right)
	cols := slices.Concat(lcols, rcols)
	place := func(in []int) func(int) int { return func(c int) int { return slices.Index(in, c) } }
	d := &Join{Kind: InnerJoin, Left: l, Right: r}
	var on []expr.Expr
	for i := range g.terms {
		t := &g.terms[i]
		if t.set&^j.set != 0 || t.set&^j.left.set == 0 || t.set&^j.right.set == 0 {
			continue
		}
		k := t.key
		switch {
		case t.cond != nil:
			on = append(on, expr.Remap(t.cond, place(cols)))
			continue
		case t.left&^j.right.set == 0 && t.right&^j.left.set == 0:
			k.Left, k.Right = k.Right, k.Left
		case t.left&^j.left.set != 0 || t.right&^j.right.set != 0: // a side of it is on both
			on = append(on, expr.Remap(k.cond(), place(cols)))
			continue
		}
		d.Keys = append(d.Keys, JoinKey{Left: expr.Remap(k.Left, place(lcols)), Right: expr.Remap(k.Right, place(rcols)), NullSafe: k.NullSafe})
	}
	if on != nil {
		d.On = expr.And(on...)
	}
	return d, cols
}

// cond is the key as a condition, over columns that are numbered through. It was one before.
func (k JoinKey) cond() expr.Expr {
	var e expr.Expr
	var err error
	if k.NullSafe {
		e, err = expr.IsDistinct(k.Left, k.Right, true)
	} else {
		e, err = expr.Operator("=", []expr.Expr{k.Left, k.Right})
	}
	if err != nil {
		panic("plan: a join's key is no equality: " + err.Error())
	}
	return e
}
