package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// SEARCH and CYCLE of WITH RECURSIVE are columns that both terms of the union have beside their own, as in PostgreSQL:
//
//	WITH RECURSIVE t(n) AS (start UNION ALL SELECT f FROM t) SEARCH DEPTH FIRST BY n SET o CYCLE n SET m USING p
//	WITH RECURSIVE t(n, o, m, p) AS (
//	    SELECT n, ARRAY[ROW(n)], false, ARRAY[ROW(n)] FROM (start) AS start(n)
//	    UNION ALL
//	    SELECT n, o || ROW(n), ROW(n) = ANY(p), p || ROW(n) FROM (SELECT f, o, m, p FROM t) AS step(n, o, m, p) WHERE m <> true)
//
// With BREADTH, o is ROW(how many rounds it took, n); the rounds are a column that is taken away again behind it.

// Names of what these queries need within, which no text can have: an identifier has no zero byte.
const (
	roundColumn = "round\x00"
	termAlias   = "term\x00"
)

// trace is the columns of a recursive query with SEARCH or CYCLE.
type trace struct {
	c     cte
	pos   ast.Pos
	names []string // of the query's own columns
	added []string // behind them
	start []ast.Expr
	step  []ast.Expr
}

// traced binds a recursive query with SEARCH or CYCLE.
func (b *binder) traced(c cte, union *ast.SetOp) (plan.Node, error) {
	probe := *b
	left, err := probe.set(union.Left)
	if err != nil {
		return nil, err
	}
	schema, err := c.columns(left)
	if err != nil {
		return nil, err
	}
	t := &trace{c: c, pos: c.Pos}
	for _, f := range schema {
		t.names = append(t.names, f.Name)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	t.search()
	t.cycle()
	right, err := t.right(union.Right)
	if err != nil {
		return nil, err
	}
	all := &ast.SetOp{Pos: union.Pos, Op: union.Op, All: union.All, Left: t.term(union.Left, len(t.names), t.start), Right: right}
	c.CTE = ast.CTE{Pos: c.Pos, Word: c.Word, Name: c.Name, Query: &ast.Query{Pos: c.Query.Pos, Body: all}}
	if !slices.Contains(t.added, roundColumn) {
		return b.recursive(c, all)
	}
	outer := &ast.Select{Pos: t.pos, From: []ast.From{&ast.Table{Pos: t.pos, Name: []string{c.Name}, Alias: ast.Alias{Name: termAlias, Columns: t.places()}}}}
	for i, name := range slices.Concat(t.names, t.added) {
		if name != roundColumn {
			outer.Items = append(outer.Items, ast.SelectItem{X: t.column(i), As: name, Name: name})
		}
	}
	return b.query(&ast.Query{Pos: t.pos, With: []ast.CTE{c.CTE}, Recurse: true, Body: outer})
}

// check says what is wrong with the names of SEARCH and CYCLE.
func (t *trace) check() error {
	s, y := t.c.Search, t.c.Cycle
	if s != nil {
		if err := t.known("search", s.By, s.Pos); err != nil {
			return err
		}
		if err := t.fresh("search sequence", s.Set, s.Pos); err != nil {
			return err
		}
	}
	if y == nil {
		return nil
	}
	if err := t.known("cycle", y.By, y.Pos); err != nil {
		return err
	}
	if err := t.fresh("cycle mark", y.Mark, y.Pos); err != nil {
		return err
	}
	if err := t.fresh("cycle path", y.Path, y.Pos); err != nil {
		return err
	}
	same := func(a, b string, pos ast.Pos) error {
		return sqlerr.New(sqlerr.SyntaxError, "%s column name and %s column name are the same", a, b).At(int(pos))
	}
	switch {
	case y.Mark == y.Path:
		return same("cycle mark", "cycle path", y.Pos)
	case s != nil && s.Set == y.Mark:
		return same("search sequence", "cycle mark", s.Pos)
	case s != nil && s.Set == y.Path:
		return same("search sequence", "cycle path", s.Pos)
	}
	return nil
}

func (t *trace) known(kind string, cols []string, pos ast.Pos) error {
	for i, c := range cols {
		if !slices.Contains(t.names, c) {
			return sqlerr.New(sqlerr.SyntaxError, "%s column %q not in WITH query column list", kind, c).At(int(pos))
		}
		if slices.Contains(cols[:i], c) {
			return sqlerr.New(sqlerr.DuplicateColumn, "%s column %q specified more than once", kind, c).At(int(pos))
		}
	}
	return nil
}

func (t *trace) fresh(kind, name string, pos ast.Pos) error {
	if !slices.Contains(t.names, name) {
		return nil
	}
	return sqlerr.New(sqlerr.SyntaxError, "%s column name %q already used in WITH query column list", kind, name).At(int(pos))
}

// add gives both terms a column.
func (t *trace) add(name string, start, step ast.Expr) {
	t.added, t.start, t.step = append(t.added, name), append(t.start, start), append(t.step, step)
}

func (t *trace) search() {
	s := t.c.Search
	if s == nil {
		return
	}
	at := len(t.names) + len(t.added)
	if !s.Breadth {
		t.add(s.Set, t.path(s.By), t.longer(at, s.By))
		return
	}
	zero := &ast.Cast{Pos: s.Pos, X: t.number("0"), To: ast.TypeName{Pos: s.Pos, Name: []string{"bigint"}}}
	next := &ast.Binary{Pos: s.Pos, Op: "+", Left: t.column(at), Right: t.number("1")}
	t.add(roundColumn, zero, next)
	t.add(s.Set, t.row(s.By, zero), t.row(s.By, next))
}

func (t *trace) cycle() {
	y := t.c.Cycle
	if y == nil {
		return
	}
	path := len(t.names) + len(t.added) + 1
	chosen := func(met ast.Expr) ast.Expr { // the common type is that of both
		return &ast.Case{Pos: y.Pos, Whens: []ast.When{{Cond: met, Then: y.To}}, Else: y.Default}
	}
	met := &ast.Quantified{Pos: y.Pos, X: t.row(y.By), Op: "=", Array: t.column(path)}
	t.add(y.Mark, chosen(&ast.Literal{Pos: y.Pos, Kind: ast.LitBool, Text: "false"}), chosen(met))
	t.add(y.Path, t.path(y.By), t.longer(path, y.By))
}

// right is the recursive term: what its own reference has of the added columns is handed through.
func (t *trace) right(body ast.Body) (ast.Body, error) {
	body = bare(body)
	s, ok := body.(*ast.Select)
	from := ""
	if ok {
		from = t.reference(s.From)
	}
	if from == "" {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported,
			"with a SEARCH or CYCLE clause, the recursive reference to WITH query %q must be at the top level of its right-hand SELECT", t.c.Name)
	}
	inner := *s
	inner.Items = slices.Clone(s.Items)
	for _, name := range t.added {
		inner.Items = append(inner.Items, ast.SelectItem{X: &ast.Column{Pos: t.pos, Name: []string{from, name}}, As: name, Name: name})
	}
	out := t.term(&inner, len(t.names)+len(t.added), t.step)
	if y := t.c.Cycle; y != nil {
		mark := t.column(len(t.names) + slices.Index(t.added, y.Mark))
		out.Where = &ast.Binary{Pos: y.Pos, Op: "<>", Left: mark, Right: y.To}
	}
	return out, nil
}

// bare is a body without the parentheses around it.
func bare(body ast.Body) ast.Body {
	for {
		q, ok := body.(*ast.Query)
		if !ok || q.With != nil || q.OrderBy != nil || q.Limit != nil || q.Offset != nil {
			return body
		}
		body = q.Body
	}
}

// reference is the name under which a FROM has the recursive query; empty: it has it in a query of its own only.
func (t *trace) reference(from []ast.From) string {
	for _, f := range from {
		switch f := f.(type) {
		case *ast.Table:
			if len(f.Name) != 1 || f.Name[0] != t.c.Name {
				continue
			}
			if f.Alias.Name != "" {
				return f.Alias.Name
			}
			return f.Name[0]
		case *ast.Join:
			if name := t.reference([]ast.From{f.Left, f.Right}); name != "" {
				return name
			}
		}
	}
	return ""
}

// term is a term of the union, of width columns, with the added columns.
func (t *trace) term(body ast.Body, width int, added []ast.Expr) *ast.Select {
	s := &ast.Select{Pos: t.pos, From: []ast.From{&ast.Derived{
		Pos: t.pos, Query: &ast.Query{Pos: t.pos, Body: body}, Alias: ast.Alias{Name: termAlias, Columns: t.places()[:width]},
	}}}
	for i, name := range t.names {
		s.Items = append(s.Items, ast.SelectItem{X: t.column(i), As: name, Name: name})
	}
	for i, x := range added {
		s.Items = append(s.Items, ast.SelectItem{X: x, As: t.added[i], Name: t.added[i]})
	}
	return s
}

// places are the names of a term's columns, the added ones among them: those of the query may be there twice.
func (t *trace) places() []string {
	var out []string
	for i := range len(t.names) + len(t.added) {
		out = append(out, placeName(i))
	}
	return out
}

func placeName(i int) string { return itoa(i) + "\x00" }

func (t *trace) column(i int) ast.Expr {
	return &ast.Column{Pos: t.pos, Name: []string{termAlias, placeName(i)}}
}

func (t *trace) number(text string) ast.Expr {
	return &ast.Literal{Pos: t.pos, Kind: ast.LitNumber, Text: text}
}

// row is ROW(first, columns).
func (t *trace) row(cols []string, first ...ast.Expr) ast.Expr {
	r := &ast.Row{Pos: t.pos, Items: first}
	for _, c := range cols {
		r.Items = append(r.Items, t.column(slices.Index(t.names, c)))
	}
	return r
}

// path is the path of a row of the start.
func (t *trace) path(cols []string) ast.Expr {
	return &ast.Array{Pos: t.pos, Items: []ast.Expr{t.row(cols)}}
}

// longer is the path of a row that came of another, whose path is column at.
func (t *trace) longer(at int, cols []string) ast.Expr {
	return &ast.Binary{Pos: t.pos, Op: "||", Left: t.column(at), Right: t.row(cols)}
}
