// Package agg is aggregate functions over groups whose accumulators lie side by side in one row of words.
//
// A Call says where its words begin in the row and how many it needs; it folds a column into the rows of many groups
// at once, takes values back when their weight is negative, merges one row into another, and gives the result. What
// does not fit in words (the values of a DISTINCT, or those among which a retractable minimum must be found again) is a
// Set beside the row.
//
// Sums of integers are exact in 128 bits. Sums of floats carry their rounding error along (Neumaier 1974), so that
// order hardly ever shows; NaN and infinities are counted, so that they can be taken back.
package agg

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Kind is what an aggregate computes.
type Kind uint8

// The kinds.
const (
	CountRows Kind = iota // count(*)
	Count                 // count(x)
	SumInt                // sum of smallint or integer: bigint
	SumBig                // sum of bigint: numeric
	SumFloat
	AvgInt // numeric
	AvgFloat
	Min
	Max
	BoolAnd
	BoolOr
	SumNumeric // from here on: kinds that keep the values of a group
	AvgNumeric
	SumInterval
	AvgInterval
	MinAny
	MaxAny
	VarNumeric // of a sample
	StddevNumeric
	VarPopNumeric
	StddevPopNumeric
	VarFloat
	StddevFloat
	VarPopFloat
	StddevPopFloat
	BitAnd
	BitOr
	BitXor
)

// Func is an aggregate function for one argument type.
type Func struct {
	Name   string
	Kind   Kind
	Arg    types.Type // what the argument must be cast to; the zero Type for count(*)
	Result types.Type
}

var names = map[string]bool{
	"count": true, "sum": true, "avg": true, "min": true, "max": true, "bool_and": true, "bool_or": true, "every": true,
	"stddev": true, "stddev_samp": true, "stddev_pop": true, "variance": true, "var_samp": true, "var_pop": true,
	"bit_and": true, "bit_or": true, "bit_xor": true,
}

// known but not there: named, so that nobody takes them for a typing error.
var missing = map[string]bool{
	"array_agg": true, "string_agg": true, "json_agg": true, "jsonb_agg": true, "json_object_agg": true,
	"jsonb_object_agg": true, "mode": true, "percentile_cont": true,
	"percentile_disc": true, "approx_count_distinct": true, "approx_percentile": true, "approx_top_k": true,
	"first_value": true, "last_value": true, "arg_min": true, "arg_max": true, "histogram": true, "entropy": true,
	"corr": true, "covar_pop": true, "covar_samp": true, "regr_slope": true, "xmlagg": true, "any_value": true,
}

// IsAggregate says whether name is an aggregate, also one that is not there.
func IsAggregate(name string) bool { return names[name] || missing[name] }

// Resolve finds the aggregate for arguments of the given types, by PostgreSQL's rules. star is count(*).
func Resolve(name string, args []types.Type, star bool) (Func, error) {
	if missing[name] {
		return Func{}, sqlerr.NotSupported("aggregate %s()", name)
	}
	if star && name == "count" {
		return Func{Name: "count", Kind: CountRows, Result: types.Int8}, nil
	}
	if len(args) == 1 && !star {
		if f, ok := resolve(name, types.Type{OID: args[0].OID}); ok {
			return f, nil
		}
	}
	return Func{}, unknown(name, args, star)
}

func resolve(name string, t types.Type) (Func, bool) {
	f := Func{Name: name, Arg: t, Result: t}
	integer := t == types.Int2 || t == types.Int4 || t == types.Int8
	float := t == types.Float4 || t == types.Float8
	switch name {
	case "count":
		f.Kind, f.Result = Count, types.Int8
		return f, true
	case "sum":
		switch {
		case t == types.Int8:
			f.Kind, f.Result = SumBig, types.Numeric
		case integer:
			f.Kind, f.Result = SumInt, types.Int8
		case t == types.Numeric:
			f.Kind = SumNumeric
		case t == types.Interval:
			f.Kind = SumInterval
		default:
			f.Kind = SumFloat
		}
		return f, integer || float || t == types.Numeric || t == types.Interval
	case "avg":
		f.Kind, f.Result = AvgInt, types.Numeric
		switch {
		case float:
			f.Kind, f.Result = AvgFloat, types.Float8
		case t == types.Numeric:
			f.Kind = AvgNumeric
		case t == types.Interval:
			f.Kind, f.Result = AvgInterval, t
		}
		return f, integer || float || t == types.Numeric || t == types.Interval
	case "min", "max":
		f.Kind = Min
		if name == "max" {
			f.Kind = Max
		}
		if t.Category() == 'S' || t == types.Unknown {
			f.Arg, f.Result = types.Text, types.Text
			return f, true
		}
		if t == types.Numeric || t == types.Interval || t.Category() == 'A' {
			f.Kind += MinAny - Min
			return f, true
		}
		return f, ordered(t)
	case "bool_and", "every", "bool_or":
		f.Kind = BoolAnd
		if name == "bool_or" {
			f.Kind = BoolOr
		}
		return f, t == types.Bool
	case "bit_and", "bit_or", "bit_xor":
		f.Kind = map[string]Kind{"bit_and": BitAnd, "bit_or": BitOr, "bit_xor": BitXor}[name]
		return f, integer
	}
	k, ok := spreads[name]
	f.Result = types.Numeric
	if f.Kind = k; float {
		f.Kind, f.Result = k+VarFloat-VarNumeric, types.Float8
	}
	return f, ok && (integer || float || t == types.Numeric)
}

// spreads are the variances and deviations of exact numbers.
var spreads = map[string]Kind{
	"variance": VarNumeric, "var_samp": VarNumeric, "stddev": StddevNumeric, "stddev_samp": StddevNumeric,
	"var_pop": VarPopNumeric, "stddev_pop": StddevPopNumeric,
}

// ordered says whether t's values fit in a word that sorts as they do.
func ordered(t types.Type) bool {
	switch t.Layout() {
	case types.LayoutInt16, types.LayoutInt32, types.LayoutInt64, types.LayoutFloat32, types.LayoutFloat64:
		return true
	}
	return false
}

func unknown(name string, args []types.Type, star bool) error {
	list := make([]string, len(args))
	for i, t := range args {
		list[i] = types.FormatType(t)
	}
	if star {
		list = []string{"*"}
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, strings.Join(list, ", ")).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
