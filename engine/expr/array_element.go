package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// element is the element of an array at the subscripts behind it.
func element(f *frame) {
	b := batch.NewBuilder(f.t, f.n)
	for _, r := range f.rows() {
		for b.Len() < int(r) {
			b.Null()
		}
		v, ok := elementAt(f, r)
		if !f.fits(b, r) {
			break
		}
		if !ok {
			b.Null()
		} else if err := fromWire(b, v); err != nil {
			f.fail(r, err)
			b.Null()
		}
	}
	for b.Len() < f.n {
		b.Null()
	}
	f.out = b.Finish()
}

// elementAt gives the element in binary form; false: there is none, or it is null.
func elementAt(f *frame, r uint32) ([]byte, bool) {
	a, err := types.OpenArray(f.raw(0, r))
	if err != nil || len(a.Dims) != len(f.args)-1 {
		return nil, false
	}
	at := 0
	for d := range a.Dims {
		i := int64(f.i4(d+1, r)) - int64(a.Bounds[d])
		if i < 0 || i >= int64(a.Dims[d]) {
			return nil, false
		}
		at = at*int(a.Dims[d]) + int(i)
	}
	for range at {
		a.Next()
	}
	v, null, ok := a.Next()
	return v, ok && !null
}

// arraySlice is the part of an array between the subscripts behind it; marks says which of them there are.
func arraySlice(f *frame, marks string) {
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		a, err := types.OpenArray(f.raw(0, r))
		if err != nil {
			f.fail(r, err)
			continue
		}
		from, dims := sliceShape(f, r, &a, marks)
		if dims == nil {
			out.buf = types.AppendArrayHeader(out.buf, f.t.Elem(), 0, false)
			continue
		}
		ones := make([]int32, len(dims))
		for i := range ones {
			ones[i] = 1
		}
		w.shaped(&out, f.t.Elem(), dims, ones)
		copySlice(&w, &a, from, dims)
		w.end()
	}
	out.done()
}

// sliceShape gives where the slice begins in each dimension, from 0, and its lengths; nil: it is empty.
func sliceShape(f *frame, r uint32, a *types.Array, marks string) (from, dims []int32) {
	if len(marks) > len(a.Dims) || len(a.Dims) == 0 {
		return nil, nil
	}
	arg := 1
	next := func() int64 {
		arg++
		return int64(f.i4(arg-1, r))
	}
	for d := range a.Dims {
		lo := int64(a.Bounds[d])
		hi := lo + int64(a.Dims[d]) - 1
		first, last := lo, hi
		if d < len(marks) {
			if marks[d] == '=' || marks[d] == '>' {
				first = max(first, next())
			}
			if marks[d] == '=' || marks[d] == '<' {
				last = min(last, next())
			}
		}
		if first > last {
			return nil, nil
		}
		from, dims = append(from, int32(first-lo)), append(dims, int32(last-first+1))
	}
	return from, dims
}

// copySlice writes the elements of a that lie within the slice.
func copySlice(w *arrayWriter, a *types.Array, from, dims []int32) {
	pos := make([]int32, len(dims))
	for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
		in := true
		for d, p := range pos {
			in = in && p >= from[d] && p < from[d]+dims[d]
		}
		if in {
			w.item(v, null)
		}
		for d := len(pos) - 1; d >= 0; d-- {
			if pos[d]++; pos[d] < a.Dims[d] {
				break
			}
			pos[d] = 0
		}
	}
}
