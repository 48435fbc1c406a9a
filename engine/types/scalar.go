package types

import (
	"strconv"
	"unsafe"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// View is b as a string without a copy. It is borrowed: it must not outlive b, nor see b change. Every Parse function
// here takes a string, keeps no part of it, and copies what it puts in an error.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Codes that PostgreSQL has for the date and time functions alone.
const (
	codeZoneDisplacement sqlerr.Code = "22009" // invalid_time_zone_displacement_value
	codeIntervalOverflow sqlerr.Code = "22015" // interval_field_overflow
)

func badSyntax(typ, s string) error {
	return sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", typ, s)
}

func outOfRange(typ, s string) error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", s, typ)
}

// isSpace is C's isspace in the C locale.
func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

func trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func lower(c byte) byte {
	if c-'A' < 26 {
		return c + 32
	}
	return c
}

// foldedEqual compares s with low, which is in lower case, without regard to ASCII case.
func foldedEqual(s, low string) bool {
	if len(s) != len(low) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != low[i] {
			return false
		}
	}
	return true
}

// AppendBool appends t or f, PostgreSQL's text form of a boolean.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 't')
	}
	return append(dst, 'f')
}

// ParseBool reads a boolean: true, yes, on, 1, their opposites, and unique prefixes of the words. Errors: 22P02.
func ParseBool(s string) (bool, error) {
	if len(s) == 1 {
		switch s[0] {
		case 't', 'T', 'y', 'Y', '1':
			return true, nil
		case 'f', 'F', 'n', 'N', '0':
			return false, nil
		}
	}
	w := trim(s)
	if w != "" {
		for _, k := range boolWords {
			if len(w) >= k.min && len(w) <= len(k.word) && foldedEqual(w, k.word[:len(w)]) {
				return k.val, nil
			}
		}
	}
	return false, badSyntax("boolean", s)
}

var boolWords = []struct {
	word string
	min  int
	val  bool
}{
	{"true", 1, true},
	{"yes", 1, true},
	{"on", 2, true},
	{"1", 1, true},
	{"false", 1, false},
	{"no", 1, false},
	{"off", 2, false},
	{"0", 1, false},
}

// AppendInt appends v in decimal.
func AppendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

// scanInt reads blanks, a sign, digits and blanks. overflow says that the digits do not fit an int64.
func scanInt(s string) (v int64, ok, overflow bool) {
	if n := len(s); n > 0 && n <= 18 {
		i, neg := 0, false
		if s[0] == '-' {
			i, neg = 1, true
		}
		start := i
		for ; i < n; i++ {
			d := s[i] - '0'
			if d > 9 {
				break
			}
			v = v*10 + int64(d)
		}
		if i == n && i > start {
			if neg {
				v = -v
			}
			return v, true, false
		}
	}
	return scanIntSlow(trim(s))
}

func scanIntSlow(s string) (v int64, ok, overflow bool) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false, false
	}
	var u uint64
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false, false
		}
		if u > (1<<63)/10 {
			overflow = true
			continue
		}
		if u = u*10 + uint64(d); u > 1<<63 {
			overflow = true
		}
	}
	if neg {
		return -int64(u), true, overflow
	}
	return int64(u), true, overflow || u == 1<<63
}

func parseInt(s, typ string, lo, hi int64) (int64, error) {
	v, ok, over := scanInt(s)
	if !ok {
		return 0, badSyntax(typ, s)
	}
	if over || v < lo || v > hi {
		return 0, outOfRange(typ, s)
	}
	return v, nil
}

// ParseInt8 reads a bigint. Errors: 22P02, 22003.
func ParseInt8(s string) (int64, error) {
	v, ok, over := scanInt(s)
	if !ok {
		return 0, badSyntax("bigint", s)
	}
	if over {
		return 0, outOfRange("bigint", s)
	}
	return v, nil
}

// ParseInt4 reads an integer. Errors: 22P02, 22003.
func ParseInt4(s string) (int32, error) {
	v, err := parseInt(s, "integer", -1<<31, 1<<31-1)
	return int32(v), err
}

// ParseInt2 reads a smallint. Errors: 22P02, 22003.
func ParseInt2(s string) (int16, error) {
	v, err := parseInt(s, "smallint", -1<<15, 1<<15-1)
	return int16(v), err
}

// ParseOid reads an oid, of which PostgreSQL also takes the negative spelling of its 32 bits. Errors: 22P02, 22003.
func ParseOid(s string) (int64, error) {
	v, err := parseInt(s, "oid", -1<<31, 1<<32-1)
	return int64(uint32(v)), err
}
