package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// arm is e for an operand that only the rows come to for which conds are true, which are evaluated in their order.
func (e *exprs) arm(conds ...expr.Expr) *exprs {
	in := *e
	in.reached = append(slices.Clip(e.reached), conds...)
	return &in
}

// reaching is the condition for coming here; nil if all rows do. A view sets aside the rows that fail and goes on; to
// spare it that would cost it the state of one more join.
func (e *exprs) reaching() expr.Expr {
	if len(e.reached) == 0 || e.b.env.Continuous {
		return nil
	}
	conds := make([]expr.Expr, len(e.reached))
	for i, c := range e.reached {
		conds[i] = expr.IsBool(c, "true", false) // beside a null, AND evaluates the conditions behind it
	}
	return expr.And(conds...)
}

// guard is reached over the rows of n, where it can be evaluated there: not if it reads what is joined to them later, as
// results of window functions are, and not if it would differ the second time.
func guard(reached expr.Expr, n plan.Node) expr.Expr {
	if reached == nil || expr.Volatility(reached) == expr.Volatile {
		return nil
	}
	for _, c := range expr.Columns(reached) {
		if c >= plan.Width(n) && c < plan.OuterBase {
			return nil
		}
	}
	return reached
}

// passed gives what is true of the rows that have not found their end at any of conds: what has it comes no further.
func passed(conds []expr.Expr, end string) []expr.Expr {
	out := make([]expr.Expr, len(conds))
	for i, c := range conds {
		out[i] = expr.IsBool(c, end, true)
	}
	return out
}

// coalesced binds the operands of a COALESCE: a row comes to one if all before it are null.
func (e *exprs) coalesced(xs []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	var nulls []expr.Expr
	for i, x := range xs {
		in := e
		if hasSubquery(x) {
			in = e.arm(nulls...)
		}
		var err error
		if out[i], err = in.bind(x); err != nil {
			return nil, err
		}
		nulls = append(nulls, expr.IsNull(out[i], false))
	}
	return out, nil
}
