package types

import (
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
)

// RowField is a field of a row type.
type RowField struct {
	Name string
	Type Type
}

// RowName says which relation's rows a row type is of: the type's OID, that of arrays of it, and its name. The zero RowName
// is that of a row of none, ROW(1, 2).
type RowName struct {
	OID, Array OID
	Name       string
}

// rowShape is what a row type is.
type rowShape struct {
	fields []RowField
	name   RowName
}

// maxRowTypes bounds how many row types a process keeps. They are made by the texts of statements, so there are few.
const maxRowTypes = 1 << 16

// rowTypes are the row types met so far; a Type of OIDRecord has the place of its own, from 1, as its modifier. Nothing
// stored refers to it.
var rowTypes = struct {
	sync.RWMutex
	of    map[string]int32
	shape []rowShape
}{of: map[string]int32{}}

// RowOf is the record type with the given fields. Record itself, whose fields are not known, if there are too many types.
func RowOf(fields []RowField) Type { return NamedRow(fields, RowName{}) }

// NamedRow is the type of a relation's rows.
func NamedRow(fields []RowField, name RowName) Type {
	var sb strings.Builder
	sb.WriteString(strconv.FormatUint(uint64(name.OID), 10) + name.Name + ";")
	for _, f := range fields {
		sb.WriteString(strconv.Quote(f.Name) + strconv.Itoa(int(f.Type.OID)) + ":" + strconv.Itoa(int(f.Type.Mod)) + ",")
	}
	key := sb.String()
	rowTypes.Lock()
	defer rowTypes.Unlock()
	n, ok := rowTypes.of[key]
	if !ok {
		if len(rowTypes.shape) == maxRowTypes {
			return Record
		}
		rowTypes.shape = append(rowTypes.shape, rowShape{append([]RowField(nil), fields...), name})
		n = int32(len(rowTypes.shape))
		rowTypes.of[key] = n
	}
	return Type{OID: OIDRecord, Mod: n}
}

// Fields gives the fields of a record type, shared; nil if they are not known.
func (t Type) Fields() []RowField { return t.shape().fields }

// RowName says which relation's rows t is of.
func (t Type) RowName() RowName { return t.shape().name }

func (t Type) shape() rowShape {
	if t.OID != OIDRecord || t.Mod <= 0 {
		return rowShape{}
	}
	rowTypes.RLock()
	defer rowTypes.RUnlock()
	if int(t.Mod) > len(rowTypes.shape) {
		return rowShape{}
	}
	return rowTypes.shape[t.Mod-1]
}

// Told is the OID that a client is told of a column of type t: the row of a relation has a type of its own, and so have
// arrays of it.
func (t Type) Told() OID {
	switch t.OID {
	case OIDRecord:
		if n := t.RowName(); n.OID != 0 {
			return n.OID
		}
	case OIDRecordArray:
		if n := t.Elem().RowName(); n.Array != 0 {
			return n.Array
		}
	}
	return t.OID
}

// AppendRecordHeader appends the head of a record of n fields: each follows by AppendRecordField.
func AppendRecordHeader(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(n))
}

// AppendRecordField appends one field in binary form; null says that it is one.
func AppendRecordField(dst []byte, t Type, value []byte, null bool) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.OID))
	if null {
		return binary.BigEndian.AppendUint32(dst, 1<<32-1)
	}
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(value))), value...)
}

// EachField calls f for every field of a record in binary form, and checks every length on the way. Errors: 22P03, and
// those of f.
func EachField(record []byte, f func(i int, t Type, value []byte, null bool) error) error {
	return eachField(record, f)
}
