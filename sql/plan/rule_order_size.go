package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// measure guesses the sizes of leaves and the shares of terms. It says false if the size of a leaf is not known.
func (g *joinGraph) measure() bool {
	for _, n := range g.leaves {
		rows, known := g.o.estimate(n)
		base, _ := g.o.estimate(unfiltered(n))
		if !known {
			return false
		}
		g.rows, g.base = append(g.rows, max(rows, 1)), append(g.base, max(rows, base, 1))
	}
	first := map[uint64]*joinTerm{} // a key that two inputs have in common says most of what the next one says
	for i := range g.terms {
		t := &g.terms[i]
		t.share = 1 / float64(filteredOther)
		if t.cond != nil {
			continue
		}
		share := g.keyShare(t.key)
		if f := first[t.set]; f == nil {
			first[t.set], t.share = t, share
		} else {
			f.share = min(f.share, share)
		}
	}
	return true
}

// keyShare guesses which share of the pairs of two inputs an equality lets pass: each row meets one of the side that has
// the column for a key, else of the smaller one.
func (g *joinGraph) keyShare(k JoinKey) float64 {
	l, uniqueL := g.distinct(k.Left)
	r, uniqueR := g.distinct(k.Right)
	switch {
	case uniqueL && !uniqueR:
		return 1 / l
	case uniqueR && !uniqueL:
		return 1 / r
	case uniqueL:
		return 1 / max(l, r)
	}
	return 1 / min(l, r)
}

// distinct guesses how many values e has, and says whether no two rows have the same.
func (g *joinGraph) distinct(e expr.Expr) (values float64, unique bool) {
	set := g.reads(e)
	values = 1
	for i := range g.leaves {
		if set&(1<<i) != 0 {
			values = max(values, g.base[i])
		}
	}
	if c, ok := expr.IsCol(e); ok {
		i := g.leafOf(c)
		unique = isKey(g.leaves[i], c-g.first[i])
	}
	return values, unique
}

// isKey says whether column c of n is by itself a key of the table that it comes from.
func isKey(n Node, c int) bool {
	n = under(n)
	switch n := n.(type) {
	case *Scan:
		return slices.ContainsFunc(n.Relation.Keys, func(k catalog.Key) bool { return len(k.Columns) == 1 && k.Columns[0] == n.Columns[c] })
	case *Project:
		if in, ok := expr.IsCol(n.Exprs[c]); ok {
			return isKey(n.Input, in)
		}
	case *Aggregate:
		return len(n.Keys) == 1 && c == 0
	}
	return false
}

// unfiltered is n without the filters at its top.
func unfiltered(n Node) Node {
	switch x := n.(type) {
	case *Filter:
		return unfiltered(x.Input)
	case *Project:
		if bare(x.Exprs) {
			return unfiltered(x.Input)
		}
	}
	return n
}

// cost is what the joins of n cost as they are written.
func (g *joinGraph) cost(n Node) float64 {
	leaf := 0
	var written func(n Node) *joined
	written = func(n Node) *joined {
		x := joinsOf(n)
		if x == nil {
			leaf++
			return &joined{set: 1 << (leaf - 1), rows: g.rows[leaf-1]}
		}
		a := written(x.Left)
		b := written(x.Right)
		j, _ := g.join(a, b)
		j.cost += a.rows + builtFactor*b.rows - j.left.rows - builtFactor*j.right.rows // its own sides
		return j
	}
	return written(n).cost
}

// asWritten is n over the graph's leaves.
func (g *joinGraph) asWritten(n Node) Node {
	leaf := 0
	var over func(n Node) Node
	over = func(n Node) Node {
		if joinsOf(n) == nil {
			leaf++
			return g.leaves[leaf-1]
		}
		kids := n.Children()
		fresh := make([]Node, len(kids))
		for i, k := range kids {
			fresh[i] = over(k)
		}
		if slices.Equal(kids, fresh) {
			return n
		}
		return n.With(fresh)
	}
	return over(n)
}

// joinsOf gives the join that take takes n for, or the one below the columns that n chooses; nil: n is a leaf.
func joinsOf(n Node) *Join {
	if p, ok := n.(*Project); ok && bare(p.Exprs) {
		n = p.Input
	}
	if j, ok := n.(*Join); ok && j.Kind == InnerJoin && !j.fallible() {
		return j
	}
	return nil
}
