package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// pruneColumns makes scans and projections give only what is read above them.
func pruneColumns(n Node) Node {
	need := make([]bool, Width(n))
	for i := range need {
		need[i] = true
	}
	out, _ := prune(n, need)
	return out
}

// prune gives n with at least the columns that need marks, and for each old column its new position, -1 if it is gone.
func prune(n Node, need []bool) (Node, []int) {
	switch n := n.(type) {
	case *Scan:
		return pruneScan(n, need)
	case *Filter:
		read := slices.Clone(need)
		mark(read, n.Cond)
		in, to := prune(n.Input, read)
		return &Filter{Input: in, Cond: expr.Remap(n.Cond, at(to))}, to
	case *Project:
		return pruneProject(n, need)
	case *Window:
		return pruneWindow(n, need)
	case *Session:
		return pruneSession(n, need)
	case *Aggregate:
		aggs, out := neededAggs(n.Aggs, len(n.Keys), need)
		in, to := prune(n.Input, readBy(n.Input, n.Keys, aggs))
		return &Aggregate{Input: in, Keys: remapAll(n.Keys, at(to)), KeyNames: n.KeyNames, Aggs: remapAggs(aggs, at(to))}, out
	case *Hop:
		return pruneHop(n, need)
	case *Join:
		return pruneJoin(n, need)
	case *Unfold:
		return pruneUnfold(n, need)
	}
	return pruneOrdered(n, need)
}

func pruneOrdered(n Node, need []bool) (Node, []int) {
	switch n := n.(type) {
	case *Order:
		in, to := prune(n.Input, with(need, keyColumns(n.Keys)))
		return &Order{Input: in, Keys: remapKeys(n.Keys, to)}, to
	case *TopN:
		in, to := prune(n.Input, with(need, keyColumns(n.Keys)))
		d := *n
		d.Input, d.Keys = in, remapKeys(n.Keys, to)
		return &d, to
	case *Limit:
		in, to := prune(n.Input, need)
		return &Limit{Input: in, Count: n.Count, Offset: n.Offset}, to
	case *Values:
		return pruneValues(n, need)
	case *Over:
		return pruneOver(n, need)
	case *Union:
		return pruneUnion(n, need)
	}
	kids := slices.Clone(n.Children()) // Distinct, and what is not known here: every column counts
	for i, k := range kids {
		kids[i] = pruneColumns(k)
	}
	return n.With(kids), same(len(need))
}

func pruneScan(n *Scan, need []bool) (Node, []int) {
	d := *n
	d.Columns = make([]int, 0, len(n.Columns))
	to := make([]int, len(need))
	for i, c := range n.Columns {
		to[i] = -1
		if need[i] {
			to[i] = len(d.Columns)
			d.Columns = append(d.Columns, c)
		}
	}
	return &d, to
}

// pruneValues leaves out what nobody reads of a single row, as of a SELECT without FROM. Of several rows PostgreSQL computes
// everything, so what fails there fails.
func pruneValues(n *Values, need []bool) (Node, []int) {
	if len(n.Rows) != 1 {
		return n, same(len(need))
	}
	d := &Values{Rows: make([][]expr.Expr, 1)}
	to := make([]int, len(need))
	for i, e := range n.Rows[0] {
		to[i] = -1
		if need[i] || expr.Volatility(e) == expr.Volatile {
			to[i] = len(d.Columns)
			d.Columns, d.Rows[0] = append(d.Columns, n.Columns[i]), append(d.Rows[0], e)
		}
	}
	return d, to
}

func pruneProject(n *Project, need []bool) (Node, []int) {
	p := &Project{Names: make([]string, 0, len(need))}
	to := make([]int, len(need))
	kept := make([]expr.Expr, 0, len(need))
	for i, e := range n.Exprs {
		to[i] = -1
		if need[i] || expr.Volatility(e) == expr.Volatile {
			to[i] = len(kept)
			kept, p.Names = append(kept, e), append(p.Names, n.Names[i])
		}
	}
	in, down := prune(n.Input, readBy(n.Input, kept, nil))
	p.Input, p.Exprs = in, remapAll(kept, at(down))
	return p, to
}

func pruneWindow(n *Window, need []bool) (Node, []int) {
	width := len(need) - windowColumns
	in, to := prune(n.Input, with(need[:width], []int{n.Time}))
	d := *n
	d.Input, d.Time = in, to[n.Time]
	out := slices.Clone(to)
	for i := range windowColumns {
		out = append(out, Width(in)+i)
	}
	return &d, out
}

func pruneHop(n *Hop, need []bool) (Node, []int) {
	keys := make([]expr.Expr, 0, len(n.Keys))
	for _, k := range n.Keys {
		if k.Expr != nil {
			keys = append(keys, k.Expr)
		}
	}
	aggs, out := neededAggs(n.Aggs, len(n.Keys), need)
	read := readBy(n.Input, keys, aggs)
	read[n.Time] = true
	in, to := prune(n.Input, read)
	d := *n
	d.Input, d.Time, d.Aggs = in, to[n.Time], remapAggs(aggs, at(to))
	d.Keys = slices.Clone(n.Keys)
	for i := range d.Keys {
		if d.Keys[i].Expr != nil {
			d.Keys[i].Expr = expr.Remap(d.Keys[i].Expr, at(to))
		}
	}
	return &d, out
}

// neededAggs gives the aggregates that are read, and where the columns of the node are then; it has keys before them.
func neededAggs(aggs []Agg, keys int, need []bool) (kept []Agg, to []int) {
	to = same(len(need))
	if !slices.Contains(need[keys:], false) {
		return aggs, to
	}
	for i, a := range aggs {
		to[keys+i] = -1
		if need[keys+i] {
			to[keys+i] = keys + len(kept)
			kept = append(kept, a)
		}
	}
	return kept, to
}

// readBy marks the columns of in that expressions and aggregates read.
func readBy(in Node, es []expr.Expr, aggs []Agg) []bool {
	need := make([]bool, Width(in))
	mark(need, es...)
	for _, a := range aggs {
		mark(need, a.Args...)
		if a.Filter != nil {
			mark(need, a.Filter)
		}
	}
	return need
}

// mark marks the columns that expressions read.
func mark(need []bool, es ...expr.Expr) {
	for _, e := range es {
		expr.EachColumn(e, func(c int) { need[c] = true })
	}
}

func with(need []bool, cols []int) []bool {
	out := slices.Clone(need)
	for _, c := range cols {
		out[c] = true
	}
	return out
}

func at(to []int) func(int) int { return func(i int) int { return to[i] } }

func same(n int) []int {
	to := make([]int, n)
	for i := range to {
		to[i] = i
	}
	return to
}

func keyColumns(keys []SortKey) []int {
	cols := make([]int, len(keys))
	for i, k := range keys {
		cols[i] = k.Column
	}
	return cols
}

func remapKeys(keys []SortKey, to []int) []SortKey {
	out := slices.Clone(keys)
	for i := range out {
		out[i].Column = to[out[i].Column]
	}
	return out
}

// pruneOver drops functions and columns that nobody reads.
func pruneOver(n *Over, need []bool) (Node, []int) {
	width := Width(n.Input)
	read := append(slices.Clone(n.Partition), keyColumns(n.Order)...)
	d := *n
	d.Calls = nil
	out := make([]int, len(need))
	for i, c := range n.Calls {
		out[width+i] = -1
		if need[width+i] {
			out[width+i] = len(d.Calls)
			d.Calls = append(d.Calls, c)
			read = append(read, c.reads()...)
		}
	}
	in, to := prune(n.Input, with(need[:width], read))
	copy(out, to)
	for i := width; i < len(out); i++ {
		if out[i] >= 0 {
			out[i] += Width(in)
		}
	}
	if len(d.Calls) == 0 {
		return in, out
	}
	d.Input, d.Partition, d.Order = in, moved(n.Partition, to), remapKeys(n.Order, to)
	for i := range d.Calls {
		d.Calls[i] = d.Calls[i].moved(to)
	}
	return &d, out
}

func moved(cols, to []int) []int {
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = to[c]
	}
	return out
}

// pruneUnion makes every input give the same columns: those that are read, in their order.
func pruneUnion(n *Union, need []bool) (Node, []int) {
	out, kept := make([]int, len(need)), []int(nil)
	for i := range need {
		out[i] = -1
		if need[i] {
			out[i] = len(kept)
			kept = append(kept, i)
		}
	}
	u := &Union{}
	for _, k := range n.Inputs {
		in, to := prune(k, need)
		cols := moved(kept, to)
		if !slices.Equal(cols, same(Width(in))) {
			in = chosen(in, cols)
		}
		u.Inputs = append(u.Inputs, in)
	}
	return u, out
}
