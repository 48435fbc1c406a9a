package bind

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// NewDefault says what is wrong with the default that a statement gives a column.
func NewDefault(column string, x ast.Expr, to types.Type, env *Env) error {
	if c := find(x, func(x ast.Expr) bool { _, ok := x.(*ast.Column); return ok }); c != nil {
		return sqlerr.New(sqlerr.FeatureNotSupported, "cannot use column reference in DEFAULT expression").At(c.Position())
	}
	if err := noSubquery(x, "DEFAULT expression"); err != nil {
		return err
	}
	_, err := Default(x, to, env)
	return ofType(err, x, column, to, &exprs{b: &binder{env: env}, s: &scope{eventTime: -1}, clause: "DEFAULT expressions"})
}

// Argument binds an argument of EXECUTE, to the type of its parameter.
func Argument(x ast.Expr, to types.Type, env *Env) (expr.Expr, error) {
	if err := noSubquery(x, "EXECUTE parameter"); err != nil {
		return nil, err
	}
	e := &exprs{b: &binder{env: env}, s: &scope{eventTime: -1}, clause: "EXECUTE parameters"}
	return e.assigned(x, to)
}

// ofType is err, or, where the type of x is what is wrong, PostgreSQL's words for it.
func ofType(err error, x ast.Expr, column string, to types.Type, e *exprs) error {
	if code := sqlerr.CodeOf(err); code != sqlerr.DatatypeMismatch && code != sqlerr.CannotCoerce {
		return err
	}
	v, bad := e.settled(x)
	if bad != nil {
		return err
	}
	return sqlerr.New(sqlerr.DatatypeMismatch, "column %q is of type %s but default expression is of type %s", column, sqlName(to), sqlName(v.Type())).
		At(x.Position()).WithHint("You will need to rewrite or cast the expression.")
}

// noSubquery refuses a subquery in a place that has none.
func noSubquery(x ast.Expr, place string) error {
	q := find(x, isSubquery)
	if q == nil {
		return nil
	}
	return sqlerr.New(sqlerr.FeatureNotSupported, "cannot use subquery in %s", place).At(q.Position())
}

// Check binds the condition of a check over the columns of its table.
func Check(x ast.Expr, r *catalog.Relation, env *Env) (expr.Expr, error) {
	if err := noSubquery(x, "check constraint"); err != nil {
		return nil, err
	}
	e := &exprs{b: &binder{env: env}, s: relationScope(r, ast.Alias{}), clause: "check constraints"}
	v, err := e.settled(x)
	if err == nil && v.Type() != types.Bool {
		err = sqlerr.New(sqlerr.DatatypeMismatch, "argument of CHECK must be type boolean, not type %s", sqlName(v.Type())).At(x.Position())
	}
	return v, err
}

// Generated says what is wrong with the expression that generates column i of a table.
func Generated(x ast.Expr, i int, r *catalog.Relation, env *Env) error {
	if err := noSubquery(x, "column generation expression"); err != nil {
		return err
	}
	e := &exprs{b: &binder{env: env}, s: relationScope(r, ast.Alias{}), clause: "column generation expressions"}
	v, err := e.settled(x)
	if err != nil {
		return err
	}
	whole := find(x, func(x ast.Expr) bool {
		switch c := x.(type) {
		case *ast.Star:
			return true
		case *ast.Column:
			return len(c.Name) == 1 && c.Name[0] == r.Name && r.ColumnIndex(r.Name) < 0
		}
		return false
	})
	if whole != nil {
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "cannot use whole-row variable in column generation expression").At(whole.Position()).
			WithDetail("This would cause the generated column to depend on its own value.")
	}
	other := find(x, func(x ast.Expr) bool {
		c, ok := x.(*ast.Column)
		at := -1
		if ok {
			at = r.ColumnIndex(c.Name[len(c.Name)-1])
		}
		return at >= 0 && r.Columns[at].Generated != ""
	})
	if other != nil {
		c := other.(*ast.Column)
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "cannot use generated column %q in column generation expression", c.Name[len(c.Name)-1]).At(c.Position()).
			WithDetail("A generated column cannot reference another generated column.")
	}
	if expr.Volatility(v) != expr.Immutable {
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "generation expression is not immutable").At(x.Position())
	}
	_, err = expr.Cast(v, r.Columns[i].Type, expr.Assignment)
	return ofType(err, x, r.Columns[i].Name, r.Columns[i].Type, e)
}
