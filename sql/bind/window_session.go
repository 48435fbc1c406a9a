package bind

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// partition binds what SESSION partitions by: what it says itself, else what the query around groups by beside the
// window.
func (e *exprs) partition(w *windowSpec, own []ast.Expr, around *ast.Select) error {
	keys := own
	if keys == nil && around != nil {
		var err error
		if keys, err = besideWindow(around); err != nil {
			return err
		}
	}
	for _, x := range keys {
		v, err := e.bind(x)
		if err != nil && own == nil {
			err = missing(x.Position(), "a SESSION window partitioned by this key").(*sqlerr.Error).
				WithHint("Say which of the relation's columns partition it: SESSION(relation PARTITION BY key, time, gap).")
		}
		if err == nil && v.Type() == types.Unknown {
			v, err = expr.Cast(v, types.Text, expr.Implicit)
		}
		if err != nil {
			return err
		}
		w.keys = append(w.keys, v)
	}
	return nil
}

// besideWindow gives the entries of a GROUP BY that do not speak of its window.
func besideWindow(s *ast.Select) ([]ast.Expr, error) {
	var out []ast.Expr
	for _, x := range s.GroupBy {
		x = meant(s, x)
		if windowInExpr(x) != nil || isWindowColumn(x) {
			continue
		}
		if c, ok := x.(*ast.Call); ok && isGroupingWord(c) {
			return nil, missing(x.Position(), "a SESSION window without PARTITION BY in a query with %s", c.Name[0])
		}
		if r, ok := x.(*ast.Row); ok {
			out = append(out, r.Items...)
			continue
		}
		out = append(out, x)
	}
	return out, nil
}

func isGroupingWord(c *ast.Call) bool {
	switch c.Name[len(c.Name)-1] {
	case "rollup", "cube", "grouping sets":
		return true
	}
	return false
}

// isWindowColumn says whether x is a column that a window function in FROM adds.
func isWindowColumn(x ast.Expr) bool {
	c, ok := x.(*ast.Column)
	if !ok {
		return false
	}
	switch c.Name[len(c.Name)-1] {
	case "window_start", "window_end", "window_time":
		return true
	}
	return false
}

// meant is the item of the select list that an entry of GROUP BY is the position of, or the name where that item is a
// window; else the entry.
func meant(s *ast.Select, x ast.Expr) ast.Expr {
	switch c := x.(type) {
	case *ast.Literal:
		if n, err := strconv.Atoi(c.Text); err == nil && c.Kind == ast.LitNumber && n >= 1 && n <= len(s.Items) {
			return s.Items[n-1].X
		}
	case *ast.Column:
		for _, it := range s.Items {
			if len(c.Name) == 1 && it.As == c.Name[0] && windowInExpr(it.X) != nil {
				return it.X
			}
		}
	}
	return x
}
