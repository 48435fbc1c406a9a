package expr

import "github.com/vexfs/vexstream/engine/sqlerr"

// Momentary gives the error of a literal in e whose meaning is the time at which it is read, such as 'today', or nil. It is
// for what has no such time: a query that goes on. Other literals that the session's settings decide have a meaning there.
func Momentary(e Expr) (err error) {
	walk(e, func(e Expr) bool {
		c, ok := e.(*call)
		if !ok || len(c.args) != 1 || stableInput(c.t) == 0 {
			return err == nil
		}
		if _, literal := c.args[0].(*constant); literal && c.fn.name == "cast" {
			ctx := new(Ctx)
			c.Eval(ctx, oneRow, nil)
			if fs := ctx.Failures(); len(fs) > 0 && sqlerr.CodeOf(fs[0].Err) == sqlerr.FeatureNotSupported {
				err = fs[0].Err
			}
		}
		return err == nil
	})
	return err
}
