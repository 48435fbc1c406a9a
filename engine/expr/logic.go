package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// logic is AND or OR, with SQL's three values.
type logic struct {
	and   bool
	terms []Expr
	risky []bool // the term can fail, so that it sees only rows that are not decided
	qual  bool   // of an AND that picks rows: null decides like false
}

// Qual gives a condition for picking rows: where e is null it is false. So the terms of an AND after one that is null see
// that row no more than after one that is false, as in PostgreSQL's WHERE.
func Qual(e Expr) Expr {
	l, ok := e.(*logic)
	if !ok || !l.and {
		return e
	}
	q := makeLogic(true, l.terms)
	q.qual = true
	return q
}

func makeLogic(and bool, terms []Expr) *logic {
	e := &logic{and: and, terms: terms, risky: make([]bool, len(terms))}
	for i, t := range terms {
		e.risky[i] = Fallible(t)
	}
	return e
}

// And is true where all terms are, false where one is false, else null. Without terms it is true.
func And(terms ...Expr) Expr { return newLogic(true, terms) }

// Or is true where one term is, false where all are false, else null. Without terms it is false.
func Or(terms ...Expr) Expr { return newLogic(false, terms) }

func newLogic(and bool, terms []Expr) Expr {
	var flat []Expr
	for _, t := range terms {
		if l, ok := t.(*logic); ok && l.and == and {
			flat = append(flat, l.terms...)
			continue
		}
		if c, ok := t.(*constant); ok && !c.col.Null(0) && c.col.Type == types.Bool && c.col.Bits.Get(0) == and {
			continue
		}
		flat = append(flat, asBool(t))
	}
	switch len(flat) {
	case 0:
		return boolean(and)
	case 1:
		return flat[0]
	}
	return folded(makeLogic(and, flat))
}

// asBool turns the null literal, which has no type yet, into a boolean.
func asBool(e Expr) Expr {
	if e.Type() == types.Unknown {
		if x, err := Cast(e, types.Bool, Implicit); err == nil {
			return x
		}
	}
	return e
}

func boolean(v bool) Expr {
	if v {
		return yes
	}
	return no
}

// yes and no are shared by all expressions: a constant is never written to.
var yes, no = oneBool(true), oneBool(false)

func oneBool(v bool) Expr {
	b := batch.NewBuilder(types.Bool, 1)
	b.Bool(v)
	return Const(b.Finish())
}

func (e *logic) Type() types.Type { return types.Bool }
func (e *logic) kids() []Expr     { return e.terms }
func (e *logic) own() traits      { return traits{} }
func (e *logic) with(terms []Expr) Expr {
	l := makeLogic(e.and, terms)
	l.qual = e.qual
	return l
}

func (e *logic) String() string {
	parts := make([]string, len(e.terms))
	for i, t := range e.terms {
		parts[i] = paren(t)
	}
	if e.and {
		return strings.Join(parts, " AND ")
	}
	return strings.Join(parts, " OR ")
}

// Eval keeps two bitmaps, where the result is true and where it is false. A row that one term decided is not given to
// a later term that could fail.
func (e *logic) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	n := b.N
	decided, open := c.bitmap(n), c.bitmap(n) // decided: by a false under AND, a true under OR; open: a null was seen
	clear(decided)
	clear(open)
	var flip uint64
	if e.and {
		flip = ^flip
	}
	for i, t := range e.terms {
		at := rows
		if i > 0 && e.risky[i] {
			at = undecided(c, rows, decided, n)
			if len(at) == 0 {
				continue
			}
			v := t.Eval(c, b, at)
			if e.qual {
				mergeSome(&v, at, decided, decided, flip)
			} else {
				mergeSome(&v, at, decided, open, flip)
			}
			continue
		}
		v := t.Eval(c, b, at)
		if v.Valid == nil {
			for w := range decided {
				decided[w] |= v.Bits[w] ^ flip
			}
			continue
		}
		for w := range decided {
			decided[w] |= (v.Bits[w] ^ flip) & v.Valid[w]
			open[w] |= ^v.Valid[w]
		}
		if e.qual {
			for w := range decided {
				decided[w] |= open[w]
			}
		}
	}
	for w := range decided {
		open[w] = decided[w] | ^open[w] // now the validity
		decided[w] ^= flip
	}
	return batch.BitsOf(n, decided, open)
}

func mergeSome(v *batch.Column, at []uint32, decided, open batch.Bitmap, flip uint64) {
	for _, r := range at {
		switch {
		case v.Null(int(r)):
			open.Set(int(r))
		case v.Bits.Get(int(r)) != (flip != 0):
			decided.Set(int(r))
		}
	}
}

func undecided(c *Ctx, rows batch.Sel, decided batch.Bitmap, n int) batch.Sel {
	if rows == nil {
		rows = everyRow(n)
	}
	keep, k := scratch[uint32](c, len(rows)), 0
	for _, r := range rows {
		keep[k] = r
		if !decided.Get(int(r)) && !c.Failed(int(r)) {
			k++
		}
	}
	return keep[:k]
}

type not struct {
	x   Expr
	kid [1]Expr // x
}

// Not is true where x is false, and null where x is.
func Not(x Expr) Expr {
	if n, ok := x.(*not); ok {
		return n.x
	}
	return folded(newNot(asBool(x)))
}

func newNot(x Expr) *not { return &not{x: x, kid: [1]Expr{x}} }

func (e *not) Type() types.Type   { return types.Bool }
func (e *not) kids() []Expr       { return e.kid[:] }
func (e *not) own() traits        { return traits{} }
func (e *not) with(k []Expr) Expr { return newNot(k[0]) }
func (e *not) String() string     { return "NOT " + paren(e.x) }
func (e *not) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	v := e.x.Eval(c, b, rows)
	out := c.bitmap(b.N)
	for w := range out {
		out[w] = ^v.Bits[w]
	}
	return batch.BitsOf(b.N, out, v.Valid)
}

type isTest struct {
	x      Expr
	kid    [1]Expr // x
	what   string  // null, true, false, unknown
	negate bool
}

// IsNull is x IS [NOT] NULL. It is never null itself.
func IsNull(x Expr, negate bool) Expr {
	return folded(newIsTest(x, "null", negate))
}

// IsBool is x IS [NOT] TRUE, FALSE or UNKNOWN: what is "true", "false" or "unknown", and x a boolean.
func IsBool(x Expr, what string, negate bool) Expr {
	return folded(newIsTest(asBool(x), what, negate))
}

func newIsTest(x Expr, what string, negate bool) *isTest {
	return &isTest{x: x, kid: [1]Expr{x}, what: what, negate: negate}
}

func (e *isTest) Type() types.Type   { return types.Bool }
func (e *isTest) kids() []Expr       { return e.kid[:] }
func (e *isTest) own() traits        { return traits{} }
func (e *isTest) with(k []Expr) Expr { return newIsTest(k[0], e.what, e.negate) }
func (e *isTest) String() string {
	s := paren(e.x) + " IS "
	if e.negate {
		s += "NOT "
	}
	return s + strings.ToUpper(e.what)
}

func (e *isTest) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	v := e.x.Eval(c, b, rows)
	out := c.bitmap(b.N)
	for w := range out {
		valid := ^uint64(0)
		if v.Valid != nil {
			valid = v.Valid[w]
		}
		switch e.what {
		case "true":
			out[w] = valid & v.Bits[w]
		case "false":
			out[w] = valid &^ v.Bits[w]
		default:
			out[w] = ^valid
		}
		if e.negate {
			out[w] = ^out[w]
		}
	}
	return batch.BitsOf(b.N, out, nil)
}
