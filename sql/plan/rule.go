package plan

// Optimize applies the rules to a bound plan: filters move down, windows meet their aggregates, an order with a limit
// becomes a Top-N, and scans read what is needed only. The columns of the result stay what they are.
//
// No rule evaluates an expression that can fail for a row that it was not evaluated for before.
func Optimize(n Node) Node {
	n = up(n, pushFilter)
	n = up(n, markFilter)
	n = up(n, joinKeys)
	n = up(n, liftProject)
	n = up(n, fuseHop)
	n = up(n, topN)
	return pruneColumns(n)
}

// up applies rule to every node, children first.
func up(n Node, rule func(Node) Node) Node {
	kids := n.Children()
	var fresh []Node
	for i, k := range kids {
		if r := up(k, rule); r != k {
			if fresh == nil {
				fresh = append(fresh, kids...)
			}
			fresh[i] = r
		}
	}
	if fresh != nil {
		n = n.With(fresh)
	}
	return rule(n)
}
