package types

import (
	"encoding/binary"
	"math"
	"strings"
)

// The pieces of an order key: bytes whose order under bytes.Compare is SQL's ascending order of the values, of which none
// is a prefix of another of the same type, and whose equality is SQL equality.

// AppendOrderedInt appends eight bytes ordered as v.
func AppendOrderedInt(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v)^1<<63)
}

// OrderedInt reads what AppendOrderedInt appended.
func OrderedInt(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }

// AppendOrderedFloat appends eight bytes ordered as SQL orders v: NaN is the greatest, and equals itself; -0 is 0.
func AppendOrderedFloat(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(dst, FloatKey(v))
}

// FloatKey maps v to an integer in SQL's order: NaN is the greatest, whatever its bits; -0 and 0 give the same.
func FloatKey(v float64) uint64 {
	if v != v {
		return math.MaxUint64
	}
	b := math.Float64bits(v + 0) // -0 + 0 is 0
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// AppendOrderedSpan appends bytes ordered as intervals: '1 day' equals '24 hours'.
func AppendOrderedSpan(dst []byte, s Span) []byte {
	days, us := s.Linear()
	return AppendOrderedInt(AppendOrderedInt(dst, days), us)
}

// TrimBlanks cuts the blanks off the end of a char(n) value: they do not count in comparisons.
func TrimBlanks(s string) string { return strings.TrimRight(s, " ") }

// AppendArrayOrderKey appends the order key of an array in binary form: by elements first, then their number, then the
// shape. A null element comes after every value, and equals another. Malformed arrays order by their bytes.
func AppendArrayOrderKey(dst, array []byte) []byte {
	a, err := OpenArray(array)
	if err != nil {
		return AppendOrderedBytes(append(dst, 0xff), View(array))
	}
	for {
		elem, null, ok := a.Next()
		if !ok {
			break
		}
		if null {
			dst = append(dst, 2)
			continue
		}
		dst = AppendWireOrderKey(append(dst, 1), elem, a.Elem)
	}
	dst = append(dst, 0, byte(len(a.Dims)))
	for i, n := range a.Dims {
		dst = AppendOrderedInt(AppendOrderedInt(dst, int64(n)), int64(a.Bounds[i]))
	}
	return dst
}

// AppendRecordOrderKey appends the order key of a record in binary form: field by field, null after every value.
func AppendRecordOrderKey(dst, record []byte) []byte {
	err := eachField(record, func(_ int, t Type, value []byte, null bool) error {
		if null {
			dst = append(dst, 2)
		} else {
			dst = AppendWireOrderKey(append(dst, 1), value, t)
		}
		return nil
	})
	if err != nil {
		return AppendOrderedBytes(append(dst, 0xff), View(record))
	}
	return append(dst, 0)
}

// AppendWireOrderKey appends the order key of a value in PostgreSQL's binary form.
func AppendWireOrderKey(dst, wire []byte, t Type) []byte {
	be := binary.BigEndian
	switch n := len(wire); {
	case t.OID == OIDFloat8 && n == 8:
		return AppendOrderedFloat(dst, math.Float64frombits(be.Uint64(wire)))
	case t.OID == OIDFloat4 && n == 4:
		return AppendOrderedFloat(dst, float64(math.Float32frombits(be.Uint32(wire))))
	case t.OID == OIDInterval && n == 16:
		return AppendOrderedSpan(dst, SpanFromWire(wire))
	case t.OID == OIDUUID:
		return append(dst, wire...)
	case t.OID == OIDNumeric:
		return AppendNumericOrderKey(dst, wire)
	case t.OID == OIDJSONB && n > 0:
		return AppendJSONBOrderKey(dst, View(wire[1:]))
	case t.OID == OIDBPChar:
		return AppendOrderedBytes(dst, TrimBlanks(View(wire)))
	case t.OID == OIDOid && n == 4:
		return AppendOrderedInt(dst, int64(be.Uint32(wire)))
	case t.Layout() != LayoutBytes && n == 1:
		return append(dst, wire[0])
	case t.Layout() != LayoutBytes && n == 2:
		return AppendOrderedInt(dst, int64(int16(be.Uint16(wire))))
	case t.Layout() != LayoutBytes && n == 4:
		return AppendOrderedInt(dst, int64(int32(be.Uint32(wire))))
	case t.Layout() != LayoutBytes && n == 8:
		return AppendOrderedInt(dst, int64(be.Uint64(wire)))
	case t.OID == OIDRecord:
		return AppendRecordOrderKey(dst, wire)
	}
	if t.Elem().OID != 0 {
		return AppendArrayOrderKey(dst, wire)
	}
	return AppendOrderedBytes(dst, View(wire))
}
