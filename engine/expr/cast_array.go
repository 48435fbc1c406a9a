package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// castArray casts an array to the type to by casting its elements to elem.
func castArray(x Expr, to, elem types.Type, how CastContext) Expr {
	from := x.Type().Elem()
	each, err := Cast(Col(0, from, "element"), elem, how)
	if err != nil {
		return retype(x, to) // CanCast allowed the elements, so this is not reached
	}
	var flags flag
	if Fallible(each) {
		flags |= fallible
	}
	if Volatility(each) == Stable {
		flags |= stable
	}
	return castCall(x, to, flags, func(f *frame) { castElements(f, each, from) })
}

func castElements(f *frame, each Expr, from types.Type) {
	sub := f.c.within()
	defer sub.Close()
	b := batch.NewBuilder(from, 0)
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		sub.Reset()
		b.Reset()
		a, err := types.OpenArray(f.raw(0, r))
		if err != nil {
			f.fail(r, err)
			continue
		}
		for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
			if null {
				b.Null()
			} else if err := fromWire(b, v); err != nil {
				f.fail(r, err)
				b.Null()
			}
		}
		col := b.Finish()
		done := each.Eval(sub, &batch.Batch{N: col.N, Cols: []batch.Column{col}}, nil)
		if fs := sub.Failures(); fs != nil {
			f.fail(r, fs[0].Err)
			continue
		}
		out.buf = appendElements(out.buf, f.raw(0, r), &done, f.t.Elem())
	}
	out.done()
}

// appendElements writes an array of the shape of like, with col's rows as its elements.
func appendElements(dst, like []byte, col *batch.Column, elem types.Type) []byte {
	a, err := types.OpenArray(like)
	if err != nil {
		return dst
	}
	start := len(dst)
	dst = append(dst, like[:12+8*len(a.Dims)]...)
	head := types.AppendArrayHeader(nil, elem, 0, col.Nulls() > 0)
	copy(dst[start+4:], head[4:12])
	for r := range col.N {
		if col.Null(r) {
			dst = types.AppendArrayNull(dst)
		} else {
			dst = types.AppendArrayItem(dst, value.AppendBinary(nil, col, r))
		}
	}
	return dst
}
