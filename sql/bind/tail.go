package bind

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// finish puts HAVING, the select list, DISTINCT, ORDER BY and LIMIT over the rows.
func (s *selection) finish() (plan.Node, error) {
	var having expr.Expr
	if s.s.Having != nil {
		var err error
		if having, err = s.exprs("HAVING").condition(s.s.Having); err != nil {
			return nil, err
		}
	}
	p := &plan.Project{Exprs: make([]expr.Expr, 0, len(s.items)), Names: make([]string, 0, len(s.items))}
	for _, it := range s.items {
		p.Exprs, p.Names = append(p.Exprs, it.v), append(p.Names, it.name)
	}
	var qualify expr.Expr
	if err := error(nil); s.s.Qualify != nil {
		if qualify, err = s.exprs("QUALIFY").condition(s.s.Qualify); err != nil {
			return nil, err
		}
	}
	keys, err := s.orderKeys(p)
	if err != nil {
		return nil, err
	}
	on, prefix, err := s.distinctOn(p, keys)
	if err != nil {
		return nil, err
	}
	n := s.node
	if g := s.group; g != nil {
		n = g.node(n)
		conds := []expr.Expr{having, qualify}
		if n, err = g.applied(n, append(slices.Concat(s.overExprs(), s.setArgs(), s.lateArgs()), p.Exprs, conds)...); err != nil {
			return nil, err
		}
		having, qualify = conds[0], conds[1]
	}
	if having != nil {
		n = &plan.Filter{Input: n, Cond: having}
	}
	if n, qualify, err = s.withCalls(n, p.Exprs, qualify); err != nil {
		return nil, err
	}
	if qualify != nil {
		n = &plan.Filter{Input: n, Cond: qualify}
	}
	if s.postponed(p, keys) {
		return s.orderedFirst(n, p, keys)
	}
	p.Input = s.unfolded(n, p.Exprs)
	n = p
	if s.s.Distinct {
		if len(s.items) == 0 {
			return nil, missing(s.s.Position(), "DISTINCT without columns")
		}
		n = &plan.Distinct{Input: n}
	}
	if on != nil {
		one, err := expr.Lit(types.Int8, "1")
		if err != nil {
			return nil, err
		}
		n = &plan.TopN{Input: n, Keys: on, Prefix: prefix, Count: one}
		if s.q.Limit == nil && s.q.Offset == nil {
			keys = nil // the rows are in that order
		}
	}
	if n, err = s.b.ordered(n, s.scope, keys, s.q); err != nil {
		return nil, err
	}
	return firstColumns(n, len(s.items)), nil
}

// withCalls puts the window functions and the late subqueries beside the rows of n, and gives the expressions of the result, which
// it changes in place, and the condition their columns.
func (s *selection) withCalls(n plan.Node, es []expr.Expr, qualify expr.Expr) (plan.Node, expr.Expr, error) {
	if len(s.overs)+len(s.late) == 0 {
		return n, qualify, nil
	}
	conds := []expr.Expr{qualify}
	n = s.overNode(n, append(slices.Concat(s.setArgs(), s.lateArgs()), es, conds)...)
	n, err := s.joinLate(n, append(s.setArgs(), es, conds)...)
	return n, conds[0], err
}

// firstColumns drops the columns after the first width: those that only an ORDER BY needed.
func firstColumns(n plan.Node, width int) plan.Node {
	if plan.Width(n) == width {
		return n
	}
	return passing(n, n.Schema()[:width])
}

// orderKeys binds the ORDER BY to columns of p, which gets more of them for expressions that it lacks.
func (s *selection) orderKeys(p *plan.Project) ([]plan.SortKey, error) {
	var keys []plan.SortKey
	for _, o := range s.q.OrderBy {
		c, err := s.orderColumn(p, o.X, "ORDER BY")
		if err != nil {
			return nil, err
		}
		keys = append(keys, sortKey(c, o))
	}
	return keys, nil
}

func sortKey(column int, o ast.OrderItem) plan.SortKey {
	return plan.SortKey{Column: column, Desc: o.Desc, NullsFirst: o.Nulls == "first" || o.Nulls == "" && o.Desc}
}

// orderColumn gives the column of p that x is, a new one if it must. clause is ORDER BY or DISTINCT ON.
func (s *selection) orderColumn(p *plan.Project, x ast.Expr, clause string) (int, error) {
	if i, err := outputColumn(x, p.Names[:len(s.items)], clause, func(a, b int) bool { return expr.Equal(s.items[a].v, s.items[b].v) }); i >= 0 || err != nil {
		return i, err
	}
	v, err := s.exprs(clause).settled(x)
	if err != nil {
		return 0, err
	}
	for i, e := range p.Exprs {
		if expr.Equal(e, v) {
			return i, nil
		}
	}
	if s.s.Distinct {
		return 0, sqlerr.New(sqlerr.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list").At(x.Position())
	}
	p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, v.String())
	return len(p.Exprs) - 1, nil
}

// outputColumn finds the column of the result that x means by position or name, -1 if it means none.
func outputColumn(x ast.Expr, names []string, clause string, same func(a, b int) bool) (int, error) {
	switch x := x.(type) {
	case *ast.Literal:
		n, err := strconv.Atoi(x.Text)
		if x.Kind != ast.LitNumber || err != nil {
			if x.Kind == ast.LitNull {
				return -1, nil
			}
			return -1, sqlerr.New(sqlerr.SyntaxError, "non-integer constant in %s", clause).At(x.Position())
		}
		if n < 1 || n > len(names) {
			return -1, sqlerr.New(sqlerr.InvalidColumnReference, "%s position %d is not in select list", clause, n).At(x.Position())
		}
		return n - 1, nil
	case *ast.Column:
		found := -1
		for i, name := range names {
			if len(x.Name) != 1 || name != x.Name[0] {
				continue
			}
			if found >= 0 && !same(i, found) {
				return -1, sqlerr.New(sqlerr.AmbiguousColumn, "%s %q is ambiguous", clause, name).At(x.Position())
			}
			if found < 0 {
				found = i
			}
		}
		return found, nil
	}
	return -1, nil
}

// tail puts ORDER BY and LIMIT over a query that is no SELECT: they know the result's columns only.
func (b *binder) tail(n plan.Node, q *ast.Query) (plan.Node, error) {
	in := n.Schema()
	names := make([]string, len(in))
	for i, f := range in {
		names[i] = f.Name
	}
	var keys []plan.SortKey
	for _, o := range q.OrderBy {
		i, err := outputColumn(o.X, names, "ORDER BY", func(a, b int) bool { return a == b })
		if err != nil {
			return nil, err
		}
		if i < 0 {
			if c, ok := o.X.(*ast.Column); ok {
				return nil, schemaScope(in, ast.Alias{}).undefined(c.Name, c.Position())
			}
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").At(o.X.Position()).
				WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
		}
		keys = append(keys, sortKey(i, o))
	}
	return b.ordered(n, &scope{eventTime: -1}, keys, q)
}

// ordered puts Order and Limit over n, in a view the Top-N that they make together. own are the columns of the query's FROM.
func (b *binder) ordered(n plan.Node, own *scope, keys []plan.SortKey, q *ast.Query) (plan.Node, error) {
	if late(q.Limit) || late(q.Offset) {
		return b.lateLimit(n, own, keys, q)
	}
	count, err := b.rowCount(q.Limit, "LIMIT")
	if err != nil {
		return nil, err
	}
	offset, err := b.rowCount(q.Offset, "OFFSET")
	if err != nil {
		return nil, err
	}
	if q.Ties {
		return b.withTies(n, keys, count, offset, q)
	}
	if b.env.Continuous {
		return b.orderedView(n, keys, count, offset, q)
	}
	if keys != nil {
		n = &plan.Order{Input: n, Keys: keys}
	}
	if count != nil || offset != nil {
		n = &plan.Limit{Input: n, Count: count, Offset: offset}
	}
	return n, nil
}

func (b *binder) orderedView(n plan.Node, keys []plan.SortKey, count, offset expr.Expr, q *ast.Query) (plan.Node, error) {
	switch {
	case keys == nil && count == nil && offset == nil:
		return n, nil
	case keys == nil:
		pos := 0
		for _, x := range some(q.Limit, q.Offset) {
			pos = x.Position()
		}
		return nil, missing(pos, "LIMIT without ORDER BY in a materialized view").(*sqlerr.Error).
			WithHint("Which rows it means would change from run to run; add ORDER BY, or put the LIMIT where the view is read.")
	case count == nil && offset == nil:
		b.say(sqlerr.New(sqlerr.Warning, "ORDER BY without LIMIT is ignored in a materialized view").At(q.OrderBy[0].X.Position()).
			WithHint("Put the ORDER BY where the view is read."))
		return n, nil
	}
	return &plan.TopN{Input: n, Keys: keys, Count: count, Offset: offset}, nil
}

// withTies is FETCH FIRST ... WITH TIES.
func (b *binder) withTies(n plan.Node, keys []plan.SortKey, count, offset expr.Expr, q *ast.Query) (plan.Node, error) {
	switch {
	case keys == nil:
		return nil, sqlerr.New(sqlerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
	case count == nil:
		return nil, sqlerr.New(sqlerr.InvalidRowCountInLimit, "row count cannot be null in FETCH FIRST ... WITH TIES clause")
	}
	return &plan.TopN{Input: n, Keys: keys, Count: count, Offset: offset, Ties: true}, nil
}

// rowCount binds the number of a LIMIT or OFFSET. nil: there is none.
func (b *binder) rowCount(x ast.Expr, clause string) (expr.Expr, error) {
	if x == nil {
		return nil, nil
	}
	e := &exprs{b: b, s: &scope{eventTime: -1}, clause: clause}
	v, err := e.typed(x, types.Int8)
	if err != nil {
		return nil, err
	}
	if v, err = expr.Cast(v, types.Int8, expr.Assignment); err != nil {
		return nil, at(err, x.Position())
	}
	if c, ok := expr.IsConst(v); ok {
		if c.Null(0) {
			return nil, nil
		}
		if batch.Values[int64](&c)[0] < 0 {
			code := sqlerr.InvalidRowCountInLimit
			if clause == "OFFSET" {
				code = sqlerr.InvalidRowCountInOffset
			}
			return nil, sqlerr.New(code, "%s must not be negative", clause).At(x.Position())
		}
	}
	return v, nil
}

// sameTree says whether two expressions are written alike, wherever they stand.
func sameTree(a, b ast.Expr) bool { return treeText(a) == treeText(b) }

// treeText writes a tree without its places.
func treeText(x any) string {
	var sb strings.Builder
	writeTree(&sb, reflect.ValueOf(x))
	return sb.String()
}

func writeTree(sb *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			writeTree(sb, v.Elem())
		}
	case reflect.Struct:
		sb.WriteString(v.Type().Name() + "{")
		for i := range v.NumField() {
			if v.Type().Field(i).Type != reflect.TypeFor[ast.Pos]() {
				writeTree(sb, v.Field(i))
				sb.WriteByte(',')
			}
		}
		sb.WriteByte('}')
	case reflect.Slice:
		for i := range v.Len() {
			writeTree(sb, v.Index(i))
			sb.WriteByte(';')
		}
	case reflect.String:
		sb.WriteString(strconv.Quote(v.String()))
	case reflect.Bool:
		sb.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int32, reflect.Int64:
		sb.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint8:
		sb.WriteString(strconv.FormatUint(v.Uint(), 10))
	}
}
