package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// wholeColumns is an INSERT that gives parts of columns as one that gives whole ones: a part is assigned to a null.
func wholeColumns(r *catalog.Relation, s *ast.Insert) (*ast.Insert, error) {
	if s.Parts == nil {
		return s, nil
	}
	out := *s
	out.Columns, out.Parts = nil, nil
	var into []int // for each target, which of the columns it belongs to
	for i, n := range s.Columns {
		if _, err := targetColumns(r, s.Columns[i:i+1]); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(out.Columns, func(o ast.Name) bool { return o.Parts[0] == n.Parts[0] })
		if at < 0 {
			at = len(out.Columns)
			out.Columns = append(out.Columns, n)
		} else if s.Parts[i] == nil || s.Parts[slices.Index(into, at)] == nil {
			return nil, sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", n.Parts[0]).At(n.Position())
		}
		into = append(into, at)
	}
	together := func(xs []ast.Expr) []ast.Expr {
		row := make([]ast.Expr, len(out.Columns))
		for i, x := range xs {
			col := &r.Columns[r.ColumnIndex(s.Columns[i].Parts[0])]
			switch {
			case s.Parts[i] == nil:
				row[into[i]] = x
				continue
			case row[into[i]] == nil:
				row[into[i]] = loosely(&ast.Literal{Pos: s.Columns[i].Pos, Kind: ast.LitNull}, col.Type)
			}
			row[into[i]] = &ast.SetPart{Pos: s.Columns[i].Pos, X: row[into[i]], Column: col.Name, At: s.Parts[i], Value: x}
		}
		return row
	}
	q, err := partSource(r, s, together)
	out.Source = q
	return &out, err
}

// partSource is the source of an INSERT with rows made by together of the values for its targets.
func partSource(r *catalog.Relation, s *ast.Insert, together func([]ast.Expr) []ast.Expr) (*ast.Query, error) {
	q := s.Source
	if v, ok := q.Body.(*ast.Values); ok && q.OrderBy == nil && q.Limit == nil && q.Offset == nil && q.With == nil {
		whole := *v
		whole.Rows = nil
		for _, row := range v.Rows {
			if err := fits(len(row), len(s.Columns), s.Columns, valuesPlace(v, len(s.Columns))); err != nil {
				return nil, err
			}
			whole.Rows = append(whole.Rows, together(row))
		}
		out := *q
		out.Body = &whole
		return &out, nil
	}
	if given, known := width(q); known {
		if err := fits(given, len(s.Columns), s.Columns, itemPlace(q, len(s.Columns))); err != nil {
			return nil, err
		}
	}
	want := make([]types.Type, len(s.Columns))
	names := make([]string, len(s.Columns))
	items := make([]ast.Expr, len(s.Columns))
	for i, n := range s.Columns {
		want[i], names[i] = r.Columns[r.ColumnIndex(n.Parts[0])].Type, "column"+itoa(i+1)
		if at := s.Parts[i]; at != nil && want[i] != types.JSONB && !slices.ContainsFunc(at, func(x *ast.Subscript) bool { return x.Slice }) {
			want[i] = want[i].Elem()
		}
		items[i] = &ast.Column{Pos: q.Pos, Name: names[i : i+1]}
	}
	sel := &ast.Select{Pos: q.Pos, From: []ast.From{&ast.Derived{Pos: q.Pos, Query: typedItems(q, want), Alias: ast.Alias{Name: "source", Columns: names}}}}
	for i, x := range together(items) {
		sel.Items = append(sel.Items, ast.SelectItem{X: x, Name: names[i]})
	}
	return &ast.Query{Pos: q.Pos, Body: sel}, nil
}
