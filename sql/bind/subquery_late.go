package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// lateBase is the position from which columns are marks of subqueries that results of window functions are compared with:
// they are joined when these are there.
const lateBase = setBase + pendingBase/8

// lateSub is such a subquery, and what is compared with its rows, which may be changed in place.
type lateSub struct {
	pending
	vs []expr.Expr
}

// readsWindow says whether vs read results of window functions.
func readsWindow(vs []expr.Expr) bool {
	return slices.ContainsFunc(vs, func(v expr.Expr) bool {
		return slices.ContainsFunc(expr.Columns(v), func(c int) bool {
			return c >= overBase && c < setBase || c >= lateBase && c < plan.OuterBase
		})
	})
}

func (s *selection) attachLate(p pending, vs []expr.Expr) expr.Expr {
	s.late = append(s.late, lateSub{p, vs})
	return expr.Col(lateBase+len(s.late)-1, types.Bool, "subquery")
}

// lateArgs are the lists of expressions of the late subqueries, which may be changed in place.
func (s *selection) lateArgs() [][]expr.Expr {
	var out [][]expr.Expr
	for i := range s.late {
		out = append(out, s.late[i].vs)
	}
	return out
}

// joinLate puts the late subqueries beside the rows of n, and gives the expressions their marks.
func (s *selection) joinLate(n plan.Node, es ...[]expr.Expr) (plan.Node, error) {
	for k := range s.late {
		place := plan.Width(n)
		var err error
		if n, err = s.late[k].join(n, func(v expr.Expr) expr.Expr { return v }); err != nil {
			return nil, err
		}
		for _, list := range append(s.lateArgs(), es...) {
			for i, v := range list {
				if v == nil {
					continue
				}
				list[i] = expr.Remap(v, func(c int) int {
					if c == lateBase+k {
						return place
					}
					return c
				})
			}
		}
	}
	return n, nil
}

// valuesRows is the row that subqueries of VALUES are put beside; nil if there are none.
func (b *binder) valuesRows(x *ast.Values) *selection {
	for _, row := range x.Rows {
		if slices.ContainsFunc(row, hasSubquery) {
			return &selection{b: b, scope: &scope{eventTime: -1}, node: &plan.Values{Rows: [][]expr.Expr{{}}}}
		}
	}
	return nil
}

// beside gives the rows of v, whose expressions are over the row with the subqueries. Each row computes those alone that
// it reads.
func (s *selection) beside(v *plan.Values) plan.Node {
	if s == nil || len(s.scope.cols) == 0 {
		return v
	}
	u, width := &plan.Union{}, len(v.Columns)
	for r, row := range v.Rows {
		number := batch.NewBuilder(types.Int8, 1)
		batch.Put(number, int64(r))
		p := &plan.Project{Input: s.node, Exprs: append(slices.Clip(row), expr.Const(number.Finish()))}
		for _, f := range v.Columns {
			p.Names = append(p.Names, f.Name)
		}
		p.Names = append(p.Names, "number")
		u.Inputs = append(u.Inputs, p)
	}
	if len(u.Inputs) == 1 {
		return firstColumns(u.Inputs[0], width)
	}
	if s.b.env.Continuous {
		return firstColumns(u, width)
	}
	return firstColumns(&plan.Order{Input: u, Keys: []plan.SortKey{{Column: width}}}, width)
}
