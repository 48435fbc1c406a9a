package types

import (
	"encoding/binary"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// A record in a column is PostgreSQL's binary send form, big-endian: int32 fields, then for each its int32 OID, its int32
// length or -1, and its binary form.

// AppendRecord appends the text of a record in binary form: (1,,"a b"). Errors: 22P03.
func AppendRecord(dst, record []byte, l *Locale) ([]byte, error) {
	dst = append(dst, '(')
	err := eachField(record, func(i int, t Type, value []byte, null bool) error {
		if i > 0 {
			dst = append(dst, ',')
		}
		if null {
			return nil
		}
		at := len(dst)
		var err error
		if dst, err = AppendWireText(dst, value, t, l); err != nil || !quoteField(dst[at:]) {
			return err
		}
		text := string(dst[at:])
		dst = append(dst[:at], '"')
		for k := range len(text) {
			if text[k] == '"' || text[k] == '\\' {
				dst = append(dst, text[k])
			}
			dst = append(dst, text[k])
		}
		dst = append(dst, '"')
		return nil
	})
	return append(dst, ')'), err
}

func quoteField(s []byte) bool {
	for _, c := range s {
		if isSpace(c) || strings.IndexByte("\"\\(),", c) >= 0 {
			return true
		}
	}
	return len(s) == 0
}

// eachField calls f for every field of a record, and checks every length on the way.
func eachField(record []byte, f func(i int, t Type, value []byte, null bool) error) error {
	bad := sqlerr.New(sqlerr.InvalidBinary, "invalid record in binary form")
	if len(record) < 4 {
		return bad
	}
	n := int(binary.BigEndian.Uint32(record))
	record = record[4:]
	for i := range n {
		if len(record) < 8 {
			return bad
		}
		t := Type{OID: OID(binary.BigEndian.Uint32(record))}
		size := int32(binary.BigEndian.Uint32(record[4:]))
		record = record[8:]
		if size < -1 || int(size) > len(record) {
			return bad
		}
		value := record[:max(size, 0)]
		record = record[max(size, 0):]
		if err := f(i, t, value, size < 0); err != nil {
			return err
		}
	}
	if len(record) != 0 {
		return bad
	}
	return nil
}
