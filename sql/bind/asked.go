package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// asked is a subquery that is joined to the rows of a selection, and the column of its answer. Who writes the same again
// means that column: a key of GROUP BY, of DISTINCT ON.
type asked struct {
	text string // of its tree
	v    expr.Expr
}

// query binds a subquery, or finds its answer among those that are there.
func (e *exprs) query(x ast.Expr) (expr.Expr, error) {
	s := e.rows
	if s == nil || s.s == nil || e.group != nil || len(e.reached) > 0 || e.sure == x || len(s.s.GroupBy) == 0 && len(s.s.DistinctOn) == 0 {
		return e.form(x)
	}
	text := treeText(x)
	if v, ok := s.answer(text); ok {
		return v, nil
	}
	v, err := e.form(x)
	if err != nil || plan.Volatile(s.node) {
		return v, err
	}
	if !slices.ContainsFunc(expr.Columns(v), func(c int) bool { return c >= len(s.scope.cols) }) {
		s.asked = append(s.asked, asked{text, v})
	}
	return v, nil
}

// answer is the answer of the subquery whose tree has that text, if it is there.
func (s *selection) answer(text string) (expr.Expr, bool) {
	for _, a := range s.asked {
		if a.text == text {
			return a.v, true
		}
	}
	return nil, false
}

// answered says whether the answers of all subqueries of x are there.
func (s *selection) answered(x ast.Expr) bool {
	return find(x, func(x ast.Expr) bool {
		if !isSubquery(x) {
			return false
		}
		if s == nil || len(s.asked) == 0 {
			return true
		}
		_, ok := s.answer(treeText(x))
		return !ok
	}) == nil
}
