// Package types says what a SQL type is: its PostgreSQL OID, its layout in a column, its text and binary form, its
// order, and the key form whose equality is SQL equality.
//
// A Type is a value of eight bytes, compared with ==. All that is known of a type besides its modifier stands in one
// table (table.go), by OID.
//
// # Layouts
//
//	boolean                      one bit, least significant first
//	smallint, integer, bigint    int16, int32, int64
//	real, double precision       float32, float64
//	date                         int32 days since 1970-01-01
//	time                         int64 µs since midnight
//	timestamp, timestamptz       int64 µs since 1970-01-01 UTC; the extremes are -infinity and infinity
//	interval                     16 bytes, little-endian: int64 µs, int32 days, int32 months
//	uuid                         16 bytes
//	text, varchar, char, name    UTF-8
//	bytea                        bytes
//	json, jsonb                  text; jsonb in PostgreSQL's canonical spelling
//	numeric, arrays, records     PostgreSQL's own binary send form, without the length word
//
// PostgreSQL's wire forms count from 2000-01-01; FromPGTime and ToPGTime convert.
//
// # Forms
//
//	text ──ParseX──> value ──AppendX──> text       X: Bool, Int8, Timestamptz, Interval, Numeric, JSONB, Array, ...
//	text ──AppendWire──> wire ──AppendWireText──> text        any type, by its Type
//
// Parse functions give PostgreSQL's codes and wording. They take a string and keep nothing of it, so View may lend them
// bytes. Integers, floats, times, intervals, uuids and short numerics cost no allocation either way.
package types

// OID is PostgreSQL's object identifier of a type.
type OID uint32

// Type is a SQL type with its modifier.
type Type struct {
	OID OID
	// Mod is PostgreSQL's typmod (varchar(n): n+4; numeric(p,s): (p<<16|s)+4), or 0 for none. Of a type of time it is the
	// digits of its seconds plus one. The wire's -1 is 0 here, so that the zero modifier is the absent one; Typmod and
	// Digits translate.
	Mod int32
}

// Layout is how a type's values lie in a column.
type Layout uint8

// The layouts. Their order is part of the block format of the log: add at the end.
const (
	LayoutNone    Layout = iota
	LayoutBool           // bitmap
	LayoutInt16          // int16
	LayoutInt32          // int32
	LayoutInt64          // int64
	LayoutFloat32        // float32
	LayoutFloat64        // float64
	LayoutFixed16        // [16]byte
	LayoutBytes          // int32 offsets and bytes; may be dictionary-coded
)

// Width is the number of bytes of one value of a fixed-width layout; 0 for bits and bytes.
func (l Layout) Width() int {
	switch l {
	case LayoutInt16:
		return 2
	case LayoutInt32, LayoutFloat32:
		return 4
	case LayoutInt64, LayoutFloat64:
		return 8
	case LayoutFixed16:
		return 16
	}
	return 0
}

// The types, by the names PostgreSQL gives them inside. Shorthand for types without a modifier.
var (
	Bool             = Type{OID: OIDBool}
	Bytea            = Type{OID: OIDBytea}
	Char             = Type{OID: OIDChar} // "char", one byte, of the catalogs
	Name             = Type{OID: OIDName}
	Int8             = Type{OID: OIDInt8}
	Int2             = Type{OID: OIDInt2}
	Int4             = Type{OID: OIDInt4}
	Text             = Type{OID: OIDText}
	Oid              = Type{OID: OIDOid}
	JSON             = Type{OID: OIDJSON}
	Float4           = Type{OID: OIDFloat4}
	Float8           = Type{OID: OIDFloat8}
	Unknown          = Type{OID: OIDUnknown} // a literal that has not met its type yet
	BPChar           = Type{OID: OIDBPChar}
	Varchar          = Type{OID: OIDVarchar}
	Date             = Type{OID: OIDDate}
	Time             = Type{OID: OIDTime}
	Timestamp        = Type{OID: OIDTimestamp}
	Timestamptz      = Type{OID: OIDTimestamptz}
	Interval         = Type{OID: OIDInterval}
	Numeric          = Type{OID: OIDNumeric}
	UUID             = Type{OID: OIDUUID}
	JSONB            = Type{OID: OIDJSONB}
	Record           = Type{OID: OIDRecord}
	Void             = Type{OID: OIDVoid}
	TextArray        = Type{OID: OIDTextArray}
	Int8Array        = Type{OID: OIDInt8Array}
	Int4Array        = Type{OID: OIDInt4Array}
	Float8Array      = Type{OID: OIDFloat8Array}
	TimestamptzArray = Type{OID: OIDTimestamptzArray}
)

// Layout says how t's values lie in a column.
func (t Type) Layout() Layout { return t.info().Layout }

// Name is PostgreSQL's internal name of t without its modifier: int8, bpchar, timestamptz, _text.
func (t Type) Name() string { return t.info().Name }

// Category is PostgreSQL's typcategory: 'N' numbers, 'S' strings, 'D' dates and times, 'T' intervals, 'B' booleans,
// 'A' arrays, 'U' user, 'X' unknown, 'P' pseudo.
func (t Type) Category() byte { return t.info().Category }

// Preferred says whether t is the type its category prefers when a choice is open.
func (t Type) Preferred() bool { return t.info().Preferred }

// Len is PostgreSQL's typlen: a byte count, -1 for variable length, -2 for a C string.
func (t Type) Len() int16 { return t.info().Len }

// Elem is the element type of an array type, or the zero Type. It has no modifier, but as a record its fields.
func (t Type) Elem() Type {
	e := Type{OID: t.info().Elem}
	if e.OID == OIDRecord {
		e.Mod = t.Mod
	}
	return e
}

// Array is the array type over t, or the zero Type if there is none.
func (t Type) Array() Type {
	a := Type{OID: t.info().Array}
	if t.OID == OIDRecord {
		a.Mod = t.Mod
	}
	return a
}

// Known says whether t's OID stands in the table.
func (t Type) Known() bool { _, ok := byOID[t.OID]; return ok }

// Respelled says that equal values of t may have different bytes: 1.0 and 1.00, '1 day' and '24 hours', 'a' and
// 'a ' in char(n).
func Respelled(t Type) bool {
	switch t.OID {
	case OIDNumeric, OIDInterval, OIDJSONB, OIDBPChar, OIDRecord:
		return true
	}
	return t.Elem() != Type{} && Respelled(t.Elem())
}

// Plain is a type of t's layout whose values are equal where their bytes are, but for floats, whose type it leaves: -0 is 0 to them.
func Plain(t Type) Type {
	switch {
	case t.Layout() == LayoutFixed16:
		return UUID
	case t.OID == OIDJSON || Respelled(t):
		return Bytea
	}
	return t
}

// Tellable says that equal values of t can be told apart: those that are Respelled, and 0 and -0.
func Tellable(t Type) bool {
	return t.OID == OIDFloat4 || t.OID == OIDFloat8 || Respelled(t)
}

func (t Type) info() *Info {
	if in, ok := byOID[t.OID]; ok {
		return in
	}
	return &Info{Name: "???", Category: 'P', Len: -1}
}
