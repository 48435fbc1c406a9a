package pgformat

import (
	"math"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// found is what the patterns of a template read.
type found struct {
	calendar                           convention
	hh, mi, ss, ssss, ms, us           int
	mm, dd, ddd, d, ww, w, cc, j       int
	year, yearDigits                   int
	pm, bc                             int
	twelve                             bool // the clock has twelve hours
	zoneSign, zoneHour, zoneMin, fracs int
}

// reader is a text under way.
type reader struct {
	s, rest string
	extra   int  // characters skipped beyond those of the template
	exact   bool // FX
	f       found
}

func malformed(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, format, args...)
}

// read takes s apart by the template.
func (d *Date) read(s string) (*found, error) {
	r := reader{s: s, rest: s}
	for i := 0; i < len(d.nodes) && r.rest != ""; i++ {
		n := &d.nodes[i]
		isFX := n.kind == nodePattern && n.pat.id == patFX
		if !r.exact && !isFX && (n.kind == nodePattern || i == 0) {
			r.spaces()
		}
		if n.kind != nodePattern {
			r.literal(n)
			continue
		}
		if n.pat.date != anyCalendar {
			if r.f.calendar != anyCalendar && r.f.calendar != n.pat.date {
				return nil, malformed("invalid combination of date conventions").
					WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
			}
			r.f.calendar = n.pat.date
		}
		if err := r.pattern(n, d.endsField(i)); err != nil {
			return nil, err
		}
		if !r.exact {
			r.extra = 0
			r.spaces()
		}
	}
	return &r.f, nil
}

func (r *reader) spaces() {
	for r.rest != "" && isSpace(r.rest[0]) {
		r.rest = r.rest[1:]
		r.extra++
	}
}

// literal passes over what a character of the template stands for, whatever it is.
func (r *reader) literal(n *node) {
	switch {
	case n.kind != nodeText && !r.exact:
		r.extra--
		if r.rest != "" && (isSpace(r.rest[0]) || isSeparator(r.rest[0])) {
			r.rest = r.rest[1:]
			r.extra++
		}
	case n.kind == nodeText && !r.exact && r.extra > 0:
		r.extra--
	case r.rest != "":
		r.rest = r.rest[runeSize(r.rest):]
	}
}

// endsField says whether what follows pattern i cannot be a digit, so that the pattern takes all digits there are.
func (d *Date) endsField(i int) bool {
	if d.nodes[i].th != 0 || i+1 == len(d.nodes) {
		return true
	}
	n := &d.nodes[i+1]
	if n.kind == nodePattern {
		return !n.pat.digit
	}
	return len(n.text) != 1 || !isDigit(n.text[0])
}

func (r *reader) pattern(n *node, ends bool) error {
	f := &r.f
	number := func(dst *int, width int) error { _, err := r.number(dst, width, n, ends); return err }
	width := len(n.pat.name)
	switch n.pat.id {
	case patFX:
		r.exact = true
		return nil
	case patAM, patAMDots:
		v, err := r.word(n, halves[n.pat.id == patAMDots])
		if err != nil {
			return err
		}
		f.twelve = true
		return setOnce(&f.pm, v%2, n)
	case patHH12:
		f.twelve = true
		return r.ordinal(n, number(&f.hh, 2))
	case patHH24:
		return r.ordinal(n, number(&f.hh, 2))
	case patMI:
		return r.ordinal(n, number(&f.mi, width))
	case patSS:
		return r.ordinal(n, number(&f.ss, width))
	case patMS:
		return r.fraction(&f.ms, 3, n, ends)
	case patFF:
		f.fracs = int(n.pat.name[2] - '0')
		return r.fraction(&f.us, f.fracs, n, ends)
	case patUS:
		return r.fraction(&f.us, 6, n, ends)
	case patSSSS:
		return r.ordinal(n, number(&f.ssss, width))
	case patTZ, patOF:
		return sqlerr.New(sqlerr.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.pat.name)
	case patTZH:
		f.zoneSign = 1
		if c := r.rest[:min(1, len(r.rest))]; c == "+" || c == "-" || c == " " {
			if c == "-" {
				f.zoneSign = -1
			}
			r.rest = r.rest[1:]
		} else if at := len(r.s) - len(r.rest); r.extra > 0 && at > 0 && r.s[at-1] == '-' {
			f.zoneSign = -1
		}
		return number(&f.zoneHour, 2)
	case patTZM:
		if f.zoneSign == 0 {
			f.zoneSign = 1
		}
		return number(&f.zoneMin, 2)
	}
	return r.datePattern(n, ends)
}

func (r *reader) datePattern(n *node, ends bool) error {
	f := &r.f
	width := len(n.pat.name)
	number := func(dst *int, width int) error {
		_, err := r.number(dst, width, n, ends)
		return r.ordinal(n, err)
	}
	switch n.pat.id {
	case patAD, patBCDots:
		v, err := r.word(n, eras[n.pat.id == patBCDots])
		if err != nil {
			return err
		}
		return setOnce(&f.bc, v%2, n)
	case patMonth, patMon:
		v, err := r.word(n, monthWords[n.pat.id == patMon])
		if err != nil {
			return err
		}
		return setOnce(&f.mm, v+1, n)
	case patDay, patDy:
		v, err := r.word(n, dayWords[n.pat.id == patDy])
		if err == nil {
			err = setOnce(&f.d, v, n)
		}
		f.d++
		return err
	case patRM:
		v, err := r.word(n, romanWords)
		if err != nil {
			return err
		}
		return setOnce(&f.mm, 12-v, n)
	case patMM:
		return number(&f.mm, width)
	case patDDD, patIDDD:
		return number(&f.ddd, 3)
	case patDD:
		return number(&f.dd, width)
	case patD:
		return number(&f.d, width)
	case patID:
		err := number(&f.d, 1)
		if f.d++; f.d > 7 {
			f.d = 1
		}
		return err
	case patWW, patIW:
		return number(&f.ww, width)
	case patQ:
		return number(nil, width)
	case patCC:
		return number(&f.cc, width)
	case patW:
		return number(&f.w, width)
	case patJ:
		return number(&f.j, width)
	}
	return r.year(n, ends)
}

func (r *reader) year(n *node, ends bool) error {
	f := &r.f
	switch n.pat.id {
	case patYcomma:
		v, used, ok := thousands(r.rest)
		if !ok {
			return malformed("invalid input string for \"Y,YYY\"")
		}
		f.yearDigits = 4
		if err := setOnce(&f.year, v, n); err != nil {
			return err
		}
		r.rest = r.rest[used:]
		return r.ordinal(n, nil)
	case patYYYY, patIYYY:
		_, err := r.number(&f.year, 4, n, ends)
		f.yearDigits = 4
		return r.ordinal(n, err)
	}
	width := len(n.pat.name)
	used, err := r.number(&f.year, width, n, ends)
	if err == nil && used < 4 {
		f.year = nearYear(f.year)
	}
	f.yearDigits = width
	return r.ordinal(n, err)
}

// nearYear is the year nearest to 2020 that ends as y does.
func nearYear(y int) int {
	switch {
	case y < 70:
		return y + 2000
	case y < 100:
		return y + 1900
	case y < 520:
		return y + 2000
	case y < 1000:
		return y + 1000
	}
	return y
}

// thousands reads 2,024: a number, a comma and up to three digits, as sscanf reads "%d,%03d".
func thousands(s string) (v, used int, ok bool) {
	a, n, _ := integer(s)
	if n == 0 || n == len(s) || s[n] != ',' {
		return 0, 0, false
	}
	rest := s[n+1:]
	skip := 0
	for skip < len(rest) && isSpace(rest[skip]) {
		skip++
	}
	b, k, _ := integer(rest[skip:min(len(rest), skip+3)])
	if k == 0 {
		return 0, 0, false
	}
	return int(int32(a*1000 + b)), n + 1 + skip + k, true
}

// ordinal passes over the two characters of th.
func (r *reader) ordinal(n *node, err error) error {
	if n.th != 0 {
		for k := 0; k < 2 && r.rest != ""; k++ {
			r.rest = r.rest[runeSize(r.rest):]
		}
	}
	return err
}

func (r *reader) fraction(dst *int, width int, n *node, ends bool) error {
	used, err := r.number(dst, width, n, ends)
	scale := 3
	if n.pat.id != patMS {
		scale = 6
	}
	if used >= 1 {
		for ; used < scale; used++ {
			*dst = int(int32(*dst * 10))
		}
	}
	return r.ordinal(n, err)
}

func setOnce(dst *int, v int, n *node) error {
	if *dst != 0 && *dst != v {
		return malformed("conflicting values for \"%s\" field in formatting string", n.pat.name).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*dst = v
	return nil
}

// integer reads an integer as strtol does: blanks, a sign, digits. n is how many bytes it took.
func integer(s string) (v, n int, over bool) {
	for n < len(s) && isSpace(s[n]) {
		n++
	}
	i, neg := n, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		if v < 1<<40 {
			v = v*10 + int(s[i]-'0')
		}
		i++
	}
	if i == start {
		return 0, 0, false
	}
	if neg {
		v = -v
	}
	return v, i, v > math.MaxInt32 || v < math.MinInt32
}

// number reads an integer into dst and says how many characters it took: as many as there are where nothing follows that
// could be digits, else exactly width.
func (r *reader) number(dst *int, width int, n *node, ends bool) (used int, err error) {
	before := len(r.rest)
	trimmed := strings.TrimLeft(r.rest, " \t\n\v\f\r")
	name := n.pat.name
	var v int
	var over bool
	hint := "If your source string is not fixed-width, try using the \"FM\" modifier."
	if !n.fill || ends {
		var k int
		v, k, over = integer(r.rest)
		r.rest = r.rest[k:]
	} else {
		if len(trimmed) < width {
			return 0, malformed("source string too short for \"%s\" formatting field", name).
				WithDetail("Field requires %d characters, but only %d remain.", width, len(trimmed)).WithHint("%s", hint)
		}
		field := trimmed[:width]
		var k int
		v, k, over = integer(field)
		if k > 0 && k < width {
			return 0, malformed("invalid value \"%s\" for \"%s\"", field, name).
				WithDetail("Field requires %d characters, but only %d could be parsed.", width, k).WithHint("%s", hint)
		}
		r.rest = trimmed[k:]
	}
	if used = before - len(r.rest); used == 0 {
		shown := trimmed
		if len(shown) > width {
			shown = shown[:width]
		}
		return 0, malformed("invalid value \"%s\" for \"%s\"", shown, name).WithDetail("Value must be an integer.")
	}
	if over {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", name).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	if dst == nil {
		return used, nil
	}
	return used, setOnce(dst, v, n)
}

var (
	halves     = map[bool][]string{false: {"am", "pm"}, true: {"a.m.", "p.m."}}
	eras       = map[bool][]string{false: {"ad", "bc"}, true: {"a.d.", "b.c."}}
	monthWords = map[bool][]string{false: lower(monthNames[:], 0), true: lower(monthNames[:], 3)}
	dayWords   = map[bool][]string{false: lower(dayNames[:], 0), true: lower(dayNames[:], 3)}
	romanWords = lower(romanMonth[:], 0)
)

func lower(names []string, cut int) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if cut > 0 {
			n = n[:cut]
		}
		out[i] = strings.ToLower(n)
	}
	return out
}

// word reads one of the words, in any case, and gives its place.
func (r *reader) word(n *node, words []string) (int, error) {
	for i, w := range words {
		if len(r.rest) >= len(w) && strings.EqualFold(r.rest[:len(w)], w) {
			r.rest = r.rest[len(w):]
			return i, nil
		}
	}
	shown := r.rest
	if i := strings.IndexAny(shown, " \t\n\r\f"); i >= 0 {
		shown = shown[:i]
	}
	return 0, malformed("invalid value %s for \"%s\"", quote(shown), n.pat.name).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

func quote(s string) string { return "\"" + s + "\"" }
