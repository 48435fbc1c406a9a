package expr

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Limits of an array, PostgreSQL's.
const (
	maxDimensions = 6
	maxArrayItems = 1<<27 - 1
)

// arrayWriter appends an array to a text result: begin, items, end.
type arrayWriter struct {
	out   *textOut
	start int
	n     int
	nulls bool
	bound int32 // lower bound of a list
	shape bool  // dims were given
	elem  types.Type
}

// list begins an array of one dimension whose length is that of its items.
func (w *arrayWriter) list(out *textOut, elem types.Type, bound int32) {
	*w = arrayWriter{out: out, start: len(out.buf), elem: elem, bound: bound}
	out.buf = types.AppendArrayShape(out.buf, elem, []int32{1}, []int32{bound}, false)
}

// shaped begins an array of a shape, to which its items must fit.
func (w *arrayWriter) shaped(out *textOut, elem types.Type, dims, bounds []int32) {
	*w = arrayWriter{out: out, start: len(out.buf), elem: elem, shape: true}
	out.buf = types.AppendArrayShape(out.buf, elem, dims, bounds, false)
}

// item appends an element in binary form.
func (w *arrayWriter) item(v []byte, null bool) {
	w.n++
	if null {
		w.nulls = true
		w.out.buf = types.AppendArrayNull(w.out.buf)
		return
	}
	w.out.buf = types.AppendArrayItem(w.out.buf, v)
}

// row appends row r of an operand as an element.
func (w *arrayWriter) row(write value.Writer, o *operand, r uint32) {
	if o.null(int(r)) {
		w.item(nil, true)
		return
	}
	w.n++
	at := len(w.out.buf)
	w.out.buf = write(append(w.out.buf, 0, 0, 0, 0), &o.col, o.at(r))
	binary.BigEndian.PutUint32(w.out.buf[at:], uint32(len(w.out.buf)-at-4))
}

// again appends the element once more that lies in the output from from to its end, or to where the next one begins.
func (w *arrayWriter) again(from int) {
	w.n++
	size := 4
	if n := int32(binary.BigEndian.Uint32(w.out.buf[from:])); n > 0 {
		size += int(n)
	}
	w.out.buf = append(w.out.buf, w.out.buf[from:from+size]...)
}

// rest appends all elements that a has left.
func (w *arrayWriter) rest(a *types.Array) {
	for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
		w.item(v, null)
	}
}

// end settles the head.
func (w *arrayWriter) end() {
	if w.n == 0 {
		w.out.buf = types.AppendArrayHeader(w.out.buf[:w.start], w.elem, 0, false)
		return
	}
	head := w.out.buf[w.start:]
	if w.nulls {
		head[7] = 1
	}
	if !w.shape {
		binary.BigEndian.PutUint32(head[12:], uint32(w.n))
	}
}

// sameItems says how elements of type t are compared for equality in their binary form. nil: they cannot be.
func sameItems(t types.Type) func(a, b []byte) bool {
	switch {
	case t.OID == types.OIDJSON:
		return nil
	case !types.Tellable(t):
		return bytes.Equal
	}
	return func(a, b []byte) bool {
		var x, y [64]byte
		return bytes.Equal(types.AppendWireOrderKey(x[:0], a, t), types.AppendWireOrderKey(y[:0], b, t))
	}
}

func noEquality(t types.Type) error {
	return sqlerr.New(sqlerr.UndefinedFunction, "could not identify an equality operator for type %s", typeName(t))
}

// arrayItems is the number of elements of a shape. What is too many on the way is none if a later dimension has none,
// as in PostgreSQL, within 32 bits. Errors: 54000.
func arrayItems(dims []int32) (int, error) {
	n := int64(1)
	for _, d := range dims {
		if n *= int64(d); d < 0 || n > math.MaxInt32 {
			n = math.MaxInt32
			break
		}
	}
	if n > maxArrayItems {
		return 0, sqlerr.New(sqlerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayItems)
	}
	return int(n), nil
}

func tooManyDimensions(n int) error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, maxDimensions)
}

// upper is the last subscript of dimension d, from 0.
func upper(a *types.Array, d int) int32 {
	return int32(min(int64(a.Bounds[d])+int64(a.Dims[d])-1, math.MaxInt32))
}
