package types

import (
	"slices"
	"strings"
)

// Bits of a field in PostgreSQL's modifier of an interval.
const (
	fieldMonth  = 1 << 1
	fieldYear   = 1 << 2
	fieldDay    = 1 << 3
	fieldHour   = 1 << 10
	fieldMinute = 1 << 11
	fieldSecond = 1 << 12

	allFields = 0x7fff
	allDigits = 0xffff
)

// fieldSet is what an interval may be limited to.
type fieldSet struct {
	name string
	bits int32
}

// intervalFields are the fields that an interval may be limited to, with their bits in PostgreSQL's modifier. The number of
// one, from 1, stands in the second byte of Type.Mod; the digits of the seconds stand in the first, as Digits has them.
var intervalFields = []fieldSet{
	{"year", fieldYear},
	{"month", fieldMonth},
	{"day", fieldDay},
	{"hour", fieldHour},
	{"minute", fieldMinute},
	{"second", fieldSecond},
	{"year to month", fieldYear | fieldMonth},
	{"day to hour", fieldDay | fieldHour},
	{"day to minute", fieldDay | fieldHour | fieldMinute},
	{"day to second", fieldDay | fieldHour | fieldMinute | fieldSecond},
	{"hour to minute", fieldHour | fieldMinute},
	{"hour to second", fieldHour | fieldMinute | fieldSecond},
	{"minute to second", fieldMinute | fieldSecond},
}

// WithFields gives the type t, an interval, limited to fields such as "day to second". ok: there are such fields.
func (t Type) WithFields(fields string) (_ Type, ok bool) {
	for i := range intervalFields {
		if intervalFields[i].name == fields {
			t.Mod |= int32(i+1) << 8
			return t, true
		}
	}
	return t, fields == ""
}

// intervalFieldsOf are the fields that an interval is limited to, as SQL writes them; "" for all.
func intervalFieldsOf(t Type) string {
	if n := int(t.Mod >> 8); n > 0 && n <= len(intervalFields) {
		return intervalFields[n-1].name
	}
	return ""
}

// FitSpan is s as an interval of type t keeps it: without what is smaller than the last of its fields, the seconds rounded.
func FitSpan(s Span, t Type) Span {
	if t.Mod == 0 {
		return s
	}
	if fields := intervalFieldsOf(t); fields != "" {
		s = truncateTo(s, lastUnit(fields))
	}
	s.Micros = RoundMicros(s.Micros, Digits(t))
	return s
}

func lastUnit(fields string) unit {
	return unitNames[fields[strings.LastIndexByte(fields, ' ')+1:]]
}

// ParseIntervalOf reads an interval of type t: a bare number counts the last of its fields. Errors: those of ParseIntervalIn.
func ParseIntervalOf(s string, t Type, l *Locale) (Span, error) {
	v, err := ParseIntervalIn(s, intervalFieldsOf(t), l)
	return FitSpan(v, t), err
}

// Digits is how many digits of a second a type of time keeps.
func Digits(t Type) int32 {
	if d := t.Mod & 0xff; d > 0 {
		return d - 1
	}
	return 6
}

// DigitsMod is the modifier of a type of time with p digits of a second; there are not more than six.
func DigitsMod(p int) int32 { return int32(min(p, 6)) + 1 }

// Typmod is t's modifier as PostgreSQL has it on the wire and in its catalogs: -1 for none.
func Typmod(t Type) int32 {
	if t.Mod == 0 {
		return -1
	}
	switch single := t.single(); single {
	case OIDRecord: // a number of this process's own
		return -1
	case OIDTime, OIDTimestamp, OIDTimestamptz:
		return Digits(t)
	case OIDInterval:
		bits, digits := int32(allFields), int32(allDigits)
		if n := int(t.Mod >> 8); n > 0 && n <= len(intervalFields) {
			bits = intervalFields[n-1].bits
		}
		if t.Mod&0xff > 0 {
			digits = Digits(t)
		}
		return bits<<16 | digits
	}
	return t.Mod
}

// single is the OID of t, or of its elements.
func (t Type) single() OID {
	if e := t.Elem(); e.OID != 0 && !IsVector(t) {
		return e.OID
	}
	return t.OID
}

// OfTypmod is the type with PostgreSQL's modifier, -1 for none: the inverse of Typmod.
func OfTypmod(oid OID, typmod int32) Type {
	t := Type{OID: oid}
	if typmod < 0 {
		return t
	}
	switch t.single() {
	case OIDRecord:
	case OIDTime, OIDTimestamp, OIDTimestamptz:
		t.Mod = DigitsMod(int(typmod))
	case OIDInterval:
		if d := typmod & 0xffff; d <= 6 {
			t.Mod = DigitsMod(int(d))
		}
		at := slices.IndexFunc(intervalFields, func(f fieldSet) bool { return f.bits == typmod>>16 })
		t.Mod |= int32(at+1) << 8
	default:
		t.Mod = typmod
	}
	return t
}

// intervalName is an interval's name with its fields and digits.
func intervalName(t Type) string {
	name, fields := "interval", intervalFieldsOf(t)
	if fields != "" {
		name += " " + fields
	}
	if t.Mod&0xff > 0 {
		name += "(" + itoa(Digits(t)) + ")"
	}
	return name
}
