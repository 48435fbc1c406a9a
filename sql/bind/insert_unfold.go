package bind

import "github.com/vexfs/vexstream/sql/ast"

// unfolding is an INSERT whose only row of VALUES has set-returning functions as that of a SELECT, as in PostgreSQL. A column whose
// value is DEFAULT is then one that is not given. cols are the columns that it names, in order.
func unfolding(s *ast.Insert, cols []int) (*ast.Insert, []int, error) {
	if s.Source == nil {
		return s, cols, nil
	}
	q := s.Source
	v, ok := q.Body.(*ast.Values)
	if !ok || len(v.Rows) > 1 || q.OrderBy != nil || q.Limit != nil || q.Offset != nil || q.With != nil || findAmong(v.Rows[0], isSetCall) == nil {
		return s, cols, nil
	}
	if err := fits(len(v.Rows[0]), len(cols), s.Columns, valuesPlace(v, len(cols))); err != nil {
		return nil, nil, err
	}
	out := *s
	out.Columns = nil
	var given []int
	sel := &ast.Select{Pos: v.Pos}
	for i, x := range v.Rows[0] {
		if _, own := x.(*ast.Default); own {
			continue
		}
		sel.Items = append(sel.Items, ast.SelectItem{X: x})
		given = append(given, cols[i])
		if s.Columns != nil {
			out.Columns = append(out.Columns, s.Columns[i])
		}
	}
	out.Source = &ast.Query{Pos: q.Pos, Body: sel}
	return &out, given, nil
}
