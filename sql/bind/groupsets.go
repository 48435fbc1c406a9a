package bind

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// maxGroupingSets is PostgreSQL's.
const maxGroupingSets = 4096

// sets adds the keys of one entry of the GROUP BY, and gives the grouping sets that it stands for: one, unless it is
// ROLLUP, CUBE or GROUPING SETS.
func (s *selection) sets(g *grouping, x ast.Expr) ([][]int, error) {
	c, ok := x.(*ast.Call)
	word := ""
	if ok && len(c.Name) == 1 {
		word = c.Name[0]
	}
	switch word {
	case "grouping sets":
		var out [][]int
		for _, a := range c.Args {
			more, err := s.sets(g, a)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		return out, nil
	case "rollup", "cube":
		parts := make([][]int, len(c.Args))
		for i, a := range c.Args {
			one, err := s.sets(g, a)
			if err != nil {
				return nil, err
			}
			parts[i] = one[0]
		}
		if word == "rollup" {
			return rollup(parts), nil
		}
		return cube(parts, x.Position())
	}
	g.named = nil
	if err := s.key(g, x); err != nil {
		return nil, err
	}
	return [][]int{slices.Clone(g.named)}, nil
}

// rollup gives all of the parts, then all but the last, and so on to none.
func rollup(parts [][]int) [][]int {
	var out [][]int
	for n := len(parts); n >= 0; n-- {
		out = append(out, slices.Concat(parts[:n]...))
	}
	return out
}

// cube gives every subset of the parts.
func cube(parts [][]int, pos int) ([][]int, error) {
	if len(parts) > 12 {
		return nil, sqlerr.New(sqlerr.TooManyColumns, "CUBE is limited to 12 elements").At(pos)
	}
	var out [][]int
	for bits := 1<<len(parts) - 1; bits >= 0; bits-- {
		var set []int
		for i, p := range parts {
			if bits>>(len(parts)-1-i)&1 != 0 {
				set = append(set, p...)
			}
		}
		out = append(out, set)
	}
	return out, nil
}

// product gives every set of a together with every one of b.
func product(a, b [][]int, pos int) ([][]int, error) {
	if len(a)*len(b) > maxGroupingSets {
		return nil, sqlerr.New(sqlerr.StatementTooComplex, "too many grouping sets present (maximum %d)", maxGroupingSets).At(pos)
	}
	var out [][]int
	for _, x := range a {
		for _, y := range b {
			out = append(out, slices.Concat(x, y))
		}
	}
	return out, nil
}

// distinctSets leaves out sets of the keys of one before.
func distinctSets(sets [][]int) [][]int {
	var out [][]int
	seen := map[string]bool{}
	for _, set := range sets {
		keys := slices.Clone(set)
		slices.Sort(keys)
		name := fmt.Sprint(slices.Compact(keys))
		if !seen[name] {
			seen[name] = true
			out = append(out, set)
		}
	}
	return out
}

// groupingCall is the name by which an entry among the aggregates is known as GROUPING(...): its arguments are keys,
// and its value is a constant of the grouping set.
const groupingCall = "grouping"

func isGroupingCall(x ast.Expr) bool {
	c, ok := x.(*ast.Call)
	return ok && len(c.Name) == 1 && c.Name[0] == groupingCall
}

// groupingOf binds GROUPING(keys): a bit for each, the first the highest, set where the grouping set lacks it.
func (e *exprs) groupingOf(x *ast.Call) (expr.Expr, error) {
	a := plan.Agg{Name: groupingCall, Label: groupingCall, Type: types.Int4}
	if len(x.Args) > 31 {
		return nil, sqlerr.New(sqlerr.TooManyArguments, "GROUPING must have fewer than 32 arguments").At(x.Position())
	}
	for _, arg := range x.Args {
		v, err := e.group.inner.bind(arg)
		if err != nil {
			return nil, err
		}
		if _, ok := e.group.key(v); !ok {
			return nil, sqlerr.New(sqlerr.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level").At(arg.Position())
		}
		a.Args = append(a.Args, v)
	}
	return e.group.add(a), nil
}

// node groups n: once, or once for each grouping set.
func (g *grouping) node(n plan.Node) plan.Node {
	special := slices.ContainsFunc(g.aggs, func(a plan.Agg) bool { return a.Name == groupingCall })
	if g.sets == nil && !special {
		return &plan.Aggregate{Input: n, Keys: g.keys, KeyNames: g.names, Aggs: g.aggs}
	}
	sets := g.sets
	if sets == nil {
		all := make([]int, len(g.keys))
		for i := range all {
			all[i] = i
		}
		sets = [][]int{all}
	}
	u := &plan.Union{}
	for _, set := range sets {
		u.Inputs = append(u.Inputs, g.set(n, set))
	}
	if len(u.Inputs) == 1 {
		return u.Inputs[0]
	}
	return u
}

// set groups n by some of the keys; the others are null.
func (g *grouping) set(n plan.Node, keys []int) plan.Node {
	a := &plan.Aggregate{Input: n}
	at := map[int]int{}
	for _, k := range keys {
		if _, ok := at[k]; !ok {
			at[k] = len(a.Keys)
			a.Keys, a.KeyNames = append(a.Keys, g.keys[k]), append(a.KeyNames, g.names[k])
		}
	}
	p := &plan.Project{Input: a, Names: slices.Clone(g.names)}
	for k, v := range g.keys {
		if i, ok := at[k]; ok {
			p.Exprs = append(p.Exprs, expr.Col(i, v.Type(), g.names[k]))
		} else {
			p.Exprs = append(p.Exprs, expr.Null(v.Type()))
		}
	}
	for _, x := range g.aggs {
		p.Names = append(p.Names, x.Label)
		if x.Name == groupingCall {
			p.Exprs = append(p.Exprs, g.bits(x.Args, at))
			continue
		}
		p.Exprs = append(p.Exprs, expr.Col(len(a.Keys)+len(a.Aggs), x.Type, x.Label))
		a.Aggs = append(a.Aggs, x)
	}
	return p
}

// bits is the value of GROUPING(args) in the set whose keys are in has.
func (g *grouping) bits(args []expr.Expr, has map[int]int) expr.Expr {
	n := 0
	for _, v := range args {
		n <<= 1
		k, _ := g.key(v)
		i, _ := expr.IsCol(k)
		if _, ok := has[i]; !ok {
			n |= 1
		}
	}
	c, _ := expr.Lit(types.Int4, strconv.Itoa(n)) // a number of at most 31 bits
	return c
}
