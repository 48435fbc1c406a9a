package batch

import (
	"unsafe"

	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/types"
)

// Padding is how many readable bytes every buffer made here has past its end: one cache line, so that a kernel may
// load a whole word, or a vector, that begins at the last value.
const Padding = 64

// Column is the values of one column of a batch. Which buffers are set follows from the type's layout.
type Column struct {
	Type  types.Type
	N     int
	Valid Bitmap // bit set: not null; nil: no nulls

	Bits    Bitmap  // LayoutBool
	Fixed   []byte  // fixed-width layouts: N * width bytes, 8-aligned
	Offsets []int32 // LayoutBytes: N+1 offsets into Data
	Data    []byte

	Codes []uint32 // LayoutBytes, dictionary-coded: N indices into Dict; Offsets and Data are nil
	Dict  *Dict
}

// Value is a Go type that a fixed-width layout stores as it is.
type Value interface {
	~int16 | ~int32 | ~int64 | ~uint32 | ~uint64 | ~float32 | ~float64 | [16]byte
}

// Values gives a fixed-width column's values as a slice of T, without a copy. T must have the layout's width.
func Values[T Value](c *Column) []T {
	if c.N == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(c.Fixed))), c.N)
}

// MakeValues allocates n values of T with Padding behind them.
func MakeValues[T Value](n int) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	return make([]T, n, n+(Padding+size-1)/size)
}

// MakeBytes allocates n bytes, 8-aligned, with Padding behind them.
func MakeBytes(n int) []byte {
	w := make([]uint64, (n+7)/8+Padding/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*8)[:n]
}

// FixedOf makes a column of vals, which it takes over. vals should come from MakeValues, for the padding.
func FixedOf[T Value](t types.Type, vals []T, valid Bitmap) Column {
	var zero T
	size := int(unsafe.Sizeof(zero))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(vals))), cap(vals)*size)[:len(vals)*size]
	return Column{Type: t, N: len(vals), Valid: valid, Fixed: raw}
}

// BitsOf makes a boolean column of n bits, which it takes over.
func BitsOf(n int, bits, valid Bitmap) Column {
	return Column{Type: types.Bool, N: n, Valid: valid, Bits: bits}
}

// BytesOf makes a column of a LayoutBytes type from n+1 offsets into data, and takes both over.
func BytesOf(t types.Type, offsets []int32, data []byte, valid Bitmap) Column {
	return Column{Type: t, N: len(offsets) - 1, Valid: valid, Offsets: offsets, Data: data}
}

// CodedOf makes a dictionary-coded column, and takes codes over.
func CodedOf(t types.Type, codes []uint32, dict *Dict, valid Bitmap) Column {
	return Column{Type: t, N: len(codes), Valid: valid, Codes: codes, Dict: dict}
}

// Null says whether row i is null.
func (c *Column) Null(i int) bool { return c.Valid != nil && !c.Valid.Get(i) }

// At gives row i of a LayoutBytes column, borrowed. A null row gives whatever lies there.
func (c *Column) At(i int) []byte {
	if c.Dict != nil {
		return c.Dict.At(c.Codes[i])
	}
	return c.Data[c.Offsets[i]:c.Offsets[i+1]]
}

// Str is At as a string, borrowed all the same: it must not outlive the batch.
func (c *Column) Str(i int) string {
	b := c.At(i)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Nulls counts the null rows.
func (c *Column) Nulls() int {
	if c.Valid == nil {
		return 0
	}
	return c.N - c.Valid.Count(c.N)
}

// Bytes is the memory that c's buffers occupy, without a shared dictionary.
func (c *Column) Bytes() int {
	return 8*(len(c.Valid)+len(c.Bits)) + len(c.Fixed) + 4*len(c.Offsets) + 4*len(c.Codes) + len(c.Data)
}

// Clone copies c and its buffers.
func (c *Column) Clone() Column {
	d := *c
	d.Valid = cloneSlice(c.Valid)
	d.Bits = cloneSlice(c.Bits)
	d.Fixed = cloneBytes(c.Fixed)
	d.Codes = cloneSlice(c.Codes)
	if c.Offsets != nil {
		lo, hi := c.Offsets[0], c.Offsets[c.N]
		d.Data = cloneBytes(c.Data[lo:hi])
		d.Offsets = MakeValues[int32](c.N + 1)
		for i, o := range c.Offsets[:c.N+1] {
			d.Offsets[i] = o - lo
		}
	}
	return d
}

// Slice gives rows [lo, hi), sharing values and bytes with c, and with bitmaps of its own.
func (c *Column) Slice(lo, hi int) Column {
	d := Column{Type: c.Type, N: hi - lo, Dict: c.Dict, Data: c.Data}
	d.Valid = c.Valid.Slice(lo, hi)
	d.Bits = c.Bits.Slice(lo, hi)
	if c.Fixed != nil {
		w := c.Type.Layout().Width()
		d.Fixed = c.Fixed[lo*w : hi*w]
	}
	if c.Offsets != nil {
		d.Offsets = c.Offsets[lo : hi+1]
	}
	if c.Codes != nil {
		d.Codes = c.Codes[lo:hi]
	}
	return d
}

// Take copies the rows of sel, in its order. It shares only the dictionary with c.
func (c *Column) Take(sel Sel) Column {
	d := Column{Type: c.Type, N: len(sel), Dict: c.Dict}
	d.Valid = c.Valid.take(sel)
	switch {
	case c.Dict != nil:
		d.Codes = take(MakeValues[uint32](len(sel)), c.Codes, sel)
	case c.Offsets != nil:
		if c.Repeats(sel) {
			return c.TakeCoded(sel)
		}
		d.Offsets, d.Data = c.takeBytes(sel)
	case c.Bits != nil:
		d.Bits = c.Bits.take(sel)
	default:
		c.takeFixed(&d, sel)
	}
	return d
}

func (c *Column) takeFixed(d *Column, sel Sel) {
	n := len(sel)
	switch c.Type.Layout().Width() {
	case 2:
		d.Fixed = FixedOf(c.Type, take(MakeValues[int16](n), Values[int16](c), sel), nil).Fixed
	case 4:
		d.Fixed = FixedOf(c.Type, take(MakeValues[uint32](n), Values[uint32](c), sel), nil).Fixed
	case 8:
		d.Fixed = FixedOf(c.Type, take(MakeValues[uint64](n), Values[uint64](c), sel), nil).Fixed
	case 16:
		d.Fixed = FixedOf(c.Type, take(MakeValues[[16]byte](n), Values[[16]byte](c), sel), nil).Fixed
	}
}

func (c *Column) takeBytes(sel Sel) ([]int32, []byte) {
	offsets := MakeValues[int32](len(sel) + 1)
	var total int32
	for i, r := range sel {
		total += c.Offsets[r+1] - c.Offsets[r]
		offsets[i+1] = total
	}
	data := MakeBytes(int(total))
	for i, r := range sel {
		copy(data[offsets[i]:offsets[i+1]], c.Data[c.Offsets[r]:c.Offsets[r+1]])
	}
	return offsets, data
}

func (c *Column) check(i, n int) {
	invariant.Check(c.N == n, "column %d has %d rows, the batch %d", i, c.N, n)
	invariant.Check(c.Valid == nil || len(c.Valid) >= words(n), "column %d: validity of %d words for %d rows", i, len(c.Valid), n)
	switch layout := c.Type.Layout(); {
	case layout == types.LayoutBool:
		invariant.Check(len(c.Bits) >= words(n), "column %d: %d words of bits for %d rows", i, len(c.Bits), n)
	case layout.Width() > 0:
		invariant.Check(len(c.Fixed) == n*layout.Width(), "column %d: %d bytes for %d rows of %d", i, len(c.Fixed), n, layout.Width())
	case c.Dict != nil:
		invariant.Check(len(c.Codes) == n, "column %d: %d codes for %d rows", i, len(c.Codes), n)
	default:
		invariant.Check(len(c.Offsets) == n+1, "column %d: %d offsets for %d rows", i, len(c.Offsets), n)
	}
}

func take[T any](dst, src []T, sel Sel) []T {
	dst = dst[:len(sel)]
	for i, r := range sel {
		dst[i] = src[r]
	}
	return dst
}

func cloneSlice[T any, S ~[]T](s S) S {
	if s == nil {
		return nil
	}
	var zero T
	pad := (Padding + int(unsafe.Sizeof(zero)) - 1) / int(unsafe.Sizeof(zero))
	return append(make(S, 0, len(s)+pad), s...)
}

func cloneBytes(s []byte) []byte {
	if s == nil {
		return nil
	}
	d := MakeBytes(len(s))
	copy(d, s)
	return d
}
