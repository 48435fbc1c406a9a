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

// Conflict is a bound ON CONFLICT. Values and Where are over the visible columns of the row that is there, and then
// those of the row that was to be inserted.
type Conflict struct {
	Keys   []int // positions among the relation's keys; nil: any
	Update bool
	Set    []int
	Values []expr.Expr
	Where  expr.Expr // nil: none
	// Plan, instead of Values and Where, gives the values of the rows that Where lets pass, over both rows as the Working
	// GivenID, and the row's number as the last column.
	Plan plan.Node
}

// changeable finds the table that an UPDATE or DELETE changes.
func changeable(c *catalog.Snapshot, name ast.Name, verb string) (*catalog.Relation, error) {
	r, err := c.Resolve(name.Position(), name.Parts...)
	switch {
	case err != nil:
		return nil, err
	case r.Kind == catalog.Stream:
		return nil, missing(name.Position(), "%s of a stream", verb).(*sqlerr.Error).WithHint("A stream only grows; keep rows that change in a table.")
	case r.Kind == catalog.SequenceKind:
		return nil, sqlerr.New(sqlerr.WrongObjectType, "cannot change sequence %q", r.Name)
	case r.Kind != catalog.Table:
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
	r, err := changeable(b.env.Catalog, s.Table, "DELETE")
	if err != nil {
		return nil, err
	}
	b.env.target = s.Table.Position()
	b.into = b.env.access(s.Table.Position(), r, "d", "")
	from, items := target(r, s.Table, s.Alias)
	return b.change(r, from, s.Alias, s.Using, &ast.Select{Pos: s.Pos, Items: items, Where: s.Where}, nil, s.Returning)
}

// Update binds an UPDATE.
func Update(s *ast.Update, env *Env) (*Change, error) {
	return changed(env, s.With, s.Recurse, func(b *binder) (*Change, error) { return b.bindUpdate(s) })
}

func (b *binder) bindUpdate(s *ast.Update) (*Change, error) {
	r, err := changeable(b.env.Catalog, s.Table, "UPDATE")
	if err != nil {
		return nil, err
	}
	from, items := target(r, s.Table, s.Alias)
	set, err := assignments(r, s.Alias, s.Set)
	if err != nil {
		return nil, err
	}
	b.env.target = s.Table.Position()
	b.into = b.env.access(s.Table.Position(), r, "w", "")
	b.into.updates(set)
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
		items = append(items, ast.SelectItem{X: a.x, Name: r.Columns[a.column].Name})
	}
	return b.change(r, from, s.Alias, s.From, &ast.Select{Pos: s.Pos, Items: items, Where: s.Where}, set, s.Returning)
}

func onlyDefault(c *catalog.Column, format string) *sqlerr.Error {
	e := sqlerr.New(sqlerr.GeneratedAlways, format, c.Name)
	if c.Generated != "" {
		return e.WithDetail("Column %q is a generated column.", c.Name)
	}
	return e.WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name)
}

// mayGive refuses a value for a column that has its own.
func (b *binder) mayGive(c *catalog.Column) error {
	switch {
	case c.Generated != "":
		return onlyDefault(c, "cannot insert a non-DEFAULT value into column %q")
	case c.Identity == "always" && b.overriding == "":
		return onlyDefault(c, "cannot insert a non-DEFAULT value into column %q").WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

// change binds the query behind an UPDATE or DELETE.
func (b *binder) change(r *catalog.Relation, from ast.From, alias string, others []ast.From, s *ast.Select, set []assignment, returning []ast.SelectItem) (*Change, error) {
	c := &Change{Relation: r}
	s.From = append([]ast.From{from}, others...)
	for _, a := range set {
		c.Set, c.Default = append(c.Set, a.column), append(c.Default, a.preset)
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
	if n, err = assigned(n, r, set); err != nil {
		return nil, err
	}
	if len(returning) > 0 {
		c.Returning, err = b.returning(r, alias, rest, returning)
	}
	c.Plan = plan.Optimize(n, plan.Options{Bounded: true, Rows: b.env.Rows})
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
func assigned(n plan.Node, r *catalog.Relation, set []assignment) (plan.Node, error) {
	if len(set) == 0 {
		return n, nil
	}
	p := &plan.Project{Input: n}
	for i, f := range n.Schema() {
		v := expr.Expr(expr.Col(i, f.Type, f.Name))
		if at := i - len(r.Columns); at >= 0 && at < len(set) {
			c := &r.Columns[set[at].column]
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

// returning binds a RETURNING over the visible columns of r, and then those of rest.
func (b *binder) returning(r *catalog.Relation, alias string, rest *scope, items []ast.SelectItem) (*Returning, error) {
	s := visibleScope(r, alias).from(b.into)
	s.cols = append(slices.Clone(s.cols), rest.cols...)
	for _, it := range items {
		if a := aggregateIn(it.X); a != nil {
			return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in RETURNING").At(a.Position())
		}
	}
	if slices.ContainsFunc(items, func(it ast.SelectItem) bool { return hasSubquery(it.X) }) {
		return b.returningQuery(s, items)
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

// insertTail binds what follows the rows of an INSERT.
func (b *binder) insertTail(w *Write, s *ast.Insert) error {
	var err error
	if len(s.Returning) > 0 {
		if w.Returning, err = b.returning(w.Relation, s.Alias, &scope{}, s.Returning); err != nil {
			return err
		}
	}
	if s.Conflict != nil {
		w.Conflict, err = b.conflict(w.Relation, s.Alias, s.Conflict)
	}
	return err
}

func (b *binder) conflict(r *catalog.Relation, alias string, x *ast.OnConflict) (*Conflict, error) {
	c := &Conflict{Update: x.Update}
	if err := c.arbiters(b, r, x, b.into); err != nil {
		return nil, err
	}
	if !x.Update {
		return c, nil
	}
	if len(c.Keys) == 0 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").At(x.Position()).
			WithHint("For example, ON CONFLICT (column_name).")
	}
	set, err := assignments(r, alias, x.Set)
	if err != nil {
		return nil, err
	}
	b.into.updates(set)
	s := visibleScope(r, alias).from(b.into)
	s = s.and(visibleScope(r, "excluded").from(b.into))
	if hasSubquery(x.Where) || slices.ContainsFunc(set, func(a assignment) bool { return hasSubquery(a.x) }) {
		cols := make([]types.Type, len(set))
		for i, a := range set {
			cols[i] = r.Columns[a.column].Type
		}
		return c, b.conflictQuery(c, s, set, cols, x.Where, x.Pos)
	}
	e := &exprs{b: b, s: s, clause: "UPDATE"}
	for _, a := range set {
		col := &r.Columns[a.column]
		var v expr.Expr
		if a.preset {
			v, err = ColumnDefault(col, b.env)
		} else {
			v, err = e.assigned(a.x, col.Type)
		}
		if err != nil {
			return nil, err
		}
		c.Set, c.Values = append(c.Set, a.column), append(c.Values, v)
	}
	if x.Where != nil {
		e.clause = "WHERE"
		c.Where, err = e.condition(x.Where)
	}
	return c, err
}

// arbiters finds the keys whose conflicts are meant. Their columns are read.
func (c *Conflict) arbiters(b *binder, r *catalog.Relation, x *ast.OnConflict, into *Access) error {
	if at := slices.IndexFunc(r.Keys, func(k catalog.Key) bool { return k.Deferrable }); x.Constraint == "" && x.Columns == nil && at >= 0 {
		return notArbiter(r, at)
	}
	switch {
	case x.Such != nil || x.On != nil:
		return c.arbitersSuch(b, r, x)
	case x.Constraint != "":
		for i, k := range r.Keys {
			if k.Name == x.Constraint {
				if k.Deferrable {
					return notArbiter(r, i)
				}
				c.Keys = []int{i}
				for _, col := range k.Columns {
					into.reads(col)
				}
				return nil
			}
		}
		if slices.ContainsFunc(r.Checks, func(k catalog.Check) bool { return k.Name == x.Constraint }) ||
			slices.ContainsFunc(r.Foreign, func(k catalog.ForeignKey) bool { return k.Name == x.Constraint }) {
			return sqlerr.New(sqlerr.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
		}
		return sqlerr.New(sqlerr.UndefinedObject, "constraint %q for table %q does not exist", x.Constraint, r.Name)
	case x.Columns != nil:
		var cols []int
		for _, n := range x.Columns {
			col, err := visibleScope(r, "").find(n.Parts, n.Position())
			switch {
			case err != nil:
				return err
			case col < 0:
				return visibleScope(r, "").undefined(n.Parts, n.Position())
			case !slices.Contains(cols, col):
				cols = append(cols, col)
			}
			into.reads(col)
		}
		slices.Sort(cols)
		for i, k := range r.Keys {
			have := slices.Clone(k.Columns)
			slices.Sort(have)
			if slices.Equal(have, cols) {
				if k.Deferrable {
					return notArbiter(r, i)
				}
				c.Keys = append(c.Keys, i)
			}
		}
		if c.Keys == nil {
			return sqlerr.New(sqlerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
		}
	}
	return nil
}

// notArbiter is the error for a key that two rows may have for a while.
func notArbiter(r *catalog.Relation, k int) error {
	e := sqlerr.New(sqlerr.ObjectNotInState, "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters")
	e.Schema, e.Table, e.Constraint = r.Schema, r.Name, r.Keys[k].Name
	return e
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
