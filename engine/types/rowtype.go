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

// maxRowTypes bounds how many row types a process keeps. They are made by the texts of statements, so there are few.
const maxRowTypes = 1 << 16

// rowTypes are the row types met so far; a Type of OIDRecord has the place of its own, from 1, as its modifier. Nothing
// stored refers to it.
var rowTypes = struct {
	sync.RWMutex
	of    map[string]int32
	shape [][]RowField
}{of: map[string]int32{}}

// RowOf is the record type with the given fields. Record itself, whose fields are not known, if there are too many types.
func RowOf(fields []RowField) Type {
	var sb strings.Builder
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
		rowTypes.shape = append(rowTypes.shape, append([]RowField(nil), fields...))
		n = int32(len(rowTypes.shape))
		rowTypes.of[key] = n
	}
	return Type{OID: OIDRecord, Mod: n}
}

// Fields gives the fields of a record type, shared; nil if they are not known.
func (t Type) Fields() []RowField {
	if t.OID != OIDRecord || t.Mod <= 0 {
		return nil
	}
	rowTypes.RLock()
	defer rowTypes.RUnlock()
	if int(t.Mod) > len(rowTypes.shape) {
		return nil
	}
	return rowTypes.shape[t.Mod-1]
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
