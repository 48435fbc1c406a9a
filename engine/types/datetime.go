package types

import (
	"strconv"
	"strings"
)

// The general parser of dates and times: text is cut into fields by their outer shape, and each field is read in the
// light of those before it, as PostgreSQL reads it.

type fieldKind uint8

const (
	fieldNumber  fieldKind = iota // 20260102, 040506.7
	fieldDate                     // 2026-01-02, 1/2/2026, 2-Jan-2026; also a zone's name with punctuation
	fieldTime                     // 04:05[:06[.7]]
	fieldZone                     // a sign and digits
	fieldWord                     // letters
	fieldSpecial                  // a sign and letters
)

type field struct {
	kind fieldKind
	text string
}

// maxFields is how many fields a date, a time or an interval may have.
const maxFields = 25

func isDigit(c byte) bool { return c-'0' <= 9 }
func isAlpha(c byte) bool { return lower(c)-'a' < 26 }

// span is the length of the prefix of s whose bytes satisfy the class.
func span(s string, i int, digits, letters bool, also string) int {
	for i < len(s) {
		c := s[i]
		if digits && isDigit(c) || letters && isAlpha(c) || strings.IndexByte(also, c) >= 0 {
			i++
			continue
		}
		break
	}
	return i
}

// fields cuts s. ok is false when a character has no place in a date or there are too many fields.
func fields(s string, buf []field) (out []field, ok bool) {
	for i := 0; i < len(s); {
		c := s[i]
		start := i
		var kind fieldKind
		switch {
		case isSpace(c):
			i++
			continue
		case isDigit(c):
			kind, i = numericField(s, i)
		case c == '.':
			kind, i = fieldNumber, span(s, i+1, true, false, "")
		case isAlpha(c):
			kind, i = wordField(s, i)
		case c == '+' || c == '-':
			for i++; i < len(s) && isSpace(s[i]); i++ {
			}
			switch {
			case i < len(s) && isDigit(s[i]):
				kind, i = fieldZone, span(s, i, true, false, ":.-")
			case i < len(s) && isAlpha(s[i]):
				kind, i = fieldSpecial, span(s, i, false, true, "")
			default:
				return nil, false
			}
		case c > ' ' && c < 0x7f:
			i++
			continue
		default:
			return nil, false
		}
		if len(out) == 0 {
			out = buf[:0]
		}
		if len(out) == maxFields {
			return nil, false
		}
		out = append(out, field{kind, s[start:i]})
	}
	return out, true
}

func numericField(s string, i int) (fieldKind, int) {
	i = span(s, i, true, false, "")
	if i == len(s) {
		return fieldNumber, i
	}
	d := s[i]
	switch d {
	case ':':
		return fieldTime, span(s, i, true, false, ":.")
	case '-', '/', '.':
	default:
		return fieldNumber, i
	}
	i++
	if i == len(s) || !isDigit(s[i]) {
		return fieldDate, span(s, i, true, true, string(d))
	}
	i = span(s, i, true, false, "")
	if i < len(s) && s[i] == d {
		return fieldDate, span(s, i, true, false, string(d))
	}
	if d == '.' {
		return fieldNumber, i
	}
	return fieldDate, i
}

func wordField(s string, i int) (fieldKind, int) {
	start := i
	i = span(s, i, false, true, "")
	if i == len(s) {
		return fieldWord, i
	}
	whole := strings.IndexByte("-/.", s[i]) >= 0
	if s[i] == '+' || isDigit(s[i]) {
		// A known word ends here, as in T040506; any other goes on: it is a zone's name.
		_, known := dateTokens[strings.ToLower(s[start:i])]
		whole = !known
	}
	if !whole {
		return fieldWord, i
	}
	return fieldDate, span(s, i, true, true, "+-/_.:")
}

// clockParts reads H:M, H:M:S, H:M:S.f and M:S.f; what is missing behind a colon is 0.
func clockParts(text string) (h, m, sec int, us int64, w wrong) {
	whole, frac, point := strings.Cut(text, ".")
	a, rest, _ := strings.Cut(whole, ":")
	b, c, three := strings.Cut(rest, ":")
	part := func(s string, bits int) int {
		v, err := strconv.ParseInt("0"+s, 10, bits)
		if err != nil && w == right {
			w = wrongField
			if strings.Trim(s, "0123456789") != "" {
				w = wrongForm
			}
		}
		return int(v)
	}
	h, m = part(a, 64), part(b, 32)
	switch {
	case three:
		sec = part(c, 32)
	case point:
		h, m, sec = 0, h, m
	}
	us, ok := fraction(frac)
	if !ok && w == right {
		w = wrongForm
	}
	return h, m, sec, us, w
}

// fraction reads the digits after a point as µs, rounded to the nearest and to the even.
func fraction(digits string) (int64, bool) {
	var us, scale int64 = 0, 1_000_000
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		if i < 6 {
			scale /= 10
			us += int64(digits[i]-'0') * scale
		}
	}
	if len(digits) > 6 {
		tail := strings.TrimRight(digits[6:], "0")
		if tail > "5" || tail == "5" && us&1 == 1 {
			us++
		}
	}
	return us, true
}

// atoi reads up to nine digits and nothing else.
func atoi(s string) (int, bool) { return atoiN(s, 9) }

// atoiN reads up to n digits, of at most 18, and nothing else.
func atoiN(s string, n int) (int, bool) {
	if s == "" || len(s) > n {
		return 0, false
	}
	v := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, true
}
