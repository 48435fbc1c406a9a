package expr

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// choice is an expression whose value is that of one of its arms: CASE, COALESCE, NULLIF, GREATEST, LEAST.
type choice struct {
	kind  string // case, coalesce, nullif, greatest, least
	arms  []Expr // case: the conditions, the results, and the ELSE
	conds int    // case: how many conditions
	t     types.Type
	fn    *function // nullif: =; greatest: >; least: <
}

// Case is CASE WHEN conds[i] THEN thens[i] ... ELSE els END; els may be nil. An arm is evaluated only for the rows that
// reach it. The results are cast to their common type.
func Case(conds, thens []Expr, els Expr) (Expr, error) {
	if els == nil {
		els = Null(types.Unknown)
	}
	// PostgreSQL puts ELSE first when it looks for the common type.
	results, t, err := unify("CASE", append([]Expr{els}, thens...))
	if err != nil {
		return nil, err
	}
	e := &choice{kind: "case", conds: len(conds), t: t}
	for _, c := range conds {
		c = asBool(c)
		if c.Type() != types.Bool {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "argument of CASE/WHEN must be type boolean, not type %s", typeName(c.Type()))
		}
		e.arms = append(e.arms, c)
	}
	e.arms = append(append(e.arms, results[1:]...), results[0])
	return folded(e), nil
}

// Coalesce is the first of args that is not null; a later one is evaluated only for the rows that reach it.
func Coalesce(args []Expr) (Expr, error) { return newChoice("coalesce", "COALESCE", args, "") }

// Greatest is the greatest of args that is not null.
func Greatest(args []Expr) (Expr, error) { return newChoice("greatest", "GREATEST", args, ">") }

// Least is the least of args that is not null.
func Least(args []Expr) (Expr, error) { return newChoice("least", "LEAST", args, "<") }

func newChoice(kind, name string, args []Expr, op string) (Expr, error) {
	if len(args) == 0 {
		return nil, noFunction(kind, args)
	}
	args, t, err := unify(name, args)
	if err != nil {
		return nil, err
	}
	e := &choice{kind: kind, arms: args, t: t}
	if op != "" {
		if e.fn = pick(op, t); e.fn == nil || t.Elem() == types.JSON {
			return nil, sqlerr.New(sqlerr.UndefinedFunction, "could not identify a comparison function for type %s", typeName(t))
		}
		if e.fn.in[0].Layout() != t.Layout() {
			return nil, sqlerr.NotSupported("%s of type %s", name, typeName(t))
		}
	}
	return folded(e), nil
}

// NullIf is null where a = b, else a.
func NullIf(a, b Expr) (Expr, error) {
	if a.Type() == types.Unknown && b.Type() == types.Unknown {
		a, _ = Cast(a, types.Text, Implicit)
	}
	ts := typesOf([]Expr{a, b})
	fn, err := chooseOperator("=", ts)
	if err != nil || fn == nil {
		_, err = Operator("=", []Expr{a, b})
		return nil, err
	}
	eq, err := apply(fn, []Expr{a, b}, nil)
	if err != nil {
		return nil, err
	}
	if in := fn.in[0]; a.Type() == types.Unknown || !pseudo(in) && in != base(a.Type()) && !comparedAsTheyAre(a.Type(), b.Type()) {
		if a, err = Cast(a, in, Implicit); err != nil {
			return nil, err
		}
	}
	return Case([]Expr{eq}, []Expr{Null(a.Type())}, a)
}

// comparedAsTheyAre says whether PostgreSQL compares a and b without a cast although they are of two types.
func comparedAsTheyAre(a, b types.Type) bool {
	for _, group := range [][]types.Type{
		{types.Int2, types.Int4, types.Int8}, {types.Float4, types.Float8}, {types.Date, types.Timestamp, types.Timestamptz}, {types.Name, types.Text},
	} {
		if slices.Contains(group, base(a)) && slices.Contains(group, base(b)) {
			return true
		}
	}
	return false
}

func (e *choice) Type() types.Type { return e.t }
func (e *choice) kids() []Expr     { return e.arms }
func (e *choice) own() traits      { return traits{} }
func (e *choice) with(k []Expr) Expr {
	d := *e
	d.arms = k
	return &d
}

func (e *choice) String() string {
	if e.kind != "case" {
		return strings.ToUpper(e.kind) + "(" + list(e.arms) + ")"
	}
	var sb strings.Builder
	sb.WriteString("CASE")
	for i := range e.conds {
		sb.WriteString(" WHEN " + e.arms[i].String() + " THEN " + e.arms[e.conds+i].String())
	}
	return sb.String() + " ELSE " + e.arms[len(e.arms)-1].String() + " END"
}

// reached is e without the arms that no row reaches: of CASE where their conditions, or one before them, are constant,
// of COALESCE those that are null and those after a constant.
func (e *choice) reached() Expr {
	switch e.kind {
	case "coalesce":
		return e.untilConstant()
	case "case":
		return e.ofOpenConditions()
	}
	return e
}

func (e *choice) untilConstant() Expr {
	var arms []Expr
	for _, a := range e.arms {
		c, ok := IsConst(a)
		if ok && c.Null(0) {
			continue
		}
		if arms = append(arms, a); ok {
			break
		}
	}
	switch {
	case len(arms) == len(e.arms):
		return e
	case len(arms) == 0:
		return Null(e.t)
	case len(arms) == 1 && arms[0].Type() == e.t:
		return arms[0]
	}
	return &choice{kind: e.kind, arms: arms, t: e.t}
}

func (e *choice) ofOpenConditions() Expr {
	var conds, thens []Expr
	last := e.arms[len(e.arms)-1]
	for i, cond := range e.arms[:e.conds] {
		v, ok := IsConst(cond)
		if ok && (v.Null(0) || !v.Bits.Get(0)) {
			continue
		}
		if ok {
			last = e.arms[e.conds+i]
			break
		}
		conds, thens = append(conds, cond), append(thens, e.arms[e.conds+i])
	}
	switch {
	case len(conds) == e.conds:
		return e
	case len(conds) == 0 && last.Type() == e.t:
		return last
	}
	return &choice{kind: e.kind, conds: len(conds), t: e.t, arms: append(append(conds, thens...), last)}
}

func (e *choice) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	m := newMerge(c, b.N, e.t)
	if rows == nil {
		rows = everyRow(b.N)
	}
	switch e.kind {
	case "case":
		e.evalCase(m, b, rows)
	case "coalesce":
		e.evalCoalesce(m, b, rows)
	default:
		e.evalExtreme(m, b, rows)
	}
	return m.column()
}

func (e *choice) evalCase(m *merge, b *batch.Batch, rows batch.Sel) {
	for i := range e.conds {
		if len(rows) == 0 {
			return
		}
		v := e.arms[i].Eval(m.c, b, rows)
		yes, no := m.split(&v, rows)
		if len(yes) > 0 {
			m.take(eval(e.arms[e.conds+i], m.c, b, yes), yes)
		}
		rows = no
	}
	if len(rows) > 0 {
		m.take(eval(e.arms[len(e.arms)-1], m.c, b, rows), rows)
	}
}

func (e *choice) evalCoalesce(m *merge, b *batch.Batch, rows batch.Sel) {
	for _, a := range e.arms {
		if len(rows) == 0 {
			return
		}
		v := eval(a, m.c, b, rows)
		m.take(v, rows)
		rest, k := scratch[uint32](m.c, len(rows)), 0
		for _, r := range rows {
			rest[k] = r
			if v.null(int(r)) && !m.c.Failed(int(r)) {
				k++
			}
		}
		rows = rest[:k]
	}
}

// evalExtreme compares each argument with the best one so far: the arm of a row is the argument that won there.
func (e *choice) evalExtreme(m *merge, b *batch.Batch, rows batch.Sel) {
	for i, a := range e.arms {
		v := eval(a, m.c, b, rows)
		if i == 0 {
			m.take(v, rows)
			continue
		}
		best := operand{col: m.column(), mask: -1}
		won := run(e.fn, m.c, b.N, rows, v, best)
		at, k := scratch[uint32](m.c, len(rows)), 0
		for _, r := range rows {
			at[k] = r
			i := int(r)
			if !v.null(i) && (best.null(i) || won.Bits.Get(i)) {
				k++
			}
		}
		m.take(v, at[:k])
	}
}
