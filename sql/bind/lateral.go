package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// lateral binds a query or functions in FROM that may name columns of the entries before them.
func (b *binder) lateral(kind plan.JoinKind, l plan.Node, ls *scope, f ast.From, on func(*scope) (expr.Expr, error)) (plan.Node, *scope, error) {
	inner := *b
	inner.outer = &exprs{b: b, s: ls, clause: "FROM clause of their own query level"}
	n, rs, err := inner.entry(f)
	b.loose, b.said, b.clockAt = inner.loose, inner.said, inner.clockAt
	if err != nil {
		return nil, nil, err
	}
	if err := distinctNames(ls, rs, f.Position()); err != nil {
		return nil, nil, err
	}
	if kind == plan.LeftJoin {
		rs.fillable()
	}
	both := ls.and(rs)
	s := plan.Subquery{Kind: kind, Query: n}
	if on != nil {
		if s.On, err = on(both); err != nil {
			return nil, nil, err
		}
	}
	joined, err := plan.Apply(l, s)
	return joined, both, at(err, f.Position())
}

// sideways binds a join in FROM within which a LATERAL names columns of the entries before the whole join: all of it is
// lateral to them. was is why it cannot be bound by itself.
func (b *binder) sideways(kind plan.JoinKind, l plan.Node, ls *scope, f ast.From, on func(*scope) (expr.Expr, error), was error) (plan.Node, *scope, error) {
	said := len(b.said)
	n, s, err := b.lateral(kind, l, ls, f, on)
	if unknownName(err) { // whoever it is that names them, it is not allowed to
		b.said, err = b.said[:said], ls.unreachable(was)
	}
	return n, s, err
}

// hasLateral says whether f is a join with an entry that may name columns of those before it.
func hasLateral(f ast.From) bool {
	j, ok := f.(*ast.Join)
	if !ok {
		return false
	}
	for _, side := range []ast.From{j.Left, j.Right} {
		d, derived := side.(*ast.Derived)
		if _, set := isSetFunction(side); set || derived && d.Lateral || hasLateral(side) {
			return true
		}
	}
	return false
}

func unknownName(err error) bool {
	switch sqlerr.CodeOf(err) {
	case sqlerr.UndefinedTable, sqlerr.UndefinedColumn:
		return true
	}
	return false
}

// unreachable is err, of an entry of FROM beside those of s: a relation that it names and does not find may be one of them.
func (s *scope) unreachable(err error) error {
	e, ok := sqlerr.As(err)
	if !ok || e.Code != sqlerr.UndefinedTable {
		return err
	}
	at := slices.IndexFunc(s.cols, func(c column) bool { return c.table != "" && e.Message == noEntry(c.table, 0).Message })
	if at < 0 {
		return err
	}
	name := s.cols[at].table
	return sqlerr.New(sqlerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", name).At(e.Pos).
		WithHint("There is an entry for table %q, but it cannot be referenced from this part of the query.", name)
}
