package bind

import (
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// groupBy binds the GROUP BY, if the query has one, or an aggregate that needs one.
func (s *selection) groupBy() error {
	if !s.isGrouped() {
		return nil
	}
	inner := s.exprs("GROUP BY")
	g := &grouping{inner: inner}
	if s.scope.window != nil && s.scope.window.ksql {
		g.addWindow(s.scope)
	}
	sets := [][]int{slices.Clone(g.named)} // the window of ksqlDB's clause is in every set
	for _, x := range s.s.GroupBy {
		more, err := s.sets(g, x)
		if err != nil {
			return err
		}
		if sets, err = product(sets, more, x.Position()); err != nil {
			return err
		}
	}
	if s.s.GroupOnce {
		sets = distinctSets(sets)
	}
	if len(sets) > 1 || len(sets[0]) < len(g.keys) {
		g.sets = sets
	}
	s.group = g
	return nil
}

func (s *selection) isGrouped() bool {
	if len(s.s.GroupBy) > 0 || s.s.Having != nil || slices.Contains(s.b.grouped, s.s) {
		return true
	}
	e := s.exprs("")
	for _, it := range s.items {
		if e.ownAggregate(it.x) != nil {
			return true
		}
	}
	for _, o := range s.q.OrderBy {
		if e.ownAggregate(o.X) != nil {
			return true
		}
	}
	return false
}

// addWindow makes the window a key: its start and its end.
func (g *grouping) addWindow(sc *scope) {
	for _, i := range []int{sc.window.start, sc.window.end} {
		g.addKey(sc.col(i), sc.cols[i].name)
	}
}

// key adds one entry of the GROUP BY: a position, a column of the input, a name of the output, or an expression.
func (s *selection) key(g *grouping, x ast.Expr) error {
	switch c := x.(type) {
	case *ast.Row:
		for _, y := range c.Items {
			if err := s.key(g, y); err != nil {
				return err
			}
		}
		return nil
	}
	target, err := s.keyTarget(x)
	if err != nil {
		return err
	}
	if a := g.inner.ownAggregate(target.x); a != nil {
		return sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in GROUP BY").At(a.Position())
	}
	if c, ok := target.x.(*ast.Call); ok && isWindowCall(c) && s.scope.window != nil {
		g.addWindow(s.scope)
		return nil
	}
	v, err := g.inner.settled(target.x)
	if err != nil {
		return err
	}
	name := v.String()
	if i, ok := expr.IsCol(v); ok && i < len(s.scope.cols) { // else of the query around
		name = s.scope.cols[i].name
	}
	g.addKey(v, name)
	return nil
}

// keyTarget is the expression that an entry of a GROUP BY means.
func (s *selection) keyTarget(x ast.Expr) (item, error) {
	self := item{x: x, name: "?column?"}
	switch x := x.(type) {
	case *ast.Literal:
		if x.Kind == ast.LitNull {
			return self, nil
		}
		n, err := strconv.Atoi(x.Text)
		if x.Kind != ast.LitNumber || err != nil {
			return self, sqlerr.New(sqlerr.SyntaxError, "non-integer constant in GROUP BY").At(x.Position())
		}
		if n < 1 || n > len(s.items) {
			return self, sqlerr.New(sqlerr.InvalidColumnReference, "GROUP BY position %d is not in select list", n).At(x.Position())
		}
		return s.items[n-1], nil
	case *ast.Column:
		if len(x.Name) > 1 {
			return self, nil
		}
		if i, err := s.scope.find(x.Name, x.Position()); i >= 0 || err != nil {
			return self, err
		}
		return s.alias(x, "GROUP BY", self)
	}
	return self, nil
}

// alias is the item of the output that is called as x, or self if none is.
func (s *selection) alias(x *ast.Column, clause string, self item) (item, error) {
	found := -1
	for i := range s.items {
		if s.items[i].name != x.Name[0] {
			continue
		}
		if found >= 0 && !sameTree(s.items[i].x, s.items[found].x) {
			return self, sqlerr.New(sqlerr.AmbiguousColumn, "%s %q is ambiguous", clause, x.Name[0]).At(x.Position())
		}
		found = i
	}
	if found < 0 {
		return self, nil
	}
	return s.items[found], nil
}
