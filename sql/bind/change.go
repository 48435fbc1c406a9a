package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// Change is a bound UPDATE or DELETE. Its plan gives the rows to be changed, in all columns of the relation; then the new
// values of the columns Set; then, for RETURNING, the columns of the other relations.
type Change struct {
	Relation  *catalog.Relation
	Plan      plan.Node
	Set       []int      // columns, in the order of their values
	Default   []bool     // of Set: the value is the column's default, and the plan's is null
	Checks    *Checks    // of the views that it is changed through; nil: none
	Returning *Returning // nil: none
	Parts     []Part     // of the statement's WITH
}

// Returning is a RETURNING clause: expressions over the relation's visible columns as they have become, and then the
// columns of other relations.
type Returning struct {
	Schema batch.Schema
	Exprs  []expr.Expr
	Plan   plan.Node // instead of Exprs: over the rows as the Working GivenID, with their number as the last column
}

// changeable finds the table that an UPDATE or DELETE changes.
func changeable(c *catalog.Snapshot, name ast.Name, verb string) (*catalog.Relation, error) {
	r, err := c.Resolve(name.Position(), name.Parts...)
	switch {
	case err != nil:
		return nil, err
	case r.Kind == catalog.Stream:
		return nil, ofStream(name, verb)
	case r.Kind == catalog.SequenceKind:
		return nil, sqlerr.New(sqlerr.WrongObjectType, "cannot change sequence %q", r.Name)
	case r.Kind == catalog.MaterializedView:
		return nil, unchanging(r, name)
	case r.Kind != catalog.Table && r.Kind != catalog.View:
		return nil, sqlerr.New(sqlerr.WrongObjectType, "cannot %s %s %q", map[string]string{"UPDATE": "update", "DELETE": "delete from"}[verb], r.Kind, r.QualifiedName()).At(name.Position())
	}
	return r, nil
}

// target is the changed relation as an entry of FROM, its alias, and its columns as items of a select list.
func target(r *catalog.Relation, name ast.Name, alias string) (ast.From, []ast.SelectItem) {
	t := &ast.Table{Pos: name.Pos, Name: name.Parts, Alias: ast.Alias{Name: alias}}
	called := alias
	if called == "" {
		called = r.Name
	}
	items := make([]ast.SelectItem, len(r.Columns))
	for i, c := range r.Columns {
		items[i] = ast.SelectItem{X: &ast.Column{Pos: name.Pos, Name: []string{called, c.Name}, Implied: true}, Name: c.Name}
	}
	return t, items
}

// Delete binds a DELETE.
func Delete(s *ast.Delete, env *Env) (*Change, error) {
	return changed(env, s.With, s.Recurse, func(b *binder) (*Change, error) { return b.bindDelete(s) })
}

// changed binds an UPDATE or DELETE with its WITH.
func changed(env *Env, with []ast.CTE, recurse bool, bind func(b *binder) (*Change, error)) (*Change, error) {
	b := &binder{env: env}
	var c *Change
	var parts []Part
	_, err := b.twice(func() (plan.Node, error) {
		return nil, b.pass(&parts, with, recurse, func() (err error) {
			c, err = bind(b)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	c.Parts = parts
	b.settleParams()
	return c, nil
}

func (b *binder) bindDelete(s *ast.Delete) (*Change, error) {
	a, err := b.changes(s.Table, "DELETE")
	if err != nil {
		return nil, err
	}
	b.env.target = s.Table.Position()
	b.into = b.writes(a, s.Table.Position(), "d")
	from, items, err := b.target(a, s.Table, s.Alias)
	if err != nil {
		return nil, err
	}
	return b.change(a, "DELETE", from, s.Alias, s.Using, &ast.Select{Pos: s.Pos, Items: items, Where: s.Where}, nil, s.Returning)
}

// changes finds what an UPDATE or DELETE changes.
func (b *binder) changes(name ast.Name, verb string) (*aim, error) {
	r, err := changeable(b.env.Catalog, name, verb)
	if err != nil {
		return nil, err
	}
	a, err := b.aims(r, name.Position())
	if err == nil && a.base.Kind == catalog.Stream {
		err = ofStream(name, verb)
	}
	return a, err
}

// ofStream is the error for a change of the rows of a stream.
func ofStream(name ast.Name, verb string) error {
	return missing(name.Position(), "%s of a stream", verb).(*sqlerr.Error).WithHint("A stream only grows; keep rows that change in a table.")
}

// Update binds an UPDATE.
func Update(s *ast.Update, env *Env) (*Change, error) {
	return changed(env, s.With, s.Recurse, func(b *binder) (*Change, error) { return b.bindUpdate(s) })
}

func (b *binder) bindUpdate(s *ast.Update) (*Change, error) {
	to, err := b.changes(s.Table, "UPDATE")
	if err != nil {
		return nil, err
	}
	set, err := assignments(to, s.Alias, s.Set)
	if err != nil {
		return nil, err
	}
	b.env.target = s.Table.Position()
	b.into = b.writes(to, s.Table.Position(), "w")
	b.into.updates(set)
	if err := b.presets(to, set); err != nil {
		return nil, err
	}
	from, items, err := b.target(to, s.Table, s.Alias)
	if err != nil {
		return nil, err
	}
	for _, a := range set {
		if g := aggregateIn(a.x); g != nil {
			return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in UPDATE").At(g.Position())
		}
		if w := find(a.x, isOver); w != nil {
			return nil, sqlerr.New(sqlerr.WindowingError, "window functions are not allowed in UPDATE").At(w.Position())
		}
		if f := find(a.x, isSetCall); f != nil {
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "set-returning functions are not allowed in UPDATE").At(f.Position())
		}
		items = append(items, ast.SelectItem{X: a.x, Name: to.named.Columns[a.column].Name})
	}
	return b.change(to, "UPDATE", from, s.Alias, s.From, &ast.Select{Pos: s.Pos, Items: items, Where: s.Where}, set, s.Returning)
}

func onlyDefault(c *catalog.Column, format string) *sqlerr.Error {
	e := sqlerr.New(sqlerr.GeneratedAlways, format, c.Name)
	if c.Generated != "" {
		return e.WithDetail("Column %q is a generated column.", c.Name)
	}
	return e.WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name)
}

// mayGive refuses a value for a column of an aim that has its own.
func (b *binder) mayGive(a *aim, column int) error {
	switch c := a.own(column); {
	case c.Generated != "":
		return onlyDefault(c, "cannot insert a non-DEFAULT value into column %q")
	case c.Identity == "always" && b.overriding == "":
		return onlyDefault(c, "cannot insert a non-DEFAULT value into column %q").WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

// change binds the query behind an UPDATE or DELETE.
func (b *binder) change(a *aim, verb string, from ast.From, alias string, others []ast.From, s *ast.Select, set []assignment, returning []ast.SelectItem) (*Change, error) {
	c := &Change{Relation: a.base}
	s.From = append([]ast.From{from}, others...)
	var given []int
	for _, one := range set {
		given = append(given, one.column)
		c.Set, c.Default = append(c.Set, a.to[one.column]), append(c.Default, one.preset)
	}
	rest := &scope{eventTime: -1}
	if len(returning) > 0 && len(others) > 0 {
		var err error
		if rest, err = b.others(s, others); err != nil {
			return nil, err
		}
	}
	n, err := b.query(&ast.Query{Pos: s.Pos, Body: s})
	if err != nil {
		return nil, err
	}
	if n, err = assigned(n, a, set); err != nil {
		return nil, err
	}
	if len(returning) > 0 {
		if c.Returning, err = b.returning(a, alias, rest, returning); err != nil {
			return nil, err
		}
	}
	if err := a.takes(verb, given); err != nil {
		return nil, err
	}
	c.Plan = plan.Optimize(n, plan.Options{Bounded: true, Rows: b.env.Rows})
	if set != nil {
		c.Checks, err = b.checks(a)
	}
	return c, err
}

// others adds the columns of the other relations to the select list, and gives their scope.
func (b *binder) others(s *ast.Select, others []ast.From) (*scope, error) {
	_, all, err := b.from(others)
	if err != nil {
		return nil, err
	}
	seen := &scope{eventTime: -1}
	for _, c := range all.cols {
		if c.hidden || c.only {
			continue
		}
		name := []string{c.table, c.name}
		if c.table == "" {
			name = name[1:]
		}
		s.Items = append(s.Items, ast.SelectItem{X: &ast.Column{Pos: s.Pos, Name: name, Implied: true}, Name: c.name})
		seen.cols = append(seen.cols, c)
	}
	return seen, nil
}

// assigned casts the new values to the types of their columns.
func assigned(n plan.Node, a *aim, set []assignment) (plan.Node, error) {
	if len(set) == 0 {
		return n, nil
	}
	p := &plan.Project{Input: n}
	for i, f := range n.Schema() {
		v := expr.Expr(expr.Col(i, f.Type, f.Name))
		if at := i - len(a.base.Columns); at >= 0 && at < len(set) {
			c := &a.named.Columns[set[at].column]
			var err error
			if v, err = expr.Cast(v, c.Type, expr.Assignment); err != nil {
				return nil, wrongType(c, f.Type, set[at].x.Position())
			}
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, f.Name)
	}
	return p, nil
}

// visibleScope is the columns of r that * gives.
func visibleScope(r *catalog.Relation, alias string) *scope {
	s := relationScope(r, ast.Alias{Name: alias})
	s.cols = s.cols[:len(r.Visible())]
	return s
}

// returning binds a RETURNING over the visible columns of an aim, and then those of rest.
func (b *binder) returning(to *aim, alias string, rest *scope, items []ast.SelectItem) (*Returning, error) {
	s := to.shown(alias, b.into)
	s.cols = append(slices.Clone(s.cols), rest.cols...)
	for _, it := range items {
		if a := aggregateIn(it.X); a != nil {
			return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in RETURNING").At(a.Position())
		}
	}
	if to.levels != nil && to.refused == nil {
		from, err := b.seenThrough(to, alias, rest)
		if err != nil {
			return nil, err
		}
		return b.returningQuery(from, items)
	}
	if slices.ContainsFunc(items, func(it ast.SelectItem) bool { return hasSubquery(it.X) }) {
		return b.returningQuery(b.given(s), items)
	}
	out := &Returning{Schema: batch.Schema{}}
	e := &exprs{b: b, s: s, clause: "RETURNING"}
	for _, it := range items {
		if star, ok := it.X.(*ast.Star); ok {
			found := false
			for i, c := range s.cols {
				if len(star.Of) == 0 || c.table == star.Of[len(star.Of)-1] {
					out.add(s.read(i), c.name)
					found = true
				}
			}
			if !found {
				return nil, noEntry(star.Of[len(star.Of)-1], star.Position())
			}
			continue
		}
		v, err := e.settled(it.X)
		if err != nil {
			return nil, err
		}
		out.add(v, nameOf(it))
	}
	return out, nil
}

func (r *Returning) add(v expr.Expr, name string) {
	r.Exprs = append(r.Exprs, v)
	r.Schema = append(r.Schema, batch.Field{Name: name, Type: v.Type()})
}

// typedItems gives q with the strings, parameters and nulls of its select list made of the types of the columns they are
// for.
func typedItems(q *ast.Query, want []types.Type) *ast.Query {
	s, ok := q.Body.(*ast.Select)
	if !ok || s.Distinct || s.DistinctOn != nil {
		return q
	}
	body := *s
	body.Items = slices.Clone(s.Items)
	for i := range body.Items {
		it := &body.Items[i]
		if _, star := it.X.(*ast.Star); star || i >= len(want) {
			break
		}
		if it.As == "" {
			it.As = nameOf(*it)
		}
		it.X = loosely(it.X, want[i])
	}
	out := *q
	out.Body = &body
	return &out
}
