package expr

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/vexfs/vexstream/engine/jsonpath"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// pathRun follows one path through one value, as PostgreSQL's executor does. Values are those of readTree.
type pathRun struct {
	strict  bool
	ignore  bool // structural errors, inside of .**
	root    any
	current any // @
	last    int // the greatest subscript of the array that is being indexed
	vars    any
	unset   bool // an operator's, where every variable is null

	start  *jsonpath.Node // the path's first step
	exists bool           // only whether something is found matters: a lax path then reads over what has no sign

	base   *pathBase // nil: not known yet
	made   int64     // the number of the last base
	zones  bool      // values with and without an offset compare
	zone   *time.Location
	now    types.Micros
	failed error // of a comparison
}

// hardError is an error that no "silent" hides.
type hardError struct{ error }

func (h hardError) Unwrap() error { return h.error }

// path evaluates n from v and appends what it finds. unwrap: an array stands for its elements where n takes no array.
func (x *pathRun) path(n *jsonpath.Node, v any, unwrap bool, out *[]any) error {
	switch n.Op {
	case jsonpath.Root:
		outer := x.base
		x.base = &pathBase{root: x.root}
		err := x.next(n, x.root, out)
		x.base = outer
		return err
	case jsonpath.Current:
		return x.next(n, x.current, out)
	case jsonpath.Last:
		return x.next(n, jsonInt(x.last), out)
	case jsonpath.Var:
		val, err := x.variable(n.Text)
		if err != nil {
			return err
		}
		outer := x.base
		x.base = &pathBase{root: x.vars, id: 1}
		err = x.next(n, val, out)
		x.base = outer
		return err
	case jsonpath.String:
		return x.next(n, n.Text, out)
	case jsonpath.Number:
		return x.next(n, json.Number(n.Text), out)
	case jsonpath.True, jsonpath.False:
		return x.next(n, n.Op == jsonpath.True, out)
	case jsonpath.Null:
		return x.next(n, nil, out)
	case jsonpath.Key, jsonpath.AnyKey, jsonpath.AnyDeep, jsonpath.Each, jsonpath.Index, jsonpath.Filter:
		return x.access(n, v, unwrap, out)
	case jsonpath.Method:
		return x.method(n, v, unwrap, out)
	case jsonpath.Plus, jsonpath.Minus:
		return x.sign(n, v, out)
	case jsonpath.Add, jsonpath.Sub, jsonpath.Mul, jsonpath.Div, jsonpath.Mod:
		return x.arithmetic(n, v, out)
	}
	t, err := x.holds(n, v)
	if err != nil {
		return err
	}
	var val any
	if t != unknown {
		val = t == isTrue
	}
	return x.next(n, val, out)
}

// next goes on with what follows n, or takes v as a result.
func (x *pathRun) next(n *jsonpath.Node, v any, out *[]any) error {
	if n.Next == nil {
		*out = append(*out, v)
		return nil
	}
	return x.path(n.Next, v, !x.strict, out)
}

func (x *pathRun) variable(name string) (any, error) {
	if o, ok := x.vars.(*jsonObject); ok {
		if v, ok := o.vals[name]; ok {
			return v, nil
		}
	}
	if x.unset {
		return nil, nil
	}
	return nil, hardError{sqlerr.New(sqlerr.UndefinedObject, "could not find jsonpath variable %q", name)}
}

func jsonInt(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// each evaluates n from every element of an array.
func (x *pathRun) each(n *jsonpath.Node, a []any, out *[]any) error {
	for _, v := range a {
		if err := x.path(n, v, false, out); err != nil {
			return err
		}
	}
	return nil
}

func (x *pathRun) access(n *jsonpath.Node, v any, unwrap bool, out *[]any) error {
	array, isArray := v.([]any)
	if isArray && unwrap && (n.Op == jsonpath.Key || n.Op == jsonpath.AnyKey || n.Op == jsonpath.Filter) {
		return x.each(n, array, out)
	}
	o, isObject := v.(*jsonObject)
	complain := x.strict && !x.ignore
	switch n.Op {
	case jsonpath.Key:
		val, has := any(nil), false
		if isObject {
			val, has = o.vals[n.Text]
		}
		switch {
		case has:
			return x.next(n, val, out)
		case complain && isObject:
			return sqlerr.New(sqlerr.SQLJSONMemberNotFound, "JSON object does not contain key %q", n.Text)
		case complain:
			return sqlerr.New(sqlerr.SQLJSONMemberNotFound, "jsonpath member accessor can only be applied to an object")
		}
	case jsonpath.AnyKey:
		switch {
		case isObject:
			return x.below(n, v, 1, 1, 1, out)
		case complain:
			return sqlerr.New(sqlerr.SQLJSONObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object")
		}
	case jsonpath.AnyDeep:
		return x.deep(n, v, out)
	case jsonpath.Each:
		switch {
		case isArray:
			return x.below(n, v, 1, 1, 1, out)
		case !x.strict:
			return x.next(n, v, out)
		case complain:
			return sqlerr.New(sqlerr.SQLJSONArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array")
		}
	case jsonpath.Index:
		switch {
		case isArray:
			return x.index(n, v, array, out)
		case !x.strict:
			return x.index(n, v, []any{v}, out)
		case complain:
			return sqlerr.New(sqlerr.SQLJSONArrayNotFound, "jsonpath array accessor can only be applied to an array")
		}
	case jsonpath.Filter:
		outer := x.current
		x.current = v
		t, err := x.holds(n.Args[0], v)
		x.current = outer
		if err != nil || t != isTrue {
			return err
		}
		return x.next(n, v, out)
	}
	return nil
}

// children are the members of an object, in jsonb's order, or the elements of an array.
func children(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case *jsonObject:
		out := make([]any, len(v.keys))
		for i, k := range v.keys {
			out[i] = v.vals[k]
		}
		return out
	}
	return nil
}

func isScalar(v any) bool {
	switch v.(type) {
	case []any, *jsonObject:
		return false
	}
	return true
}

// deep is .**: v itself where level 0 is asked for, and all that lies below.
func (x *pathRun) deep(n *jsonpath.Node, v any, out *[]any) error {
	outer := x.ignore
	x.ignore = true
	defer func() { x.ignore = outer }()
	if n.From == 0 { // {last} is of what lies below
		if err := x.next(n, v, out); err != nil {
			return err
		}
	}
	return x.below(n, v, 1, n.From, n.To, out)
}

// below goes on from what lies from to to levels below v.
func (x *pathRun) below(n *jsonpath.Node, v any, level, from, to uint32, out *[]any) error {
	if level > to {
		return nil
	}
	for _, c := range children(v) {
		if level >= from || from == jsonpath.AllLevels && isScalar(c) {
			if err := x.next(n, c, out); err != nil {
				return err
			}
		}
		if level < to {
			if err := x.below(n, c, level+1, from, to, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *pathRun) index(n *jsonpath.Node, v any, array []any, out *[]any) error {
	outer := x.last
	defer func() { x.last = outer }()
	for _, s := range n.Subs {
		x.last = len(array) - 1
		from, err := x.subscript(s.From, v)
		to := from
		if err == nil && s.To != nil {
			to, err = x.subscript(s.To, v)
		}
		if err != nil {
			return err
		}
		if x.strict && !x.ignore && (from < 0 || from > to || to >= len(array)) {
			return sqlerr.New(sqlerr.InvalidSQLJSONSubscript, "jsonpath array subscript is out of bounds")
		}
		for i := max(from, 0); i <= min(to, len(array)-1); i++ {
			x.last = outer // of what follows
			if err := x.next(n, array[i], out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *pathRun) subscript(n *jsonpath.Node, v any) (int, error) {
	var found []any
	if err := x.path(n, v, !x.strict, &found); err != nil {
		return 0, err
	}
	if len(found) == 1 {
		if text, ok := found[0].(json.Number); ok {
			var num number
			num.set(string(text))
			num.truncate(0)
			if i := num.c.Int64(); num.c.IsInt64() && int64(int32(i)) == i {
				return int(i), nil
			}
			return 0, sqlerr.New(sqlerr.InvalidSQLJSONSubscript, "jsonpath array subscript is out of integer range")
		}
	}
	return 0, sqlerr.New(sqlerr.InvalidSQLJSONSubscript, "jsonpath array subscript is not a single numeric value")
}
