package value

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Key appends bytes of row whose equality is SQL's: 1.0 = 1.00, '1 day' = '24 hours', -0 = 0, NaN = NaN, 'a' = 'a ' in
// char(n), jsonb by value. Keys of several columns may stand one after the other: none is a prefix of another of its type.
// A null gives one zero byte, which equals a null only.
func Key(dst []byte, c *batch.Column, row int) []byte {
	if c.Null(row) {
		return append(dst, 0)
	}
	return keyOf(append(dst, 1), c, row)
}

// WideKey is Key, but that integers of all widths have the same bytes.
func WideKey(dst []byte, c *batch.Column, row int) []byte {
	if !c.Null(row) {
		switch c.Type.OID {
		case types.OIDInt2:
			return binary.LittleEndian.AppendUint64(append(dst, 1), uint64(int64(at[int16](c, row))))
		case types.OIDInt4:
			return binary.LittleEndian.AppendUint64(append(dst, 1), uint64(int64(at[int32](c, row))))
		}
	}
	return Key(dst, c, row)
}

func keyOf(dst []byte, c *batch.Column, row int) []byte {
	switch c.Type.Layout() {
	case types.LayoutBool:
		return binaryBool(dst, c, row)
	case types.LayoutInt16:
		return binary.LittleEndian.AppendUint16(dst, uint16(at[int16](c, row)))
	case types.LayoutInt32:
		return binary.LittleEndian.AppendUint32(dst, uint32(at[int32](c, row)))
	case types.LayoutInt64:
		return binary.LittleEndian.AppendUint64(dst, uint64(at[int64](c, row)))
	case types.LayoutFloat32:
		return types.AppendOrderedFloat(dst, float64(at[float32](c, row)))
	case types.LayoutFloat64:
		return types.AppendOrderedFloat(dst, at[float64](c, row))
	case types.LayoutFixed16:
		v := at[[16]byte](c, row)
		if c.Type.OID == types.OIDInterval {
			return types.AppendOrderedSpan(dst, types.SpanOf(v))
		}
		return append(dst, v[:]...)
	}
	v := c.At(row)
	switch {
	case c.Type.OID == types.OIDNumeric:
		return types.AppendNumericKey(dst, v)
	case c.Type.OID == types.OIDJSONB:
		return types.AppendJSONBOrderKey(dst, types.View(v))
	case c.Type.OID == types.OIDBPChar:
		v = bytes.TrimRight(v, " ")
	case c.Type.Category() == 'A':
		return types.AppendArrayOrderKey(dst, v)
	case c.Type.OID == types.OIDRecord:
		return types.AppendRecordOrderKey(dst, v)
	}
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(v))), v...)
}

// Compare orders row i of a and row j of b, of the same type and neither null, as SQL does: -1, 0 or 1. Text goes by
// bytes, collation "C".
func Compare(a *batch.Column, i int, b *batch.Column, j int) int {
	switch a.Type.Layout() {
	case types.LayoutBool:
		return cmp.Compare(bit(a, i), bit(b, j))
	case types.LayoutInt16:
		return cmp.Compare(at[int16](a, i), at[int16](b, j))
	case types.LayoutInt32:
		return cmp.Compare(at[int32](a, i), at[int32](b, j))
	case types.LayoutInt64:
		return cmp.Compare(at[int64](a, i), at[int64](b, j))
	case types.LayoutFloat32:
		return CompareFloats(float64(at[float32](a, i)), float64(at[float32](b, j)))
	case types.LayoutFloat64:
		return CompareFloats(at[float64](a, i), at[float64](b, j))
	case types.LayoutFixed16:
		x, y := at[[16]byte](a, i), at[[16]byte](b, j)
		if a.Type.OID == types.OIDInterval {
			return types.SpanOf(x).Compare(types.SpanOf(y))
		}
		return bytes.Compare(x[:], y[:])
	}
	return compareBytes(a.Type, a.At(i), b.At(j))
}

func bit(c *batch.Column, row int) int {
	if c.Bits.Get(row) {
		return 1
	}
	return 0
}

// CompareFloats orders floats as SQL does: NaN is the greatest and equals itself, -0 equals 0.
func CompareFloats(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	}
	return cmp.Compare(nan(x), nan(y))
}

func nan(x float64) int {
	if math.IsNaN(x) {
		return 1
	}
	return 0
}

func compareBytes(t types.Type, x, y []byte) int {
	switch {
	case t.OID == types.OIDNumeric:
		return types.CompareNumeric(x, y)
	case t.OID == types.OIDJSONB:
		return types.CompareJSONB(types.View(x), types.View(y))
	case t.OID == types.OIDBPChar:
		return bytes.Compare(bytes.TrimRight(x, " "), bytes.TrimRight(y, " "))
	case t.Category() == 'A':
		var rx, ry [256]byte
		return bytes.Compare(types.AppendArrayOrderKey(rx[:0], x), types.AppendArrayOrderKey(ry[:0], y))
	case t.OID == types.OIDRecord:
		var rx, ry [256]byte
		return bytes.Compare(types.AppendRecordOrderKey(rx[:0], x), types.AppendRecordOrderKey(ry[:0], y))
	}
	return bytes.Compare(x, y)
}

// AppendOrderKey appends bytes whose order under bytes.Compare is ORDER BY's for this column. Keys of several columns may
// stand one after the other. A null takes the place that nullsFirst says, whatever desc is.
func AppendOrderKey(dst []byte, c *batch.Column, row int, desc, nullsFirst bool) []byte {
	if c.Null(row) {
		if nullsFirst {
			return append(dst, 0)
		}
		return append(dst, 2)
	}
	dst = append(dst, 1)
	start := len(dst)
	dst = orderKey(dst, c, row)
	if desc {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

func orderKey(dst []byte, c *batch.Column, row int) []byte {
	switch c.Type.Layout() {
	case types.LayoutInt16:
		return types.AppendOrderedInt(dst, int64(at[int16](c, row)))
	case types.LayoutInt32:
		return types.AppendOrderedInt(dst, int64(at[int32](c, row)))
	case types.LayoutInt64:
		return types.AppendOrderedInt(dst, at[int64](c, row))
	case types.LayoutBytes:
	default:
		return keyOf(dst, c, row) // a key that is ordered too
	}
	v := c.At(row)
	switch {
	case c.Type.OID == types.OIDNumeric:
		return types.AppendNumericOrderKey(dst, v)
	case c.Type.OID == types.OIDBPChar:
		v = bytes.TrimRight(v, " ")
	case c.Type.OID == types.OIDJSONB, c.Type.OID == types.OIDRecord, c.Type.Category() == 'A':
		return keyOf(dst, c, row)
	}
	return types.AppendOrderedBytes(dst, types.View(v))
}
