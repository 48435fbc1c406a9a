package bind

import (
	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
)

func isAggregate(name string) bool { return agg.IsAggregate(name) }

// resolveAggregate picks the overload of a, casts its arguments, and sets its type.
func resolveAggregate(a *plan.Agg, star bool) error {
	ts := make([]types.Type, len(a.Args))
	for i, x := range a.Args {
		ts[i] = x.Type()
		if ts[i] == types.Unknown {
			ts[i] = types.Text
		}
	}
	f, err := agg.Resolve(a.Name, ts, star)
	if err != nil {
		return err
	}
	if star && a.Distinct {
		return sqlerr.New(sqlerr.SyntaxError, "DISTINCT specified, but %s(*) has no arguments", a.Name)
	}
	a.Func, a.Type = f, f.Result
	for i := range a.Args {
		if a.Args[i], err = expr.Cast(a.Args[i], f.Arg, expr.Implicit); err != nil {
			return err
		}
	}
	return nil
}
