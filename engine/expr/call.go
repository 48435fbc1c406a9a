package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// routine computes a function for the rows of a frame and sets the frame's out.
type routine func(*frame)

// call is a function, operator or cast over its arguments.
type call struct {
	fn   *function
	args []Expr
	t    types.Type
	form func(args []Expr) string // how it is written; nil: name(args)
}

func (e *call) Type() types.Type { return e.t }
func (e *call) kids() []Expr     { return e.args }
func (e *call) own() traits      { return traits{vol: e.fn.vol(), fallible: e.fn.flags&fallible != 0} }

// alone are the arguments that are not elements of a variadic one, which is an array, and not null for a null in it.
func (e *call) alone() []Expr {
	if e.fn.variadic {
		return e.args[:len(e.fn.in)-1]
	}
	return e.args
}

func (e *call) with(args []Expr) Expr {
	d := *e
	d.args = args
	return &d
}

func (e *call) String() string {
	if e.form != nil {
		return e.form(e.args)
	}
	return e.fn.name + "(" + list(e.args) + ")"
}

func (e *call) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	f := c.frame(b.N, rows, len(e.args))
	for i, a := range e.args {
		f.args[i] = eval(a, c, b, rows)
	}
	return e.fn.call(f, e.t)
}

// call runs fn on the operands of f, and gives f back. A call whose operands are all constant is made once, for a
// batch of one row, and its value repeated.
func (fn *function) call(f *frame, t types.Type) batch.Column {
	c, n := f.c, f.n
	f.t = t
	once := len(f.args) > 0 && n > 1 && fn.flags&volatile == 0
	for i := range f.args {
		once = once && f.args[i].konst()
	}
	if len(f.args) > 0 {
		f.from = f.args[0].col.Type
	}
	if once {
		return fn.once(f, t)
	}
	if fn.flags&lenient == 0 && !f.strict() {
		c.release(f)
		return nulls(c, t, n)
	}
	fn.run(f)
	out := f.out
	out.Type, out.N = t, n
	c.release(f)
	return out
}

func (fn *function) once(f *frame, t types.Type) batch.Column {
	c, n, sel := f.c, f.n, f.sel
	sub := c.within()
	defer sub.Close()
	g := sub.frame(1, nil, len(f.args))
	copy(g.args, f.args)
	one := fn.call(g, t)
	c.release(f)
	err := sub.exhausted
	if fs := sub.Failures(); fs != nil {
		err = fs[0].Err
	} else if err == nil {
		err = c.work(one.Bytes())
	}
	if err != nil {
		if sel == nil {
			sel = everyRow(n)
		}
		for _, r := range sel {
			c.Fail(int(r), err)
		}
		return nulls(c, t, n)
	}
	return broadcast(c, &one, nil, n)
}

// nulls is a column of n nulls.
func nulls(c *Ctx, t types.Type, n int) batch.Column {
	out := batch.Column{Type: t, N: n, Valid: c.bitmap(n)}
	clear(out.Valid)
	switch layout := t.Layout(); {
	case layout == types.LayoutBool:
		out.Bits = out.Valid
	case layout.Width() > 0:
		out.Fixed = scratch[byte](c, n*layout.Width())
	default:
		out.Offsets = scratch[int32](c, n+1)
		clear(out.Offsets)
		out.Data = scratch[byte](c, 0)
	}
	return out
}
