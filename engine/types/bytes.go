package types

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

const hexDigits = "0123456789abcdef"

// unhex is the value of a hexadecimal digit, or above 15.
func unhex(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case lower(c)-'a' < 6:
		return lower(c) - 'a' + 10
	}
	return 0xff
}

// AppendBytea appends \x and two digits a byte.
func AppendBytea(dst, b []byte) []byte {
	dst = append(dst, '\\', 'x')
	for _, c := range b {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

// ParseBytea appends the bytes that s spells in the hex or the escape format. Errors: 22P02, 22023.
func ParseBytea(dst []byte, s string) ([]byte, error) {
	if strings.HasPrefix(s, `\x`) {
		return parseHex(dst, s[2:])
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			dst = append(dst, s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			dst = append(dst, '\\')
			i++
		case i+3 < len(s) && s[i+1]-'0' < 4 && s[i+2]-'0' < 8 && s[i+3]-'0' < 8:
			dst = append(dst, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return dst, sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return dst, nil
}

func parseHex(dst []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if isSpace(s[i]) {
			continue
		}
		hi := unhex(s[i])
		if hi > 15 {
			return dst, badHex(s[i:])
		}
		if i++; i == len(s) {
			return dst, sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		lo := unhex(s[i])
		if lo > 15 {
			return dst, badHex(s[i:])
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, nil
}

func badHex(s string) error {
	_, n := utf8.DecodeRuneInString(s)
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", s[:n])
}

// AppendUUID appends u as 8-4-4-4-12 lower-case digits.
func AppendUUID(dst []byte, u [16]byte) []byte {
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

// ParseUUID reads 32 hexadecimal digits, with a hyphen allowed after each group of four, and braces around. Errors:
// 22P02.
func ParseUUID(s string) (u [16]byte, err error) {
	w := s
	if len(w) >= 2 && w[0] == '{' && w[len(w)-1] == '}' {
		w = w[1 : len(w)-1]
	}
	for i := range u {
		if len(w) < 2 || unhex(w[0]) > 15 || unhex(w[1]) > 15 {
			return u, badSyntax("uuid", s)
		}
		u[i] = unhex(w[0])<<4 | unhex(w[1])
		w = w[2:]
		if i&1 == 1 && i < 15 && w != "" && w[0] == '-' {
			w = w[1:]
		}
	}
	if w != "" {
		return u, badSyntax("uuid", s)
	}
	return u, nil
}

// CheckText refuses what is not UTF-8, or has a zero byte in it. Errors: 22021.
func CheckText(s string) error {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return nil
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == utf8.RuneError && n == 1 {
			bad := "0x" + string([]byte{hexDigits[s[i]>>4], hexDigits[s[i]&15]})
			return sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", bad).
				WithHint("Send text in UTF-8 and without zero bytes, or use bytea.")
		}
		i += n
	}
	return nil
}

func isOctal(s string) bool { return strings.Trim(s, "01234567") == "" }

// FitText applies the length of varchar(n), char(n), name or "char" to s. What it gives shares s, or buf when blanks had to
// be added. explicit says that it is a cast, which cuts; storing refuses text that is too long by more than blanks.
// Errors: 22001.
func FitText(buf []byte, s string, t Type, explicit bool) (string, error) {
	switch t.OID {
	case OIDName:
		return cutName(s), nil
	case OIDChar:
		if len(s) == 4 && s[0] == '\\' && isOctal(s[1:]) { // as charin reads a byte that is no letter
			n, _ := strconv.ParseUint(s[1:], 8, 16)
			return string(append(buf[:0], byte(n))), nil
		}
		return s[:min(1, len(s))], nil
	case OIDVarchar, OIDBPChar:
		if t.Mod < 4 {
			return s, nil
		}
	default:
		return s, nil
	}
	limit := int(t.Mod - 4)
	cut, chars := prefixOf(s, limit)
	if cut < len(s) {
		if !explicit && strings.Trim(s[cut:], " ") != "" {
			return "", sqlerr.New(sqlerr.StringDataRightTruncation, "value too long for type %s", FormatType(t))
		}
		return s[:cut], nil
	}
	if t.OID != OIDBPChar || chars == limit {
		return s, nil
	}
	buf = append(buf[:0], s...)
	for ; chars < limit; chars++ {
		buf = append(buf, ' ')
	}
	return View(buf), nil
}

// prefixOf gives the bytes and the number of the first n characters of s.
func prefixOf(s string, n int) (size, chars int) {
	if len(s) <= n && chars == 0 {
		return len(s), utf8.RuneCountInString(s)
	}
	for size < len(s) && chars < n {
		_, w := utf8.DecodeRuneInString(s[size:])
		size += w
		chars++
	}
	return size, chars
}

// maxName is the most bytes of an identifier.
const maxName = 63

func cutName(s string) string {
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// AppendOrderedBytes appends s so that bytes.Compare orders the results as their sources, and none is a prefix of another:
// a zero byte becomes 00 FF, the end is 00 00.
func AppendOrderedBytes(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			break
		}
		dst = append(append(dst, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
	return append(append(dst, s...), 0, 0)
}
