package expr

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// SetJSONPart is the jsonb x with v at the path, as SET j['a'][1] = v has it; path is a text[]. What is missing on the way is
// made: an array for a number, an object for anything else. list says that the first subscript is a number, so that a null
// x becomes an array.
func SetJSONPart(x Expr, path Expr, list bool, v Expr) Expr {
	run := func(f *frame) { setJSONParts(f, list) }
	name := "set json part"
	if list {
		name = "set json item"
	}
	form := func(as []Expr) string { return "set_part(" + joinExprs(as) + ")" }
	return &call{fn: &function{name: name, flags: lenient | fallible, run: run}, args: []Expr{x, v, path}, t: types.JSONB, form: form}
}

func setJSONParts(f *frame, list bool) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		buf, err := setJSONPart(out.buf, f, r, list)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = buf
	}
	out.done()
}

func setJSONPart(dst []byte, f *frame, r uint32, list bool) ([]byte, error) {
	e := jsonEditor{edit: editCreate, fill: true}
	if err := e.follow(f.raw(2, r)); err != nil {
		return dst, err
	}
	for _, null := range e.nulls {
		if null {
			return dst, sqlerr.New(sqlerr.NullValueNotAllowed, "jsonb subscript in assignment must not be null")
		}
	}
	if !f.args[1].null(int(r)) {
		e.value = f.tree(1, r)
	}
	var tree any = &jsonObject{vals: map[string]any{}}
	if list {
		tree = []any{}
	}
	if !f.args[0].null(int(r)) {
		tree = f.tree(0, r)
	}
	tree, err := e.at(tree, 0)
	if err != nil {
		return dst, err
	}
	return appendTree(dst, tree), nil
}

// fresh is what the rest of the path makes where nothing is.
func (e *jsonEditor) fresh(level int) any {
	if level == len(e.path) {
		return e.value
	}
	if n, err := jsonIndex(e.path[level]); err == nil {
		return append(make([]any, max(n, 0)), e.fresh(level+1))
	}
	o := &jsonObject{vals: map[string]any{}}
	o.set(e.path[level], e.fresh(level+1))
	return o
}

// extend puts what the path from level on makes at place i, behind the end of a, with nulls between.
func (e *jsonEditor) extend(a []any, i, level int) ([]any, error) {
	switch {
	case i < 0:
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "path element at position %d is out of range: %s", level+1, e.path[level])
	case i >= maxArrayItems:
		return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "number of jsonb array elements exceeds the maximum allowed (%d)", maxArrayItems)
	}
	return append(append(a, make([]any, i-len(a))...), e.fresh(level+1)), nil
}

func notComposite() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "cannot replace existing key").
		WithDetail("The path assumes key is a composite object, but it is a scalar value.")
}
