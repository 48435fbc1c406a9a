package types

import (
	"encoding/binary"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// An array in a column is PostgreSQL's binary send form, big-endian:
//
//	int32 dimensions | int32 has nulls | int32 element OID | per dimension: int32 length, int32 lower bound
//	| per element: int32 length or -1, then the element's binary form
const (
	arrayHeader = 12

	maxDimensions = 6
	maxArrayItems = 1 << 27
)

// Array is an array in binary form, taken apart. Dims and Bounds have one entry per dimension; both are empty for {}.
type Array struct {
	Elem   Type
	Dims   []int32
	Bounds []int32
	rest   []byte
	items  int
}

// Len is the number of elements over all dimensions.
func (a *Array) Len() int { return a.items }

// Next gives the next element in binary form, borrowed; null has ok true and elem nil; ok is false at the end.
func (a *Array) Next() (elem []byte, null, ok bool) {
	if len(a.rest) < 4 {
		return nil, false, false
	}
	n := int32(binary.BigEndian.Uint32(a.rest))
	if n < 0 {
		a.rest = a.rest[4:]
		return nil, true, true
	}
	elem = a.rest[4 : 4+n]
	a.rest = a.rest[4+n:]
	return elem, false, true
}

// OpenArray takes an array's binary form apart and checks every length in it. The result borrows b. Errors: 08P01 and 22P03,
// 54000 for too many elements or dimensions.
func OpenArray(b []byte) (Array, error) {
	var a Array
	if len(b) < arrayHeader {
		return a, tooShort()
	}
	nd := binary.BigEndian.Uint32(b)
	if nd > maxDimensions {
		return a, sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", nd, maxDimensions)
	}
	if flags := binary.BigEndian.Uint32(b[4:]); flags > 1 {
		return a, sqlerr.New(sqlerr.InvalidBinary, "invalid array flags")
	}
	a.Elem = Type{OID: OID(binary.BigEndian.Uint32(b[8:]))}
	b = b[arrayHeader:]
	if len(b) < int(nd)*8 {
		return a, tooShort()
	}
	a.items = 1
	for range nd {
		n := int32(binary.BigEndian.Uint32(b))
		if n < 0 || int64(n)*int64(a.items) > maxArrayItems {
			return a, sqlerr.New(sqlerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayItems)
		}
		a.items *= int(n)
		a.Dims = append(a.Dims, n)
		a.Bounds = append(a.Bounds, int32(binary.BigEndian.Uint32(b[4:])))
		b = b[8:]
	}
	if nd == 0 {
		a.items = 0
	}
	a.rest = b
	for range a.items {
		if len(b) < 4 {
			return a, tooShort()
		}
		n := int(int32(binary.BigEndian.Uint32(b)))
		b = b[4:]
		if n < -1 || n > len(b) {
			return a, sqlerr.New(sqlerr.InvalidBinary, "insufficient data left in message")
		}
		b = b[max(n, 0):]
	}
	if len(b) != 0 {
		return a, sqlerr.New(sqlerr.InvalidBinary, BadFormat)
	}
	return a, nil
}

// AppendArrayHeader appends the head of an array of one dimension of n elements (none for n = 0): each element follows by
// AppendArrayItem, or AppendArrayNull.
func AppendArrayHeader(dst []byte, elem Type, n int, nulls bool) []byte {
	put := binary.BigEndian.AppendUint32
	flag := uint32(0)
	if nulls {
		flag = 1
	}
	if n == 0 {
		return put(put(put(dst, 0), 0), uint32(elem.OID))
	}
	return put(put(put(put(put(dst, 1), flag), uint32(elem.OID)), uint32(n)), 1)
}

// AppendArrayDims appends the head of an array of any shape, with at least one dimension.
func AppendArrayDims(dst []byte, elem Type, nulls bool, dims, bounds []int32) []byte {
	put := binary.BigEndian.AppendUint32
	flag := uint32(0)
	if nulls {
		flag = 1
	}
	dst = put(put(put(dst, uint32(len(dims))), flag), uint32(elem.OID))
	for i := range dims {
		dst = put(put(dst, uint32(dims[i])), uint32(bounds[i]))
	}
	return dst
}

// AppendArrayItem appends one element's binary form.
func AppendArrayItem(dst, elem []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(elem))), elem...)
}

// AppendArrayNull appends a null element.
func AppendArrayNull(dst []byte) []byte { return binary.BigEndian.AppendUint32(dst, 1<<32-1) }

// AppendArray appends the text of an array in binary form: {1,NULL,"a b"}.
func AppendArray(dst, array []byte, l *Locale) ([]byte, error) {
	a, err := OpenArray(array)
	if err != nil {
		return dst, err
	}
	if a.items == 0 {
		return append(dst, '{', '}'), nil
	}
	plain := true
	for _, b := range a.Bounds {
		plain = plain && b == 1
	}
	if !plain {
		for i, n := range a.Dims {
			dst = append(AppendInt(append(dst, '['), int64(a.Bounds[i])), ':')
			dst = append(AppendInt(dst, int64(a.Bounds[i])+int64(n)-1), ']')
		}
		dst = append(dst, '=')
	}
	return a.appendDim(dst, 0, l)
}

func (a *Array) appendDim(dst []byte, dim int, l *Locale) ([]byte, error) {
	dst = append(dst, '{')
	for i := range a.Dims[dim] {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dim+1 < len(a.Dims) {
			dst, err = a.appendDim(dst, dim+1, l)
		} else {
			dst, err = a.appendItem(dst, l)
		}
		if err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func (a *Array) appendItem(dst []byte, l *Locale) ([]byte, error) {
	elem, null, _ := a.Next()
	if null {
		return append(dst, "NULL"...), nil
	}
	at := len(dst)
	dst, err := AppendWireText(dst, elem, a.Elem, l)
	if err != nil || !quoteItem(dst[at:]) {
		return dst, err
	}
	text := string(dst[at:])
	dst = append(dst[:at], '"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"'), nil
}

// quoteItem says whether an element must stand in quotes.
func quoteItem(s []byte) bool {
	if len(s) == 0 || foldedEqual(View(s), "null") {
		return true
	}
	for _, c := range s {
		if isSpace(c) || strings.IndexByte("\"\\{},", c) >= 0 {
			return true
		}
	}
	return false
}

// Rest is the bytes of the elements that Next has not given, borrowed.
func (a *Array) Rest() []byte { return a.rest }

// AppendArrayShape appends the head of an array of any shape; its elements follow. An array with a dimension of length 0
// has none.
func AppendArrayShape(dst []byte, elem Type, dims, bounds []int32, nulls bool) []byte {
	put := binary.BigEndian.AppendUint32
	flag := uint32(0)
	if nulls {
		flag = 1
	}
	for _, n := range dims {
		if n == 0 {
			return AppendArrayHeader(dst, elem, 0, false)
		}
	}
	dst = put(put(put(dst, uint32(len(dims))), flag), uint32(elem.OID))
	for i, n := range dims {
		dst = put(put(dst, uint32(n)), uint32(bounds[i]))
	}
	return dst
}
