package bind

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
)

func isAggregate(name string) bool {
	switch name {
	case "count", "sum", "avg", "min", "max":
		return true
	}
	return false
}

// resolveAggregate picks the overload of a, casts its arguments, and sets its type.
func resolveAggregate(a *plan.Agg) error {
	if a.Name == "count" {
		a.Type = types.Int8
		return nil
	}
	if len(a.Args) != 1 {
		return noAggregate(a)
	}
	t := a.Args[0].Type()
	if t == types.Unknown {
		t = types.Text
	}
	switch {
	case a.Name == "min" || a.Name == "max":
		a.Type = types.Type{OID: t.OID}
		return castArgs(a, []types.Type{t})
	case t == types.Int2 || t == types.Int4:
		a.Type = types.Int8
	case t == types.Int8 || t.OID == types.OIDNumeric:
		a.Type = types.Numeric
	case t == types.Float4 || t == types.Float8 || t == types.Interval:
		a.Type = t
	default:
		return noAggregate(a)
	}
	if a.Name == "avg" {
		switch t {
		case types.Float4:
			a.Type = types.Float8
		case types.Int2, types.Int4:
			a.Type = types.Numeric
		}
	}
	return nil
}

func noAggregate(a *plan.Agg) error {
	names := make([]string, len(a.Args))
	for i, x := range a.Args {
		names[i] = sqlName(x.Type())
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", a.Name, strings.Join(names, ", ")).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
