package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Catalog answers the functions that ask what the node knows by name, or what the session is. A statement carries one;
// a continuous query has none.
type Catalog interface {
	// Function gives what computes the function called name for one row: it appends one value to out. Names are those
	// of catalogFunctions, and "regclass in" and "regclass out" for the casts from and to text; nil: not there.
	Function(name string) func(a Asked, row uint32, out *batch.Builder) error
	// Rows gives the rows of a set-returning function for one row of arguments, as columns.
	Rows(name string, a Asked, row uint32) ([]batch.Column, error)
}

// Asked is the arguments of a Catalog's function.
type Asked struct{ f *frame }

// Len is the number of arguments.
func (a Asked) Len() int { return len(a.f.args) }

// Null says whether argument i is null.
func (a Asked) Null(i int, row uint32) bool { return a.f.args[i].null(int(row)) }

// Text is argument i as text, borrowed.
func (a Asked) Text(i int, row uint32) string { return a.f.args[i].str(int(row)) }

// Bool is argument i, a boolean.
func (a Asked) Bool(i int, row uint32) bool { return a.f.bit(i, row) }

// Int is argument i, an integer or an OID.
func (a Asked) Int(i int, row uint32) int64 {
	switch o := &a.f.args[i]; o.col.Type.Layout() {
	case types.LayoutInt16:
		return int64(batch.Values[int16](&o.col)[o.at(row)])
	case types.LayoutInt32:
		return int64(a.f.i4(i, row))
	}
	return a.f.i8(i, row)
}

// Type is the type of argument i.
func (a Asked) Type(i int) types.Type { return a.f.args[i].col.Type }

// Type of the result.
func (a Asked) Result() types.Type { return a.f.t }

// asking is the routine of a function that the Catalog answers.
func asking(name string) routine {
	return func(f *frame) {
		var answer func(Asked, uint32, *batch.Builder) error
		if f.c.Catalog != nil {
			answer = f.c.Catalog.Function(name)
		}
		out, next := batch.NewBuilder(f.t, f.n), uint32(0)
		for _, r := range f.rows() {
			for ; next < r; next++ {
				out.Null()
			}
			next++
			err := error(nil)
			if answer == nil {
				err = sqlerr.NotSupported("%s here", name)
			} else {
				err = answer(Asked{f}, r, out)
			}
			if err != nil {
				f.fail(r, err)
			}
			if out.Len() == int(r) {
				out.Null()
			}
		}
		for ; int(next) < f.n; next++ {
			out.Null()
		}
		f.out = out.Finish()
	}
}

// AsksCatalog says whether the function called name is answered by a Catalog.
func AsksCatalog(name string) bool {
	fs := functions[name]
	return len(fs) > 0 && fs[0].flags&catalogued != 0
}

// regCast is the cast between text and an OID that reads as a name.
func regCast(x Expr, to types.Type) Expr {
	name := to.Name() + " in"
	if isText(to) {
		name = x.Type().Name() + " out"
	}
	return castCall(x, to, fallible|stable, asking(name))
}
