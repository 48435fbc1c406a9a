package expr

import (
	"bytes"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// walk visits e and all below it, parents first, until visit says false.
func walk(e Expr, visit func(Expr) bool) bool {
	if !visit(e) {
		return false
	}
	if n, ok := e.(node); ok {
		for _, k := range n.kids() {
			if !walk(k, visit) {
				return false
			}
		}
	}
	return true
}

// rebuild gives e with change applied to all nodes, children first. What does not change is shared.
func rebuild(e Expr, change func(Expr) Expr) Expr {
	n, ok := e.(node)
	if !ok {
		return change(e)
	}
	kids := n.kids()
	var fresh []Expr
	for i, k := range kids {
		if r := rebuild(k, change); r != k {
			if fresh == nil {
				fresh = slices.Clone(kids)
			}
			fresh[i] = r
		}
	}
	if fresh != nil {
		e = n.with(fresh)
	}
	return change(e)
}

// Columns gives the positions of the columns that e reads, ascending, each once.
func Columns(e Expr) []int {
	var is []int
	walk(e, func(e Expr) bool {
		if c, ok := e.(*column); ok {
			is = append(is, c.i)
		}
		return true
	})
	slices.Sort(is)
	return slices.Compact(is)
}

// readsAny says whether e reads any column.
func readsAny(e Expr) bool {
	return !walk(e, func(e Expr) bool {
		_, is := e.(*column)
		return !is
	})
}

// EachColumn visits the columns that e reads, as often as it reads them.
func EachColumn(e Expr, visit func(i int)) {
	walk(e, func(e Expr) bool {
		if c, ok := e.(*column); ok {
			visit(c.i)
		}
		return true
	})
}

// Remap gives e over other columns: column i becomes column to(i).
func Remap(e Expr, to func(int) int) Expr {
	return overOthers(e, func(c *column) Expr {
		if i := to(c.i); i != c.i {
			return Col(i, c.t, c.name)
		}
		return c
	}, func(e Expr) Expr { return e })
}

// Replace gives e with each column i replaced by with(i), and what became constant computed.
func Replace(e Expr, with func(i int) Expr) Expr {
	return overOthers(e, func(c *column) Expr { return with(c.i) }, folded)
}

// overOthers gives e with its columns replaced, and done over each node that changed by that.
func overOthers(e Expr, with func(*column) Expr, done func(Expr) Expr) Expr {
	if c, ok := e.(*column); ok {
		return with(c)
	}
	n, ok := e.(node)
	if !ok {
		return e
	}
	kids := n.kids()
	var fresh []Expr
	for i, k := range kids {
		if r := overOthers(k, with, done); r != k {
			if fresh == nil {
				fresh = slices.Clone(kids)
			}
			fresh[i] = r
		}
	}
	if fresh == nil {
		return e
	}
	return done(n.with(fresh))
}

// Fallible says whether some row could make e fail.
func Fallible(e Expr) bool {
	return !walk(e, func(e Expr) bool {
		n, ok := e.(node)
		return ok && !n.own().fallible
	})
}

// FailsByRow says whether e can fail for one row and not for another: what reads no column fails for all of them.
func FailsByRow(e Expr) bool {
	return !walk(e, func(e Expr) bool {
		n, ok := e.(node)
		return ok && (!n.own().fallible || !readsAny(e))
	})
}

// Volatility is the most volatile of e's parts. A parameter counts as immutable: it holds for the statement.
func Volatility(e Expr) Vol {
	v := Immutable
	walk(e, func(e Expr) bool {
		if n, ok := e.(node); ok {
			v = max(v, n.own().vol)
		}
		return true
	})
	return v
}

func hasParam(e Expr) bool {
	return !walk(e, func(e Expr) bool {
		_, is := e.(*param)
		return !is
	})
}

// IsConst gives the value of e as a column of one row, if e is a constant. The column is shared: do not write to it.
func IsConst(e Expr) (batch.Column, bool) {
	if c, ok := e.(*constant); ok {
		return c.col, true
	}
	return batch.Column{}, false
}

// folding is what constants are folded with. What gets longer than maxFolded is computed when the query runs, and is counted there:
// a plan is kept, and a short statement may have many long constants.
var folding = sync.Pool{New: func() any { return &Ctx{most: maxFolded} }}

const maxFolded = 1 << 20

// oneRow is the batch that constants are folded over.
var oneRow = &batch.Batch{N: 1}

// Fold replaces the immutable parts of e that read no column by their value, and strict calls with a constant null by
// null, whatever their other arguments are. A part whose evaluation fails stays as it is: it may stand where no row
// ever reaches it.
func Fold(e Expr) Expr { return rebuild(e, folded) }

// folded is Fold of an expression whose operands are folded, as those are that this package's constructors give.
func folded(e Expr) Expr {
	if c, ok := e.(*choice); ok {
		e = c.reached()
	}
	if v := settled(e); v != nil {
		return v
	}
	n, ok := e.(node)
	if !ok {
		return e
	}
	if c, ok := e.(*call); ok && c.fn.flags&lenient == 0 && slices.ContainsFunc(c.alone(), constantNull) {
		return Null(c.t)
	}
	kids := n.kids()
	for _, k := range kids {
		if _, ok := k.(*constant); !ok {
			return e
		}
	}
	if len(kids) == 0 && !nullary(e) || n.own().vol != Immutable {
		return e
	}
	c := folding.Get().(*Ctx)
	defer folding.Put(c)
	c.Reset()
	col := e.Eval(c, oneRow, nil)
	if c.Failures() != nil {
		return e
	}
	if col.Type.Layout() == types.LayoutBytes {
		return Const(col)
	}
	return Const(detach(&col))
}

// settled is the constant that e is, whatever its other operands are: a term decides an AND or OR, a null or an equal
// element an IN, a null a LIKE. It is nil if none does.
func settled(e Expr) Expr {
	switch e := e.(type) {
	case *logic:
		for _, t := range e.terms {
			if c, ok := t.(*constant); ok && !c.col.Null(0) && c.col.Bits.Get(0) != e.and {
				return t
			}
		}
	case *like:
		if constantNull(e.x) || constantNull(e.pattern) || e.escape != nil && constantNull(e.escape) {
			return Null(types.Bool)
		}
	case *in:
		x, ok := e.x.(*constant)
		if ok && x.col.Null(0) {
			return Null(types.Bool)
		}
		for _, el := range e.list {
			if c, fixed := el.(*constant); ok && fixed && !c.col.Null(0) {
				same := run(e.eq, new(Ctx), 1, nil, operand{col: x.col, mask: 0}, operand{col: c.col, mask: 0})
				if !same.Null(0) && same.Bits.Get(0) {
					return boolean(!e.negate)
				}
			}
		}
	}
	return nil
}

func nullary(e Expr) bool { _, ok := e.(*call); return ok }

func constantNull(e Expr) bool {
	c, ok := e.(*constant)
	return ok && c.col.Null(0)
}

// detach copies the one row of col out of scratch and dictionary.
func detach(col *batch.Column) batch.Column {
	b := batch.NewBuilder(col.Type, 1)
	b.Append(col, 0)
	return b.Finish()
}

// Equal says whether a and b are written alike over the same columns, and so give the same value.
func Equal(a, b Expr) bool {
	if a == b {
		return true
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a := a.(type) {
	case *column:
		b, ok := b.(*column)
		return ok && a.i == b.i
	case *constant:
		b, ok := b.(*constant)
		return ok && sameValue(&a.col, &b.col)
	case *param:
		b, ok := b.(*param)
		return ok && a.n == b.n
	}
	na, ok1 := a.(node)
	nb, ok2 := b.(node)
	if !ok1 || !ok2 || !sameNode(a, b) {
		return false
	}
	return slices.EqualFunc(na.kids(), nb.kids(), Equal)
}

func sameValue(a, b *batch.Column) bool {
	if a.Null(0) || b.Null(0) {
		return a.Null(0) == b.Null(0)
	}
	switch layout := a.Type.Layout(); {
	case layout == types.LayoutBool:
		return a.Bits.Get(0) == b.Bits.Get(0)
	case layout.Width() > 0:
		w := layout.Width()
		return bytes.Equal(a.Fixed[:w], b.Fixed[:w])
	}
	return bytes.Equal(a.At(0), b.At(0))
}

// sameNode compares what two nodes are, apart from type and children.
func sameNode(a, b Expr) bool {
	switch a := a.(type) {
	case *call:
		b, ok := b.(*call)
		return ok && (a.fn == b.fn || a.fn.name == b.fn.name && slices.Equal(a.fn.in, b.fn.in))
	case *logic:
		b, ok := b.(*logic)
		return ok && a.and == b.and
	case *not:
		_, ok := b.(*not)
		return ok
	case *isTest:
		b, ok := b.(*isTest)
		return ok && a.what == b.what && a.negate == b.negate
	case *distinct:
		b, ok := b.(*distinct)
		return ok && a.negate == b.negate
	case *like:
		b, ok := b.(*like)
		return ok && a.kind == b.kind && a.negate == b.negate
	case *in:
		b, ok := b.(*in)
		return ok && a.negate == b.negate
	case *quantified:
		b, ok := b.(*quantified)
		return ok && a.op == b.op && a.all == b.all
	case *choice:
		b, ok := b.(*choice)
		return ok && a.kind == b.kind && a.conds == b.conds
	}
	return false
}

// IsCol gives the position of the column that e is, if it is nothing else.
func IsCol(e Expr) (int, bool) {
	if c, ok := e.(*column); ok {
		return c.i, true
	}
	return 0, false
}
