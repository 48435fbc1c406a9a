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

// Part is a statement of a WITH that changes rows. What it returns enters the plans of the others as the Working of its
// ID.
type Part struct {
	ID     int
	Write  *Write // of an INSERT
	Change *Change
	Merge  *Merge
	schema batch.Schema
}

// GivenID is the Working of the rows that a RETURNING, or an ON CONFLICT DO UPDATE, with subqueries is computed of. Behind
// the columns that its text knows they have their number, from 0, and so has what the plan gives.
const GivenID = -1

// givenName is that of such rows in FROM; nobody can write it.
const givenName = "\x01given"

// numbered is the column of the rows' numbers.
var numberColumn = []string{givenName, "\x01number"}

// part binds a statement of a WITH.
func (b *binder) part(c ast.CTE) (cte, error) {
	if b.parts == nil || b.outer != nil || len(b.views) > 0 {
		return cte{}, sqlerr.New(sqlerr.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level").At(c.Position())
	}
	inner := *b
	inner.outer, inner.overriding = nil, ""
	p := Part{ID: GivenID - 1 - len(*b.parts)}
	var err error
	switch st := c.Stmt.(type) {
	case *ast.Insert:
		if p.Write, err = inner.bindInsert(st); err == nil && p.Write.Returning != nil {
			p.schema = p.Write.Returning.Schema
		}
	case *ast.Update:
		p.Change, err = inner.bindUpdate(st)
	case *ast.Delete:
		p.Change, err = inner.bindDelete(st)
	case *ast.Merge:
		p.Merge, err = inner.bindMerge(st)
	}
	b.loose, b.said, b.rounds = inner.loose, inner.said, inner.rounds
	if err != nil {
		return cte{}, err
	}
	if p.Change != nil && p.Change.Returning != nil {
		p.schema = p.Change.Returning.Schema
	}
	known := cte{CTE: c, used: new(bool), bound: new(plan.Node)}
	*known.used = true
	w := &plan.Working{ID: p.ID, Name: c.Name, Columns: slices.Clone(p.schema)}
	if err := known.rename(w.Columns); err != nil {
		return cte{}, err
	}
	known.working = w
	*b.parts = append(*b.parts, p)
	return known, nil
}

// ofWorking is the columns of a query of a WITH whose rows are there by then.
func (c *cte) ofWorking(alias ast.Alias, pos int) (plan.Node, *scope, error) {
	w := c.working
	if c.Stmt != nil && w.Columns == nil {
		return nil, nil, sqlerr.New(sqlerr.FeatureNotSupported, "WITH query %q does not have a RETURNING clause", c.Name).At(pos)
	}
	return w, schemaScope(w.Columns, namedAlias(alias, c.Name)), checkAlias(alias, len(w.Columns), pos)
}

// given is rows whose columns are those of s.
func (b *binder) given(s *scope) ast.From {
	out := &scope{eventTime: -1, cols: slices.Clone(s.cols)}
	out.cols = append(out.cols, column{table: givenName, name: numberColumn[1], t: types.Int8, hidden: true})
	return &bound{node: given(nil, s.cols), scope: out}
}

// overGiven binds a select list, and a condition, over given rows. They may have subqueries. The plan's last column is the number
// of the row.
func (b *binder) overGiven(from ast.From, items []ast.SelectItem, where ast.Expr, pos ast.Pos) (plan.Node, error) {
	number := &ast.Column{Pos: pos, Name: numberColumn}
	sel := &ast.Select{
		Pos: pos, Items: append(slices.Clone(items), ast.SelectItem{X: number, Name: numberColumn[1]}),
		From: []ast.From{from}, Where: where,
	}
	return b.query(&ast.Query{Pos: pos, Body: sel, OrderBy: []ast.OrderItem{{X: number}}})
}

// returningQuery binds a RETURNING that has subqueries.
func (b *binder) returningQuery(from ast.From, items []ast.SelectItem) (*Returning, error) {
	n, err := b.overGiven(from, items, nil, ast.Pos(items[0].X.Position()))
	if err != nil {
		return nil, err
	}
	schema := n.Schema()
	out := &Returning{Schema: slices.Clone(schema[:len(schema)-1])}
	for i := range out.Schema { // a row that is gone may be null where its column may not
		out.Schema[i].NotNull = false
	}
	out.Plan = plan.Optimize(n, plan.Options{Bounded: true, Rows: b.env.Rows})
	return out, nil
}

// conflictQuery binds the SET of an ON CONFLICT DO UPDATE that has subqueries.
func (b *binder) conflictQuery(c *Conflict, to *aim, from ast.From, set []assignment, where ast.Expr, pos ast.Pos) error {
	var items []ast.SelectItem
	for _, a := range set {
		items = append(items, ast.SelectItem{X: a.x, Name: "\x01set"})
	}
	n, err := b.overGiven(from, items, where, pos)
	if err != nil {
		return err
	}
	p := &plan.Project{Input: n}
	for i, f := range n.Schema() {
		v := expr.Expr(expr.Col(i, f.Type, f.Name))
		switch {
		case i == len(set):
		case set[i].preset:
			if v, err = ColumnDefault(&to.named.Columns[set[i].column], b.env); err != nil {
				return err
			}
		default:
			if v, err = expr.Cast(v, to.named.Columns[set[i].column].Type, expr.Assignment); err != nil {
				return at(err, set[i].x.Position())
			}
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, f.Name)
	}
	c.Plan = plan.Optimize(p, plan.Options{Bounded: true, Rows: b.env.Rows})
	return nil
}

// hasSubquery says whether an expression has a query in it.
func hasSubquery(x ast.Expr) bool {
	return find(x, isSubquery) != nil
}

// pass is one binding of a statement that may have to be bound twice.
func (b *binder) pass(parts *[]Part, with []ast.CTE, recurse bool, bind func() error) error {
	outer := b.ctes
	*parts = nil
	b.parts = parts
	defer func() { b.ctes = outer }()
	if err := b.with(&ast.Query{With: with, Recurse: recurse}); err != nil {
		return err
	}
	own := b.ctes[len(outer):]
	if err := bind(); err != nil {
		return err
	}
	for _, c := range own {
		if !*c.used && c.working == nil { // its errors count all the same
			if _, _, err := b.withQuery(c, ast.Alias{}, c.Position()); err != nil {
				return err
			}
		}
	}
	return nil
}
