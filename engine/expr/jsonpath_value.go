package expr

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/jsonpath"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// truth is what a predicate gives.
type truth uint8

const (
	isFalse truth = iota
	isTrue
	unknown
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// holds evaluates a predicate. Errors inside make it unknown, all but hard ones.
func (x *pathRun) holds(n *jsonpath.Node, v any) (truth, error) {
	switch n.Op {
	case jsonpath.And, jsonpath.Or:
		stop := truthOf(n.Op == jsonpath.Or)
		l, err := x.holds(n.Args[0], v)
		if err != nil || l == stop {
			return l, err
		}
		r, err := x.holds(n.Args[1], v)
		if err != nil || r == stop || l != unknown {
			return r, err
		}
		return l, nil
	case jsonpath.Not:
		t, err := x.holds(n.Args[0], v)
		if t != unknown {
			t ^= isTrue
		}
		return t, err
	case jsonpath.IsUnknown:
		t, err := x.holds(n.Args[0], v)
		return truthOf(t == unknown), err
	case jsonpath.Exists:
		found, err := x.quiet(n.Args[0], v, false)
		switch {
		case isHard(err):
			return unknown, err
		case !x.strict && len(found) > 0:
			return isTrue, nil
		case err != nil:
			return unknown, nil
		}
		return truthOf(len(found) > 0), nil
	}
	return x.compared(n, v)
}

func isHard(err error) bool { return err != nil && errors.As(err, &hardError{}) }

// quiet evaluates an operand of a predicate, with arrays taken apart if unwrap says so.
func (x *pathRun) quiet(n *jsonpath.Node, v any, unwrap bool) ([]any, error) {
	var found []any
	if err := x.path(n, v, !x.strict, &found); err != nil {
		return found, err
	}
	if !unwrap || x.strict {
		return found, nil
	}
	return unwrapped(found), nil
}

func unwrapped(vs []any) []any {
	var out []any
	for _, v := range vs {
		if a, ok := v.([]any); ok {
			out = append(out, a...)
		} else {
			out = append(out, v)
		}
	}
	return out
}

// compared evaluates a predicate over all pairs of what its operands find: one that holds is enough.
func (x *pathRun) compared(n *jsonpath.Node, v any) (truth, error) {
	left, err := x.quiet(n.Args[0], v, true)
	if err != nil {
		return unknown, hardOnly(err)
	}
	right := []any{nil}
	if len(n.Args) > 1 {
		if right, err = x.quiet(n.Args[1], v, n.Op != jsonpath.StartsWith); err != nil {
			return unknown, hardOnly(err)
		}
	}
	test := x.pathTestOf(n)
	holds, failed := false, false
	for _, l := range left {
		for _, r := range right {
			switch test(l, r) {
			case unknown:
				if x.strict || x.failed != nil {
					return unknown, x.failed
				}
				failed = true
			case isTrue:
				if !x.strict {
					return isTrue, nil
				}
				holds = true
			}
		}
	}
	switch {
	case x.failed != nil:
		return unknown, x.failed
	case holds:
		return isTrue, nil
	case failed:
		return unknown, nil
	}
	return isFalse, nil
}

func hardOnly(err error) error {
	if isHard(err) {
		return err
	}
	return nil
}

func (x *pathRun) pathTestOf(n *jsonpath.Node) func(l, r any) truth {
	switch n.Op {
	case jsonpath.StartsWith:
		return func(l, r any) truth {
			a, ok1 := l.(string)
			b, ok2 := r.(string)
			if !ok1 || !ok2 {
				return unknown
			}
			return truthOf(strings.HasPrefix(a, b))
		}
	case jsonpath.LikeRegex:
		var p compiled
		return func(l, _ any) truth {
			s, ok := l.(string)
			re, err := p.get(n.Text, n.RegexFlags())
			if !ok || err != nil {
				return unknown
			}
			hit, err := re.Match([]byte(s))
			if err != nil {
				return unknown
			}
			return truthOf(hit)
		}
	}
	return func(l, r any) truth {
		a, ok1 := l.(pathTime)
		b, ok2 := r.(pathTime)
		if ok1 && ok2 {
			return x.compareTimes(n.Op, a, b)
		}
		return compareJSON(n.Op, l, r)
	}
}

// compareJSON compares scalars of one type. A null equals a null only; other types do not compare.
func compareJSON(op jsonpath.Op, l, r any) truth {
	if l == nil || r == nil {
		if l == nil && r == nil {
			return ordered(op, 0)
		}
		return truthOf(op == jsonpath.NotEqual)
	}
	switch l := l.(type) {
	case bool:
		if r, ok := r.(bool); ok {
			return ordered(op, int(b2u8(l))-int(b2u8(r)))
		}
	case string:
		if r, ok := r.(string); ok {
			return ordered(op, strings.Compare(l, r))
		}
	case json.Number:
		if r, ok := r.(json.Number); ok {
			var a, b number
			a.set(string(l))
			b.set(string(r))
			return ordered(op, a.cmp(&b))
		}
	}
	return unknown
}

func ordered(op jsonpath.Op, c int) truth {
	switch op {
	case jsonpath.Equal:
		return truthOf(c == 0)
	case jsonpath.NotEqual:
		return truthOf(c != 0)
	case jsonpath.Less:
		return truthOf(c < 0)
	case jsonpath.LessEqual:
		return truthOf(c <= 0)
	case jsonpath.Greater:
		return truthOf(c > 0)
	}
	return truthOf(c >= 0)
}

// operand evaluates an operand of arithmetic with arrays taken apart.
func (x *pathRun) operand(n *jsonpath.Node, v any) ([]any, error) {
	var found []any
	if err := x.path(n, v, !x.strict, &found); err != nil || x.strict {
		return found, err
	}
	return unwrapped(found), nil
}

func (x *pathRun) arithmetic(n *jsonpath.Node, v any, out *[]any) error {
	var nums [2]number
	var found [2][]any
	for i := range found {
		var err error
		if found[i], err = x.operand(n.Args[i], v); err != nil {
			return err
		}
	}
	for i, side := range []string{"left", "right"} {
		text, ok := json.Number(""), false
		if len(found[i]) == 1 {
			text, ok = found[i][0].(json.Number)
		}
		if !ok {
			return sqlerr.New(sqlerr.SingletonJSONItemRequired, "%s operand of jsonpath operator %s is not a single numeric value", side, n.Op.Symbol())
		}
		nums[i].set(string(text))
	}
	do := map[jsonpath.Op]func(a, b *number) error{
		jsonpath.Add: addNumber, jsonpath.Sub: subNumber, jsonpath.Mul: mulNumber, jsonpath.Div: divNumber, jsonpath.Mod: modNumber,
	}[n.Op]
	if err := do(&nums[0], &nums[1]); err != nil {
		return err
	}
	return x.next(n, json.Number(nums[0].String()), out)
}

func (x *pathRun) sign(n *jsonpath.Node, v any, out *[]any) error {
	found, err := x.operand(n.Args[0], v)
	if err != nil {
		return err
	}
	for _, f := range found {
		text, ok := f.(json.Number)
		if !ok {
			if x.exists && n == x.start && n.Next == nil {
				continue
			}
			return sqlerr.New(sqlerr.SQLJSONNumberNotFound, "operand of unary jsonpath operator %s is not a numeric value", n.Op.Symbol())
		}
		if n.Op == jsonpath.Minus {
			text = numeric1(text, negNumber)
		}
		if err := x.next(n, text, out); err != nil {
			return err
		}
	}
	return nil
}

func numeric1(text json.Number, do func(*number) error) json.Number {
	var n number
	n.set(string(text))
	_ = do(&n) // these cannot fail on finite numbers
	return json.Number(n.String())
}

func (x *pathRun) method(n *jsonpath.Node, v any, unwrap bool, out *[]any) error {
	array, isArray := v.([]any)
	switch n.Text {
	case "type":
		return x.next(n, jsonTypeName(v), out)
	case "size":
		if !isArray && x.strict && !x.ignore {
			return sqlerr.New(sqlerr.SQLJSONArrayNotFound, "jsonpath item method .size() can only be applied to an array")
		}
		if !isArray {
			return x.next(n, jsonInt(1), out)
		}
		return x.next(n, jsonInt(len(array)), out)
	}
	if isArray && unwrap {
		return x.each(n, array, out)
	}
	switch n.Text {
	case "datetime":
		return x.datetime(n, v, out)
	case "keyvalue":
		return x.keyvalue(n, v, out)
	case "double":
		d, err := jsonDouble(v)
		if err != nil {
			return err
		}
		return x.next(n, d, out)
	}
	text, ok := v.(json.Number)
	if !ok {
		return sqlerr.New(sqlerr.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a numeric value", n.Text)
	}
	do := map[string]func(*number) error{"ceiling": ceilNumber, "floor": floorNumber, "abs": absNumber}[n.Text]
	return x.next(n, numeric1(text, do), out)
}

func jsonDouble(v any) (any, error) {
	var text, kind string
	switch v := v.(type) {
	case json.Number:
		text, kind = string(v), "numeric"
	case string:
		text, kind = strings.TrimSpace(v), "string"
	default:
		return nil, sqlerr.New(sqlerr.NonNumericSQLJSONItem, "jsonpath item method .double() can only be applied to a string or numeric value")
	}
	d, err := strconv.ParseFloat(text, 64)
	if kind == "numeric" && (err != nil || math.IsInf(d, 0)) {
		return nil, sqlerr.New(sqlerr.NonNumericSQLJSONItem, "numeric argument of jsonpath item method .double() is out of range for type double precision")
	}
	if err != nil || math.IsNaN(d) || math.IsInf(d, 0) || strings.ContainsAny(text, "xX_") {
		return nil, sqlerr.New(sqlerr.NonNumericSQLJSONItem, "%s argument of jsonpath item method .double() is not a valid representation of a double precision number", kind)
	}
	if kind == "numeric" {
		return v, nil
	}
	return json.Number(strconv.FormatFloat(d, 'g', 15, 64)), nil
}

func jsonTypeName(v any) string {
	switch v := v.(type) {
	case pathTime:
		return v.name()
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
