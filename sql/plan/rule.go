package plan

// Options say what the rules may assume.
type Options struct {
	// Bounded says that the query ends.
	Bounded bool
	// Rows estimates how many rows a relation has; nil: nobody knows.
	Rows func(relation uint32) (rows int64, known bool)
}

// Optimize applies the rules to a bound plan: conditions are made simpler and move down, windows meet their aggregates,
// an order with a limit becomes a Top-N, and scans read what is needed only. The columns of the result stay what they
// are.
//
// No rule evaluates an expression that can fail for a row that it was not evaluated for before. A rule leaves nodes
// alone that it does not know.
func Optimize(n Node, o Options) Node {
	if withoutFrom(n) {
		return n
	}
	return o.shared(n)
}

// rules applies them in their order. What is shared is a leaf.
func (o Options) rules(n Node) Node {
	n = up(n, foldConstants)
	n = up(n, pushFilter)
	n = up(n, markFilter)
	if !o.Bounded {
		n = up(n, splitNulls)
	}
	n = up(n, joinKeys)
	n = up(n, sameKeys)
	n = up(n, pushFilter) // what the joins let through
	if o.Bounded {
		n = up(n, emptyNode)
		n = up(n, pushLimit)
		if o.Rows != nil {
			n = o.orderJoins(n)
			n = up(n, o.buildSmaller)
		}
	} else {
		n = up(n, firstRows)
	}
	n = up(n, liftProject)
	n = up(n, fuseHop)
	n = up(n, topN)
	n = up(n, timeRange)
	if o.Bounded {
		n = up(n, lookUpKeys)
		if o.Rows != nil {
			n = up(n, o.lookUpJoins)
		}
	}
	n = pruneColumns(n)
	return up(n, liftProject)
}

// withoutFrom says that n is the columns of a SELECT without FROM, which no rule changes.
func withoutFrom(n Node) bool {
	p, ok := n.(*Project)
	if !ok {
		return false
	}
	v, ok := p.Input.(*Values)
	return ok && len(v.Columns) == 0 && len(v.Rows) == 1
}

// up applies rule to every node, children first.
func up(n Node, rule func(Node) Node) Node {
	return rule(below(n, func(k Node) Node { return up(k, rule) }))
}

// below gives n over what change makes of its children: n itself, if they stay what they are.
func below(n Node, change func(Node) Node) Node {
	if in := input(n); in != nil {
		if r := change(in); r != in {
			return over(n, r)
		}
		return n
	}
	switch j := n.(type) {
	case *Scan, *Values:
		return n
	case *Join:
		l, r := change(j.Left), change(j.Right)
		if l == j.Left && r == j.Right {
			return n
		}
		d := *j
		d.Left, d.Right = l, r
		return &d
	}
	kids := n.Children()
	var fresh []Node
	for i, k := range kids {
		if r := change(k); r != k {
			if fresh == nil {
				fresh = append(fresh, kids...)
			}
			fresh[i] = r
		}
	}
	if fresh == nil {
		return n
	}
	return n.With(fresh)
}
