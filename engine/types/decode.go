package types

import (
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

type special uint8

const (
	specialEpoch special = iota + 1
	specialInfinity
	specialMinusInfinity
)

// dateTime is what was found in a text.
type dateTime struct {
	locale           *Locale
	special          special
	year, month, day int
	us               int64
	hasOffset        bool
	offset           int // seconds east
	zone             *time.Location

	clockOnly         bool // a time of day is read
	have              have
	hour, minute, sec int
	fsec              int64
	yday              int
	half              int8 // 1 for AM, 2 for PM
	bc                bool
	twoDigits         bool
	textMonth         bool
	julian            bool
	label             int // what the word before says that the number is
	word              string
}

// have says which parts were found.
type have uint32

const (
	haveYear have = 1 << iota
	haveMonth
	haveDay
	haveHour
	haveMinute
	haveSecond
	haveFraction
	haveZone
	haveSummerZone
	haveSummer
	haveHalf
	haveEra
	haveWeekday
	haveYearDay
	haveReserved
	haveDate    = haveYear | haveMonth | haveDay
	haveSeconds = haveSecond | haveFraction
	haveTime    = haveHour | haveMinute | haveSeconds
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
	wrongInterval
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
func decodeDateTime(s, typ string, l *Locale) (dateTime, error) {
	d := dateTime{locale: l.or()}
	w := d.decode(s)
	if w == right && d.special == 0 && d.have&haveDate != haveDate {
		w = wrongForm
	}
	d.finish()
	return d, w.err(s, typ, d.word)
}

// decodeTimeOnly reads a time of day, with or without a date and a zone.
func decodeTimeOnly(s string, l *Locale) (dateTime, error) {
	d := dateTime{locale: l.or(), clockOnly: true}
	w := d.decode(s)
	switch {
	case w != right:
	case !d.clockFits():
		w = wrongField
	case d.have&haveTime != haveTime, d.zone != nil && d.have&haveDate != haveDate && !fixedZone(d.zone),
		d.have&haveZone == 0 && d.have&haveDate != 0 && d.have&haveDate != haveDate:
		w = wrongForm
	}
	d.finish()
	return d, w.err(s, "time", d.word)
}

// fixedZone says whether the clocks of a zone are never changed.
func fixedZone(z *time.Location) bool {
	start, end := time.Unix(0, 0).In(z).ZoneBounds()
	return start.IsZero() && end.IsZero()
}

func (d *dateTime) finish() {
	d.us = (int64(d.hour)*3600+int64(d.minute)*60+int64(d.sec))*int64(Second) + d.fsec
	d.hasOffset = d.have&haveZone != 0 && d.zone == nil
}

func (d *dateTime) clockFits() bool {
	return d.hour >= 0 && d.hour <= 24 && d.minute >= 0 && d.minute <= 59 && d.sec >= 0 && d.sec <= 60 &&
		(int64(d.hour)*3600+int64(d.minute)*60+int64(d.sec))*int64(Second)+d.fsec <= int64(Day)
}

// add notes parts that were found now: none may be found twice.
func (d *dateTime) add(h have, w wrong) wrong {
	if w == right && d.have&h != 0 {
		return wrongForm
	}
	d.have |= h
	return w
}

func (d *dateTime) decode(s string) wrong {
	var buf [maxFields]field
	fs, ok := fields(s, buf[:])
	if !ok {
		return wrongForm
	}
	for i := range fs {
		if w := d.field(fs, i); w != right {
			return w
		}
	}
	if d.have&haveSummer != 0 && (d.zone != nil || d.have&haveZone == 0) && d.special == 0 {
		return wrongForm
	}
	if w := d.validate(); w != right {
		return w
	}
	return d.meridiem()
}

func (d *dateTime) field(fs []field, i int) wrong {
	f := fs[i]
	switch f.kind {
	case fieldDate:
		return d.add(d.dateField(fs, i))
	case fieldTime:
		if d.label != 0 && d.label != labelTime && !d.clockOnly {
			return wrongForm
		}
		if d.label == labelTime || !d.clockOnly {
			d.label = 0
		}
		w := d.timeField(f.text)
		if w == right && !d.clockOnly && !d.clockFits() {
			w = wrongField
		}
		return d.add(haveTime, w)
	case fieldZone:
		off, w := parseOffset(f.text)
		d.offset = off
		return d.add(haveZone, w)
	case fieldNumber:
		if d.label != 0 {
			return d.add(d.labelled(f.text))
		}
		return d.add(d.numberField(fs, i))
	}
	return d.wordField(fs, i)
}

func (d *dateTime) timeField(text string) wrong {
	h, m, sec, us, w := clockParts(text)
	if w != right {
		return w
	}
	if m > 59 || sec > 60 {
		return wrongField
	}
	d.hour, d.minute, d.sec, d.fsec = h, m, sec, us
	return right
}

// wordField reads a word: a special value, a month, a weekday, an era, a half of the day, the T before a time, a zone.
func (d *dateTime) wordField(fs []field, i int) wrong {
	text := fs[i].text
	low := strings.ToLower(text)
	if off, ok := abbreviations[low]; ok {
		d.offset = int(off) * 900
		return d.add(haveZone, right)
	}
	if moved, ok := movedAbbreviations[low]; ok {
		if d.clockOnly {
			return d.add(haveZone, right) // its offset depends on the day, and is not asked for
		}
		return d.add(haveZone, d.zoneName(moved))
	}
	tok, ok := dateTokens[low]
	if !ok {
		if !isAlpha(text[0]) {
			return wrongForm
		}
		zone, ok := loadZone(text)
		d.zone = zone
		return d.add(haveZone, formUnless(ok))
	}
	switch tok.kind {
	case tokenIgnored:
		return right
	case tokenReserved:
		return d.reserved(tok.v, text)
	case tokenMonth:
		if d.clockOnly {
			return wrongForm
		}
		part := haveMonth
		// A number before a month's name was the day: 8 Jan 1999.
		if d.have&haveMonth != 0 && !d.textMonth && d.have&haveDay == 0 && d.month >= 1 && d.month <= 31 {
			d.day, part = d.month, haveDay
		}
		d.textMonth, d.month = true, tok.v
		return d.add(part, right)
	case tokenSummer:
		d.offset += tok.v
		return d.add(haveSummer|haveSummerZone, right)
	case tokenHalf:
		d.half = int8(tok.v) + 1
		return d.add(haveHalf, right)
	case tokenEra:
		d.bc = tok.v == 1
		return d.add(haveEra, right)
	case tokenWeekday:
		return d.add(haveWeekday, formUnless(!d.clockOnly))
	case tokenUnit:
		d.label = tok.v
		return right
	case tokenTime:
		next := i+1 < len(fs) && (fs[i+1].kind == fieldNumber || fs[i+1].kind == fieldTime || fs[i+1].kind == fieldDate)
		if !next || !d.clockOnly && d.have&haveDate != haveDate {
			return wrongForm
		}
		d.label = labelTime
		return right
	}
	return wrongForm
}

func (d *dateTime) reserved(v int, text string) wrong {
	if v == reservedZulu {
		d.hour, d.minute, d.sec, d.offset = 0, 0, 0, 0
		return d.add(haveTime|haveZone, right)
	}
	if d.clockOnly && v != reservedNow {
		return wrongForm
	}
	switch v {
	case reservedNow, reservedToday, reservedTomorrow, reservedYesterday:
		return d.today(v, text)
	case reservedEpoch:
		d.special = specialEpoch
	case reservedInfinity:
		d.special = specialInfinity
	default:
		d.special = specialMinusInfinity
	}
	return d.add(haveReserved, right)
}

// today puts what the clocks of the locale show in d.
func (d *dateTime) today(v int, text string) wrong {
	now := d.locale.Now
	if now == 0 {
		d.word = text
		return wrongNow
	}
	offset := OffsetAt(now, d.locale.Zone)
	days, us := split(int64(now) + int64(offset)*int64(Second))
	c := CivilFromDays(days + dayOf[v])
	part := haveDate
	if v == reservedNow {
		part |= haveTime | haveZone
		sec := int(us / int64(Second))
		d.hour, d.minute, d.sec, d.fsec, d.offset = sec/3600, sec/60%60, sec%60, us%int64(Second), offset
	}
	if d.clockOnly {
		return d.add(haveTime, right)
	}
	d.year, d.month, d.day = c.Year, c.Month, c.Day
	return d.add(part, right)
}

// dayOf is how many days after today a word means.
var dayOf = map[int]int{reservedTomorrow: 1, reservedYesterday: -1}

func (d *dateTime) validate() wrong {
	if d.have&haveYear != 0 && !d.julian {
		switch {
		case d.bc && d.year <= 0, !d.bc && d.year <= 0 && !d.twoDigits:
			return wrongField
		case d.bc:
			d.year = 1 - d.year
		case d.twoDigits && d.year < 70:
			d.year += 2000
		case d.twoDigits && d.year < 100:
			d.year += 1900
		}
	}
	if d.have&haveYearDay != 0 {
		c := CivilFromDays(DaysFromCivil(d.year, 1, 1) + d.yday - 1)
		d.year, d.month, d.day = c.Year, c.Month, c.Day
	}
	if d.have&haveMonth != 0 && (d.month < 1 || d.month > 12) || d.have&haveDay != 0 && (d.day < 1 || d.day > 31) {
		return wrongMonthDay
	}
	if d.have&haveDate == haveDate && d.day > DaysIn(d.year, d.month) {
		return wrongField
	}
	return right
}

// meridiem applies AM or PM.
func (d *dateTime) meridiem() wrong {
	switch {
	case d.half == 0:
	case d.hour > 12:
		return wrongField
	case d.half == 1 && d.hour == 12:
		d.hour = 0
	case d.half == 2 && d.hour != 12:
		d.hour += 12
	}
	return right
}

// NumericZone is the zone that name is as an offset east of Greenwich with its sign, if it is one. Errors: 22023.
func NumericZone(name string) (zone *time.Location, ok bool, err error) {
	if name == "" {
		return nil, false, nil
	}
	if isDigit(name[0]) {
		return nil, false, sqlerr.New(sqlerr.InvalidParameterValue, "invalid input syntax for type numeric time zone: \"%s\"", name).
			WithHint("Numeric time zones must have \"-\" or \"+\" as first character.")
	}
	if name[0] != '+' && name[0] != '-' {
		return nil, false, nil
	}
	switch off, w := parseOffset(name); w {
	case right:
		return time.FixedZone("", off), true, nil
	case wrongOffset:
		return nil, false, sqlerr.New(sqlerr.InvalidParameterValue, "numeric time zone \"%s\" out of range", name)
	}
	return nil, false, nil
}

// parseOffset reads a sign and H, HH, HHMM, HH:MM or HH:MM:SS as seconds east.
func parseOffset(text string) (int, wrong) {
	body := strings.TrimLeft(text[1:], " \t\n\v\f\r")
	var v [3]int
	rest := body
	for i := range v {
		n := span(rest, 0, true, false, "")
		x, err := strconv.ParseInt("0"+rest[:n], 10, 32)
		if err != nil {
			return 0, wrongOffset
		}
		v[i] = int(x)
		if rest = rest[n:]; rest == "" || rest[0] != ':' || i == 2 {
			if i == 0 && rest == "" && len(body) > 2 {
				v[0], v[1] = v[0]/100, v[0]%100
			}
			break
		}
		if rest = rest[1:]; strings.HasPrefix(rest, "-") {
			if rest = rest[1:]; strings.Trim(rest, "0") != "" {
				return 0, wrongOffset
			}
		}
	}
	if v[0] > 15 || v[1] > 59 || v[2] > 59 {
		return 0, wrongOffset
	}
	if rest != "" {
		return 0, wrongForm
	}
	off := v[0]*3600 + v[1]*60 + v[2]
	if text[0] == '-' {
		off = -off
	}
	return off, right
}
