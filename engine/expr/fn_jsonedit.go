package expr

import (
	"bytes"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// editOperators are the operators that ask for several keys, and those that leave parts out (manual, 9.16).
func editOperators() []function {
	return []function{
		{name: "?|", args: "jsonb,_text", ret: "bool", run: func(f *frame) { jsonHasKeys(f, false) }},
		{name: "?&", args: "jsonb,_text", ret: "bool", run: func(f *frame) { jsonHasKeys(f, true) }},
		{name: "-", args: "jsonb,int4", ret: "jsonb", flags: fallible, run: jsonDeleteIndex},
		{name: "-", args: "jsonb,_text", ret: "jsonb", flags: fallible, run: jsonDeleteKeys},
		{name: "#-", args: "jsonb,_text", ret: "jsonb", flags: fallible, run: func(f *frame) {
			jsonEdited(f, func(uint32) jsonEdit { return editDelete })
		}},
	}
}

func editFunctions() []function {
	set := func(f *frame) {
		jsonEdited(f, func(r uint32) jsonEdit {
			if len(f.args) > 3 && !f.bit(3, r) {
				return editReplace
			}
			return editCreate
		})
	}
	insert := func(f *frame) {
		jsonEdited(f, func(r uint32) jsonEdit {
			if len(f.args) > 3 && f.bit(3, r) {
				return editAfter
			}
			return editBefore
		})
	}
	fs := []function{
		{name: "jsonb_set", args: "jsonb,_text,jsonb", ret: "jsonb", flags: fallible, run: set},
		{name: "jsonb_set", args: "jsonb,_text,jsonb,bool", ret: "jsonb", flags: fallible, run: set},
		{name: "jsonb_set_lax", args: "jsonb,_text,jsonb", ret: "jsonb", flags: fallible | lenient, run: jsonSetLax},
		{name: "jsonb_set_lax", args: "jsonb,_text,jsonb,bool", ret: "jsonb", flags: fallible | lenient, run: jsonSetLax},
		{name: "jsonb_set_lax", args: "jsonb,_text,jsonb,bool,text", ret: "jsonb", flags: fallible | lenient, run: jsonSetLax},
		{name: "jsonb_insert", args: "jsonb,_text,jsonb", ret: "jsonb", flags: fallible, run: insert},
		{name: "jsonb_insert", args: "jsonb,_text,jsonb,bool", ret: "jsonb", flags: fallible, run: insert},
		{name: "jsonb_strip_nulls", args: "jsonb", ret: "jsonb", run: jsonbStripNulls},
		{name: "json_strip_nulls", args: "json", ret: "json", run: eachText(jsonStripNulls)},
		{name: "jsonb_pretty", args: "jsonb", ret: "text", run: jsonPretty},
	}
	for _, args := range []string{"_text", "_text,_text"} {
		fs = append(fs,
			function{name: "jsonb_object", args: args, ret: "jsonb", flags: fallible, run: func(f *frame) { jsonFromArrays(f, appendUnique) }},
			function{name: "json_object", args: args, ret: "json", flags: fallible, run: func(f *frame) { jsonFromArrays(f, appendMembers) }})
	}
	return fs
}

// jsonHasKeys says whether some, or all, of the strings are keys.
func jsonHasKeys(f *frame, all bool) {
	out := f.bits()
	for _, r := range f.rows() {
		keys, err := types.OpenArray(f.raw(1, r))
		if err != nil {
			f.fail(r, err)
			continue
		}
		has := all
		v := f.raw(0, r)
		for k, null, ok := keys.Next(); ok && has == all; k, null, ok = keys.Next() {
			if !null {
				has = jsonHas(v, borrow(k))
			}
		}
		if has {
			out.Set(int(r))
		}
	}
}

func jsonDeleteIndex(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		switch v := f.tree(0, r).(type) {
		case []any:
			i := f.i4(1, r)
			if i < 0 {
				i += len(v)
			}
			if i >= 0 && i < len(v) {
				v = slices.Delete(v, i, i+1)
			}
			out.buf = appendTree(out.buf, v)
		case *jsonObject:
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "cannot delete from object using integer index"))
		default:
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "cannot delete from scalar"))
		}
	}
	out.done()
}

func jsonDeleteKeys(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		keys := map[string]bool{}
		a, err := types.OpenArray(f.raw(1, r))
		if err != nil {
			f.fail(r, err)
			continue
		}
		if len(a.Dims) > 1 {
			f.fail(r, sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts"))
			continue
		}
		for k, null, ok := a.Next(); ok; k, null, ok = a.Next() {
			keys[string(k)] = !null || keys[string(k)]
		}
		switch v := f.tree(0, r).(type) {
		case *jsonObject:
			v.keys = slices.DeleteFunc(v.keys, func(k string) bool { return keys[k] })
			out.buf = appendTree(out.buf, v)
		case []any:
			v = slices.DeleteFunc(v, func(e any) bool {
				s, ok := e.(string)
				return ok && keys[s]
			})
			out.buf = appendTree(out.buf, v)
		default:
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "cannot delete from scalar"))
		}
	}
	out.done()
}

// jsonEdited changes what lies at a path. The third argument, where there is one, is what is put there.
func jsonEdited(f *frame, what func(r uint32) jsonEdit) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		e := jsonEditor{edit: what(r)}
		if len(f.args) > 2 {
			e.value = f.tree(2, r)
		}
		buf, err := e.appendEdited(out.buf, f, r)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = buf
	}
	out.done()
}

// appendEdited appends argument 0 of row r, edited along argument 1.
func (e *jsonEditor) appendEdited(dst []byte, f *frame, r uint32) ([]byte, error) {
	v := f.tree(0, r)
	if err := e.follow(f.raw(1, r)); err != nil {
		return dst, err
	}
	if isScalar(v) {
		word := "set path in scalar"
		if e.edit == editDelete {
			word = "delete path in scalar"
		}
		return dst, sqlerr.New(sqlerr.InvalidParameterValue, "cannot %s", word)
	}
	if empty := len(children(v)) == 0 && !e.adds(); len(e.path) > 0 && !empty {
		var err error
		if v, err = e.at(v, 0); err != nil {
			return dst, err
		}
	}
	return appendTree(dst, v), nil
}

// jsonSetLax is jsonb_set where a new value that is null means what the last argument says.
func jsonSetLax(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		if f.args[0].null(int(r)) || f.args[1].null(int(r)) || len(f.args) > 3 && f.args[3].null(int(r)) {
			f.null(r)
			continue
		}
		buf, err := setLax(out.buf, f, r)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = buf
	}
	out.done()
}

func setLax(dst []byte, f *frame, r uint32) ([]byte, error) {
	e := jsonEditor{edit: editCreate}
	if len(f.args) > 3 && !f.bit(3, r) {
		e.edit = editReplace
	}
	treat, said := "use_json_null", true
	if len(f.args) > 4 {
		if said = !f.args[4].null(int(r)); said {
			treat = f.str(4, r)
		}
	}
	switch isNull := f.args[2].null(int(r)); {
	case !said:
		// PostgreSQL complains of it whatever the value is.
	case !isNull:
		e.value = f.tree(2, r)
		return e.appendEdited(dst, f, r)
	case treat == "use_json_null":
		return e.appendEdited(dst, f, r)
	case treat == "delete_key":
		e.edit = editDelete
		return e.appendEdited(dst, f, r)
	case treat == "return_target":
		return append(dst, f.raw(0, r)...), nil
	case treat == "raise_exception":
		return dst, sqlerr.New(sqlerr.NullValueNotAllowed, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	}
	return dst, sqlerr.New(sqlerr.InvalidParameterValue,
		`null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
}

func jsonbStripNulls(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = appendTree(out.buf, stripNulls(f.tree(0, r)))
	}
	out.done()
}

// jsonFromArrays makes an object of keys and values one after the other, in pairs, or in two arrays.
// jsonFromArrays makes an object of names and values, which write writes.
func jsonFromArrays(f *frame, write func(dst []byte, keys []string, vals []any) []byte) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		keys, vals, err := jsonPairs(f, r)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = write(out.buf, keys, vals)
	}
	out.done()
}

func jsonPairs(f *frame, r uint32) (keys []string, vals []any, err error) {
	var parts [2][]any
	var dims [2][]int32
	for i := range f.args {
		a, err := types.OpenArray(f.raw(i, r))
		if err != nil {
			return nil, nil, err
		}
		dims[i] = a.Dims
		for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
			if null {
				parts[i] = append(parts[i], nil)
			} else {
				parts[i] = append(parts[i], string(v))
			}
		}
	}
	all := parts[0]
	if len(f.args) == 2 {
		switch {
		case len(dims[0]) > 1 || len(dims[1]) > 1:
			return nil, nil, sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts")
		case len(parts[0]) != len(parts[1]):
			return nil, nil, sqlerr.New(sqlerr.ArraySubscriptError, "mismatched array dimensions")
		}
		all = nil
		for i := range parts[0] {
			all = append(all, parts[0][i], parts[1][i])
		}
	} else if err := pairShape(dims[0]); err != nil {
		return nil, nil, err
	}
	for i := 0; i < len(all); i += 2 {
		k, ok := all[i].(string)
		if !ok {
			return nil, nil, sqlerr.New(sqlerr.NullValueNotAllowed, "null value not allowed for object key")
		}
		keys, vals = append(keys, k), append(vals, all[i+1])
	}
	return keys, vals, nil
}

func pairShape(dims []int32) error {
	switch {
	case len(dims) == 1 && dims[0]%2 != 0:
		return sqlerr.New(sqlerr.ArraySubscriptError, "array must have even number of elements")
	case len(dims) == 2 && dims[1] != 2:
		return sqlerr.New(sqlerr.ArraySubscriptError, "array must have two columns")
	case len(dims) > 2:
		return sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts")
	}
	return nil
}

// appendUnique writes an object as jsonb shows it: of members with the same name the last one.
func appendUnique(dst []byte, keys []string, vals []any) []byte {
	o := &jsonObject{vals: map[string]any{}}
	for i, k := range keys {
		o.set(k, vals[i])
	}
	return appendTree(dst, o)
}

// appendMembers writes an object as json_object does: all members, in their order.
func appendMembers(dst []byte, keys []string, vals []any) []byte {
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendTree(dst, k), " : "...)
		dst = appendTree(dst, vals[i])
	}
	return append(dst, '}')
}

func jsonPretty(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = appendPretty(out.buf, f.tree(0, r), 0)
	}
	out.done()
}

// appendPretty writes each member and element on a line of its own, four blanks deeper than what holds it.
func appendPretty(dst []byte, v any, depth int) []byte {
	line := func(d int) { dst = append(append(dst, '\n'), bytes.Repeat([]byte("    "), d)...) }
	switch v := v.(type) {
	case *jsonObject:
		dst = append(dst, '{')
		for i, k := range v.keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			line(depth + 1)
			dst = appendPretty(append(types.AppendJSONString(dst, k), ": "...), v.vals[k], depth+1)
		}
		line(depth)
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			line(depth + 1)
			dst = appendPretty(dst, e, depth+1)
		}
		line(depth)
		return append(dst, ']')
	}
	return appendTree(dst, v)
}
