package types

import (
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// JSONBVersion is the byte that begins the binary form of jsonb and jsonpath on the wire; the text follows. Columns do not
// hold it.
const JSONBVersion = 1

// PGDate turns days since 1970 into PostgreSQL's wire date; infinities stay what they are.
func PGDate(days int32) int32 {
	if days == MinDate || days == MaxDate {
		return days
	}
	return days - pgEpochDays
}

// FromPGDate turns PostgreSQL's wire date into days since 1970. Errors: 22008.
func FromPGDate(days int32) (int32, error) {
	if days == MinDate || days == MaxDate {
		return days, nil
	}
	if d := int64(days) + int64(pgEpochDays); d >= firstDay && d <= lastDay {
		return int32(d), nil
	}
	return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range")
}

// CheckedFromPGTime is FromPGTime for input that is not trusted. Errors: 22008.
func CheckedFromPGTime(us int64) (Micros, error) {
	if us == math.MinInt64 || us == math.MaxInt64 {
		return Micros(us), nil
	}
	if us < math.MaxInt64-pgEpoch {
		if t := FromPGTime(us); InRange(t) {
			return t, nil
		}
	}
	return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range")
}

// AppendSpanWire appends an interval's binary form: int64 µs, int32 days, int32 months, big-endian.
func AppendSpanWire(dst []byte, s Span) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.Micros))
	dst = binary.BigEndian.AppendUint32(dst, uint32(s.Days))
	return binary.BigEndian.AppendUint32(dst, uint32(s.Months))
}

// SpanFromWire reads an interval's binary form of 16 bytes.
func SpanFromWire(b []byte) Span {
	return Span{
		Micros: int64(binary.BigEndian.Uint64(b)),
		Days:   int32(binary.BigEndian.Uint32(b[8:])),
		Months: int32(binary.BigEndian.Uint32(b[12:])),
	}
}

// AppendWire appends the binary form, as PostgreSQL sends it, of the value of type t that s spells. Errors: those of the
// type's Parse function.
func AppendWire(dst []byte, s string, t Type, l *Locale) ([]byte, error) {
	be16, be32, be64 := binary.BigEndian.AppendUint16, binary.BigEndian.AppendUint32, binary.BigEndian.AppendUint64
	switch t.OID {
	case OIDBool:
		v, err := ParseBool(s)
		if v {
			return append(dst, 1), err
		}
		return append(dst, 0), err
	case OIDInt2:
		v, err := ParseInt2(s)
		return be16(dst, uint16(v)), err
	case OIDInt4:
		v, err := ParseInt4(s)
		return be32(dst, uint32(v)), err
	case OIDInt8:
		v, err := ParseInt8(s)
		return be64(dst, uint64(v)), err
	case OIDOid, OIDXid, OIDRegproc, OIDRegprocedure, OIDRegoper, OIDRegoperator, OIDRegclass, OIDRegtype, OIDRegnamespace, OIDRegrole:
		v, err := ParseOid(s)
		return be32(dst, uint32(v)), err
	case OIDFloat4:
		v, err := ParseFloat4(s)
		return be32(dst, math.Float32bits(v)), err
	case OIDFloat8:
		v, err := ParseFloat8(s)
		return be64(dst, math.Float64bits(v)), err
	case OIDDate:
		v, err := ParseDate(s, l)
		return be32(dst, uint32(PGDate(v))), err
	case OIDTime:
		v, err := ParseTime(s, l)
		return be64(dst, uint64(RoundMicros(v, Digits(t)))), err
	case OIDTimestamp:
		v, err := ParseTimestamp(s, l)
		return be64(dst, uint64(ToPGTime(RoundTimestamp(v, Digits(t))))), err
	case OIDTimestamptz:
		v, err := ParseTimestamptz(s, l)
		return be64(dst, uint64(ToPGTime(RoundTimestamp(v, Digits(t))))), err
	case OIDInterval:
		v, err := ParseIntervalOf(s, t, l)
		return AppendSpanWire(dst, v), err
	case OIDUUID:
		v, err := ParseUUID(s)
		return append(dst, v[:]...), err
	case OIDJSONB, OIDJSONPath:
		return AppendBytesForm(append(dst, JSONBVersion), s, t, l)
	case OIDInet:
		return dst, sqlerr.NotSupported("a text as inet")
	case OIDChar:
		if s == "" {
			return append(dst, 0), nil
		}
	}
	return AppendBytesForm(dst, s, t, l)
}

// AppendBytesForm appends the column form of the value of a LayoutBytes type that s spells: the wire form but for jsonb,
// which lacks its version byte. A type's modifier is applied as storing does. Errors: those of the type's Parse function.
func AppendBytesForm(dst []byte, s string, t Type, l *Locale) ([]byte, error) {
	switch t.OID {
	case OIDBytea:
		return ParseBytea(dst, s)
	case OIDNumeric:
		return ParseNumeric(dst, s, t.Mod)
	case OIDJSONB:
		if err := CheckText(s); err != nil {
			return dst, err
		}
		return ParseJSONB(dst, s)
	case OIDJSON:
		if err := CheckText(s); err != nil {
			return dst, err
		}
		if err := ValidateJSON(s); err != nil {
			return dst, err
		}
		return append(dst, s...), nil
	case OIDRecord:
		return dst, sqlerr.NotSupported("input of anonymous composite types")
	case OIDText, OIDUnknown:
		return append(dst, s...), CheckText(s)
	case OIDInt2Vector, OIDOidVector:
		return ParseVector(dst, s, t)
	}
	if t.Elem().OID != 0 {
		return ParseArray(dst, s, t, l)
	}
	if err := CheckText(s); err != nil {
		return dst, err
	}
	fitted, err := FitText(nil, s, t, false)
	return append(dst, fitted...), err
}

// AppendWireText appends the text of a value in PostgreSQL's binary form. Errors: 22P03 when the form is not t's.
func AppendWireText(dst, wire []byte, t Type, l *Locale) ([]byte, error) {
	if n := int(t.Len()); n > 0 && len(wire) != n && t.OID != OIDName && t.OID != OIDChar {
		return dst, BadLength(t, len(wire))
	}
	be := binary.BigEndian
	switch t.OID {
	case OIDBool:
		return AppendBool(dst, wire[0] != 0), nil
	case OIDInt2:
		return AppendInt(dst, int64(int16(be.Uint16(wire)))), nil
	case OIDInt4:
		return AppendInt(dst, int64(int32(be.Uint32(wire)))), nil
	case OIDInt8:
		return AppendInt(dst, int64(be.Uint64(wire))), nil
	case OIDOid, OIDXid:
		return AppendInt(dst, int64(be.Uint32(wire))), nil
	case OIDRegproc, OIDRegprocedure, OIDRegoper, OIDRegoperator, OIDRegclass, OIDRegtype, OIDRegnamespace, OIDRegrole:
		return l.AppendReg(dst, t, int64(be.Uint32(wire))), nil
	case OIDFloat4:
		return l.AppendFloat4(dst, math.Float32frombits(be.Uint32(wire))), nil
	case OIDFloat8:
		return l.AppendFloat8(dst, math.Float64frombits(be.Uint64(wire))), nil
	case OIDDate:
		d, err := FromPGDate(int32(be.Uint32(wire)))
		return l.AppendDate(dst, d), err
	case OIDTime:
		return AppendTime(dst, int64(be.Uint64(wire))), nil
	case OIDTimestamp, OIDTimestamptz:
		us, err := CheckedFromPGTime(int64(be.Uint64(wire)))
		if t.OID == OIDTimestamp {
			return l.AppendTimestamp(dst, us), err
		}
		return l.AppendTimestamptz(dst, us), err
	case OIDInterval:
		return l.AppendInterval(dst, SpanFromWire(wire)), nil
	case OIDUUID:
		return AppendUUID(dst, [16]byte(wire)), nil
	case OIDNumeric:
		return AppendNumeric(dst, wire), nil
	case OIDBytea:
		return l.AppendBytea(dst, wire), nil
	case OIDJSONB, OIDJSONPath:
		text, err := Unversioned(wire, t)
		return append(dst, text...), err
	case OIDChar:
		if len(wire) == 1 && wire[0] == 0 {
			return dst, nil
		}
		return append(dst, wire...), nil
	case OIDInet:
		if err := CheckInet(wire); err != nil {
			return dst, err
		}
		return AppendInet(dst, wire, false), nil
	case OIDRecord:
		return AppendRecord(dst, wire, l)
	case OIDInt2Vector, OIDOidVector:
		return AppendVector(dst, wire, l)
	}
	if t.Elem().OID != 0 {
		return AppendArray(dst, wire, l)
	}
	return append(dst, wire...), nil
}

// BadLength is the error for a binary value of t that has n bytes, which is too few or too many.
func BadLength(t Type, n int) error {
	switch {
	case n == 0 && t.Len() == 1:
		return sqlerr.New(sqlerr.ProtocolViolation, "no data left in message")
	case n < int(t.Len()):
		return tooShort()
	}
	return sqlerr.New(sqlerr.InvalidBinary, BadFormat)
}

// BadFormat is the message of the error for a binary value that has bytes after its end.
const BadFormat = "incorrect binary data format"

func tooShort() *sqlerr.Error {
	return sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
}

// Unversioned cuts off the byte that begins the binary form of jsonb and jsonpath.
func Unversioned(wire []byte, t Type) ([]byte, error) {
	switch {
	case len(wire) == 0:
		return nil, tooShort()
	case wire[0] == JSONBVersion:
		return wire[1:], nil
	case t.OID == OIDJSONB:
		return nil, sqlerr.New(sqlerr.InternalError, "unsupported jsonb version number %d", wire[0])
	}
	return nil, sqlerr.New(sqlerr.InternalError, "unsupported jsonpath version number: %d", wire[0])
}
