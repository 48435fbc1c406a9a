package expr

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// jsonEdit is what happens at the end of a path in a value.
type jsonEdit uint8

const (
	editReplace jsonEdit = iota // what is there
	editCreate                  // or add it
	editBefore                  // insert before an element, or add a member
	editAfter
	editDelete
)

// jsonEditor changes one value along one path, as PostgreSQL's setPath does.
type jsonEditor struct {
	path  []string
	nulls []bool
	edit  jsonEdit
	fill  bool // what is missing on the way is made
	value any
}

// follow sets the path from a text[]. A null in it is an error for who gets there.
func (e *jsonEditor) follow(array []byte) error {
	a, err := types.OpenArray(array)
	if err != nil {
		return err
	}
	if len(a.Dims) > 1 {
		return sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts")
	}
	for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
		e.path, e.nulls = append(e.path, string(v)), append(e.nulls, null)
	}
	return nil
}

func (e *jsonEditor) adds() bool {
	return e.edit == editCreate || e.edit == editBefore || e.edit == editAfter
}

// at changes v, which lies level steps down the path. A scalar that the path goes on from stays as it is.
func (e *jsonEditor) at(v any, level int) (any, error) {
	last := level == len(e.path)-1
	if e.nulls[level] {
		return nil, sqlerr.New(sqlerr.NullValueNotAllowed, "path element at position %d is null", level+1)
	}
	switch v := v.(type) {
	case *jsonObject:
		return v, e.member(v, level, last)
	case []any:
		return e.element(v, level, last)
	}
	if e.fill {
		return nil, notComposite()
	}
	return v, nil
}

func (e *jsonEditor) member(o *jsonObject, level int, last bool) error {
	key := e.path[level]
	old, has := o.vals[key]
	switch {
	case !has:
		if last && e.adds() {
			o.set(key, e.value)
		} else if e.fill {
			o.set(key, e.fresh(level+1))
		}
		return nil
	case !last:
		v, err := e.at(old, level+1)
		o.vals[key] = v
		return err
	case e.edit == editBefore || e.edit == editAfter:
		return sqlerr.New(sqlerr.InvalidParameterValue, "cannot replace existing key").
			WithHint("Try using the function jsonb_set to replace key value.")
	case e.edit == editDelete:
		o.remove(key)
		return nil
	}
	o.vals[key] = e.value
	return nil
}

func (e *jsonEditor) element(a []any, level int, last bool) (any, error) {
	n, err := jsonIndex(e.path[level])
	if err != nil {
		return nil, sqlerr.New(sqlerr.InvalidTextRepresentation, "path element at position %d is not an integer: %q", level+1, e.path[level])
	}
	i := n
	if i < 0 {
		if i += len(a); i < 0 {
			i = math.MinInt
		}
	}
	switch {
	case i >= 0 && i < len(a) && !last:
		a[i], err = e.at(a[i], level+1)
		return a, err
	case i >= 0 && i < len(a):
		return e.place(a, i), nil
	case e.fill:
		return e.extend(a, i, level)
	case !last || !e.adds():
		return a, nil
	case i < 0:
		return slices.Insert(a, 0, e.value), nil
	}
	return append(a, e.value), nil
}

// place does the edit at element i of a.
func (e *jsonEditor) place(a []any, i int) []any {
	switch e.edit {
	case editDelete:
		return slices.Delete(a, i, i+1)
	case editBefore:
		return slices.Insert(a, i, e.value)
	case editAfter:
		return slices.Insert(a, i+1, e.value)
	}
	a[i] = e.value
	return a
}

func (o *jsonObject) remove(key string) {
	delete(o.vals, key)
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
}

// stripNulls leaves out the members of objects that are null, at every depth.
func stripNulls(v any) any {
	switch v := v.(type) {
	case *jsonObject:
		for _, k := range slices.Clone(v.keys) {
			if v.vals[k] == nil {
				v.remove(k)
			} else {
				v.vals[k] = stripNulls(v.vals[k])
			}
		}
	case []any:
		for i := range v {
			v[i] = stripNulls(v[i])
		}
	}
	return v
}

// jsonStripNulls does the same for a text, in which a name may stand several times.
func jsonStripNulls(f *frame, dst []byte, r uint32) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(f.raw(0, r)))
	d.UseNumber()
	first, err := d.Token()
	if err != nil {
		return dst, err
	}
	return stripText(dst, d, first)
}

// stripText writes the value that begins with tok, without white space.
func stripText(dst []byte, d *json.Decoder, tok json.Token) ([]byte, error) {
	delim, ok := tok.(json.Delim)
	if n, number := tok.(json.Number); number {
		return append(dst, n...), nil
	} else if !ok {
		return appendTree(dst, tok), nil
	}
	dst = append(dst, byte(delim))
	for n := 0; ; {
		tok, err := d.Token()
		if err != nil {
			return dst, err
		}
		if end, ok := tok.(json.Delim); ok && (end == '}' || end == ']') {
			return append(dst, byte(end)), nil
		}
		mark := len(dst)
		if n > 0 {
			dst = append(dst, ',')
		}
		if delim == '{' {
			dst = append(types.AppendJSONString(dst, tok.(string)), ':')
			if tok, err = d.Token(); err != nil {
				return dst, err
			}
			if tok == nil {
				dst = dst[:mark]
				continue
			}
		}
		if dst, err = stripText(dst, d, tok); err != nil {
			return dst, err
		}
		n++
	}
}
