package batch

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/vexfs/vexstream/engine/types"
)

// Taken is the dictionary that the last array of a column came with. The zero value is for none.
type Taken struct {
	from arrow.ArrayData
	dict *Dict
}

// TakenFrom remembers that from became dict.
func TakenFrom(from arrow.ArrayData, dict *Dict) Taken { return Taken{from, dict} }

// Of gives the dictionary that from became, nil if another array was the last.
func (t *Taken) Of(from arrow.ArrayData) *Dict {
	if t.dict != nil && t.from == from {
		return t.dict
	}
	return nil
}

// FromArray gives an Arrow array as a column of type t, which TypeOfArrow gave; name is for errors. What it shares, and what it
// checks, is as FromRecord says; texts may be anything. An array with the same dictionary as the last one gets the same Dict.
func FromArray(t types.Type, d arrow.ArrayData, name string, last *Taken) (Column, error) {
	// The engine has no offsets, so a sliced array's bitmaps are copied.
	c := Column{Type: t, N: d.Len()}
	bufs, lo, hi := d.Buffers(), d.Offset(), d.Offset()+d.Len()
	var ok bool
	if d.NullN() != 0 && bufs[0] != nil && bufs[0].Len() > 0 {
		if c.Valid, ok = bitsFrom(bufs[0], lo, hi); !ok {
			return c, badArrow(name, "has too short a validity bitmap")
		}
		if c.Nulls() == 0 {
			c.Valid = nil
		}
	}
	switch w := t.Layout().Width(); {
	case d.DataType().ID() == arrow.DICTIONARY:
		err := codesFrom(&c, d, name, last)
		return c, err
	case t.Layout() == types.LayoutBool:
		c.Bits, ok = bitsFrom(bufs[1], lo, hi)
	case w > 0:
		c.Fixed, ok = slab(bufs[1], lo*w, hi*w)
	default:
		c.Offsets, c.Data, ok = stringsFrom(bufs, lo, hi)
	}
	if !ok {
		return c, badArrow(name, "has buffers that do not fit its length")
	}
	return c, nil
}

// slab gives bytes [lo, hi) of a buffer: shared if they are 8-aligned and padded, else a copy.
func slab(b *memory.Buffer, lo, hi int) ([]byte, bool) {
	if lo == hi {
		return MakeBytes(0), true
	}
	if b == nil || b.Len() < hi {
		return nil, false
	}
	s := b.Buf()[lo:hi]
	if cap(s) >= len(s)+Padding && uintptr(unsafe.Pointer(unsafe.SliceData(s)))%8 == 0 {
		return s, true
	}
	return cloneBytes(s), true
}

func bitsFrom(b *memory.Buffer, lo, hi int) (Bitmap, bool) {
	from := lo &^ 63
	n := (hi + 7) / 8
	if lo == hi {
		return NewBitmap(0), true
	}
	if b == nil || b.Len() < n {
		return nil, false
	}
	raw := MakeBytes(8 * words(hi-from))
	copy(raw, b.Buf()[from/8:n])
	m := Bitmap(valuesOf[uint64](raw))
	if lo == from {
		return m, true
	}
	return m.Slice(lo-from, hi-from), true
}

// valuesOf sees 8-aligned bytes as values, with the capacity that lies behind them.
func valuesOf[T Value](raw []byte) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(raw))), cap(raw)/size)[:len(raw)/size]
}

// stringsFrom takes over strings [lo, hi), and checks that their offsets climb and stay inside the bytes.
func stringsFrom(bufs []*memory.Buffer, lo, hi int) ([]int32, []byte, bool) {
	if lo == hi {
		return MakeValues[int32](1), MakeBytes(0), true
	}
	raw, ok := slab(bufs[1], 4*lo, 4*(hi+1))
	if !ok {
		return nil, nil, false
	}
	offsets := valuesOf[int32](raw)
	last := offsets[0]
	for _, o := range offsets {
		if o < last {
			return nil, nil, false
		}
		last = o
	}
	if offsets[0] < 0 {
		return nil, nil, false
	}
	data, ok := slab(bufs[2], 0, int(last))
	return offsets, data, ok
}

func codesFrom(c *Column, d arrow.ArrayData, name string, last *Taken) error {
	raw, ok := slab(d.Buffers()[1], 4*d.Offset(), 4*(d.Offset()+d.Len()))
	dict := d.Dictionary()
	if !ok || dict == nil {
		return badArrow(name, "has no dictionary, or too few indices")
	}
	if dict.NullN() > 0 {
		return badArrow(name, "has a null in its dictionary")
	}
	if dict.Len() > MaxDictLen {
		return badArrow(name, "has a dictionary of %d entries, beyond %d", dict.Len(), MaxDictLen)
	}
	// A null's index may be anything in Arrow; here it must be one that At can follow.
	codes, n, copied := valuesOf[uint32](raw), uint32(dict.Len()), false
	for i := range codes {
		if codes[i] < n {
			continue
		}
		if !c.Null(i) {
			return badArrow(name, "has index %d of %d", codes[i], n)
		}
		if !copied {
			codes, copied = cloneSlice(codes), true
		}
		codes[i] = 0
	}
	if c.Dict = last.Of(dict); c.Dict != nil {
		c.Codes = codes
		return nil
	}
	out := &Dict{ID: NewDictID()}
	if out.Offsets, out.Data, ok = stringsFrom(dict.Buffers(), dict.Offset(), dict.Offset()+dict.Len()); !ok {
		return badArrow(name, "has a damaged dictionary")
	}
	if n == 0 {
		out.Offsets = MakeValues[int32](2)
	}
	c.Codes, c.Dict = codes, out
	*last = Taken{dict, out}
	return nil
}
