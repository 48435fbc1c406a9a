package bind

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// references finds where a query names itself, and the first place where it must not.
type references struct {
	name  string
	count int
	err   error
}

// found counts a reference at pos; where says where it must not stand, "" if it may.
func (r *references) found(where string, pos int) {
	r.count++
	if r.count > 1 && where == "" {
		where = "more than once"
	}
	if where != "" && r.err == nil {
		r.err = sqlerr.New(sqlerr.InvalidRecursion, "recursive reference to query %q must not appear %s", r.name, where).At(pos)
	}
}

func (r *references) query(q *ast.Query, where string) {
	for _, c := range q.With {
		if q.Recurse && c.Name == r.name {
			return // another query of that name
		}
	}
	for _, c := range q.With {
		r.query(c.Query, where)
		if c.Name == r.name {
			return
		}
	}
	r.body(q.Body, where)
	for _, o := range q.OrderBy {
		r.expr(o.X)
	}
	r.exprs(some(q.Limit, q.Offset))
}

func (r *references) body(body ast.Body, where string) {
	switch b := body.(type) {
	case *ast.Query:
		r.query(b, where)
	case *ast.Values:
		for _, row := range b.Rows {
			r.exprs(row)
		}
	case *ast.SetOp:
		left, right := where, where
		switch {
		case where != "":
		case b.Op == "except":
			right = "within EXCEPT"
		case b.Op == "intersect" && b.All:
			left, right = "within INTERSECT", "within INTERSECT"
		}
		r.body(b.Left, left)
		r.body(b.Right, right)
	case *ast.Select:
		r.sel(b, where)
	}
}

func (r *references) sel(s *ast.Select, where string) {
	before := r.count
	self := false
	for _, f := range s.From {
		r.from(f, where)
		self = self || r.named(f)
	}
	xs := append(append(s.DistinctOn[:len(s.DistinctOn):len(s.DistinctOn)], s.GroupBy...), some(s.Where, s.Having, s.Qualify)...)
	for _, it := range s.Items {
		xs = append(xs, it.X)
	}
	for _, x := range xs {
		if a := aggregateIn(x); a != nil && self && r.count > before && r.err == nil {
			r.err = sqlerr.New(sqlerr.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term").At(a.Position())
		}
	}
	r.exprs(xs)
}

// named says whether an entry of FROM names the query itself, not in a query of its own.
func (r *references) named(f ast.From) bool {
	switch f := f.(type) {
	case *ast.Table:
		return len(f.Name) == 1 && f.Name[0] == r.name
	case *ast.Join:
		return r.named(f.Left) || r.named(f.Right)
	}
	return false
}

func (r *references) from(f ast.From, where string) {
	switch f := f.(type) {
	case *ast.Table:
		if r.named(f) {
			r.found(where, f.Position())
		}
	case *ast.Derived:
		r.query(f.Query, where)
	case *ast.Func:
		if f.Input != nil {
			r.from(f.Input, where)
		}
		r.exprs(f.Args)
	case *ast.Join:
		left, right := where, where
		if where == "" && (f.Kind == "left" || f.Kind == "full" || f.Kind == "asof left") {
			right = "within an outer join"
		}
		if where == "" && (f.Kind == "right" || f.Kind == "full") {
			left = "within an outer join"
		}
		r.from(f.Left, left)
		r.from(f.Right, right)
		r.exprs(some(f.On))
	}
}

func (r *references) exprs(xs []ast.Expr) {
	for _, x := range xs {
		r.expr(x)
	}
}

// expr looks into subqueries, where a reference must not stand.
func (r *references) expr(x ast.Expr) {
	if x == nil {
		return
	}
	var q *ast.Query
	switch x := x.(type) {
	case *ast.Subquery:
		q = x.Query
	case *ast.In:
		q = x.Query
	case *ast.Quantified:
		q = x.Query
	}
	if q != nil {
		r.query(q, "within a subquery")
	}
	r.exprs(children(x))
}
