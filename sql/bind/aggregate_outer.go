package bind

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// An aggregate whose arguments name columns of the query around only is an aggregate of that query.

// ofOuter says whether call x, an aggregate, is one of the query around.
func (e *exprs) ofOuter(x *ast.Call) bool {
	if e.b.outer == nil || e.s == nil {
		return false
	}
	any, own := false, false
	for _, c := range children(x) {
		find(c, func(y ast.Expr) bool {
			if col, ok := y.(*ast.Column); ok {
				any = true
				i, err := e.s.find(col.Name, col.Position())
				own = own || i >= 0 || err != nil
			}
			if q := queryOf(y); q != nil {
				here, further := e.reads(q)
				any, own = any || here || further, own || here
			}
			return false
		})
	}
	return any && !own
}

// queryOf is the query of a subquery, or nil.
func queryOf(x ast.Expr) *ast.Query {
	switch x := x.(type) {
	case *ast.Subquery:
		return x.Query
	case *ast.In:
		return x.Query
	case *ast.Quantified:
		return x.Query
	}
	return nil
}

// maxProbes is how many subqueries in arguments of aggregates are bound only to learn what they read.
const maxProbes = 1000

// probe is a subquery seen from a query around it.
type probe struct {
	q *ast.Query
	s *scope
}

// reads says whether a subquery in the arguments of an aggregate reads columns of this query, and of those further out. What
// cannot be bound reads this one, which then tells why.
func (e *exprs) reads(q *ast.Query) (here, further bool) {
	env, p := e.b.env, probe{q, e.s}
	if r, known := env.probed[p]; known {
		return r[0], r[1]
	}
	if env.probes++; env.probes > maxProbes {
		return true, false // and probedTooOften says so
	}
	if _, err := e.ungrouped(&here, &further).subplan(q); err != nil {
		here, further = true, false
	}
	if env.probed == nil {
		env.probed = map[probe][2]bool{}
	}
	env.probed[p] = [2]bool{here, further}
	return here, further
}

// probedTooOften is the error of a statement whose aggregates have too many subqueries in one another.
func (e *exprs) probedTooOften(x *ast.Call) error {
	if e.b.env.probes <= maxProbes {
		return nil
	}
	return sqlerr.New(sqlerr.StatementTooComplex, "aggregates with subqueries in their arguments are nested too deep").At(x.Position())
}

// ungrouped is a copy of e over the rows that are grouped, and so of the queries around: what is bound there leaves no trace,
// but here and further become true when a column of e, and of a query around it, is.
func (e *exprs) ungrouped(here, further *bool) *exprs {
	if e == nil {
		return nil
	}
	in := *e
	if e.group != nil {
		in = *e.group.inner
	}
	b := *in.b
	b.outer = b.outer.ungrouped(further, further)
	in.b, in.seen = &b, here
	return &in
}

// ownAggregate gives the first aggregate at or below x that is not of the query around, or nil.
func (e *exprs) ownAggregate(x ast.Expr) ast.Expr {
	return find(x, func(x ast.Expr) bool {
		c, ok := x.(*ast.Call)
		return ok && c.Over == nil && isAggregate(c.Name[len(c.Name)-1]) && !e.ofOuter(c)
	})
}

// regroup asks for a SELECT to be bound again as one with groups, as a subquery has an aggregate of it.
type regroup struct{ s *ast.Select }

func (r *regroup) Error() string { return "a subquery has an aggregate of this query" }

// outerAggregate binds an aggregate of the query around.
func (e *exprs) outerAggregate(x *ast.Call) (expr.Expr, error) {
	o := e.b.outer
	if o.group == nil && !o.ofOuter(x) {
		switch o.place() {
		case "the select list", "ORDER BY", "DISTINCT ON":
			if o.rows != nil {
				return nil, &regroup{o.rows.s}
			}
		}
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in %s", o.place()).At(x.Position())
	}
	v, err := o.bind(x)
	if err != nil {
		return nil, err
	}
	c, ok := expr.IsCol(v)
	if !ok {
		return nil, missing(x.Position(), "this aggregate of the query around")
	}
	return expr.Col(plan.OuterBase+c, v.Type(), v.String()), nil
}
