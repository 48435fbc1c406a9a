package expr

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// RowCount is the bigint x as the number of a LIMIT or OFFSET, which is clause: it fails with code where x is negative.
func RowCount(x Expr, clause string, code sqlerr.Code) Expr {
	run := eachValue(func(f *frame, r uint32) (int64, error) {
		n := f.i8(0, r)
		if n < 0 {
			return 0, sqlerr.New(code, "%s must not be negative", clause)
		}
		return n, nil
	})
	return &call{fn: &function{name: "rows of " + clause, flags: fallible, run: run}, args: []Expr{x}, t: types.Int8}
}
