package expr

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// jsonBuilders are the functions that write json, the text, rather than jsonb.
func jsonBuilders() []function {
	return []function{
		{name: "json_build_object", ret: "json", flags: lenient, run: eachText(jsonBuildObject)},
		{name: "json_build_object", args: "variadic any", ret: "json", flags: lenient | stable | fallible, run: eachText(jsonBuildObject)},
		{name: "json_build_array", ret: "json", flags: lenient, run: eachText(jsonBuildArray)},
		{name: "json_build_array", args: "variadic any", ret: "json", flags: lenient | stable | fallible, run: eachText(jsonBuildArray)},
	}
}

func jsonBuildObject(f *frame, dst []byte, r uint32) ([]byte, error) {
	if len(f.args)%2 != 0 {
		return dst, sqlerr.New(sqlerr.InvalidParameterValue, "argument list must have even number of elements").
			WithHint("The arguments of json_build_object() must consist of alternating keys and values.")
	}
	if err := f.foresee(r); err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for i := 0; i < len(f.args); i += 2 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		k := &f.args[i]
		switch {
		case k.null(int(r)):
			return dst, sqlerr.New(sqlerr.InvalidParameterValue, "argument %d cannot be null", i+1).WithHint("Object keys should be text.")
		case !scalarKey(k.col.Type):
			return dst, sqlerr.New(sqlerr.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
		}
		dst = types.AppendJSONString(dst, jsonKey(f, k, r))
		dst = appendJSONText(append(dst, " : "...), f, &f.args[i+1].col, f.args[i+1].at(r))
	}
	return append(dst, '}'), nil
}

func jsonBuildArray(f *frame, dst []byte, r uint32) ([]byte, error) {
	if err := f.foresee(r); err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	for i := range f.args {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendJSONText(dst, f, &f.args[i].col, f.args[i].at(r))
	}
	return append(dst, ']'), nil
}

// jsonKey is a value as the name of a member: as its value in JSON would be written, without the quotes.
func jsonKey(f *frame, k *operand, r uint32) string {
	switch k.col.Type {
	case types.Date, types.Timestamp, types.Timestamptz:
		return strings.Trim(string(appendJSONValue(nil, f, &k.col, k.at(r))), `"`)
	case types.Bool:
		return strconv.FormatBool(k.col.Bits.Get(k.at(r)))
	}
	return string(appendText(nil, &k.col, k.at(r), f.c.Locale))
}

// scalarKey says whether a value of type t can be the name of a member.
func scalarKey(t types.Type) bool {
	return t.OID != types.OIDJSON && t.OID != types.OIDJSONB && t.OID != types.OIDRecord && t.Elem() == types.Type{}
}
