package expr

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// special are the functions that are forms of their own, with rules of their own about types and nulls.
var special = map[string]func([]Expr) (Expr, error){
	"coalesce": func(a []Expr) (Expr, error) { return Coalesce(a) },
	"greatest": func(a []Expr) (Expr, error) { return Greatest(a) },
	"least":    func(a []Expr) (Expr, error) { return Least(a) },
	"nullif": func(a []Expr) (Expr, error) {
		if len(a) != 2 {
			return nil, noFunction("nullif", a)
		}
		return NullIf(a[0], a[1])
	},
}

// Call resolves the scalar function called name by PostgreSQL's rules for overloads and applies it to args, with the
// casts that it needs. No such function is 42883, more than one as good as another 42725.
func Call(name string, args []Expr) (Expr, error) {
	if s, ok := special[name]; ok {
		return s(args)
	}
	cands, ok := functions[name]
	if !ok {
		if t, known := byName[name]; known && !pseudo(t) && len(args) == 1 {
			return Cast(args[0], t, Explicit)
		}
		return nil, noFunction(name, args)
	}
	f, err := choose(cands, typesOf(args))
	if err != nil {
		return nil, ambiguous(name, args)
	}
	if f == nil {
		if t, known := byName[name]; known && !pseudo(t) && len(args) == 1 && CanCast(args[0].Type(), t, Explicit) {
			return Cast(args[0], t, Explicit)
		}
		return nil, noFunction(name, args)
	}
	if name == "overlaps" {
		args = withoutLengths(f, args)
	}
	return apply(f, args, nil)
}

// Operator resolves the operator op for one or two args like Call does.
func Operator(op string, args []Expr) (Expr, error) {
	var few [2]types.Type
	ts := appendTypes(few[:0], args)
	if op == "!=" {
		op = "<>"
	}
	if len(ts) == 2 && ts[0].OID == types.OIDRecord && ts[1].OID == types.OIDRecord {
		if err := comparableRows(ts[0], ts[1]); err != nil {
			return nil, err
		}
	}
	if len(ts) == 2 && ts[0] == ts[1] && ts[0].Elem() == types.JSON && isComparison(op) {
		what := "a comparison function"
		if op == "=" || op == "<>" {
			what = "an equality operator"
		}
		return nil, sqlerr.New(sqlerr.UndefinedFunction, "could not identify %s for type json", what)
	}
	f, err := chooseOperator(op, ts)
	if err != nil {
		return nil, sqlerr.New(sqlerr.AmbiguousFunction, "operator is not unique: %s", operatorSignature(op, args)).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	}
	if f == nil {
		return nil, sqlerr.New(sqlerr.UndefinedFunction, "operator does not exist: %s", operatorSignature(op, args)).
			WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
	}
	e, err := apply(f, args, f.form)
	if c, ok := e.(*call); ok && regexpOperators[op] {
		return checkPattern(c), nil
	}
	return e, err
}

// operatorForm is how a call of op is written.
func operatorForm(op string) func([]Expr) string {
	return func(as []Expr) string {
		if len(as) == 1 {
			return op + paren(as[0])
		}
		return paren(as[0]) + " " + op + " " + paren(as[1])
	}
}

func isComparison(op string) bool {
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return true
	}
	return false
}

var regexpOperators = map[string]bool{"~": true, "!~": true, "~*": true, "!~*": true}

// checkPattern compiles a constant pattern right away: a good one cannot fail for a row, so that a filter may run it in
// any order. A malformed one fails for the rows that have a text to match.
func checkPattern(e *call) Expr {
	if len(e.args) != 2 {
		return e
	}
	p, ok := IsConst(e.args[1])
	if !ok || p.Null(0) {
		return e
	}
	if re, err := compilePattern(string(p.At(0)), ""); err != nil || !re.Sure() {
		return e
	}
	safe := *e.fn
	safe.flags &^= fallible
	return &call{fn: &safe, args: e.args, t: e.t, form: e.form}
}

// TakesTwo says whether there is an operator op of two operands of type t.
func TakesTwo(op string, t types.Type) bool {
	if op == "!=" {
		op = "<>"
	}
	return slices.ContainsFunc(operators[op], func(f *function) bool { return takesTwo(f, base(t)) })
}

func takesTwo(f *function, t types.Type) bool { return len(f.in) == 2 && f.in[0] == t && f.in[1] == t }

// guess gives an unknown literal the type of the operand beside it, where an operator takes two of them.
func guess(cands []*function, ts []types.Type) []types.Type {
	if len(ts) != 2 || (ts[0] == types.Unknown) == (ts[1] == types.Unknown) {
		return ts
	}
	t := ts[0]
	if t == types.Unknown {
		t = ts[1]
	}
	t = base(t)
	if slices.ContainsFunc(cands, func(f *function) bool { return takesTwo(f, t) }) {
		return []types.Type{t, t}
	}
	return ts
}

// paren writes e so that it can be an operand.
func paren(e Expr) string {
	switch e := e.(type) {
	case *column, *constant, *param:
		return e.String()
	case *call:
		if e.form == nil {
			return e.String()
		}
	}
	return "(" + e.String() + ")"
}

func typesOf(args []Expr) []types.Type {
	return appendTypes(make([]types.Type, 0, len(args)), args)
}

func appendTypes(ts []types.Type, args []Expr) []types.Type {
	for _, a := range args {
		ts = append(ts, a.Type())
	}
	return ts
}

func base(t types.Type) types.Type { return types.Type{OID: t.OID} }

func noFunction(name string, args []Expr) error {
	if name == "timezone" && len(args) == 2 && args[1].Type().OID == types.OIDTime {
		return sqlerr.NotSupported("time with time zone, the type of a time of day AT TIME ZONE,")
	}
	if name == "current_time" {
		return sqlerr.NotSupported("time with time zone, the type of CURRENT_TIME,").WithHint("Use LOCALTIME or CURRENT_TIMESTAMP.")
	}
	if err := notSupported(name); err != nil {
		return err
	}
	e := sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, signature(typesOf(args)))
	if _, ok := functions[name]; !ok {
		if hint := foreign[name]; hint != "" {
			return e.WithHint("%s", hint)
		}
		if near := nearest(name); near != "" {
			return e.WithHint("Perhaps you meant the function %q.", near)
		}
	}
	return e.WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

func ambiguous(name string, args []Expr) error {
	return sqlerr.New(sqlerr.AmbiguousFunction, "function %s(%s) is not unique", name, signature(typesOf(args))).
		WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
}

func signature(ts []types.Type) string {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = typeName(base(t))
	}
	return strings.Join(names, ", ")
}

func operatorSignature(op string, args []Expr) string {
	ts := typesOf(args)
	if len(ts) == 1 {
		return op + " " + typeName(base(ts[0]))
	}
	return typeName(base(ts[0])) + " " + op + " " + typeName(base(ts[1]))
}

// nearest is the function whose name is nearest to name, by edit distance, if one is near at all.
func nearest(name string) string {
	best, at := "", 2
	if len(name) < 4 {
		at = 1
	}
	for have := range functions {
		if d := distance(name, have, at+1); d < at || d == at && (best == "" || have < best) {
			best, at = have, d
		}
	}
	return best
}

// distance is Levenshtein's, or limit if it is not less.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, prev+cost)
		}
	}
	return min(limit, row[len(b)])
}

// apply makes the call of f, its arguments cast to what f takes.
func apply(f *function, args []Expr, form func([]Expr) string) (Expr, error) {
	cast, elem, err := castArgs(f, args)
	if err != nil {
		return nil, err
	}
	if f.bind != nil {
		f = f.bind(f, cast)
	}
	t := polymorph(f.out, elem)
	if t == (types.Type{}) {
		return nil, sqlerr.New(sqlerr.UndefinedObject, "could not find array type for data type %s", typeName(elem))
	}
	return folded(&call{fn: f, args: cast, t: t, form: form}), nil
}

// castArgs casts args to what f takes. elem is the element type if f is polymorphic.
func castArgs(f *function, args []Expr) (cast []Expr, elem types.Type, err error) {
	if polymorphic(f) {
		elem, err = elementType(f, args)
		if err == nil && strings.HasSuffix(f.name, "_populate_record") && elem.OID != types.OIDRecord {
			err = sqlerr.New(sqlerr.DatatypeMismatch, "first argument of %s must be a row type", f.name)
		}
		if err != nil {
			return nil, elem, err
		}
	}
	how := Implicit
	if f.to != (types.Type{}) {
		how = Explicit
	}
	cast = args
	for i, a := range args {
		to := polymorph(f.param(i), elem)
		switch {
		case f.to != types.Type{}:
			to = f.to
		case to == anyType || to == anyScalar:
			to = a.Type()
			if to == types.Unknown && f.name != "pg_typeof" {
				to = types.Text
			}
		}
		x, err := castArg(a, to, how)
		if err != nil {
			return nil, elem, err
		}
		if x == a {
			continue
		}
		if &cast[0] == &args[0] { // the caller's list is not changed: an error speaks of it
			cast = slices.Clone(args)
		}
		cast[i] = x
	}
	return cast, elem, nil
}

func polymorphic(f *function) bool {
	for _, t := range f.in {
		if oneElement(t) || manyElements(t) {
			return true
		}
	}
	return false
}

func elementType(f *function, args []Expr) (types.Type, error) {
	var ts []types.Type
	for i, a := range args {
		switch p := f.param(i); {
		case p == anyElement && a.Type() == types.Unknown: // says nothing of it
		case oneElement(p):
			ts = append(ts, a.Type())
		case manyElements(p):
			if a.Type() != types.Unknown {
				ts = append(ts, a.Type().Elem())
			}
		}
	}
	if len(ts) == 0 && slices.Contains(f.in, anyCompatibleArray) {
		return types.Text, nil
	}
	if len(ts) == 0 {
		return types.Type{}, sqlerr.New(sqlerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
	}
	return UnionType(ts)
}
