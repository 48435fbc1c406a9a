package expr

import "github.com/vexfs/vexstream/engine/sqlerr"

// The builders of jsonb, which make trees first: a later member of a name takes the place of an earlier one.

func buildObject(f *frame) {
	out := f.text()
	if len(f.args)%2 != 0 {
		for _, r := range f.rows() {
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "argument list must have even number of elements").
				WithHint("The arguments of jsonb_build_object() must consist of alternating keys and values."))
		}
		out.done()
		return
	}
	for _, r := range f.rows() {
		out.at(r)
		if !out.room(f.sizeOf(r)) {
			continue
		}
		o := &jsonObject{vals: map[string]any{}}
		bad := false
		for i := 0; i < len(f.args); i += 2 {
			k, v := &f.args[i], &f.args[i+1]
			if k.null(int(r)) {
				f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "argument %d: key must not be null", i+1))
				bad = true
				break
			}
			if !scalarKey(k.col.Type) {
				f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "key value must be scalar, not array, composite, or json"))
				bad = true
				break
			}
			o.set(jsonKey(f, k, r), rawJSON(appendJSONValue(nil, f, &v.col, v.at(r))))
		}
		if !bad {
			out.buf = appendTree(out.buf, o)
		}
	}
	out.done()
}

func buildArray(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		if !out.room(f.sizeOf(r)) {
			continue
		}
		vs := make([]any, len(f.args))
		for i := range f.args {
			a := &f.args[i]
			vs[i] = rawJSON(appendJSONValue(nil, f, &a.col, a.at(r)))
		}
		out.buf = appendTree(out.buf, vs)
	}
	out.done()
}
