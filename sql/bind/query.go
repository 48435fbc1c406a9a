package bind

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

var oneEmptyRow = [][]expr.Expr{{}}

// query binds a query that is part of another.
func (b *binder) query(q *ast.Query) (plan.Node, error) {
	if q.Emit != nil {
		return nil, missing(q.Emit.Position(), "EMIT inside a query")
	}
	return b.body(q)
}

// body binds q without its EMIT.
func (b *binder) body(q *ast.Query) (plan.Node, error) {
	outer := b.ctes
	defer func() { b.ctes = outer }()
	if err := b.with(q); err != nil {
		return nil, err
	}
	n, err := b.withoutCTEs(q)
	if err == nil {
		err = lockable(q)
	}
	if err != nil {
		return nil, err
	}
	for _, c := range b.ctes[len(outer):] {
		if !*c.used && c.working == nil { // its errors count all the same
			if _, _, err := b.withQuery(c, ast.Alias{}, c.Position()); err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

func (b *binder) withoutCTEs(q *ast.Query) (plan.Node, error) {
	switch body := q.Body.(type) {
	case *ast.Select:
		return b.selectQuery(body, q)
	case *ast.Query:
		if q.OrderBy == nil && q.Limit == nil && q.Offset == nil {
			return b.query(body)
		}
	}
	n, err := b.set(q.Body)
	if err != nil {
		return nil, err
	}
	return b.tail(n, q)
}

// set binds a set operation, VALUES, or a query in parentheses.
func (b *binder) set(body ast.Body) (plan.Node, error) {
	switch body := body.(type) {
	case *ast.Select:
		return b.selectQuery(body, &ast.Query{})
	case *ast.Query:
		return b.query(body)
	case *ast.Values:
		return b.values(body, nil)
	case *ast.SetOp:
		return b.setOp(body)
	}
	return nil, missing(body.Position(), "this query")
}

// sideOf binds one side of a set operation.
func (b *binder) sideOf(body ast.Body) (plan.Node, error) {
	if _, further := body.(*ast.SetOp); further {
		return b.set(body)
	}
	b.side()
	b.depth++
	n, err := b.set(body)
	b.depth--
	return n, err
}

func (b *binder) setOp(x *ast.SetOp) (plan.Node, error) {
	word := strings.ToUpper(x.Op)
	l, r, err := b.sides(x)
	if err != nil {
		return nil, err
	}
	ls, rs := l.Schema(), r.Schema()
	if len(ls) == 0 && len(rs) == 0 && (x.Op != "union" || !x.All) {
		return nil, missing(x.Position(), "%s without columns", word)
	}
	if len(ls) != len(rs) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "each %s query must have the same number of columns", word).At(columnPlace(x.Right, 0))
	}
	to := make([]types.Type, len(ls))
	for i := range ls {
		t, err := expr.UnionType([]types.Type{ls[i].Type, rs[i].Type})
		if err != nil {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "%s types %s and %s cannot be matched", word, sqlName(ls[i].Type), sqlName(rs[i].Type)).At(columnPlace(x.Right, i))
		}
		to[i] = t
	}
	if x.Op != "union" && x.All {
		return counted(x.Op, l, r, to)
	}
	if x.Op != "union" {
		return meeting(x.Op, l, r, to)
	}
	u := &plan.Union{}
	for _, side := range []plan.Node{l, r} {
		if side, err = castColumns(side, to, ls); err != nil {
			return nil, err
		}
		if in, ok := side.(*plan.Union); ok && x.All {
			u.Inputs = append(u.Inputs, in.Inputs...)
			continue
		}
		u.Inputs = append(u.Inputs, side)
	}
	if !x.All {
		return &plan.Distinct{Input: u}, nil
	}
	return u, nil
}

// meeting is INTERSECT or EXCEPT: the different rows of l that are, or are not, among those of r. Nulls are equal here.
func meeting(op string, l, r plan.Node, to []types.Type) (plan.Node, error) {
	names := l.Schema()
	l, err := castColumns(l, to, names)
	if err != nil {
		return nil, err
	}
	if r, err = castColumns(r, to, names); err != nil {
		return nil, err
	}
	j := &plan.Join{Kind: plan.SemiJoin, Left: &plan.Distinct{Input: l}, Right: r}
	if op == "except" {
		j.Kind = plan.AntiJoin
	}
	var same []expr.Expr
	for i, t := range to {
		eq, err := expr.IsDistinct(expr.Col(i, t, names[i].Name), expr.Col(len(to)+i, t, names[i].Name), true)
		if err != nil {
			return nil, err
		}
		same = append(same, eq)
	}
	j.On = expr.And(same...)
	return j, nil
}

// columnPlace is where column i of a query is written.
func columnPlace(body ast.Body, i int) int {
	switch b := body.(type) {
	case *ast.Select:
		for k, it := range b.Items {
			if _, star := it.X.(*ast.Star); star || k == i {
				return start(it.X)
			}
		}
	case *ast.Values:
		if i < len(b.Rows[0]) {
			return start(b.Rows[0][i])
		}
	case *ast.SetOp:
		return columnPlace(b.Left, i)
	case *ast.Query:
		return columnPlace(b.Body, i)
	}
	return body.Position()
}

// castColumns gives n with columns of types to, named as in names, and n itself if they are.
func castColumns(n plan.Node, to []types.Type, names batch.Schema) (plan.Node, error) {
	in := n.Schema()
	p := &plan.Project{Input: n}
	same := true
	for i, f := range in {
		v, err := expr.Cast(expr.Col(i, f.Type, f.Name), to[i], expr.Implicit)
		if err != nil {
			return nil, err
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, names[i].Name)
		same = same && f.Type == to[i]
	}
	if same {
		return n, nil
	}
	return p, nil
}

// values binds VALUES. want are the columns' types if they are known: those of an INSERT.
func (b *binder) values(x *ast.Values, want []types.Type) (plan.Node, error) {
	e := &exprs{b: b, s: &scope{eventTime: -1}, clause: "VALUES", rows: b.valuesRows(x)}
	v := &plan.Values{Rows: make([][]expr.Expr, len(x.Rows))}
	width := len(x.Rows[0])
	for r, row := range x.Rows {
		if len(row) != width {
			return nil, sqlerr.New(sqlerr.SyntaxError, "VALUES lists must all be the same length").At(row[0].Position())
		}
		v.Rows[r] = make([]expr.Expr, width)
	}
	for c := range width {
		col := make([]ast.Expr, len(x.Rows))
		for r := range x.Rows {
			col[r] = x.Rows[r][c]
		}
		t, vals, err := e.valuesColumn(col, c, want)
		if err != nil {
			return nil, err
		}
		for r := range vals {
			v.Rows[r][c] = vals[r]
		}
		v.Columns = append(v.Columns, batch.Field{Name: "column" + itoa(c+1), Type: t})
	}
	return e.rows.beside(v), nil
}

func (e *exprs) valuesColumn(col []ast.Expr, c int, want []types.Type) (types.Type, []expr.Expr, error) {
	if c < len(want) {
		vals := make([]expr.Expr, len(col))
		for r, x := range col {
			var err error
			if vals[r], err = e.assigned(x, want[c]); err != nil {
				return want[c], nil, err
			}
		}
		return want[c], vals, nil
	}
	vals, err := e.list(col)
	if err != nil {
		return types.Text, nil, err
	}
	ts := make([]types.Type, len(vals))
	for i, v := range vals {
		ts[i] = v.Type()
	}
	t, err := expr.UnionType(ts)
	if err != nil {
		if s, ok := sqlerr.As(err); ok {
			s.Message = "VALUES " + s.Message
		}
		return t, nil, at(err, col[0].Position())
	}
	for r := range vals {
		if vals[r], err = expr.Cast(vals[r], t, expr.Implicit); err != nil {
			return t, nil, at(err, col[r].Position())
		}
	}
	return t, vals, nil
}
