package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

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

// insertTail binds what follows the rows of an INSERT.
func (b *binder) insertTail(w *Write, a *aim, given []int, s *ast.Insert) error {
	var err error
	if len(s.Returning) > 0 {
		if w.Returning, err = b.returning(a, s.Alias, &scope{}, s.Returning); err != nil {
			return err
		}
	}
	if s.Conflict != nil && a.refused == nil {
		var set []assignment
		if w.Conflict, set, err = b.conflict(a, s.Alias, s.Conflict); err != nil {
			return err
		}
		for _, one := range set {
			if !slices.Contains(given, one.column) {
				given = append(given, one.column)
			}
		}
	}
	if err := a.takes("INSERT", given); err != nil {
		return err
	}
	w.Checks, err = b.checks(a)
	return err
}

func (b *binder) conflict(to *aim, alias string, x *ast.OnConflict) (c *Conflict, set []assignment, err error) {
	c = &Conflict{Update: x.Update}
	if err := c.arbiters(b, to, x); err != nil || !x.Update {
		return c, nil, err
	}
	if len(c.Keys) == 0 {
		return nil, nil, sqlerr.New(sqlerr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").At(x.Position()).
			WithHint("For example, ON CONFLICT (column_name).")
	}
	if set, err = assignments(to, alias, x.Set); err != nil {
		return nil, nil, err
	}
	b.into.updates(set)
	if err := b.presets(to, set); err != nil {
		return nil, nil, err
	}
	for _, a := range set {
		c.Set = append(c.Set, to.to[a.column])
	}
	s := to.shown(alias, b.into).and(to.shown("excluded", b.into))
	switch {
	case to.levels != nil && to.refused == nil:
		from, err := b.bothThrough(to, alias)
		if err != nil {
			return nil, nil, err
		}
		return c, set, b.conflictQuery(c, to, from, set, x.Where, x.Pos)
	case hasSubquery(x.Where) || slices.ContainsFunc(set, func(a assignment) bool { return hasSubquery(a.x) }):
		return c, set, b.conflictQuery(c, to, b.given(s), set, x.Where, x.Pos)
	}
	e := &exprs{b: b, s: s, clause: "UPDATE"}
	for _, a := range set {
		col := &to.named.Columns[a.column]
		var v expr.Expr
		if a.preset {
			v, err = ColumnDefault(col, b.env)
		} else {
			v, err = e.assigned(a.x, col.Type)
		}
		if err != nil {
			return nil, nil, err
		}
		c.Values = append(c.Values, v)
	}
	if x.Where != nil {
		e.clause = "WHERE"
		c.Where, err = e.condition(x.Where)
	}
	return c, set, err
}

// arbiters finds the keys whose conflicts are meant. Their columns are read.
func (c *Conflict) arbiters(b *binder, to *aim, x *ast.OnConflict) error {
	r, into := to.base, b.into
	if at := slices.IndexFunc(r.Keys, func(k catalog.Key) bool { return k.Deferrable }); x.Constraint == "" && x.Columns == nil && at >= 0 {
		return notArbiter(r, at)
	}
	switch {
	case x.Such != nil || x.On != nil:
		return c.arbitersSuch(b, to, x)
	case x.Constraint != "" && to.levels != nil:
		return sqlerr.New(sqlerr.UndefinedObject, "constraint %q for table %q does not exist", x.Constraint, to.named.Name)
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
			col, err := visibleScope(to.named, "").find(n.Parts, n.Position())
			switch {
			case err != nil:
				return err
			case col < 0:
				return visibleScope(to.named, "").undefined(n.Parts, n.Position())
			case !slices.Contains(cols, to.to[col]):
				cols = append(cols, to.to[col])
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
