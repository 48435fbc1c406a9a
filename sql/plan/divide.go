package plan

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Divisible says whether several workers may fold a view's rows at n, each into groups of its own that are then added up: n
// groups the rows of a stream as they come, all that it keeps of a group are sums, counts and extremes, which come to the same in
// any order, and what lies between keeps nothing. Other orders of rows are then told by nothing.
func Divisible(n Node) bool {
	var in Node
	var keys []expr.Expr
	var aggs []Agg
	switch n := n.(type) {
	case *Aggregate:
		if _, sessions := n.SessionGroups(); sessions || n.Idle != nil || n.Final {
			return false
		}
		in, keys, aggs = n.Input, n.Keys, n.Aggs
	case *Hop:
		in, aggs = n.Input, n.Aggs
		for _, k := range n.Keys {
			if k.Expr != nil {
				keys = append(keys, k.Expr)
			}
		}
	default:
		return false
	}
	for i := range aggs {
		if a := &aggs[i]; !agg.Additive(a.Func, a.Distinct) || len(a.Order) > 0 {
			return false
		}
	}
	for _, k := range keys {
		if spelledSeveralWays(k.Type()) { // the first spelling is shown
			return false
		}
	}
	return straight(in) && !Volatile(n)
}

// straight says whether n is a stream's rows, or what operators that keep nothing make of them.
func straight(n Node) bool {
	for {
		switch x := n.(type) {
		case *Filter, *Project, *Unfold:
			n = n.Children()[0]
		case *Window:
			if x.OnClose {
				return false
			}
			n = x.Input
		case *Scan:
			return x.Relation.Kind == catalog.Stream
		default:
			return false
		}
	}
}

// Workers notes at Divisible nodes how many workers there may be.
func Workers(n int, retained bool) Note {
	return func(at Node) []Detail {
		_, window := at.(*Hop)
		if n < 2 || !Divisible(at) || retained && !window {
			return nil
		}
		return []Detail{{Key: "Workers", Value: strconv.Itoa(n) + ", each with groups of its own that are added up", Number: int64(n)}}
	}
}

// Both notes what a and b do; either may be nil.
func Both(a, b Note) Note {
	return func(n Node) (out []Detail) {
		for _, f := range []Note{a, b} {
			if f != nil {
				out = append(out, f(n)...)
			}
		}
		return out
	}
}
