package types

import (
	"bytes"
	"encoding/binary"
)

// The order of jsonb, as PostgreSQL has it: null < string < number < false < true < array < object; a container with
// fewer members is smaller; but at the top the empty array comes before everything.
const (
	jsonbEmptyTop = iota
	jsonbNull
	jsonbString
	jsonbNumber
	jsonbFalse
	jsonbTrue
	jsonbArray
	jsonbObject
)

// AppendJSONBOrderKey appends bytes whose order under bytes.Compare is PostgreSQL's order of jsonb values, and whose
// equality is theirs (1.0 = 1.00). s is canonical.
func AppendJSONBOrderKey(dst []byte, s string) []byte {
	if s == "[]" {
		return append(dst, jsonbEmptyTop)
	}
	j := jsonText{s: s}
	return j.orderKey(dst)
}

// CompareJSONB orders two canonical texts as PostgreSQL orders the values.
func CompareJSONB(a, b string) int {
	if a == b {
		return 0
	}
	var ra, rb [256]byte
	return bytes.Compare(AppendJSONBOrderKey(ra[:0], a), AppendJSONBOrderKey(rb[:0], b))
}

func (j *jsonText) orderKey(dst []byte) []byte {
	switch c := j.peek(); c {
	case 'n':
		j.i += 4
		return append(dst, jsonbNull)
	case 'f':
		j.i += 5
		return append(dst, jsonbFalse)
	case 't':
		j.i += 4
		return append(dst, jsonbTrue)
	case '"':
		return j.orderString(append(dst, jsonbString))
	case '[', '{':
		tag, end := byte(jsonbArray), byte(']')
		if c == '{' {
			tag, end = jsonbObject, '}'
		}
		return j.orderMembers(append(dst, tag, 0, 0, 0, 0), end)
	}
	from := j.i
	j.i = span(j.s, j.i, true, true, "+-.")
	if j.i == from {
		// Not canonical text: every byte of it counts, so that nothing equals it by accident.
		j.i = len(j.s)
		return AppendOrderedBytes(append(dst, 0xff), j.s[from:])
	}
	var room [64]byte
	n, err := ParseNumeric(room[:0], j.s[from:j.i], 0)
	if err != nil {
		return AppendOrderedBytes(append(dst, 0xff), j.s[from:j.i])
	}
	return AppendNumericOrderKey(append(dst, jsonbNumber), n)
}

func (j *jsonText) orderString(dst []byte) []byte {
	out, err := j.decode(dst)
	if err != nil {
		j.i = len(j.s)
		return AppendOrderedBytes(dst, j.s)
	}
	// Canonical strings have no zero byte, so the end is all that must be marked.
	return append(out, 0, 0)
}

func (j *jsonText) orderMembers(dst []byte, end byte) []byte {
	count := len(dst) - 4
	n := uint32(0)
	for j.i++; j.i < len(j.s); {
		switch j.peek() {
		case end:
			j.i++
			binary.BigEndian.PutUint32(dst[count:], n)
			return dst
		case ',':
			j.i++
			continue
		}
		if end == '}' {
			j.space()
			dst = j.orderString(dst)
			if j.peek() == ':' {
				j.i++
			}
		}
		dst = j.orderKey(dst)
		n++
	}
	return dst
}
