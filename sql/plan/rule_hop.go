package plan

import "github.com/vexfs/vexstream/engine/expr"

// fuseHop makes one node of an aggregate over a window that groups by it: rows are folded into panes once. Aggregates
// and other keys that speak of the window keep the two apart.
func fuseHop(n Node) Node {
	a, ok := n.(*Aggregate)
	if !ok {
		return n
	}
	w, ok := a.Input.(*Window)
	if !ok || w.Grow != 0 {
		return n
	}
	width := Width(w.Input)
	h := &Hop{Input: w.Input, Frame: w.Frame, Time: w.Time, Lateness: w.Lateness, Judge: w.Judge, Aggs: a.Aggs}
	identified := false
	for i, k := range a.Keys {
		key := HopKey{Expr: k, Name: a.KeyNames[i]}
		if c, ok := expr.IsCol(k); ok && c >= width {
			key.Expr, key.Bound = nil, c-width
			identified = true
		} else if speaksOf(k, width) {
			return n
		}
		h.Keys = append(h.Keys, key)
	}
	for _, g := range a.Aggs {
		if g.Filter != nil && speaksOf(g.Filter, width) {
			return n
		}
		for _, x := range g.Args {
			if speaksOf(x, width) {
				return n
			}
		}
	}
	if !identified {
		return n
	}
	return h
}

// speaksOf says whether e reads a column from width on.
func speaksOf(e expr.Expr, width int) bool {
	_, right := sides(e, width)
	return right
}

// topN makes one node of an order and the limit above it.
func topN(n Node) Node {
	l, ok := n.(*Limit)
	if !ok || l.Count == nil {
		return n
	}
	if o, ok := l.Input.(*Order); ok {
		return &TopN{Input: o.Input, Keys: o.Keys, Count: l.Count, Offset: l.Offset}
	}
	return n
}
