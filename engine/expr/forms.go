package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/types"
)

// pick finds the overload of the operator op for two operands of type t, or nil.
func pick(op string, t types.Type) *function {
	f, err := choose(operators[op], []types.Type{base(t), base(t)})
	if err != nil {
		return nil
	}
	return f
}

// run calls a strict function on operands that are evaluated already.
func run(fn *function, c *Ctx, n int, sel batch.Sel, ops ...operand) batch.Column {
	f := c.frame(n, sel, len(ops))
	copy(f.args, ops)
	return fn.call(f, fn.out)
}

type distinct struct {
	a, b   Expr
	both   [2]Expr // a and b
	eq     *function
	negate bool
}

// IsDistinct is a IS DISTINCT FROM b; with negate, a IS NOT DISTINCT FROM b. It is never null. The error is that of =.
func IsDistinct(a, b Expr, negate bool) (Expr, error) {
	eq, err := Operator("=", []Expr{a, b})
	if err != nil {
		return nil, err
	}
	if c, ok := eq.(*call); ok {
		return folded(newDistinct(c.args, c.fn, negate)), nil
	}
	// Both are constants, so = was folded; what remains is to tell which of them are null.
	both := And(IsNull(a, false), IsNull(b, false))
	same := Or(both, And(IsNull(a, true), IsNull(b, true), eq))
	if negate {
		return same, nil
	}
	return Not(same), nil
}

func (e *distinct) Type() types.Type { return types.Bool }
func (e *distinct) kids() []Expr     { return e.both[:] }
func (e *distinct) own() traits      { return traits{} }
func (e *distinct) with(k []Expr) Expr {
	return newDistinct(k, e.eq, e.negate)
}

func newDistinct(k []Expr, eq *function, negate bool) *distinct {
	return &distinct{a: k[0], b: k[1], both: [2]Expr{k[0], k[1]}, eq: eq, negate: negate}
}

func (e *distinct) String() string {
	if e.negate {
		return paren(e.a) + " IS NOT DISTINCT FROM " + paren(e.b)
	}
	return paren(e.a) + " IS DISTINCT FROM " + paren(e.b)
}

func (e *distinct) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	x, y := eval(e.a, c, b, rows), eval(e.b, c, b, rows)
	equal := c.bitmap(b.N)
	if !nullConst(&x) && !nullConst(&y) { // a null constant has no value that could be compared
		equal = run(e.eq, c, b.N, rows, x, y).Bits
	}
	out := c.bitmap(b.N)
	for w := range out {
		vx, vy := validWord(&x, w), validWord(&y, w)
		out[w] = vx&vy&equal[w] | ^(vx | vy)
		if !e.negate {
			out[w] = ^out[w]
		}
	}
	return batch.BitsOf(b.N, out, nil)
}

func nullConst(o *operand) bool { return o.konst() && o.col.Null(0) }

// validWord is word w of the validity of an operand.
func validWord(o *operand, w int) uint64 {
	switch {
	case o.col.Valid == nil:
		return ^uint64(0)
	case !o.konst():
		return o.col.Valid[w]
	case o.col.Null(0):
		return 0
	}
	return ^uint64(0)
}

type in struct {
	x      Expr
	list   []Expr
	all    []Expr // x and the list
	eq     *function
	negate bool
	set    *stringSet // the list, if it is constant strings
	ints   *intSet    // the list, if it is many constant integers, times or dates
}

// In is x [NOT] IN (list): true where an element equals x, else null where x or an element is null, else false. All
// are cast to their common type.
func In(x Expr, elems []Expr, negate bool) (Expr, error) {
	all := append([]Expr{x}, elems...)
	t, err := UnionType(typesOf(all))
	if err != nil {
		return inByOr(x, elems, negate)
	}
	for i := range all {
		if all[i], err = Cast(all[i], base(t), Implicit); err != nil {
			return nil, err
		}
	}
	eq := pick("=", t)
	if eq == nil {
		return inByOr(x, elems, negate)
	}
	for i := range all {
		if all[i], err = castArg(all[i], eq.in[0], Implicit); err != nil {
			return nil, err
		}
	}
	if c, isConst := IsConst(all[1]); len(elems) == 1 && isConst && c.Null(0) {
		return Null(types.Bool), nil // x = NULL, whatever x is, and though it may fail
	}
	return folded(newIn(all[0], all[1:], eq, negate)), nil
}

// newIn is IN over operands of the types that eq compares.
func newIn(x Expr, elems []Expr, eq *function, negate bool) *in {
	all := append(append(make([]Expr, 0, 1+len(elems)), x), elems...)
	e := &in{all: all, x: x, list: all[1:], eq: eq, negate: negate}
	if eq.in[0] == types.Text {
		e.set = newStringSet(e.list)
	}
	e.ints = newIntSet(e.list, eq.in[0].Layout())
	return e
}

// inByOr is IN where the elements have no type in common: each is compared by itself, as PostgreSQL does.
func inByOr(x Expr, elems []Expr, negate bool) (Expr, error) {
	terms := make([]Expr, len(elems))
	for i, e := range elems {
		t, err := Operator("=", []Expr{x, e})
		if err != nil {
			return nil, err
		}
		terms[i] = t
	}
	if negate {
		return Not(Or(terms...)), nil
	}
	return Or(terms...), nil
}

func (e *in) Type() types.Type { return types.Bool }
func (e *in) kids() []Expr     { return e.all }
func (e *in) own() traits      { return traits{} }
func (e *in) with(k []Expr) Expr {
	return &in{all: k, x: k[0], list: k[1:], eq: e.eq, negate: e.negate, set: e.set, ints: e.ints}
}

func (e *in) String() string {
	if e.negate {
		return paren(e.x) + " NOT IN (" + list(e.list) + ")"
	}
	return paren(e.x) + " IN (" + list(e.list) + ")"
}

func (e *in) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	x := eval(e.x, c, b, rows)
	if e.ints != nil && !x.konst() {
		return e.ints.eval(c, b.N, rows, &x.col, e.negate)
	}
	if e.set != nil && !x.konst() {
		return e.set.eval(c, b.N, rows, &x.col, e.negate)
	}
	found, open := c.bitmap(b.N), c.bitmap(b.N)
	clear(found)
	clear(open)
	for _, el := range e.list {
		at := rows
		if _, fixed := el.(*constant); !fixed && Fallible(el) {
			at = undecided(c, rows, found, b.N)
		}
		v := run(e.eq, c, b.N, at, x, eval(el, c, b, at))
		mergeWords(&v, at, found, open)
	}
	for w := range found {
		open[w] = found[w] | ^open[w]
		if e.negate {
			found[w] = ^found[w]
		}
	}
	return batch.BitsOf(b.N, found, open)
}

func mergeWords(v *batch.Column, at batch.Sel, found, open batch.Bitmap) {
	if at != nil {
		mergeSome(v, at, found, open, 0)
		return
	}
	for w := range found {
		if v.Valid == nil {
			found[w] |= v.Bits[w]
			continue
		}
		found[w] |= v.Bits[w] & v.Valid[w]
		open[w] |= ^v.Valid[w]
	}
}

// stringSet is a list of constant strings.
type stringSet struct {
	has  map[string]struct{}
	few  []string // the same, if they are few enough to compare with each
	null bool     // the list has a null: what is not found is null
}

// newStringSet gives nil unless every element is constant.
func newStringSet(elems []Expr) *stringSet {
	s := &stringSet{has: make(map[string]struct{}, len(elems))}
	for _, e := range elems {
		col, ok := IsConst(e)
		if !ok {
			return nil
		}
		if col.Null(0) {
			s.null = true
			continue
		}
		s.has[string(col.At(0))] = struct{}{}
	}
	if len(s.has) <= maxFew {
		for v := range s.has {
			s.few = append(s.few, v)
		}
	}
	return s
}

// maxFew is up to how many strings comparing a column with each is cheaper than hashing its rows.
const maxFew = 16

func (s *stringSet) eval(c *Ctx, n int, rows batch.Sel, x *batch.Column, negate bool) batch.Column {
	out := c.bitmap(n)
	clear(out)
	if x.Dict != nil && x.Dict.Len() <= n {
		hit := scratch[uint8](c, x.Dict.Len())
		for i := range hit {
			_, ok := s.has[string(x.Dict.At(uint32(i)))]
			hit[i] = b2u8(ok)
		}
		for r, code := range x.Codes {
			out[r>>6] |= uint64(hit[code]) << (uint(r) & 63)
		}
	} else if x.Dict == nil && s.few != nil {
		one := c.bitmap(n)
		for _, v := range s.few {
			kernel.StringsEqual(one, x.Offsets, x.Data, v)
			kernel.Or(out, out, one)
		}
	} else {
		if rows == nil {
			rows = everyRow(n)
		}
		for _, r := range rows {
			if _, ok := s.has[string(x.At(int(r)))]; ok {
				out.Set(int(r))
			}
		}
	}
	valid := x.Valid
	if s.null {
		valid = c.bitmap(n)
		for w := range valid {
			valid[w] = out[w]
			if x.Valid != nil {
				valid[w] &= x.Valid[w]
			}
		}
	}
	if negate {
		for w := range out {
			out[w] = ^out[w]
		}
	}
	return batch.BitsOf(n, out, valid)
}

func b2u8(b bool) uint8 {
	var x uint8
	if b {
		x = 1
	}
	return x
}
