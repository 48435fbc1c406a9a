package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// row binds ROW(a, b) and (a, b). A relation.* among the items stands for its columns.
func (e *exprs) row(x *ast.Row) (expr.Expr, error) {
	var items []expr.Expr
	for _, it := range x.Items {
		if star, ok := it.(*ast.Star); ok && len(star.Of) > 0 {
			cols, err := e.tableColumns(star.Of, star.Position())
			if err != nil {
				return nil, err
			}
			for _, c := range cols {
				v, err := e.bind(c)
				if err != nil {
					return nil, err
				}
				items = append(items, v)
			}
			continue
		}
		v, err := e.bind(it)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	if len(items) > maxColumns {
		return nil, sqlerr.New(sqlerr.TooManyColumns, "ROW expressions can have at most %d entries", maxColumns).At(x.Position())
	}
	v, err := expr.Row(items, nil)
	return v, at(err, x.Position())
}

// tableColumns are the columns of a relation of the query, as expressions.
func (e *exprs) tableColumns(name []string, pos int) ([]*ast.Column, error) {
	out := e.s.columnsOf(name, ast.Pos(pos))
	if out == nil {
		if err := e.s.hidden(name[len(name)-1], pos); err != nil {
			return nil, err
		}
		return nil, noEntry(name[len(name)-1], pos)
	}
	return out, nil
}

// columnsOf names the columns that the relation called name shows.
func (s *scope) columnsOf(name []string, pos ast.Pos) (out []*ast.Column) {
	for i := range s.cols {
		if c := &s.cols[i]; c.of(name) && (!c.hidden || c.only) {
			out = append(out, &ast.Column{Pos: pos, Name: qualified(c)})
		}
	}
	return out
}

// of says whether c is a column of the relation called name.
func (c *column) of(name []string) bool {
	n := len(name)
	return n > 0 && n < 3 && c.table == name[n-1] && (n == 1 || c.schema == name[n-2])
}

// wholeRow binds a relation's name as its row. done is false if no relation is called so.
func (e *exprs) wholeRow(name []string, pos int) (v expr.Expr, done bool, err error) {
	present := -1 // a column that no row lacks, of a side that an outer join fills up
	nullable, found := false, false
	var items []expr.Expr
	var names []string
	var of *catalog.Relation
	for i := range e.s.cols {
		c := &e.s.cols[i]
		if !c.of(name) {
			continue
		}
		of = c.rel
		found, nullable = true, nullable || c.nullable
		if c.name == "_offset" && c.hidden {
			present = i
		}
		if c.hidden && !c.only {
			continue
		}
		x, err := e.bind(e.s.written(i, ast.Pos(pos)))
		if err != nil {
			return nil, true, err
		}
		if c.scalar {
			return x, true, nil
		}
		items, names = append(items, x), append(names, c.name)
	}
	if !found {
		return nil, false, nil
	}
	if v, err = expr.RowAs(items, e.ownNames(of, names), e.rowName(of)); err != nil || !nullable {
		return v, true, at(err, pos)
	}
	if present < 0 {
		return nil, true, missing(pos, "the row of %q, which an outer join may fill up with nulls, as a value", name[len(name)-1])
	}
	there, err := e.bind(&ast.Column{Pos: ast.Pos(pos), Name: qualified(&e.s.cols[present]), Implied: true})
	if err != nil {
		return nil, true, err
	}
	v, err = expr.Case([]expr.Expr{expr.IsNull(there, true)}, []expr.Expr{v}, nil)
	return v, true, at(err, pos)
}

// starRow binds relation.* as a value: its row, of this query or one around.
func (e *exprs) starRow(x *ast.Star) (v expr.Expr, done bool, err error) {
	if len(x.Of) == 0 {
		return nil, false, nil
	}
	if v, done, err = e.wholeRow(x.Of, x.Position()); done {
		return v, true, err
	}
	v, done, err = e.outside(&ast.Column{Pos: x.Pos, Name: x.Of})
	return v, done || err != nil, err
}

// rowName names the type of a relation's rows; nil: of no relation.
func (e *exprs) rowName(r *catalog.Relation) types.RowName {
	if r == nil || e.b.env.RowName == nil {
		return types.RowName{}
	}
	return e.b.env.RowName(r)
}

// ownNames are a relation's own names of its columns in place of those of an alias, for its row's type.
func (e *exprs) ownNames(r *catalog.Relation, names []string) []string {
	if r == nil || e.b.env.RowName == nil || len(names) != len(r.Visible()) {
		return names
	}
	own := make([]string, len(names))
	for i, c := range r.Visible() {
		own[i] = c.Name
	}
	return own
}

// rowsOf gives both operands as lists if they are written as rows.
func rowsOf(l, r ast.Expr) (a, b []ast.Expr, ok bool) {
	x, ok1 := l.(*ast.Row)
	y, ok2 := r.(*ast.Row)
	if !ok1 || !ok2 {
		return nil, nil, false
	}
	return x.Items, y.Items, true
}

// rowComparison is a comparison of two rows as one of their items.
func rowComparison(op string, a, b []ast.Expr, pos ast.Pos) (ast.Expr, error) {
	if len(a) != len(b) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "unequal number of entries in row expressions").At(int(pos))
	}
	if len(a) == 0 {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot compare rows of zero length").At(int(pos))
	}
	pair := func(op string, i int) ast.Expr { return &ast.Binary{Pos: pos, Op: op, Left: a[i], Right: b[i]} }
	if len(a) == 1 && strings.Contains(" + - * / % ^ & | # << >> || -> ->> #> #>> #- ", " "+op+" ") {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "row comparison operator must yield type boolean").At(int(pos))
	}
	if len(a) == 1 {
		return pair(op, 0), nil
	}
	switch op {
	case "=", "<>", "!=":
		x := &ast.Logic{Pos: pos, And: op == "="}
		for i := range a {
			x.Terms = append(x.Terms, pair(op, i))
		}
		return x, nil
	}
	return nil, noRowOperator(op, int(pos))
}

func noRowOperator(op string, pos int) error {
	return sqlerr.New(sqlerr.FeatureNotSupported, "could not determine interpretation of row comparison operator %s", op).At(pos).
		WithHint("Row comparison operators must be associated with btree operator families.")
}

// rowOrder is a < of two rows, or another comparison of their order.
func (e *exprs) rowOrder(op string, a, b []ast.Expr, pos int) (expr.Expr, error) {
	if len(a) != len(b) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "unequal number of entries in row expressions").At(pos)
	}
	left, right := make([]expr.Expr, len(a)), make([]expr.Expr, len(a))
	var same []expr.Expr // a row comes to a pair of items if those before it are equal
	for i := range a {
		in := e
		if hasSubquery(a[i]) || hasSubquery(b[i]) {
			in = e.arm(same...)
		}
		var err error
		if left[i], right[i], err = in.pair(a[i], b[i]); err != nil {
			return nil, err
		}
		equal, err := operator("=", pos, []ast.Expr{a[i], a[i]}, left[i], right[i])
		if err != nil {
			return nil, err
		}
		same = append(same, equal)
	}
	return compareAll(op, pos, a, left, right)
}

func isOrder(op string) bool { return op == "<" || op == "<=" || op == ">" || op == ">=" }

// rowDistinct is IS [NOT] DISTINCT FROM of two rows.
func rowDistinct(x *ast.Distinct, a, b []ast.Expr) (ast.Expr, error) {
	if len(a) != len(b) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "unequal number of entries in row expressions").At(x.Position())
	}
	out := &ast.Logic{Pos: x.Pos, And: x.Negate}
	for i := range a {
		out.Terms = append(out.Terms, &ast.Distinct{Pos: x.Pos, Left: a[i], Right: b[i], Negate: x.Negate})
	}
	switch len(out.Terms) {
	case 0:
		text := "false"
		if x.Negate {
			text = "true"
		}
		return &ast.Literal{Pos: x.Pos, Kind: ast.LitBool, Text: text}, nil
	case 1:
		return out.Terms[0], nil
	}
	return out, nil
}

// rowIn is (a, b) IN ((1, 2), (3, 4)); nil if x is no such thing.
func rowIn(x *ast.In) (ast.Expr, error) {
	l, ok := x.X.(*ast.Row)
	if !ok || x.Query != nil {
		return nil, nil
	}
	any := &ast.Logic{Pos: x.Pos}
	for _, it := range x.List {
		var term ast.Expr = &ast.Binary{Pos: x.Pos, Op: "=", Left: l, Right: it}
		if r, isRow := it.(*ast.Row); isRow {
			var err error
			if term, err = rowComparison("=", l.Items, r.Items, x.Pos); err != nil {
				return nil, err
			}
		}
		any.Terms = append(any.Terms, term)
	}
	var out ast.Expr = any
	if len(any.Terms) == 1 {
		out = any.Terms[0]
	}
	if x.Negate {
		out = &ast.Not{Pos: x.Pos, X: out}
	}
	return out, nil
}

// rowField binds (x).name where x is a row.
func (e *exprs) rowField(x *ast.FieldOf) (expr.Expr, error) {
	if c, ok := x.X.(*ast.Column); ok && e.namesRelation(c) { // by the names that an alias gives its columns
		return e.bind(&ast.Column{Pos: x.Pos, Name: append(slices.Clone(c.Name), x.Name)})
	}
	v, err := e.bind(x.X)
	if err != nil {
		return nil, err
	}
	if v.Type().OID != types.OIDRecord {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", x.Name, sqlName(v.Type())).At(start(x.X))
	}
	for i, f := range v.Type().Fields() {
		if f.Name == x.Name {
			return expr.Field(v, i), nil
		}
	}
	return nil, sqlerr.New(sqlerr.UndefinedColumn, "could not identify column %q in record data type", x.Name).At(start(x.X))
}

// namesRelation says whether a name is that of a relation of the query and of no column.
func (e *exprs) namesRelation(c *ast.Column) bool {
	if i, err := e.s.find(c.Name, c.Position()); err != nil || i >= 0 {
		return false
	}
	return slices.ContainsFunc(e.s.cols, func(col column) bool { return col.of(c.Name) && col.rel != nil })
}

// fieldStar makes items of (x).*: the fields of a relation's row, of a function's, or of another row.
func (s *selection) fieldStar(x *ast.FieldOf) error {
	if isSetCall(x.X) {
		return s.setStar(x, x.X.(*ast.Call))
	}
	if c, ok := x.X.(*ast.Column); ok {
		if i, err := s.scope.find(c.Name, c.Position()); err == nil && i < 0 {
			return s.star(&ast.Star{Pos: x.Pos, Of: c.Name})
		}
	}
	if find(x.X, func(y ast.Expr) bool { return isSubquery(y) || isSetCall(y) || isOver(y) }) != nil || aggregateIn(x.X) != nil {
		return missing(x.Position(), ".* of this expression")
	}
	v, err := s.exprs("the select list").bind(x.X)
	if err != nil {
		return err
	}
	if v.Type().OID != types.OIDRecord {
		return sqlerr.New(sqlerr.WrongObjectType, "type %s is not composite", sqlName(v.Type())).At(start(x.X))
	}
	for _, f := range v.Type().Fields() {
		s.items = append(s.items, item{x: &ast.FieldOf{Pos: x.Pos, X: x.X, Name: f.Name}, name: f.Name, pos: x.Position()})
	}
	return nil
}

// matched binds as many expressions as n has columns.
func (e *exprs) matched(xs []ast.Expr, n plan.Node, pos int) ([]expr.Expr, error) {
	cols := n.Schema()
	switch {
	case len(cols) > len(xs):
		return nil, sqlerr.New(sqlerr.SyntaxError, "subquery has too many columns").At(pos)
	case len(cols) < len(xs):
		return nil, sqlerr.New(sqlerr.SyntaxError, "subquery has too few columns").At(pos)
	}
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		var err error
		if out[i], err = e.typed(x, cols[i].Type); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// compareAll is the comparison of two rows that are bound.
func compareAll(op string, pos int, from []ast.Expr, a, b []expr.Expr) (expr.Expr, error) {
	pair := func(op string, i int) (expr.Expr, error) {
		return operator(op, pos, []ast.Expr{from[i], from[i]}, a[i], b[i])
	}
	last := len(a) - 1
	whole, err := pair(op, last)
	for i := last - 1; i >= 0 && err == nil; i-- {
		var first, same expr.Expr
		switch op {
		case "=", "<>", "!=":
			if first, err = pair(op, i); err != nil {
				break
			}
			if op == "=" {
				whole = expr.And(first, whole)
			} else {
				whole = expr.Or(first, whole)
			}
		case "<", "<=", ">", ">=":
			if first, err = pair(op[:1], i); err != nil {
				break
			}
			switch same, err = pair("=", i); {
			case err != nil:
			case expr.Fallible(whole): // is evaluated for rows only that agree so far
				whole, err = expr.Case([]expr.Expr{same}, []expr.Expr{whole}, first)
			default:
				whole = expr.Or(first, expr.And(same, whole))
			}
		default:
			return nil, noRowOperator(op, pos)
		}
	}
	return whole, err
}

// rowSubquery binds (a, b) = (SELECT x, y ...).
func (e *exprs) rowSubquery(l *ast.Row, op string, x *ast.Subquery, pos int) (expr.Expr, error) {
	n, err := e.subplan(x.Query)
	if err != nil {
		return nil, err
	}
	vs, err := e.matched(l.Items, n, pos)
	if err != nil {
		return nil, err
	}
	if e.group != nil {
		return nil, missing(pos, "a row compared with a subquery over groups")
	}
	first, err := e.attach(pending{sub: plan.Subquery{Kind: plan.LeftJoin, Query: n, Single: !plan.AtMostOne(n), Value: true}, pos: x.Position()})
	if err != nil {
		return nil, err
	}
	from, _ := expr.IsCol(first)
	var cols []expr.Expr
	for i, f := range n.Schema() {
		cols = append(cols, expr.Col(from+i, f.Type, f.Name))
	}
	return compareAll(op, pos, l.Items, vs, cols)
}
