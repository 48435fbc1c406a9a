package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// lockable refuses FOR UPDATE and its kin over rows that are not those of a relation.
func lockable(q *ast.Query) error {
	for _, l := range q.Locks {
		if what := unlockable(q.Body); what != "" {
			return sqlerr.New(sqlerr.FeatureNotSupported, what, l.Word)
		}
		s, _ := q.Body.(*ast.Select)
		for _, n := range l.Of {
			switch {
			case len(n.Parts) > 1:
				return sqlerr.New(sqlerr.SyntaxError, "%s must specify unqualified relation names", l.Word).At(n.Position())
			case s == nil || !slices.ContainsFunc(s.From, func(f ast.From) bool { return goesBy(f, n.Parts[0]) }):
				return sqlerr.New(sqlerr.UndefinedTable, "relation %q in %s clause not found in FROM clause", n.Parts[0], l.Word).At(n.Position())
			}
		}
	}
	return nil
}

// locked says whether the rows of an entry of FROM are locked that has this alias, or else this name.
func (b *binder) locked(a ast.Alias, name string) bool {
	if a.Name != "" {
		name = a.Name
	}
	return slices.ContainsFunc(b.locks, func(l ast.Lock) bool {
		return l.Of == nil || slices.ContainsFunc(l.Of, func(n ast.Name) bool { return n.Parts[len(n.Parts)-1] == name })
	})
}

// inside gives the locks on all that an entry of FROM reads.
func (b *binder) inside(a ast.Alias, name string) []ast.Lock {
	if b.locked(a, name) {
		return []ast.Lock{{}}
	}
	return nil
}

// unlockable is PostgreSQL's message for a query whose rows are not those of a relation.
func unlockable(body ast.Body) string {
	switch x := body.(type) {
	case *ast.SetOp:
		return "%s is not allowed with UNION/INTERSECT/EXCEPT"
	case *ast.Values:
		return "%s cannot be applied to VALUES"
	case *ast.Select:
		has := func(want func(ast.Expr) bool) bool {
			return slices.ContainsFunc(x.Items, func(it ast.SelectItem) bool { return find(it.X, want) != nil })
		}
		switch {
		case x.Distinct, x.DistinctOn != nil:
			return "%s is not allowed with DISTINCT clause"
		case x.GroupBy != nil:
			return "%s is not allowed with GROUP BY clause"
		case x.Having != nil:
			return "%s is not allowed with HAVING clause"
		case slices.ContainsFunc(x.Items, func(it ast.SelectItem) bool { return aggregateIn(it.X) != nil }):
			return "%s is not allowed with aggregate functions"
		case has(isOver):
			return "%s is not allowed with window functions"
		case has(isSetCall):
			return "%s is not allowed with set-returning functions in the target list"
		}
	}
	return ""
}

// goesBy says whether an entry of FROM, or one that it joins, is called so.
func goesBy(f ast.From, name string) bool {
	switch f := f.(type) {
	case *ast.Table:
		return f.Alias.Name == name || f.Alias.Name == "" && f.Name[len(f.Name)-1] == name
	case *ast.Derived:
		return f.Alias.Name == name
	case *ast.Func:
		return f.Alias.Name == name || f.Alias.Name == "" && f.Name == name
	case *ast.Join:
		return goesBy(f.Left, name) || goesBy(f.Right, name)
	}
	return false
}
