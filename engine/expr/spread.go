package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// CallSpread is the call of a function that takes any number of arguments with the elements of an array, the last of
// args, as the last ones: f(a, VARIADIC array). The error is 42883 if there is no such function.
func CallSpread(name string, args []Expr) (Expr, error) {
	last := len(args) - 1
	array := args[last]
	for _, f := range functions[name] {
		if !f.variadic || len(f.in) != len(args) {
			continue
		}
		cast := make([]Expr, len(args))
		var err error
		for i, a := range args[:last] {
			to := f.in[i]
			if a.Type() != types.Unknown && !CanCast(a.Type(), to, Implicit) {
				return nil, noFunction(name, args)
			}
			if cast[i], err = Cast(a, to, Implicit); err != nil {
				return nil, err
			}
		}
		if !isArray(array.Type()) && (array.Type() != types.Unknown || f.in[last] == anyType) {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "VARIADIC argument must be an array")
		}
		if cast[last] = array; f.in[last] != anyType {
			if cast[last], err = Cast(array, f.in[last].Array(), Implicit); err != nil {
				return nil, err
			}
		}
		own := *f
		own.flags |= lenient
		own.run = func(frame *frame) { spread(frame, f) }
		return folded(&call{fn: &own, args: cast, t: f.out, form: func(as []Expr) string {
			text := name + "("
			if len(as) > 1 {
				text += list(as[:len(as)-1]) + ", "
			}
			return text + "VARIADIC " + as[len(as)-1].String() + ")"
		}}), nil
	}
	return nil, noFunction(name, args)
}

// spread runs fn for one row after the other, since each has as many arguments as its array has elements.
func spread(f *frame, fn *function) {
	last := len(f.args) - 1
	sub := f.c.within()
	defer sub.Close()
	out := batch.NewBuilder(f.t, f.n)
	for _, r := range f.rows() {
		for out.Len() < int(r) {
			out.Null()
		}
		null := f.args[last].null(int(r))
		if null && fn.name != "format" { // which takes a null for an empty array
			out.Null()
			continue
		}
		items := itemsOf(nil, types.Text)
		if !null {
			items = itemsOf(f.raw(last, r), f.args[last].col.Type.Elem())
		}
		if !f.fits(out, r) {
			break
		}
		sub.Reset()
		g := sub.frame(1, nil, last+items.N)
		for i := range last {
			at := f.args[i].at(r)
			g.args[i] = operand{col: f.args[i].col.Slice(at, at+1)}
		}
		for i := range items.N {
			g.args[last+i] = operand{col: items.Slice(i, i+1)}
		}
		one := fn.call(g, f.t)
		if fs := sub.Failures(); fs != nil {
			f.fail(r, fs[0].Err)
			out.Null()
			continue
		}
		out.Append(&one, 0)
	}
	for out.Len() < f.n {
		out.Null()
	}
	f.out = out.Finish()
}
