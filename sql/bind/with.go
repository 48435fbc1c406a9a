package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// with makes the queries of a WITH known. Those of WITH RECURSIVE see all of them, others those before.
func (b *binder) with(q *ast.Query) error {
	from := len(b.ctes)
	for i, c := range q.With {
		for _, d := range q.With[:i] {
			if d.Name == c.Name {
				return sqlerr.New(sqlerr.DuplicateAlias, "WITH query name %q specified more than once", c.Name).At(c.Position())
			}
		}
		if c.Stmt != nil {
			known, err := b.part(c)
			if err != nil {
				return err
			}
			b.ctes = append(slices.Clone(b.ctes), known)
			continue
		}
		b.ctes = append(slices.Clone(b.ctes), cte{CTE: c, outer: b.ctes, level: b.outer, recursive: q.Recurse, used: new(bool), bound: new(plan.Node)})
	}
	if q.Recurse {
		for i := range b.ctes[from:] {
			b.ctes[from+i].outer = b.ctes
		}
	}
	return nil
}

// withQuery binds a query of a WITH in its place.
func (b *binder) withQuery(c cte, alias ast.Alias, pos int) (plan.Node, *scope, error) {
	*c.used = true
	if n := *c.bound; n != nil {
		schema, err := c.columns(n)
		if err != nil {
			return nil, nil, err
		}
		return n, schemaScope(schema, namedAlias(alias, c.Name)), checkAlias(alias, len(schema), pos)
	}
	inner := *b
	inner.ctes, inner.outer = c.outer, c.level
	inner.within, inner.depth, inner.locks = b.within+1, b.depth+1, nil
	var n plan.Node
	var err error
	if c.recursive {
		n, err = inner.maybeRecursive(c)
	} else if err = c.untraced(); err == nil {
		n, err = inner.query(c.Query)
	}
	b.loose, b.said, b.clockAt, b.rounds = inner.loose, inner.said, inner.clockAt, inner.rounds
	if err != nil {
		return nil, nil, err
	}
	if n = plan.Raise(n, b.below(c.level)); !c.recursive && !plan.ReadsOuter(n) {
		n = &plan.Shared{Of: &plan.Named{Name: c.Name, Plan: n, Hint: c.Hint}}
		*c.bound = n
	}
	schema, err := c.columns(n)
	if err != nil {
		return nil, nil, err
	}
	return n, schemaScope(schema, namedAlias(alias, c.Name)), checkAlias(alias, len(schema), pos)
}

// below is how many queries are around this one up to the one that level is of.
func (b *binder) below(level *exprs) int {
	n := 0
	for o := b.outer; o != level && o != nil; o = o.b.outer {
		n++
	}
	return n
}

// columns gives the columns of the query, bound to n, under the names that the WITH says.
func (c *cte) columns(n plan.Node) (batch.Schema, error) {
	schema := slices.Clone(n.Schema())
	return schema, c.rename(schema)
}

// rename gives columns the names that the WITH says.
func (c *cte) rename(schema batch.Schema) error {
	if len(c.Columns) > len(schema) {
		return sqlerr.New(sqlerr.InvalidColumnReference, "WITH query %q has %d columns available but %d columns specified", c.Name, len(schema), len(c.Columns)).At(c.Position())
	}
	for i, name := range c.Columns {
		schema[i].Name = name
	}
	return nil
}

func namedAlias(a ast.Alias, name string) ast.Alias {
	if a.Name == "" {
		a.Name = name
	}
	return a
}

// maybeRecursive binds a query of WITH RECURSIVE.
func (b *binder) maybeRecursive(c cte) (plan.Node, error) {
	all := &references{name: c.Name}
	all.query(c.Query, "")
	if all.count == 0 {
		if err := c.untraced(); err != nil {
			return nil, err
		}
		if slices.Contains(b.pending, c.Name) {
			return nil, missing(c.Position(), "mutual recursion between WITH items")
		}
		b.pending = append(slices.Clone(b.pending), c.Name)
		return b.query(c.Query)
	}
	union, ok := c.Query.Body.(*ast.SetOp)
	if !ok || union.Op != "union" || c.Query.With != nil {
		return nil, sqlerr.New(sqlerr.InvalidRecursion, "recursive query %q does not have the form non-recursive-term UNION [ALL] recursive-term", c.Name).At(c.Position())
	}
	start := &references{name: c.Name}
	start.body(union.Left, "within its non-recursive term")
	step := &references{name: c.Name}
	step.body(union.Right, "")
	for _, r := range []*references{start, step} {
		if r.err != nil {
			return nil, r.err
		}
	}
	q := c.Query
	switch {
	case q.OrderBy != nil:
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "ORDER BY in a recursive query is not implemented").At(q.OrderBy[0].X.Position())
	case q.Offset != nil:
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "OFFSET in a recursive query is not implemented").At(q.Offset.Position())
	case q.Limit != nil:
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "LIMIT in a recursive query is not implemented").At(q.Limit.Position())
	case b.env.Continuous:
		return nil, missing(c.Position(), "WITH RECURSIVE in a materialized view").(*sqlerr.Error).
			WithHint("A query that ends takes it, also over views: keep what it reads in a materialized view, and ask that.")
	}
	if c.Search != nil || c.Cycle != nil {
		return b.traced(c, union)
	}
	return b.recursive(c, union)
}

// untraced refuses SEARCH and CYCLE of a query that does not read itself.
func (c *cte) untraced() error {
	if c.Search == nil && c.Cycle == nil {
		return nil
	}
	return sqlerr.New(sqlerr.SyntaxError, "WITH query is not recursive").At(c.Position())
}

// recursive binds the two terms. The columns' types are those of the first.
func (b *binder) recursive(c cte, union *ast.SetOp) (plan.Node, error) {
	start, err := b.set(union.Left)
	if err != nil {
		return nil, err
	}
	if start, err = knownTypes(start); err != nil {
		return nil, err
	}
	schema := slices.Clone(start.Schema())
	for i := range schema {
		schema[i].NotNull = false
	}
	if err := c.rename(schema); err != nil {
		return nil, err
	}
	b.rounds++
	w := &plan.Working{ID: b.rounds, Name: c.Name, Columns: schema}
	inner := *b
	c.working = w
	inner.ctes = append(slices.Clone(b.ctes), c)
	step, err := inner.set(union.Right)
	b.loose, b.said, b.clockAt, b.rounds = inner.loose, inner.said, inner.clockAt, inner.rounds
	if err != nil {
		return nil, err
	}
	in := step.Schema()
	if len(in) != len(schema) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "each UNION query must have the same number of columns").At(columnPlace(union.Right, 0))
	}
	to := make([]types.Type, len(schema))
	for i, f := range schema {
		to[i] = f.Type
		t, err := expr.UnionType([]types.Type{f.Type, in[i].Type})
		if err != nil {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "UNION types %s and %s cannot be matched", sqlName(f.Type), sqlName(in[i].Type)).At(columnPlace(union.Right, i))
		}
		if t != f.Type {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "recursive query %q column %d has type %s in non-recursive term but type %s overall", c.Name, i+1, modified(f.Type), modified(t)).
				At(columnPlace(union.Left, i)).WithHint("Cast the output of the non-recursive term to the correct type.")
		}
	}
	if step, err = castColumns(step, to, schema); err != nil {
		return nil, err
	}
	return &plan.Recursive{ID: w.ID, Name: c.Name, All: union.All, Columns: schema, Start: start, Step: step}, nil
}

// modified is the name of a type with its length or precision, as errors show it.
func modified(t types.Type) string {
	if t == types.BPChar {
		return t.Name()
	}
	return types.FormatType(t)
}

// knownTypes makes text of the columns that are literals without a type.
func knownTypes(n plan.Node) (plan.Node, error) {
	in := n.Schema()
	to := make([]types.Type, len(in))
	for i, f := range in {
		if to[i] = f.Type; f.Type == types.Unknown {
			to[i] = types.Text
		}
	}
	return castColumns(n, to, in)
}
