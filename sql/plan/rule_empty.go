package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// emptyNode makes no rows of a filter that lets none pass, and of all above it that has none then: PostgreSQL evaluates
// nothing of it either. In a query that ends only: a view has inputs.
func emptyNode(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		if truth(n.Cond) == isFalse {
			return nothing(n)
		}
	case *Limit:
		if isZero(n.Count) {
			return nothing(n)
		}
	case *TopN:
		if isZero(n.Count) {
			return nothing(n)
		}
	case *Join:
		return emptyJoin(n)
	case *Union:
		return emptyUnion(n)
	case *Aggregate:
		if len(n.Keys) == 0 {
			return n
		}
	case *Unfold:
		if isEmpty(n.Input) {
			return nothing(n)
		}
	}
	if in := input(n); in != nil && isEmpty(in) {
		return nothing(n)
	}
	return n
}

func nothing(n Node) Node { return &Values{Columns: n.Schema()} }

func isEmpty(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Rows) == 0
}

func isZero(count expr.Expr) bool {
	n, ok := fixedCount(count, -1)
	return ok && n == 0
}

// emptyJoin is what is left of a join of which a side is empty, or whose condition is never true.
func emptyJoin(j *Join) Node {
	left, right := isEmpty(j.Left), isEmpty(j.Right)
	if !right && j.On != nil && truth(j.On) == isFalse && !j.NullAware && j.Kind != FullJoin {
		j, right = j.With([]Node{j.Left, nothing(j.Right)}).(*Join), true
	}
	switch j.Kind {
	case InnerJoin, SemiJoin:
		if left || right {
			return nothing(j)
		}
	case FullJoin:
		if left && right {
			return nothing(j)
		}
	case AntiJoin:
		if left || right {
			return j.Left
		}
	case LeftJoin:
		if left {
			return nothing(j)
		}
	case MarkJoin:
		if left {
			return nothing(j)
		}
		no, err := expr.Lit(types.Bool, "false")
		if !right || err != nil {
			return j
		}
		p := firstOf(j.Left, Width(j.Left)).(*Project)
		p.Exprs, p.Names = append(p.Exprs, no), append(p.Names, "mark")
		return p
	}
	return j
}

// emptyUnion leaves out the inputs that have no rows. The first gives the names.
func emptyUnion(u *Union) Node {
	rest := slices.DeleteFunc(slices.Clone(u.Inputs), isEmpty)
	switch {
	case len(rest) == len(u.Inputs):
		return u
	case len(rest) == 0:
		return nothing(u)
	case rest[0] != u.Inputs[0]:
		p := firstOf(rest[0], Width(u)).(*Project)
		for i, f := range u.Schema() {
			p.Names[i] = f.Name
		}
		rest[0] = p
	}
	if len(rest) == 1 {
		return rest[0]
	}
	return &Union{Inputs: rest}
}
