package types

import (
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// The general parser of dates and times: text is cut into fields by their outer shape, and each field is read in the
// light of those before it. It follows PostgreSQL's rules for DateStyle "ISO, MDY".

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
		whole = !knownWord(s[start:i])
	}
	if !whole {
		return fieldWord, i
	}
	return fieldDate, span(s, i, true, true, "+-/_.:")
}

type special uint8

const (
	specialEpoch special = iota + 1
	specialInfinity
	specialMinusInfinity
)

// dateTime is what decodeDateTime found.
type dateTime struct {
	special          special
	year, month, day int
	us               int64
	hasOffset        bool
	offset           int // seconds east
	zone             *time.Location

	have      have
	twoDigits bool
	textMonth bool
	bc        bool
	pm, am    bool
	afterT    bool
}

// have says which parts were found.
type have uint8

const (
	haveYear have = 1 << iota
	haveMonth
	haveDay
	haveTime
	haveZone
	haveDate = haveYear | haveMonth | haveDay
)

// wrong says what is wrong with a date or time.
type wrong uint8

const (
	right wrong = iota
	wrongForm
	wrongField
	wrongMonthDay
	wrongOffset
	wrongZone
	wrongNow
)

func (w wrong) err(s, typ, word string) error {
	switch w {
	case right:
		return nil
	case wrongForm:
		return sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typ, s)
	case wrongMonthDay:
		return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s).
			WithHint("Perhaps you need a different \"datestyle\" setting.")
	case wrongOffset:
		return sqlerr.New(codeZoneDisplacement, "time zone displacement out of range: \"%s\"", s)
	case wrongZone:
		return sqlerr.New(sqlerr.InvalidParameterValue, "time zone \"%s\" not recognized", strings.ToLower(word))
	case wrongNow:
		return sqlerr.NotSupported("date/time input \"%s\"", word).
			WithHint("Use now() or current_date: what a stored row means must not depend on when it is read.")
	}
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s)
}

// specialTime is the instant of a special word.
func (d *dateTime) specialTime() Micros {
	switch d.special {
	case specialInfinity:
		return MaxTime
	case specialMinusInfinity:
		return MinTime
	}
	return 0
}

// micros is the local time in µs since 1970, if an int64 holds it.
func (d *dateTime) micros() (Micros, bool) {
	days := DaysFromCivil(d.year, d.month, d.day)
	if days < firstDay-1 || int64(days) > lastTime/int64(Day) {
		return 0, false
	}
	return Micros(int64(days)*int64(Day) + d.us), true
}

// decodeDateTime reads a date with or without a time of day and a zone; typ is for the error.
func decodeDateTime(s, typ string) (dateTime, error) {
	var d dateTime
	w, word := d.decode(s)
	if w == right && d.special == 0 {
		if d.have&haveDate != haveDate {
			w = wrongForm
		} else {
			w = d.validate()
		}
	}
	return d, w.err(s, typ, word)
}

// decodeTimeOnly reads a time of day, with or without a date and a zone.
func decodeTimeOnly(s string) (dateTime, error) {
	d, dated := dateTime{have: haveDate}, false
	var buf [maxFields]field
	if fs, ok := fields(s, buf[:]); ok && len(fs) > 0 && fs[0].kind == fieldDate {
		d.have, dated = 0, true
	}
	w, word := d.decode(s)
	if w == right {
		switch {
		case d.special != 0 || d.have&haveTime == 0, d.zone != nil && !dated:
			w = wrongForm
		default:
			w = d.meridiem()
		}
	}
	return d, w.err(s, "time", word)
}

func (d *dateTime) decode(s string) (wrong, string) {
	var buf [maxFields]field
	fs, ok := fields(s, buf[:])
	if !ok || len(fs) == 0 {
		return wrongForm, ""
	}
	for i, f := range fs {
		var w wrong
		switch f.kind {
		case fieldDate:
			w = d.dateField(f.text)
		case fieldTime:
			d.afterT = false
			w = d.timeField(f.text)
		case fieldZone:
			w = d.offsetField(f.text)
		case fieldNumber:
			w = d.numberField(f.text)
		default:
			if w = d.wordField(f.text, i == len(fs)-1); w == right && d.special != 0 && len(fs) > 1 {
				w = wrongForm
			}
		}
		if w != right {
			return w, f.text
		}
	}
	if d.afterT {
		return wrongForm, ""
	}
	return right, ""
}

func (d *dateTime) set(h have) wrong {
	if d.have&h != 0 {
		return wrongForm
	}
	d.have |= h
	return right
}

func (d *dateTime) offsetField(text string) wrong {
	off, w := parseOffset(text)
	if w != right {
		return w
	}
	d.offset, d.hasOffset = off, true
	return d.set(haveZone)
}

// parseOffset reads a sign and H, HH, HHMM, HH:MM or HH:MM:SS as seconds east.
func parseOffset(text string) (int, wrong) {
	body := strings.TrimLeft(text[1:], " \t\n\v\f\r")
	n := strings.IndexByte(body, ':')
	var h, m, sec int
	ok := true
	switch {
	case n >= 0:
		parts := strings.Split(body, ":")
		if len(parts) > 3 {
			return 0, wrongForm
		}
		h, ok = atoi(parts[0])
		m2, ok2 := atoi(parts[1])
		m, ok = m2, ok && ok2
		if len(parts) == 3 {
			s2, ok3 := atoi(parts[2])
			sec, ok = s2, ok && ok3
		}
	case len(body) > 2:
		v, ok1 := atoi(body)
		h, m, ok = v/100, v%100, ok1
	default:
		h, ok = atoi(body)
	}
	if !ok {
		return 0, wrongForm
	}
	if h > 15 || m > 59 || sec > 59 {
		return 0, wrongOffset
	}
	off := h*3600 + m*60 + sec
	if text[0] == '-' {
		off = -off
	}
	return off, right
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
