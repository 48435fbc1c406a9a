package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// quantified is x op ANY (array), or ALL: what the operator says of x and each element.
type quantified struct {
	x, array Expr
	op       string
	fn       *function // over x and an element
	all      bool
	set      bool // = ANY or <> ALL, of elements whose key is their equality
}

// Quantified is x op ANY (array): true where the operator is for some element, else null where it is for some, else
// false; with all, x op ALL (array) the other way round. Errors: 42883, and 42809 for what is no array or no condition.
func Quantified(op string, x, array Expr, all bool) (Expr, error) {
	elem := types.Unknown
	if t := array.Type(); t != types.Unknown {
		if elem = t.Elem(); elem == (types.Type{}) {
			return nil, sqlerr.New(sqlerr.WrongObjectType, "op ANY/ALL (array) requires array on right side")
		}
	}
	if op == "!=" {
		op = "<>"
	}
	item := Col(0, elem, "element")
	ts := []types.Type{x.Type(), elem}
	f, err := chooseOperator(op, ts)
	if err != nil || f == nil {
		_, err = Operator(op, []Expr{x, item})
		return nil, err
	}
	if f.out != types.Bool {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	if polymorphic(f) {
		return nil, sqlerr.NotSupported("%s ANY or ALL over an array of type %s", op, typeName(array.Type()))
	}
	how, want := Implicit, []types.Type{f.in[0], f.in[1]}
	if f.to != (types.Type{}) {
		how, want = Explicit, []types.Type{f.to, f.to}
	}
	if x, err = castArg(x, want[0], how); err != nil {
		return nil, err
	}
	if elem.OID != want[1].OID {
		to := want[1].Array()
		if to == (types.Type{}) {
			return nil, sqlerr.New(sqlerr.UndefinedObject, "could not find array type for data type %s", typeName(want[1]))
		}
		if array, err = Cast(array, to, how); err != nil {
			return nil, err
		}
	}
	q := &quantified{x: x, array: array, op: op, fn: f, all: all}
	q.set = f.in[0] == f.in[1] && (op == "=" && !all || op == "<>" && all)
	if list := q.list(); list != nil {
		return In(x, list, all)
	}
	return folded(q), nil
}

// fewItems is up to how many elements comparing with each is cheaper than hashing.
const fewItems = 16

// list is the elements of a constant array as constants, if IN is the better form.
func (e *quantified) list() []Expr {
	c, ok := IsConst(e.array)
	if !ok || !e.set || c.Null(0) {
		return nil
	}
	items := itemsOf(c.At(0), e.fn.in[1])
	if items.N > fewItems && items.Type.OID != types.OIDText {
		return nil
	}
	var out []Expr
	for i := range items.N {
		one := items.Slice(i, i+1)
		out = append(out, Const(detach(&one)))
	}
	return out
}

func (e *quantified) Type() types.Type { return types.Bool }
func (e *quantified) kids() []Expr     { return []Expr{e.x, e.array} }
func (e *quantified) own() traits {
	return traits{vol: e.fn.vol(), fallible: e.fn.flags&fallible != 0}
}

func (e *quantified) with(k []Expr) Expr {
	d := *e
	d.x, d.array = k[0], k[1]
	return &d
}

func (e *quantified) String() string {
	word := " ANY ("
	if e.all {
		word = " ALL ("
	}
	return paren(e.x) + " " + e.op + word + e.array.String() + ")"
}

func (e *quantified) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	x, array := eval(e.x, c, b, rows), eval(e.array, c, b, rows)
	if rows == nil {
		rows = everyRow(b.N)
	}
	v := &tally{all: e.all, yes: c.bitmap(b.N), open: c.bitmap(b.N)}
	clear(v.yes)
	clear(v.open)
	if array.konst() && e.set {
		e.inSet(&x, &array, rows, v)
	} else {
		e.each(c, &x, &array, rows, v)
	}
	for w := range v.yes {
		v.open[w] = v.yes[w] | ^v.open[w]
		if e.all {
			v.yes[w] = ^v.yes[w]
		}
	}
	return batch.BitsOf(b.N, v.yes, v.open)
}

// tally is what is known of each row: yes settles it, open says that it is null if nothing does.
type tally struct {
	all       bool
	yes, open batch.Bitmap
}

// inSet looks x up among the elements of one array.
func (e *quantified) inSet(x, array *operand, rows []uint32, v *tally) {
	if array.null(0) {
		for _, r := range rows {
			v.open.Set(int(r))
		}
		return
	}
	items := itemsOf(array.raw(0), e.fn.in[1])
	has, null := make(map[string]struct{}, items.N), false
	var key []byte
	for i := range items.N {
		if items.Null(i) {
			null = true
			continue
		}
		has[string(value.Key(key[:0], &items, i))] = struct{}{}
	}
	for _, r := range rows {
		switch {
		case items.N == 0:
		case x.null(int(r)):
			v.open.Set(int(r))
		default:
			key = value.Key(key[:0], &x.col, x.at(r))
			if _, ok := has[string(key)]; ok {
				v.yes.Set(int(r))
			} else if null {
				v.open.Set(int(r))
			}
		}
	}
}

// itemsOf is the elements of an array as a column.
func itemsOf(raw []byte, t types.Type) batch.Column {
	a, err := types.OpenArray(raw)
	b := batch.NewBuilder(t, a.Len())
	if err == nil {
		_ = appendItems(b, &a, a.Len()) // what is in a column has been checked
	}
	for b.Len() < a.Len() { // but for a row that has failed
		b.Null()
	}
	return b.Finish()
}

// each applies the operator to x and every element, for as many rows at a time as make a batch.
func (e *quantified) each(c *Ctx, x, array *operand, rows []uint32, v *tally) {
	sub := c.within()
	defer sub.Close()
	items := batch.NewBuilder(e.fn.in[1], 0)
	if e.fn.to != (types.Type{}) {
		items = batch.NewBuilder(e.fn.to, 0)
	}
	var of, at []uint32 // of each item: its row, and where x has that
	for _, r := range rows {
		if array.null(int(r)) {
			v.open.Set(int(r))
			continue
		}
		a, err := types.OpenArray(array.raw(int(r)))
		if err != nil {
			c.Fail(int(r), err)
			continue
		}
		for left := a.Len(); left > 0; {
			n := min(left, batch.MaxRows-len(of))
			if err := appendItems(items, &a, n); err != nil {
				c.Fail(int(r), err)
				items.Truncate(len(of))
				break
			}
			for range n {
				of, at = append(of, r), append(at, uint32(x.at(r)))
			}
			if left -= n; len(of) == batch.MaxRows {
				e.flush(c, sub, x, items, of, at, v)
				of, at = of[:0], at[:0]
			}
		}
	}
	e.flush(c, sub, x, items, of, at, v)
}

func (e *quantified) flush(c, sub *Ctx, x *operand, items *batch.Builder, of, at []uint32, v *tally) {
	if len(of) == 0 {
		return
	}
	sub.Reset()
	got := run(e.fn, sub, len(of), nil, operand{col: x.col.Take(at), mask: -1}, operand{col: items.Finish(), mask: -1})
	for _, f := range sub.Failures() {
		c.Fail(int(of[f.Row]), f.Err)
	}
	for i, r := range of {
		switch {
		case got.Null(i):
			v.open.Set(int(r))
		case got.Bits.Get(i) != v.all:
			v.yes.Set(int(r))
		}
	}
	items.Reset()
}
