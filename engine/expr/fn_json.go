package expr

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// jsonOperators are the operators on json and jsonb (manual, 9.16).
func jsonOperators() []function {
	var fs []function
	for _, t := range []string{"json", "jsonb"} {
		fs = append(fs,
			function{name: "->", args: t + ",text", ret: t, run: func(f *frame) { jsonGet(f, jsonByKey, false) }},
			function{name: "->", args: t + ",int4", ret: t, run: func(f *frame) { jsonGet(f, jsonByIndex, false) }},
			function{name: "->>", args: t + ",text", ret: "text", run: func(f *frame) { jsonGet(f, jsonByKey, true) }},
			function{name: "->>", args: t + ",int4", ret: "text", run: func(f *frame) { jsonGet(f, jsonByIndex, true) }},
			function{name: "#>", args: t + ",_text", ret: t, run: func(f *frame) { jsonGet(f, jsonByPath, false) }},
			function{name: "#>>", args: t + ",_text", ret: "text", run: func(f *frame) { jsonGet(f, jsonByPath, true) }})
	}
	return append(fs,
		function{name: "?", args: "jsonb,text", ret: "bool", run: jsonHasKey},
		function{name: "@>", args: "jsonb,jsonb", ret: "bool", run: func(f *frame) { jsonContains(f, 0, 1) }},
		function{name: "<@", args: "jsonb,jsonb", ret: "bool", run: func(f *frame) { jsonContains(f, 1, 0) }},
		function{name: "||", args: "jsonb,jsonb", ret: "jsonb", run: jsonConcat},
		function{name: "-", args: "jsonb,text", ret: "jsonb", flags: fallible, run: jsonDelete})
}

func jsonFunctions() []function {
	fs := []function{
		{name: "to_jsonb", args: "anyelement", ret: "jsonb", flags: stable | fallible, run: toJSONB},
		{name: "jsonb_build_object", ret: "jsonb", flags: lenient, run: buildObject},
		{name: "jsonb_build_object", args: "variadic any", ret: "jsonb", flags: lenient | stable | fallible, run: buildObject},
		{name: "jsonb_build_array", ret: "jsonb", flags: lenient, run: buildArray},
		{name: "jsonb_build_array", args: "variadic any", ret: "jsonb", flags: lenient | stable | fallible, run: buildArray},
	}
	for _, t := range []string{"json", "jsonb"} {
		fs = append(fs,
			function{name: t + "_typeof", args: t, ret: "text", run: jsonTypeof},
			function{name: t + "_array_length", args: t, ret: "int4", flags: fallible, run: jsonArrayLength},
			function{name: t + "_extract_path", args: t + ",variadic text", ret: t, run: func(f *frame) { jsonGet(f, jsonByArgs, false) }},
			function{name: t + "_extract_path_text", args: t + ",variadic text", ret: "text", run: func(f *frame) { jsonGet(f, jsonByArgs, true) }})
	}
	return append(fs, jsonTextFunctions()...)
}

// jsonAccess says how a value inside another is named.
type jsonAccess uint8

const (
	jsonByKey jsonAccess = iota
	jsonByIndex
	jsonByPath
	jsonByArgs
)

func jsonGet(f *frame, how jsonAccess, asText bool) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		v := f.raw(0, r)
		switch how {
		case jsonByKey:
			v = jsonMember(v, f.str(1, r))
		case jsonByIndex:
			v = jsonAt(v, f.i4(1, r), f.from.OID)
		case jsonByPath:
			v = jsonPath(v, f.raw(1, r))
		case jsonByArgs:
			for i := 1; i < len(f.args) && v != nil; i++ {
				v = jsonStep(v, f.str(i, r))
			}
		}
		switch {
		case v == nil || asText && jsonKind(v) == 'n':
			f.null(r)
		case asText && jsonKind(v) == '"':
			out.buf = jsonString(out.buf, v)
		default:
			out.buf = append(out.buf, v...)
		}
	}
	out.done()
}

// jsonAt is an element of an array. A scalar jsonb counts as an array of one, as it does in PostgreSQL.
func jsonAt(v []byte, n int, t types.OID) []byte {
	if k := jsonKind(v); t == types.OIDJSONB && k != '[' && k != '{' && (n == 0 || n == -1) {
		return v
	}
	return jsonElement(v, n)
}

// jsonStep goes to the member or, in an array, the element that key names.
func jsonStep(v []byte, key string) []byte {
	switch jsonKind(v) {
	case '{':
		return jsonMember(v, key)
	case '[':
		n, err := jsonIndex(key)
		if err != nil {
			return nil
		}
		return jsonElement(v, n)
	}
	return nil
}

// jsonIndex reads a number as C does: spaces may stand before it.
func jsonIndex(key string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(key, " \t\n\v\f\r"), 10, 32)
	return int(n), err
}

// jsonPath follows a text[]; a null in it leads nowhere.
func jsonPath(v, path []byte) []byte {
	keys, err := types.OpenArray(path)
	if err != nil {
		return nil
	}
	for v != nil {
		key, null, more := keys.Next()
		switch {
		case !more:
			return v
		case null:
			return nil
		}
		v = jsonStep(v, borrow(key))
	}
	return nil
}

func jsonHasKey(f *frame) {
	out := f.bits()
	for _, r := range f.rows() {
		if jsonHas(f.raw(0, r), f.str(1, r)) {
			out.Set(int(r))
		}
	}
}

// jsonHas says whether key is a member of an object, or a string that an array holds or that v is.
func jsonHas(v []byte, key string) (has bool) {
	switch jsonKind(v) {
	case '{':
		return jsonMember(v, key) != nil
	case '[':
		s := jsonScan{b: v}
		for more := s.open('[', ']'); more && !has; more = s.next(']') {
			e := s.skip()
			has = jsonKind(e) == '"' && sameKey(e, key)
		}
	case '"':
		return sameKey(v, key)
	}
	return has
}

func jsonContains(f *frame, whole, part int) {
	out := f.bits()
	for _, r := range f.rows() {
		if contains(f.tree(whole, r), f.tree(part, r), true) {
			out.Set(int(r))
		}
	}
}

func jsonConcat(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		a, b := f.tree(0, r), f.tree(1, r)
		x, ok1 := a.(*jsonObject)
		y, ok2 := b.(*jsonObject)
		if ok1 && ok2 {
			for _, k := range y.keys {
				x.set(k, y.vals[k])
			}
			out.buf = appendTree(out.buf, x)
			continue
		}
		out.buf = appendTree(out.buf, append(elements(a), elements(b)...))
	}
	out.done()
}

func elements(v any) []any {
	if a, ok := v.([]any); ok {
		return a
	}
	return []any{v}
}

func jsonDelete(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		key := f.str(1, r)
		switch v := f.tree(0, r).(type) {
		case *jsonObject:
			keep := v.keys[:0]
			for _, k := range v.keys {
				if k != key {
					keep = append(keep, k)
				}
			}
			v.keys = keep
			out.buf = appendTree(out.buf, v)
		case []any:
			keep := v[:0]
			for _, e := range v {
				if e != any(key) {
					keep = append(keep, e)
				}
			}
			out.buf = appendTree(out.buf, keep)
		default:
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "cannot delete from scalar"))
		}
	}
	out.done()
}

func jsonTypeof(f *frame) {
	names := map[byte]string{'{': "object", '[': "array", '"': "string", '0': "number", 't': "boolean", 'f': "boolean", 'n': "null"}
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = append(out.buf, names[jsonKind(f.raw(0, r))]...)
	}
	out.done()
}

func jsonArrayLength(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		v := f.raw(0, r)
		switch jsonKind(v) {
		case '[':
			out[r] = int32(jsonLength(v))
		case '{':
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "cannot get array length of a non-array"))
		default:
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "cannot get array length of a scalar"))
		}
	}
}

// appendJSONValue appends row r of col as JSON.
func appendJSONValue(dst []byte, f *frame, col *batch.Column, r int) []byte {
	if col.Null(r) {
		return append(dst, "null"...)
	}
	switch t := col.Type.OID; t {
	case types.OIDBool:
		return appendTree(dst, col.Bits.Get(r))
	case types.OIDRecord:
		return appendRecordJSON(dst, f, col.Type, col.At(r))
	case types.OIDJSONB:
		return append(dst, col.At(r)...)
	case types.OIDJSON:
		dst, _ = types.ParseJSONB(dst, borrow(col.At(r)))
		return dst
	case types.OIDInt2, types.OIDInt4, types.OIDInt8:
		return appendText(dst, col, r, nil)
	case types.OIDNumeric, types.OIDFloat4, types.OIDFloat8:
		text := appendText(nil, col, r, f.c.Locale)
		if c := text[len(text)-1]; c-'0' > 9 { // NaN, Infinity
			return types.AppendJSONString(dst, string(text))
		}
		return appendTree(dst, json.Number(text))
	case types.OIDTimestamp, types.OIDTimestamptz:
		text := appendText(nil, col, r, f.c.Locale.ISO())
		for i, c := range text {
			if c == ' ' {
				text[i] = 'T'
				break
			}
		}
		return types.AppendJSONString(dst, zoneWithMinutes(string(text), t))
	}
	if col.Type.Elem() != (types.Type{}) {
		return appendJSONArray(dst, f, col.Type, col.At(r))
	}
	return types.AppendJSONString(dst, string(appendText(nil, col, r, f.c.Locale.ISO())))
}

// appendJSONArray writes an array, one bracket for each dimension.
func appendJSONArray(dst []byte, f *frame, t types.Type, array []byte) []byte {
	a, err := types.OpenArray(array)
	if err != nil || a.Len() == 0 {
		return append(dst, "[]"...)
	}
	b := batch.NewBuilder(elemOf(t, a), a.Len())
	for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
		if null || fromWire(b, v) != nil {
			b.Null()
		}
	}
	col := b.Finish()
	size := 1
	for _, d := range a.Dims[1:] {
		size *= int(d)
	}
	return appendJSONLevel(dst, f, &col, 0, a.Dims, size)
}

// elemOf is the type of the elements of an array of type t: what t says of records, whose fields the array does not name.
func elemOf(t types.Type, a types.Array) types.Type {
	if a.Elem.OID == types.OIDRecord {
		return t.Elem()
	}
	return a.Elem
}

// appendJSONLevel writes the dimension dims[0], whose entries are of size elements each, from element at.
func appendJSONLevel(dst []byte, f *frame, col *batch.Column, at int, dims []int32, size int) []byte {
	dst = append(dst, '[')
	for i := range int(dims[0]) {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if len(dims) == 1 {
			dst = appendJSONValue(dst, f, col, at+i)
		} else {
			dst = appendJSONLevel(dst, f, col, at+i*size, dims[1:], size/int(dims[1]))
		}
	}
	return append(dst, ']')
}

// zoneWithMinutes writes +02 as +02:00, as ISO 8601 in JSON wants it.
func zoneWithMinutes(s string, t types.OID) string {
	if rest, ok := strings.CutSuffix(s, " BC"); ok {
		return zoneWithMinutes(rest, t) + " BC"
	}
	if t == types.OIDTimestamptz && len(s) > 3 && (s[len(s)-3] == '+' || s[len(s)-3] == '-') && len(s) > 13 {
		return s + ":00"
	}
	return s
}

func toJSONB(f *frame) {
	a := &f.args[0]
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = appendJSONValue(out.buf, f, &a.col, a.at(r))
	}
	out.done()
}

// jsonCasts are the casts of json and jsonb.
var jsonCasts = []conversion{
	{types.OIDJSON, types.OIDJSONB, Assignment, fallible, jsonToJSONB},
	{types.OIDJSONB, types.OIDJSON, Assignment, 0, nil},
	{types.OIDJSONB, types.OIDBool, Explicit, fallible, jsonToBool},
	{types.OIDJSONB, types.OIDNumeric, Explicit, fallible, jsonToNumeric},
	{types.OIDJSONB, types.OIDInt2, Explicit, fallible, jsonToInt[int16]},
	{types.OIDJSONB, types.OIDInt4, Explicit, fallible, jsonToInt[int32]},
	{types.OIDJSONB, types.OIDInt8, Explicit, fallible, jsonToInt[int64]},
	{types.OIDJSONB, types.OIDFloat4, Explicit, fallible, jsonToFloat[float32]},
	{types.OIDJSONB, types.OIDFloat8, Explicit, fallible, jsonToFloat[float64]},
}

func jsonToJSONB(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		var err error
		if out.buf, err = types.ParseJSONB(out.buf, borrow(f.raw(0, r))); err != nil {
			f.fail(r, err)
		}
	}
	out.done()
}

func jsonMismatch(v []byte, t types.Type) error {
	kind := map[byte]string{'{': "object", '[': "array", '"': "string", '0': "numeric", 't': "boolean", 'f': "boolean", 'n': "null"}[jsonKind(v)]
	return sqlerr.New(sqlerr.InvalidParameterValue, "cannot cast jsonb %s to type %s", kind, typeName(base(t)))
}

func jsonToBool(f *frame) {
	out := f.bits()
	for _, r := range f.rows() {
		switch v := f.raw(0, r); jsonKind(v) {
		case 't':
			out.Set(int(r))
		case 'f':
		default:
			f.fail(r, jsonMismatch(v, f.t))
		}
	}
}

func jsonToNumeric(f *frame) {
	var n number
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		v := f.raw(0, r)
		if jsonKind(v) != '0' {
			f.fail(r, jsonMismatch(v, f.t))
			continue
		}
		n.set(borrow(v))
		out.buf = n.append(out.buf)
	}
	out.done()
}

func jsonToInt[T signed](f *frame) {
	var n number
	out := result[T](f)
	for _, r := range f.rows() {
		v := f.raw(0, r)
		if jsonKind(v) != '0' {
			f.fail(r, jsonMismatch(v, f.t))
			continue
		}
		n.set(borrow(v))
		n.rescale(0)
		x := n.c.Int64()
		out[r] = T(x)
		if !n.c.IsInt64() || int64(out[r]) != x {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func jsonToFloat[T floating](f *frame) {
	var n number
	out := result[T](f)
	for _, r := range f.rows() {
		v := f.raw(0, r)
		if jsonKind(v) != '0' {
			f.fail(r, jsonMismatch(v, f.t))
			continue
		}
		n.set(borrow(v))
		out[r] = T(n.float())
		if isInf(out[r]) {
			f.fail(r, floatOverflow())
		}
	}
}
