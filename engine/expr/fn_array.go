package expr

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

const (
	compatibleArray = "anycompatiblearray"
	compatible      = "anycompatible"
)

// arrayFunctions are PostgreSQL's functions of arrays (manual, 9.19).
func arrayFunctions() []function {
	return []function{
		{name: "array_append", args: compatibleArray + "," + compatible, ret: compatibleArray, flags: lenient | fallible, run: func(f *frame) { arrayAdd(f, 0, 1) }},
		{name: "array_prepend", args: compatible + "," + compatibleArray, ret: compatibleArray, flags: lenient | fallible, run: func(f *frame) { arrayAdd(f, 1, 0) }},
		{name: "array_cat", args: compatibleArray + "," + compatibleArray, ret: compatibleArray, flags: lenient | fallible, run: arrayCat},
		{name: "array_dims", args: "anyarray", ret: "text", run: arrayDims},
		{name: "array_fill", args: "anyelement,_int4", ret: "anyarray", flags: lenient | fallible, run: arrayFill},
		{name: "array_fill", args: "anyelement,_int4,_int4", ret: "anyarray", flags: lenient | fallible, run: arrayFill},
		{name: "array_length", args: "anyarray,int4", ret: "int4", run: func(f *frame) { arrayNumber(f, length) }},
		{name: "array_lower", args: "anyarray,int4", ret: "int4", run: func(f *frame) { arrayNumber(f, func(a *types.Array, d int) int32 { return a.Bounds[d] }) }},
		{name: "array_upper", args: "anyarray,int4", ret: "int4", run: func(f *frame) { arrayNumber(f, upper) }},
		{name: "array_ndims", args: "anyarray", ret: "int4", run: arrayNdims},
		{name: "cardinality", args: "anyarray", ret: "int4", run: cardinality},
		{name: "array_position", args: compatibleArray + "," + compatible, ret: "int4", flags: lenient | fallible, run: arrayPosition},
		{name: "array_position", args: compatibleArray + "," + compatible + ",int4", ret: "int4", flags: lenient | fallible, run: arrayPosition},
		{name: "array_positions", args: compatibleArray + "," + compatible, ret: "_int4", flags: lenient | fallible, run: arrayPositions},
		{name: "array_remove", args: compatibleArray + "," + compatible, ret: compatibleArray, flags: lenient | fallible, run: arrayReplace},
		{name: "array_replace", args: compatibleArray + "," + compatible + "," + compatible, ret: compatibleArray, flags: lenient | fallible, run: arrayReplace},
		{name: "array_to_string", args: "anyarray,text", ret: "text", flags: stable, run: arrayToString},
		{name: "array_to_string", args: "anyarray,text,text", ret: "text", flags: lenient | stable, run: arrayToString},
		{name: "string_to_array", args: "text,text", ret: "_text", flags: lenient, run: stringToArray},
		{name: "string_to_array", args: "text,text,text", ret: "_text", flags: lenient, run: stringToArray},
		{name: "trim_array", args: "anyarray,int4", ret: "anyarray", flags: fallible, run: trimArray},
	}
}

// openArray opens argument i of row r; false: it is null, or has failed.
func openArray(f *frame, i int, r uint32) (types.Array, bool) {
	if f.args[i].null(int(r)) {
		return types.Array{}, false
	}
	a, err := types.OpenArray(f.raw(i, r))
	if err != nil {
		f.fail(r, err)
		return a, false
	}
	return a, true
}

// arrayAdd puts argument item at the end of argument array, or at its beginning if it stands before it.
func arrayAdd(f *frame, array, item int) {
	elem := f.t.Elem()
	write := value.NewBinaryWriter(elem)
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		a, ok := openArray(f, array, r)
		if !ok && f.c.Failed(int(r)) {
			continue
		}
		bound := int32(1)
		switch len(a.Dims) {
		case 0:
		case 1:
			bound = a.Bounds[0]
		default:
			f.fail(r, sqlerr.New(sqlerr.DataException, "argument must be empty or one-dimensional array"))
			continue
		}
		w.list(&out, elem, bound)
		if item < array {
			w.row(write, &f.args[item], r)
		}
		w.rest(&a)
		if item > array {
			w.row(write, &f.args[item], r)
		}
		w.end()
	}
	out.done()
}

func arrayCat(f *frame) {
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		a, okA := openArray(f, 0, r)
		b, okB := openArray(f, 1, r)
		switch {
		case f.c.Failed(int(r)):
			continue
		case !okA && !okB:
			f.null(r)
			continue
		case !okA || okB && len(a.Dims) == 0:
			out.buf = append(out.buf, f.raw(1, r)...)
			continue
		case !okB || len(b.Dims) == 0:
			out.buf = append(out.buf, f.raw(0, r)...)
			continue
		}
		dims, bounds, err := joinShapes(&a, &b)
		if err != nil {
			f.fail(r, err)
			continue
		}
		w.shaped(&out, f.t.Elem(), dims, bounds)
		w.rest(&a)
		w.rest(&b)
		w.end()
	}
	out.done()
}

// joinShapes is the shape of a and b one after the other: of as many dimensions, or one being an element of the other.
func joinShapes(a, b *types.Array) (dims, bounds []int32, err error) {
	unlike := func(detail string, args ...any) error {
		return sqlerr.New(sqlerr.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail(detail, args...)
	}
	na, nb := len(a.Dims), len(b.Dims)
	if na-nb > 1 || nb-na > 1 {
		return nil, nil, unlike("Arrays of %d and %d dimensions are not compatible for concatenation.", na, nb)
	}
	long, short, detail := a, b, "Arrays with differing dimensions are not compatible for concatenation."
	if nb > na {
		long, short = b, a
	}
	skip := 0 // of the short one: it lacks the first dimension
	if na == nb {
		skip, detail = 1, "Arrays with differing element dimensions are not compatible for concatenation."
	}
	for i := 1; i < len(long.Dims); i++ {
		if long.Dims[i] != short.Dims[i-1+skip] || long.Bounds[i] != short.Bounds[i-1+skip] {
			return nil, nil, unlike("%s", detail)
		}
	}
	dims = append(dims, long.Dims...)
	if na == nb {
		dims[0] += short.Dims[0]
	} else {
		dims[0]++
	}
	_, err = arrayItems(dims)
	return dims, long.Bounds, err
}

func arrayDims(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		a, ok := openArray(f, 0, r)
		if !ok || len(a.Dims) == 0 {
			f.null(r)
			continue
		}
		for d := range a.Dims {
			out.buf = append(types.AppendInt(append(out.buf, '['), int64(a.Bounds[d])), ':')
			out.buf = append(types.AppendInt(out.buf, int64(upper(&a, d))), ']')
		}
	}
	out.done()
}

func length(a *types.Array, d int) int32 { return a.Dims[d] }

// arrayNumber is what of says of the dimension that the second argument is, from 1; null if there is no such one.
func arrayNumber(f *frame, of func(a *types.Array, d int) int32) {
	v := result[int32](f)
	for _, r := range f.rows() {
		a, ok := openArray(f, 0, r)
		if d := f.i4(1, r); ok && d >= 1 && d <= len(a.Dims) {
			v[r] = of(&a, d-1)
			continue
		}
		f.null(r)
	}
}

func arrayNdims(f *frame) {
	v := result[int32](f)
	for _, r := range f.rows() {
		if a, ok := openArray(f, 0, r); ok && len(a.Dims) > 0 {
			v[r] = int32(len(a.Dims))
			continue
		}
		f.null(r)
	}
}

func cardinality(f *frame) {
	v := result[int32](f)
	for _, r := range f.rows() {
		a, _ := openArray(f, 0, r)
		v[r] = int32(a.Len())
	}
}

func arrayFill(f *frame) {
	elem := f.t.Elem()
	write := value.NewBinaryWriter(elem)
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		dims, bounds, err := fillShape(f, r)
		n := 0
		if err == nil && len(dims) > 0 {
			n, err = arrayItems(dims)
		}
		for i := range dims {
			if err == nil && int64(bounds[i])+int64(dims[i]) > math.MaxInt32 {
				err = sqlerr.New(sqlerr.ProgramLimitExceeded, "array lower bound is too large: %d", bounds[i])
			}
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		w.shaped(&out, elem, dims, bounds)
		head := len(out.buf)
		if n > 0 {
			w.row(write, &f.args[0], r)
		}
		if each := len(out.buf) - head; n > 1 && !out.room(each*(n-1)) {
			continue
		}
		for range n - 1 {
			w.again(head)
		}
		w.end()
	}
	out.done()
}

// fillShape reads the shape that array_fill is to make.
func fillShape(f *frame, r uint32) (dims, bounds []int32, err error) {
	shape := [2][]int32{}
	for i := 1; i < len(f.args); i++ {
		if f.args[i].null(int(r)) {
			return nil, nil, sqlerr.New(sqlerr.NullValueNotAllowed, "dimension array or low bound array cannot be null")
		}
	}
	wrong := func(detail string) error {
		return sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts").WithDetail("%s", detail)
	}
	for i := 1; i < len(f.args); i++ {
		a, err := types.OpenArray(f.raw(i, r))
		if err != nil {
			return nil, nil, err
		}
		if len(a.Dims) > 1 {
			return nil, nil, wrong("Dimension array must be one dimensional.")
		}
		size := a.Len()
		for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
			if null {
				return nil, nil, sqlerr.New(sqlerr.NullValueNotAllowed, "dimension values cannot be null")
			}
			shape[i-1] = append(shape[i-1], int32(binary.BigEndian.Uint32(v)))
		}
		if i == 1 && size > maxDimensions {
			return nil, nil, tooManyDimensions(size)
		}
	}
	if len(f.args) < 3 {
		for range shape[0] {
			shape[1] = append(shape[1], 1)
		}
	}
	if len(shape[0]) != len(shape[1]) {
		return nil, nil, wrong("Low bound array has different size than dimensions array.")
	}
	return shape[0], shape[1], nil
}

func arrayToString(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		a, ok := openArray(f, 0, r)
		if !ok || f.args[1].null(int(r)) {
			f.null(r)
			continue
		}
		delimiter, first := f.str(1, r), true
		for v, null, more := a.Next(); more; v, null, more = a.Next() {
			if null && (len(f.args) < 3 || f.args[2].null(int(r))) {
				continue
			}
			if !first {
				out.buf = append(out.buf, delimiter...)
			}
			first = false
			if null {
				if out.buf = append(out.buf, f.str(2, r)...); out.over() {
					break
				}
				continue
			}
			var err error
			if out.buf, err = types.AppendWireText(out.buf, v, a.Elem, f.c.Locale); err != nil {
				f.fail(r, err)
			}
			if out.over() {
				break
			}
		}
	}
	out.done()
}

func stringToArray(f *frame) {
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		if f.args[0].null(int(r)) {
			f.null(r)
			continue
		}
		w.list(&out, types.Text, 1)
		for part := range textParts(f, r) {
			w.item([]byte(part), isNullText(f, r, part))
		}
		w.end()
	}
	out.done()
}

func isNullText(f *frame, r uint32, part string) bool {
	return len(f.args) > 2 && !f.args[2].null(int(r)) && f.str(2, r) == part
}

// textParts gives the pieces of the first argument between the second ones: its characters if that is null, the whole if
// it is empty.
func textParts(f *frame, r uint32) func(yield func(string) bool) {
	s, chars := f.str(0, r), f.args[1].null(int(r))
	delimiter := ""
	if !chars {
		delimiter = f.str(1, r)
	}
	return func(yield func(string) bool) {
		rest := s
		for len(rest) > 0 {
			n, skip := len(rest), 0
			switch at := 0; {
			case chars:
				_, n = utf8.DecodeRuneInString(rest)
			case delimiter != "":
				if at = indexOf(rest, delimiter); at >= 0 {
					n, skip = at, len(delimiter)
				}
			}
			if !yield(rest[:n]) {
				return
			}
			if rest = rest[n+skip:]; skip > 0 && rest == "" {
				yield("")
				return
			}
		}
	}
}

func trimArray(f *frame) {
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		a, ok := openArray(f, 0, r)
		if !ok {
			continue
		}
		have := int32(0)
		if len(a.Dims) > 0 {
			have = a.Dims[0]
		}
		n := int32(f.i4(1, r))
		if n < 0 || n > have {
			f.fail(r, sqlerr.New(sqlerr.ArraySubscriptError, "number of elements to trim must be between 0 and %d", have))
			continue
		}
		if have == n {
			out.buf = types.AppendArrayHeader(out.buf, f.t.Elem(), 0, false)
			continue
		}
		dims, bounds := append([]int32(nil), a.Dims...), make([]int32, len(a.Dims))
		for i := range bounds {
			bounds[i] = 1
		}
		dims[0] -= n
		w.shaped(&out, f.t.Elem(), dims, bounds)
		for range a.Len() / int(have) * int(have-n) {
			v, null, _ := a.Next()
			w.item(v, null)
		}
		w.end()
	}
	out.done()
}

// binaryOf is row r of argument i as an element; null says that it is one. It is kept in buf.
func binaryOf(f *frame, i int, r uint32, write value.Writer, buf []byte) (v []byte, null bool) {
	if f.args[i].null(int(r)) {
		return buf[:0], true
	}
	return write(buf[:0], &f.args[i].col, f.args[i].at(r)), false
}
