package agg

import (
	"github.com/vexfs/vexstream/engine/types"
)

// recorded says whether an aggregate of this kind keeps a record of each row.
func (k Kind) recorded() bool { return k >= ArrayAgg || k == MinAny || k == MaxAny }

// ordered says whether the result depends on the order of the input.
func (k Kind) ordered() bool { return k >= ArrayAgg && k <= LastValue }

// keepsNulls says whether rows count whose first argument is null. Other kinds of records say by their recipe which do.
func (k Kind) keepsNulls() bool { return k >= ArrayAgg }

func (k Kind) hypothetical() bool { return k >= Rank }

// ofPairs says whether it is one of the statistics over pairs (Y, X).
func (k Kind) ofPairs() bool { return k >= Corr && k <= RegrSyy }

var pairs = map[string]Kind{
	"corr": Corr, "covar_pop": CovarPop, "covar_samp": CovarSamp, "regr_avgx": RegrAvgx, "regr_avgy": RegrAvgy, "regr_count": RegrCount,
	"regr_intercept": RegrIntercept, "regr_r2": RegrR2, "regr_slope": RegrSlope, "regr_sxx": RegrSxx, "regr_sxy": RegrSxy, "regr_syy": RegrSyy,
}

// several resolves the aggregates that keep records.
func several(name string, args []types.Type) (Func, bool) {
	f := Func{Name: name}
	if len(args) == 0 {
		return f, false
	}
	t := args[0]
	f.Arg, f.Result = t, t
	if k, ok := pairs[name]; ok {
		f.Kind, f.Arg, f.Args, f.Result = k, types.Float8, []types.Type{types.Float8}, types.Float8
		if k == RegrCount {
			f.Result = types.Int8
		}
		return f, len(args) == 2 && number(args[0]) && number(args[1])
	}
	switch name {
	case "array_agg":
		f.Kind, f.Result = ArrayAgg, t.Array()
		if t.Category() == 'A' {
			f.Kind, f.Result = ArrayAggArrays, t
		}
		return f, len(args) == 1 && f.Result != types.Type{}
	case "string_agg":
		f.Kind, f.Args = StringAgg, []types.Type{t}
		if t != types.Bytea {
			f.Arg, f.Result, f.Args = types.Text, types.Text, []types.Type{types.Text}
		}
		return f, len(args) == 2 && (t == types.Bytea && args[1].OID == t.OID || text(args[0]) && text(args[1]) || t == types.Bytea && args[1] == types.Unknown)
	case "json_agg", "jsonb_agg":
		f.Kind, f.Arg, f.Result = JSONAgg, types.JSON, types.JSON
		if name == "jsonb_agg" {
			f.Kind, f.Arg, f.Result = JSONBAgg, types.JSONB, types.JSONB
		} else if t.Category() == 'A' || t.OID == types.OIDRecord {
			f.Kind = JSONAggLines
		}
		return f, len(args) == 1
	case "json_object_agg", "jsonb_object_agg":
		f.Kind, f.Arg, f.Args, f.Result = JSONObjectAgg, types.Text, []types.Type{types.JSON}, types.JSON
		if name == "jsonb_object_agg" {
			f.Kind, f.Args, f.Result = JSONBObjectAgg, []types.Type{types.JSONB}, types.JSONB
		}
		return f, len(args) == 2
	case "first_value", "last_value":
		f.Kind = FirstValue
		if name == "last_value" {
			f.Kind = LastValue
		}
		return f, len(args) == 1
	case "arg_min", "arg_max":
		f.Kind = ArgMin
		if name == "arg_max" {
			f.Kind = ArgMax
		}
		if len(args) == 2 {
			f.Args = []types.Type{{OID: args[1].OID}}
		}
		return f, len(args) == 2
	}
	return f, false
}

func number(t types.Type) bool { return t.Category() == 'N' || t == types.Unknown }

func text(t types.Type) bool { return t.Category() == 'S' || t == types.Unknown }

// ResolveWithin finds the aggregate for arguments and keys of WITHIN GROUP. Those of a hypothetical set have been given
// the same types, pair by pair.
func ResolveWithin(name string, args, keys []types.Type) (Func, error) {
	f := Func{Name: name, Kind: orderedSets[name], Ordered: keys}
	all := append(append([]types.Type(nil), args...), keys...)
	if f.Kind.hypothetical() {
		f.Result = types.Int8
		if f.Kind == PercentRank || f.Kind == CumeDist {
			f.Result = types.Float8
		}
		if len(args) != len(keys) {
			return f, unknown(name, all, false)
		}
		f.Arg, f.Args = args[0], args[1:]
		return f, nil
	}
	if len(keys) != 1 || f.Kind == Mode && len(args) != 0 || f.Kind != Mode && len(args) != 1 {
		return f, unknown(name, all, false)
	}
	t := types.Type{OID: keys[0].OID}
	if f.Kind == PercentileCont && t != types.Interval {
		if !number(t) {
			return f, unknown(name, all, false)
		}
		t = types.Float8
	}
	f.Ordered, f.Result = []types.Type{t}, t
	if f.Kind == Mode {
		return f, nil
	}
	f.Arg = types.Float8
	if args[0].Category() == 'A' {
		f.Arg, f.Result = types.Float8Array, t.Array()
	} else if !number(args[0]) {
		return f, unknown(name, all, false)
	}
	return f, nil
}
