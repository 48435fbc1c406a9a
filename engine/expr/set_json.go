package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// jsonSets are the functions that take JSON apart into rows (manual, 9.16).
func jsonSets() []function {
	var fs []function
	for _, t := range []string{"json", "jsonb"} {
		fs = append(fs,
			function{name: t + "_each", args: t, ret: "record", flags: fallible, set: &setOf{cols: "key text,value " + t, make: func() rowSet { return &jsonMembers{t: t, name: t + "_each"} }}},
			function{name: t + "_each_text", args: t, ret: "record", flags: fallible, set: &setOf{cols: "key text,value text", make: func() rowSet { return &jsonMembers{t: t, name: t + "_each_text", text: true} }}},
			function{name: t + "_object_keys", args: t, ret: "text", flags: fallible, set: &setOf{make: func() rowSet { return &jsonMembers{t: t, name: t + "_object_keys", keys: true} }}},
			function{name: t + "_array_elements", args: t, ret: t, flags: fallible, set: &setOf{cols: "value " + t, make: func() rowSet { return &jsonItems{t: t, name: t + "_array_elements"} }}},
			function{name: t + "_array_elements_text", args: t, ret: "text", flags: fallible, set: &setOf{cols: "value text", make: func() rowSet { return &jsonItems{t: t, name: t + "_array_elements_text", text: true} }}},
		)
	}
	return fs
}

func jsonRefused(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
}

// jsonMembers is the members of an object, or its keys alone.
type jsonMembers struct {
	t, name    string
	text, keys bool
	scan       jsonScan
	more       bool
	buf        []byte
}

func (j *jsonMembers) open(f *frame, r uint32) error {
	v := f.raw(0, r)
	kind := jsonKind(v)
	if kind != '{' {
		return j.refuse(kind)
	}
	j.scan = jsonScan{b: v}
	j.more = j.scan.open('{', '}')
	return nil
}

// refuse says that a value is no object, in the words that each function has for it.
func (j *jsonMembers) refuse(kind byte) error {
	switch {
	case j.keys && kind == '[':
		return jsonRefused("cannot call %s on an array", j.name)
	case j.keys:
		return jsonRefused("cannot call %s on a scalar", j.name)
	case j.t == "jsonb":
		return jsonRefused("cannot call %s on a non-object", j.name)
	case kind == '[':
		return jsonRefused("cannot deconstruct an array as an object")
	}
	return jsonRefused("cannot deconstruct a scalar")
}

func (j *jsonMembers) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit && j.more; n++ {
		j.buf = jsonString(j.buf[:0], j.scan.key())
		out[0].Bytes(j.buf)
		v := j.scan.skip()
		if !j.keys {
			j.buf = putJSON(out[1], v, j.text, j.buf)
		}
		j.more = j.scan.next('}')
	}
	return n, nil
}

// putJSON appends a value, as text if text says so: a string without its quotes, null for null.
func putJSON(to *batch.Builder, v []byte, text bool, buf []byte) []byte {
	kind := jsonKind(v)
	switch {
	case text && kind == 'n':
		to.Null()
	case text && kind == '"':
		buf = jsonString(buf[:0], v)
		to.Bytes(buf)
	default:
		to.Bytes(v)
	}
	return buf
}

// jsonItems is the elements of an array.
type jsonItems struct {
	t, name string
	text    bool
	scan    jsonScan
	more    bool
	buf     []byte
}

func (j *jsonItems) open(f *frame, r uint32) error {
	v := f.raw(0, r)
	switch kind := jsonKind(v); {
	case kind == '[':
	case j.t == "jsonb" && kind == '{':
		return jsonRefused("cannot extract elements from an object")
	case j.t == "jsonb":
		return jsonRefused("cannot extract elements from a scalar")
	case kind == '{':
		return jsonRefused("cannot call %s on a non-array", j.name)
	default:
		return jsonRefused("cannot call %s on a scalar", j.name)
	}
	j.scan = jsonScan{b: v}
	j.more = j.scan.open('[', ']')
	return nil
}

func (j *jsonItems) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit && j.more; n++ {
		j.buf = putJSON(out[0], j.scan.skip(), j.text, j.buf)
		j.more = j.scan.next(']')
	}
	return n, nil
}
