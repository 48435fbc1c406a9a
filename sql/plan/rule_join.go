package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// joinFilter moves the terms of a filter to where they belong in the join below it: those of one side to that side, if
// the join gives its rows unchanged; those of both into the condition of an inner join. A term that can fail stays: the
// join drops rows.
func joinFilter(f *Filter, j *Join) Node {
	width := Width(j.Left)
	j = innerJoin(j, f.Cond)
	var above, left, right, on []expr.Expr
	was := f.Input
	for _, t := range expr.Terms(f.Cond) {
		l, r := sides(t, width)
		switch {
		case expr.Volatility(t) == expr.Volatile || expr.FailsByRow(t):
			above = append(above, t)
		case !r && j.Kind != FullJoin: // terms of no column go to the left, too
			left = append(left, t)
		case j.Kind == InnerJoin && !l:
			right = append(right, t)
		case j.Kind == InnerJoin:
			on = append(on, t)
		default:
			above = append(above, t)
		}
	}
	if Node(j) == was && left == nil && right == nil && on == nil {
		return f
	}
	d := *j
	if len(left) > 0 {
		d.Left = pushFilter(&Filter{Input: j.Left, Cond: expr.And(left...)})
	}
	if len(right) > 0 {
		d.Right = pushFilter(&Filter{Input: j.Right, Cond: expr.Remap(expr.And(right...), minus(width))})
	}
	if len(on) > 0 {
		d.On = expr.And(append(expr.Terms(j.On), on...)...)
	}
	if len(above) == 0 {
		return &d
	}
	return &Filter{Input: &d, Cond: expr.And(above...)}
}

// sides says which inputs of a join whose left one is width wide e reads.
func sides(e expr.Expr, width int) (left, right bool) {
	expr.EachColumn(e, func(c int) {
		left = left || c < width
		right = right || c >= width
	})
	return left, right
}

func minus(n int) func(int) int { return func(i int) int { return i - n } }

// joinKeys takes the equalities out of a join's condition, and moves terms of one side to where they can go.
func joinKeys(n Node) Node {
	j, ok := n.(*Join)
	if !ok || j.On == nil {
		return n
	}
	width := Width(j.Left)
	d := *j
	terms := expr.Terms(j.On)
	alone := len(terms) == 1 && len(j.Keys) == 0
	var rest, left, right []expr.Expr
	for _, t := range terms {
		k, isKey := joinKey(t, width)
		l, r := sides(t, width)
		switch {
		case isKey && (!j.NullAware || k.NullSafe || alone):
			d.Keys = append(d.Keys, k)
		case expr.FailsByRow(t) || expr.Volatility(t) == expr.Volatile:
			rest = append(rest, t)
		case !r && l && j.Kind == InnerJoin:
			left = append(left, t)
		case !l && r && j.Kind != FullJoin && !j.NullAware:
			right = append(right, t)
		default:
			rest = append(rest, t)
		}
	}
	if len(rest) == len(terms) {
		return n
	}
	d.On = nil
	if len(rest) > 0 {
		d.On = expr.And(rest...)
	}
	if len(left) > 0 {
		d.Left = up(pushFilter(&Filter{Input: j.Left, Cond: expr.And(left...)}), joinKeys)
	}
	if len(right) > 0 {
		d.Right = up(pushFilter(&Filter{Input: j.Right, Cond: expr.Remap(expr.And(right...), minus(width))}), joinKeys)
	}
	return &d
}

// joinKey reads t as an equality between the two sides.
func joinKey(t expr.Expr, width int) (JoinKey, bool) {
	a, b, safe, ok := expr.Equality(t)
	if !ok {
		return JoinKey{}, false
	}
	al, ar := sides(a, width)
	bl, br := sides(b, width)
	switch {
	case al && !ar && br && !bl:
	case ar && !al && bl && !br:
		a, b = b, a
	default:
		return JoinKey{}, false
	}
	return JoinKey{Left: a, Right: expr.Remap(b, minus(width)), NullSafe: safe}, true
}

// markFilter makes a semi join of a filter on a mark, and an anti join of one on its opposite, if the mark is read
// nowhere else.
func markFilter(n Node) Node {
	p, ok := n.(*Project)
	if !ok {
		return n
	}
	f, ok := p.Input.(*Filter)
	if !ok {
		return n
	}
	j, ok := f.Input.(*Join)
	if !ok || j.Kind != MarkJoin || j.NullAware {
		return n
	}
	mark := Width(j.Left)
	for _, e := range p.Exprs {
		if speaksOf(e, mark) {
			return n
		}
	}
	var rest []expr.Expr
	d := *j
	for _, t := range expr.Terms(f.Cond) {
		c, is := expr.IsCol(t)
		not, isNot := expr.IsCol(expr.Not(t))
		switch {
		case d.Kind == MarkJoin && is && c == mark:
			d.Kind = SemiJoin
		case d.Kind == MarkJoin && isNot && not == mark:
			d.Kind = AntiJoin
		case speaksOf(t, mark):
			return n
		default:
			rest = append(rest, t)
		}
	}
	if d.Kind == MarkJoin {
		return n
	}
	if len(rest) == 0 {
		return &Project{Input: &d, Exprs: p.Exprs, Names: p.Names}
	}
	return &Project{Input: &Filter{Input: &d, Cond: expr.And(rest...)}, Exprs: p.Exprs, Names: p.Names}
}

// isValue says whether the right side is a subquery that is a value: one is computed where it is read only.
func (j *Join) isValue() bool {
	return j.Kind == MarkJoin || j.Kind == LeftJoin && (j.Single || j.Value)
}

// missing is the positions of n columns that are gone.
func missing(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// pruneJoin makes the inputs of a join give only what is read.
func pruneJoin(n *Join, need []bool) (Node, []int) {
	width := Width(n.Left)
	if n.isValue() && !slices.Contains(need[width:], true) {
		in, to := prune(n.Left, need[:width])
		return in, append(to, missing(len(need)-width)...)
	}
	whole := make([]bool, width+Width(n.Right))
	copy(whole, need[:min(len(need), width)])
	if n.Kind == InnerJoin || n.Kind == LeftJoin || n.Kind == FullJoin {
		copy(whole, need)
	}
	if n.On != nil {
		mark(whole, n.On)
	}
	for _, k := range n.Keys {
		mark(whole, k.Left)
		mark(whole[width:], k.Right)
	}
	l, toL := prune(n.Left, whole[:width])
	r, toR := prune(n.Right, whole[width:])
	d := *n
	d.Left, d.Right = l, r
	fresh := Width(l)
	both := func(i int) int {
		if i < width {
			return toL[i]
		}
		return fresh + toR[i-width]
	}
	if n.On != nil {
		d.On = expr.Remap(n.On, both)
	}
	d.Keys = make([]JoinKey, 0, len(n.Keys))
	for _, k := range n.Keys {
		d.Keys = append(d.Keys, JoinKey{Left: expr.Remap(k.Left, at(toL)), Right: expr.Remap(k.Right, at(toR)), NullSafe: k.NullSafe})
	}
	out := make([]int, len(need))
	for i := range out {
		switch {
		case i < width:
			out[i] = toL[i]
		case n.Kind == MarkJoin:
			out[i] = fresh
		case toR[i-width] < 0:
			out[i] = -1
		default:
			out[i] = fresh + toR[i-width]
		}
	}
	return &d, out
}
