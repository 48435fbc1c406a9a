package expr

import (
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// CastContext says who asks for a cast, and so which casts are allowed.
type CastContext uint8

// PostgreSQL's three contexts; each allows what the one before it does.
const (
	Implicit   CastContext = iota // an operand or argument
	Assignment                    // a value for a column of INSERT or UPDATE
	Explicit                      // CAST or ::
)

// conversion is one entry of the table of casts.
type conversion struct {
	from, to types.OID
	how      CastContext
	flags    flag
	run      routine // nil: the bytes stay what they are
}

type castKey struct{ from, to types.OID }

var conversions = buildCasts()

// readyCast is a conversion with the function that all its calls share.
type readyCast struct {
	*conversion
	fn *function
}

func buildCasts() map[castKey]readyCast {
	m := map[castKey]readyCast{}
	for _, chapter := range [][]conversion{numberCasts, textCasts, timeCasts, jsonCasts, regCasts()} {
		for i := range chapter {
			c := &chapter[i]
			m[castKey{c.from, c.to}] = readyCast{c, &function{name: "cast", flags: c.flags, run: c.run}}
		}
	}
	return m
}

func isText(t types.Type) bool { return t.Category() == 'S' }

// CanCast says whether a value of type from may become one of type to in the context how.
func CanCast(from, to types.Type, how CastContext) bool {
	if from.OID == to.OID || from.OID == types.OIDUnknown {
		return true
	}
	if c, ok := conversions[castKey{from.OID, to.OID}]; ok {
		return c.how <= how
	}
	if from.Elem() != (types.Type{}) && to.Elem() != (types.Type{}) {
		return CanCast(from.Elem(), to.Elem(), how)
	}
	if !from.Known() || !to.Known() || from.Category() == 'P' || to.Category() == 'P' {
		return (from.OID == types.OIDRecord || from.OID == types.OIDVoid) && isText(to) && how >= Assignment
	}
	switch {
	case to.OID == types.OIDUnknown:
		return false
	case isText(to):
		return how >= Assignment
	case isText(from):
		return how >= Explicit
	}
	return false
}

// Cast gives x as a value of type to. A literal of type unknown is read right away, so that a malformed one is an
// error here; other values may fail row by row. The error is 42846, or 42804 in an assignment.
func Cast(x Expr, to types.Type, how CastContext) (Expr, error) {
	from := x.Type()
	if from == to {
		return x, nil
	}
	if from.OID == types.OIDUnknown {
		return castUnknown(x, to, how)
	}
	if from.OID == types.OIDRecord && to.OID == types.OIDRecord && to.Mod != 0 {
		return castRow(x, to, how)
	}
	if !CanCast(from, to, how) {
		return nil, cannotCast(from, to, how)
	}
	if from.OID != to.OID {
		x = folded(convert(x, base(to)))
	}
	if to.Mod != 0 && x.Type().Mod != to.Mod {
		x = folded(withMod(x, to, how))
	} else if x.Type() != to {
		x = folded(retype(x, to))
	}
	return x, nil
}

// castArg is the cast of an argument that choose found to be possible.
func castArg(x Expr, to types.Type, how CastContext) (Expr, error) {
	if x.Type().OID == to.OID {
		return x, nil
	}
	return Cast(x, to, how)
}

func cannotCast(from, to types.Type, how CastContext) error {
	if how == Assignment {
		return sqlerr.New(sqlerr.DatatypeMismatch, "cannot assign a value of type %s to type %s", typeName(from), typeName(to)).
			WithHint("You will need to rewrite or cast the expression.")
	}
	return sqlerr.New(sqlerr.CannotCoerce, "cannot cast type %s to %s", typeName(from), typeName(to))
}

func castUnknown(x Expr, to types.Type, how CastContext) (Expr, error) {
	c, ok := x.(*constant)
	if p, open := x.(*param); open && p.told != nil {
		p.told(to)
		x = Param(p.n, p.t)
	}
	if !ok {
		return Cast(retype(x, types.Text), to, Explicit)
	}
	if c.col.Null(0) {
		return Null(to), nil
	}
	if to.OID == types.OIDUnknown {
		return x, nil
	}
	if to.OID == types.OIDRecord && to.Fields() != nil {
		return recordLiteral(to, string(c.col.At(0)))
	}
	if to == types.Text { // the bytes stay what they are, and no constant is written to
		text := *c
		text.col.Type, text.typed = types.Text, types.Text
		return &text, nil
	}
	e, err := literal(asRead(to), string(c.col.At(0)))
	if err != nil || to.Mod == e.Type().Mod {
		return e, err
	}
	return firstFailure(folded(withMod(e, to, how)))
}

// asRead is the type that a text is read as before a modifier is applied: the fields of an interval say what its numbers
// count.
func asRead(t types.Type) types.Type {
	if t.OID == types.OIDInterval {
		return t
	}
	return base(t)
}

// literal reads a literal. One whose meaning depends on the session's settings or its clock, such as a timestamptz that names
// no zone, or 'today', is known only when the expression runs: it stays a cast.
func literal(t types.Type, text string) (Expr, error) {
	if types.Reg(t) {
		if _, err := types.ParseOid(text); err == nil {
			return Lit(t, text)
		}
		x, err := Lit(types.Text, text)
		if err != nil {
			return nil, err
		}
		return regCast(x, t), nil
	}
	e, err := Lit(t, text)
	if stableInput(t) == 0 {
		return e, err
	}
	for _, l := range elsewhere {
		b := batch.NewBuilder(t, 1)
		if value.ParseText(b, []byte(text), l) != nil {
			if err != nil {
				continue
			}
		} else if err == nil {
			here, there := e.(*constant).col, b.Finish()
			if sameValue(&here, &there) {
				continue
			}
		}
		x, err := Lit(types.Text, text)
		if err != nil {
			return nil, err
		}
		return castCall(x, t, stable|fallible, castFromText), nil
	}
	return e, err
}

// elsewhere are settings under which a text that depends on them means something else than under the usual ones.
var elsewhere = []*types.Locale{
	{Zone: time.FixedZone("", 3600), Order: types.OrderDMY, Spans: types.SpansSQL, Now: types.Micros(1)},
	{Order: types.OrderYMD},
}

// firstFailure gives e, or the error that e fails with if it is constant and does.
func firstFailure(e Expr) (Expr, error) {
	if _, ok := e.(*constant); ok || Volatility(e) != Immutable || len(Columns(e)) > 0 || hasParam(e) {
		return e, nil
	}
	c := new(Ctx)
	e.Eval(c, oneRow, nil)
	if fs := c.Failures(); len(fs) > 0 {
		return nil, fs[0].Err
	}
	return e, nil
}

// convert casts between two types that differ and that CanCast allows.
func convert(x Expr, to types.Type) Expr {
	from := x.Type()
	if c, ok := conversions[castKey{from.OID, to.OID}]; ok {
		if c.run == nil {
			return retype(x, to)
		}
		return castBy(c.fn, x, to)
	}
	if types.Reg(from) && isText(to) || isText(from) && types.Reg(to) {
		return regCast(x, to)
	}
	if isText(to) {
		write := castToText
		if from.OID == types.OIDInet {
			write = castInet
		}
		return castCall(x, to, stableText(from), write)
	}
	if !isText(from) {
		return castArray(x, to, to.Elem(), Explicit)
	}
	return castCall(x, to, fallible|stableInput(to), castFromText)
}

// stableText says whether the text that a value of t is written as depends on the session.
func stableText(t types.Type) flag {
	switch single(t) {
	case types.OIDFloat4, types.OIDFloat8, types.OIDBytea, types.OIDDate, types.OIDTimestamp, types.OIDTimestamptz, types.OIDInterval, types.OIDRecord:
		return stable
	}
	return 0
}

// stableInput says whether what a text is read as by t depends on the session.
func stableInput(t types.Type) flag {
	switch single(t) {
	case types.OIDTime, types.OIDDate, types.OIDTimestamp, types.OIDTimestamptz, types.OIDInterval, types.OIDRecord:
		return stable
	}
	return 0
}

// single is the type of an array's elements, or t's own.
func single(t types.Type) types.OID {
	if e := t.Elem(); e.OID != 0 {
		return e.OID
	}
	return t.OID
}

func castCall(x Expr, to types.Type, flags flag, run routine) Expr {
	return castBy(&function{name: "cast", flags: flags, run: run}, x, to)
}

func castBy(fn *function, x Expr, to types.Type) Expr {
	return &call{
		fn: fn, args: []Expr{x}, t: to,
		form: func(as []Expr) string { return paren(as[0]) + "::" + types.FormatType(to) },
	}
}

// retype gives x under another name of the same layout.
func retype(x Expr, to types.Type) Expr {
	if c, ok := x.(*constant); ok {
		col := c.col
		col.Type = to
		again := Const(col).(*constant)
		again.typed = c.typed
		return again
	}
	if in, ok := x.(*call); ok && in.fn.name == "retype" {
		x = in.args[0]
		if x.Type() == to {
			return x
		}
	}
	return &call{
		fn: &function{name: "retype", run: retypeKernel}, args: []Expr{x}, t: to,
		form: func(as []Expr) string { return paren(as[0]) + "::" + types.FormatType(to) },
	}
}

// Spelling gives the bytes of x under a type whose values are equal where their bytes are: 1.0 and 1.00 are told apart
// by it, and 0 and -0. ok is false for a type whose equal values have the same bytes anyway.
func Spelling(x Expr) (bytes Expr, ok bool) {
	if !types.Tellable(x.Type()) {
		return x, false
	}
	plain := types.Plain(x.Type())
	switch plain.OID {
	case types.OIDFloat4:
		plain = types.Int4
	case types.OIDFloat8:
		plain = types.Int8
	}
	return &call{
		fn: &function{name: "spelling", run: retypeKernel}, args: []Expr{x}, t: plain,
		form: func(as []Expr) string { return "spelling(" + as[0].String() + ")" },
	}, true
}

func retypeKernel(f *frame) {
	a := &f.args[0]
	if a.konst() {
		f.out = broadcast(f.c, &a.col, nil, f.n)
		return
	}
	f.out = a.col
}

// UnionType is the type that the branches of a CASE, UNION, COALESCE or VALUES share, by PostgreSQL's rules (manual,
// 10.5): text if all are unknown, else the first type that all others can be cast to. The errors are 42804 for types that have
// nothing in common, and 42846.
func UnionType(ts []types.Type) (types.Type, error) {
	same := true
	var pick types.Type
	for _, t := range ts {
		if t != ts[0] {
			same = false
		}
		switch {
		case t.OID == types.OIDUnknown || t.OID == pick.OID:
		case pick == types.Type{}:
			pick = base(t)
		case t.Category() != pick.Category():
			return t, mismatch(pick, t)
		case !pick.Preferred() && CanCast(pick, t, Implicit) && !CanCast(t, pick, Implicit):
			pick = base(t)
		}
	}
	if same && len(ts) > 0 && ts[0].OID != types.OIDUnknown {
		return ts[0], nil
	}
	if pick == (types.Type{}) {
		return types.Text, nil
	}
	for _, t := range ts {
		if !CanCast(t, pick, Implicit) {
			return t, sqlerr.New(sqlerr.CannotCoerce, "could not convert type %s to %s", typeName(base(t)), typeName(base(pick)))
		}
	}
	return pick, nil
}

func mismatch(a, b types.Type) error {
	return sqlerr.New(sqlerr.DatatypeMismatch, "types %s and %s cannot be matched", typeName(base(a)), typeName(base(b)))
}

// unify casts all of es to their common type; what names the construct in the error.
func unify(what string, es []Expr) ([]Expr, types.Type, error) {
	t, err := UnionType(typesOf(es))
	if err != nil {
		if e, ok := sqlerr.As(err); ok {
			if what == "CASE" && e.Code == sqlerr.CannotCoerce {
				what = "CASE/WHEN"
				if es[0].Type() == t {
					what = "CASE/ELSE"
				}
			}
			e.Message = what + " " + e.Message
		}
		return nil, t, err
	}
	out := make([]Expr, len(es))
	for i, e := range es {
		if out[i], err = Cast(e, t, Implicit); err != nil {
			return nil, t, err
		}
	}
	return out, t, nil
}
