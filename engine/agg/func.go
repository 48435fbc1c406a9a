// Package agg is aggregate functions over groups whose accumulators lie side by side in one row of words.
//
// A Call says where its words begin in the row and how many it needs; it folds a column into the rows of many groups
// at once, takes values back when their weight is negative, merges one row into another, and gives the result. What
// does not fit in words (the values of a DISTINCT, or those among which a retractable minimum must be found again) is a
// Set beside the row.
//
// Sums of integers are exact in 128 bits. Sums of floats are exact too, and rounded once; NaN and infinities are counted.
// So the order of rows never shows, and all of them can be taken back.
package agg

import (
	"maps"
	"slices"
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
	ApproxCount // about how many values are different
	SumNumeric  // from here on: kinds that keep the values of a group
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
	ArrayAgg // from here on: kinds that keep a record of each row
	ArrayAggArrays
	StringAgg
	JSONAgg
	JSONAggLines // of arrays and records: an element on a line
	JSONBAgg
	JSONObjectAgg
	JSONBObjectAgg
	FirstValue
	LastValue
	ArgMin
	ArgMax
	Corr
	CovarPop
	CovarSamp
	RegrAvgx
	RegrAvgy
	RegrCount
	RegrIntercept
	RegrR2
	RegrSlope
	RegrSxx
	RegrSxy
	RegrSyy
	Mode
	PercentileDisc
	PercentileCont
	Rank
	DenseRank
	PercentRank
	CumeDist
)

// Func is an aggregate function for one argument type.
type Func struct {
	Name   string
	Kind   Kind
	Arg    types.Type // what the argument must be cast to; the zero Type for count(*)
	Result types.Type
	// Args is what the arguments after the first must be cast to, and Ordered what WITHIN GROUP's keys must be.
	Args, Ordered []types.Type
}

var names = wordSet(`count sum avg min max bool_and bool_or every stddev stddev_samp stddev_pop variance var_samp var_pop
	bit_and bit_or bit_xor array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg first_value last_value
	arg_min arg_max approx_count_distinct corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2
	regr_slope regr_sxx regr_sxy regr_syy`)

// ordered sets are written with WITHIN GROUP.
var orderedSets = map[string]Kind{
	"mode": Mode, "percentile_cont": PercentileCont, "percentile_disc": PercentileDisc,
	"rank": Rank, "dense_rank": DenseRank, "percent_rank": PercentRank, "cume_dist": CumeDist,
}

// known but not there: named, so that nobody takes them for a typing error.
var missing = wordSet("approx_percentile approx_top_k histogram entropy xmlagg any_value range_agg range_intersect_agg")

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// Names are the aggregates there are, ordered sets included, in alphabetical order.
func Names() []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(names)), maps.Keys(orderedSets))
	slices.Sort(all)
	return all
}

// IsAggregate says whether name is an aggregate, also one that is not there.
func IsAggregate(name string) bool {
	_, set := orderedSets[name]
	return names[name] || missing[name] || set
}

// IsOrderedSet says whether name is an aggregate that needs WITHIN GROUP; hypothetical, that its arguments are a row.
func IsOrderedSet(name string) (set, hypothetical bool) {
	k, set := orderedSets[name]
	return set, k.hypothetical()
}

// Resolve finds the aggregate for arguments of the given types, by PostgreSQL's rules. star is count(*).
func Resolve(name string, args []types.Type, star bool) (Func, error) {
	if missing[name] {
		return Func{}, sqlerr.NotSupported("aggregate %s()", name)
	}
	if star && name == "count" {
		return Func{Name: "count", Kind: CountRows, Result: types.Int8}, nil
	}
	known := slices.Clone(args)
	for i, t := range known {
		if t.OID != types.OIDRecord && t.OID != types.OIDRecordArray { // whose modifier names their fields
			known[i] = types.Type{OID: t.OID}
		}
		if t == types.Unknown && !star {
			if known[i] = untyped(name); name == "string_agg" && i > 0 && known[0] == types.Bytea {
				known[i] = types.Bytea
			}
			if known[i] == types.Unknown {
				return Func{}, sqlerr.New(sqlerr.AmbiguousFunction, "function %s(unknown) is not unique", name).
					WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
			}
		}
	}
	if f, ok := several(name, known); ok && !star {
		return f, nil
	}
	if len(args) == 1 && !star {
		if f, ok := resolve(name, known[0]); ok {
			return f, nil
		}
	}
	return Func{}, unknown(name, args, star)
}

// untyped is the type that an aggregate takes a literal or a parameter for that has none: unknown if there are several.
func untyped(name string) types.Type {
	switch name {
	case "bool_and", "every", "bool_or":
		return types.Bool
	case "sum", "avg", "bit_and", "bit_or", "bit_xor":
		return types.Unknown
	}
	_, pair := pairs[name]
	if _, spread := spreads[name]; spread || pair {
		return types.Float8
	}
	return types.Text
}

func resolve(name string, t types.Type) (Func, bool) {
	f := Func{Name: name, Arg: t, Result: t}
	integer := t == types.Int2 || t == types.Int4 || t == types.Int8
	float := t == types.Float4 || t == types.Float8
	switch name {
	case "approx_count_distinct":
		return resolveApprox(t), true
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
		if t == types.BPChar {
			f.Kind += MinAny - Min
			return f, true
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
