package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// jsonTextFunctions make json, whose text is kept as it is: no blanks, and keys in the order in which they come.
func jsonTextFunctions() []function {
	return []function{
		{name: "row_to_json", args: "record", ret: "json", flags: stable | fallible, run: toJSONText},
		{name: "row_to_json", args: "record,bool", ret: "json", flags: stable | fallible, run: toJSONText},
		{name: "to_json", args: "anyelement", ret: "json", flags: stable | fallible, run: toJSONText},
		{name: "array_to_json", args: "anyarray", ret: "json", flags: stable | fallible, run: toJSONText},
		{name: "array_to_json", args: "anyarray,bool", ret: "json", flags: stable | fallible, run: toJSONText},
	}
}

// toJSONText writes argument 0; argument 1 says whether its outermost parts stand on lines of their own.
func toJSONText(f *frame) {
	a := &f.args[0]
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		comma := ","
		if len(f.args) > 1 && f.bit(1, r) {
			comma = ",\n "
		}
		switch col := &a.col; {
		case col.Type.OID == types.OIDRecord:
			out.buf = recordJSONText(out.buf, f, col.Type, col.At(a.at(r)), comma)
		case isArray(col.Type):
			out.buf = arrayJSONText(out.buf, f, col.Type, col.At(a.at(r)), comma)
		default:
			out.buf = appendJSONText(out.buf, f, col, a.at(r))
		}
	}
	out.done()
}

// appendJSONText appends row r of col as json.
func appendJSONText(dst []byte, f *frame, col *batch.Column, r int) []byte {
	switch {
	case col.Null(r):
		return append(dst, "null"...)
	case col.Type.OID == types.OIDJSON:
		return append(dst, col.At(r)...)
	case col.Type.OID == types.OIDRecord:
		return recordJSONText(dst, f, col.Type, col.At(r), ",")
	case col.Type.Elem() != (types.Type{}):
		return arrayJSONText(dst, f, col.Type, col.At(r), ",")
	case col.Type.OID == types.OIDNumeric, col.Type.OID == types.OIDFloat4, col.Type.OID == types.OIDFloat8:
		text := appendText(nil, col, r, f.c.Locale)
		if c := text[len(text)-1]; c-'0' > 9 { // NaN, Infinity
			return types.AppendJSONString(dst, string(text))
		}
		return append(dst, text...)
	}
	return appendJSONValue(dst, f, col, r)
}

func recordJSONText(dst []byte, f *frame, t types.Type, record []byte, comma string) []byte {
	fields := t.Fields()
	dst = append(dst, '{')
	_ = types.EachField(record, func(i int, t types.Type, v []byte, null bool) error { // what is in a column has been checked
		name := fieldName(i)
		if i < len(fields) {
			name, t = fields[i].Name, fields[i].Type
		}
		if i > 0 {
			dst = append(dst, comma...)
		}
		b := batch.NewBuilder(t, 1)
		if null || fromWire(b, v) != nil {
			b.Null()
		}
		col := b.Finish()
		dst = appendJSONText(append(types.AppendJSONString(dst, name), ':'), f, &col, 0)
		return nil
	})
	return append(dst, '}')
}

func arrayJSONText(dst []byte, f *frame, t types.Type, array []byte, comma string) []byte {
	a, err := types.OpenArray(array)
	if err != nil || a.Len() == 0 {
		return append(dst, "[]"...)
	}
	col := itemsOf(array, elemOf(t, a))
	at := 0
	var level func(dims []int32, comma string)
	level = func(dims []int32, comma string) {
		dst = append(dst, '[')
		for i := range dims[0] {
			if i > 0 {
				dst = append(dst, comma...)
			}
			if len(dims) > 1 {
				level(dims[1:], ",")
				continue
			}
			dst = appendJSONText(dst, f, &col, at)
			at++
		}
		dst = append(dst, ']')
	}
	level(a.Dims, comma)
	return dst
}
