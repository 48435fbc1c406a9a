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

// Write is a bound INSERT: a plan whose columns are the relation's visible ones, in order and of their types.
type Write struct {
	Relation *catalog.Relation
	Plan     plan.Node
	// Given says for each column whether the statement gives it; the others have their defaults.
	Given     []bool
	Conflict  *Conflict  // nil: none
	Checks    *Checks    // of the views that the rows go through; nil: none
	Returning *Returning // nil: none
	Parts     []Part     // of the statement's WITH
}

// Insert binds an INSERT. NOT NULL is for the writer to check.
func Insert(s *ast.Insert, env *Env) (*Write, error) {
	b := &binder{env: env}
	var w *Write
	var parts []Part
	_, err := b.twice(func() (plan.Node, error) {
		return nil, b.pass(&parts, s.With, s.Recurse, func() (err error) {
			w, err = b.bindInsert(s)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	w.Parts = parts
	b.settleParams()
	return w, nil
}

func (b *binder) bindInsert(s *ast.Insert) (*Write, error) {
	r, err := b.env.Catalog.Resolve(s.Into.Position(), s.Into.Parts...)
	if err == nil && r.Kind != catalog.View {
		err = writable(r, s.Into)
	}
	if err != nil {
		return nil, err
	}
	a, err := b.aims(r, s.Into.Position())
	if err != nil {
		return nil, err
	}
	want := "a"
	if s.Conflict != nil && s.Conflict.Update {
		want += "w"
	}
	into := b.writes(a, s.Into.Position(), want)
	b.into = into
	w := &Write{Relation: a.base}
	b.overriding = s.Overriding
	given, err := b.insert(w, a, s)
	if err != nil {
		return nil, err
	}
	b.into = into
	return w, b.insertTail(w, a, given, s)
}

// writable says whether rows may go to a relation itself.
func writable(r *catalog.Relation, name ast.Name) error {
	switch r.Kind {
	case catalog.Stream, catalog.Table:
		return nil
	case catalog.MaterializedView:
		return unchanging(r, name)
	}
	if r.Kind == catalog.SequenceKind {
		return sqlerr.New(sqlerr.WrongObjectType, "cannot change sequence %q", r.Name)
	}
	return sqlerr.New(sqlerr.WrongObjectType, "cannot insert into %s %q", r.Kind, r.QualifiedName()).At(name.Position())
}

// unchanging is the error for a change of a materialized view.
func unchanging(r *catalog.Relation, name ast.Name) error {
	return sqlerr.New(sqlerr.WrongObjectType, "cannot change materialized view %q", r.Name).At(name.Position()).
		WithHint("It follows its query: write to the relations that it reads.")
}

// copyable says whether COPY FROM may write to a relation: views take what INSERT does, and not this.
func copyable(r *catalog.Relation, into ast.Name) error {
	switch r.Kind {
	case catalog.View:
		return sqlerr.New(sqlerr.WrongObjectType, "cannot copy to view %q", r.Name).At(into.Position()).
			WithHint("Copy to the relation that it reads, or INSERT into it.")
	case catalog.MaterializedView, catalog.SequenceKind:
		return sqlerr.New(sqlerr.WrongObjectType, "cannot copy to %s %q", r.Kind, r.Name).At(into.Position())
	}
	return writable(r, into)
}

// Target finds the stream or table that a COPY FROM writes to, and the positions of the columns it gives, all of them
// in order if it names none.
func Target(c *catalog.Snapshot, into ast.Name, names []ast.Name) (*catalog.Relation, []int, error) {
	if err := c.Within(into.Position(), into.Parts...); err != nil {
		return nil, nil, err
	}
	r, err := c.Resolve(into.Position(), into.Parts...)
	if err == nil {
		err = copyable(r, into)
	}
	if err != nil {
		return nil, nil, err
	}
	cols, err := targetColumns(r, names)
	return r, cols, err
}

func targetColumns(r *catalog.Relation, names []ast.Name) ([]int, error) {
	visible := len(r.Visible())
	var cols []int
	for _, n := range names {
		name := n.Parts[0]
		i := r.ColumnIndex(name)
		if i < 0 || i >= visible {
			err := sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, r.Name).At(n.Position())
			if best := catalog.Nearest(name, visible, func(i int) string { return r.Columns[i].Name }); best >= 0 {
				err = err.WithHint("Perhaps you meant %q.", r.Columns[best].Name)
			}
			return nil, err
		}
		if len(n.Parts) > 1 {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "cannot assign to field %q of column %q because its type %s is not a composite type", n.Parts[1], name, sqlName(r.Columns[i].Type)).At(n.Position())
		}
		if slices.Contains(cols, i) {
			return nil, sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", name).At(n.Position())
		}
		cols = append(cols, i)
	}
	if names == nil {
		for i := range visible {
			cols = append(cols, i)
		}
	}
	return cols, nil
}

// insert binds the rows of an INSERT, and gives the columns of the aim that they have values for.
func (b *binder) insert(w *Write, a *aim, s *ast.Insert) (given []int, err error) {
	if s, err = wholeColumns(a.named, s); err != nil {
		return nil, err
	}
	cols, err := targetColumns(a.named, s.Columns)
	if err != nil {
		return nil, err
	}
	if s, cols, err = unfolding(s, cols); err != nil {
		return nil, err
	}
	var n plan.Node = &plan.Values{Rows: oneEmptyRow}
	if s.Source == nil {
		cols = nil
	} else if n, err = b.source(a, s.Source, cols, s.Columns); err != nil {
		return nil, err
	}
	if err := a.ownsDefaults(b); err != nil {
		return nil, err
	}
	given = cols[:min(plan.Width(n), len(cols))]
	b.into.inserts(given...)
	visible := a.preset.Visible()
	p := &plan.Project{Input: n}
	w.Given = make([]bool, len(visible))
	for i, c := range visible {
		var v expr.Expr
		at := slices.IndexFunc(given, func(g int) bool { return a.to[g] == i })
		if at >= 0 && !(c.Identity != "" && s.Overriding == "user") {
			w.Given[i] = true
			v = expr.Col(at, c.Type, c.Name)
		} else if v, err = ColumnDefault(&c, b.env); err != nil {
			return nil, err
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, c.Name)
	}
	w.Plan = plan.Optimize(p, plan.Options{Bounded: true, Rows: b.env.Rows})
	return given, nil
}

// source binds what an INSERT inserts, cast to the types of the columns it goes to.
func (b *binder) source(a *aim, q *ast.Query, cols []int, names []ast.Name) (plan.Node, error) {
	r := a.named
	want := make([]types.Type, len(cols))
	for i, c := range cols {
		want[i] = r.Columns[c].Type
	}
	if v, ok := q.Body.(*ast.Values); ok && q.OrderBy == nil && q.Limit == nil && q.Offset == nil && q.With == nil {
		if err := fits(len(v.Rows[0]), len(cols), names, valuesPlace(v, len(cols))); err != nil {
			return nil, err
		}
		return b.rows(v, a, cols[:len(v.Rows[0])])
	}
	n, err := b.query(typedItems(q, want))
	if err != nil {
		return nil, err
	}
	in := n.Schema()
	if err := fits(len(in), len(cols), names, itemPlace(q, len(cols))); err != nil {
		return nil, err
	}
	for i := range in {
		if err := b.mayGive(a, cols[i]); err != nil {
			return nil, err
		}
	}
	p := &plan.Project{Input: n}
	for i, f := range in {
		c := &r.Columns[cols[i]]
		v, err := expr.Cast(expr.Col(i, f.Type, f.Name), want[i], expr.Assignment)
		if err != nil {
			return nil, wrongType(c, f.Type, itemPlace(q, i))
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, c.Name)
	}
	return p, nil
}

func valuesPlace(v *ast.Values, width int) int {
	if len(v.Rows[0]) > width {
		return v.Rows[0][width].Position()
	}
	return v.Position()
}

// itemPlace is the place of an item of a select list; of the query, where it has no such list.
func itemPlace(q *ast.Query, i int) int {
	if s, ok := q.Body.(*ast.Select); ok && i < len(s.Items) {
		for _, it := range s.Items[:i+1] {
			if _, star := it.X.(*ast.Star); star {
				return it.X.Position()
			}
		}
		return start(s.Items[i].X)
	}
	return q.Position()
}

func wrongType(c *catalog.Column, t types.Type, pos int) error {
	return sqlerr.New(sqlerr.DatatypeMismatch, "column %q is of type %s but expression is of type %s", c.Name, sqlName(c.Type), sqlName(t)).At(pos).
		WithHint("You will need to rewrite or cast the expression.")
}

// fits compares the number of expressions with that of columns. Without a column list fewer are allowed.
func fits(given, cols int, names []ast.Name, pos int) error {
	switch {
	case given > cols:
		return sqlerr.New(sqlerr.SyntaxError, "INSERT has more expressions than target columns").At(pos)
	case given < cols && names != nil:
		return sqlerr.New(sqlerr.SyntaxError, "INSERT has more target columns than expressions").At(names[given].Position())
	}
	return nil
}

// rows binds the VALUES of an INSERT: each value for its column, DEFAULT among them.
func (b *binder) rows(x *ast.Values, a *aim, cols []int) (plan.Node, error) {
	r := a.named
	e := &exprs{b: b, s: &scope{eventTime: -1}, clause: "VALUES", rows: b.valuesRows(x)}
	v := &plan.Values{}
	for _, c := range cols {
		v.Columns = append(v.Columns, batch.Field{Name: r.Columns[c].Name, Type: r.Columns[c].Type})
	}
	for _, row := range x.Rows {
		if len(row) != len(cols) {
			return nil, sqlerr.New(sqlerr.SyntaxError, "VALUES lists must all be the same length").At(row[0].Position())
		}
		vals := make([]expr.Expr, len(row))
		for i, y := range row {
			c := &r.Columns[cols[i]]
			var err error
			if _, ok := y.(*ast.Default); ok && c.Identity != "" && b.overriding == "user" {
				vals[i] = expr.Null(c.Type) // the column's own number stands in for it, and is taken once
			} else if ok {
				vals[i], err = ColumnDefault(c, b.env)
			} else if err = b.mayGive(a, cols[i]); err != nil {
				return nil, err
			} else if vals[i], err = e.assigned(y, c.Type); sqlerr.CodeOf(err) == sqlerr.DatatypeMismatch {
				if bound, bad := e.bind(y); bad == nil {
					err = wrongType(c, bound.Type(), y.Position())
				}
			}
			if err != nil {
				return nil, err
			}
		}
		v.Rows = append(v.Rows, vals)
	}
	return e.rows.beside(v), nil
}

// ColumnDefault binds what a column has when a row does not give it: its default, else null.
func ColumnDefault(c *catalog.Column, env *Env) (expr.Expr, error) {
	if c.Identity != "" && c.Default == "" && env.NextValue != nil {
		return env.NextValue(c.Sequence, c.Type), nil
	}
	if c.Default == "" {
		return expr.Null(c.Type), nil
	}
	if env.ParseQuery == nil {
		return nil, sqlerr.New(sqlerr.InternalError, "nobody can read the default of column %q", c.Name)
	}
	q, err := env.ParseQuery("SELECT " + c.Default)
	if err != nil {
		return nil, inDefault(err, c.Name)
	}
	inner := *env
	inner.Continuous = false
	v, err := Default(q.Body.(*ast.Select).Items[0].X, c.Type, &inner)
	return v, inDefault(err, c.Name)
}

// inDefault takes the place from an error in a default: it lies in another text.
func inDefault(err error, column string) error {
	e, ok := sqlerr.As(err)
	if !ok {
		return err
	}
	c := *e
	c.Pos = 0
	return c.In("default of column %s", column)
}
