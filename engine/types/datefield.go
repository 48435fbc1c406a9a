package types

import (
	"strings"
)

// dateField reads a field with separators: a date, or once there is a date the name of a zone.
func (d *dateTime) dateField(text string) wrong {
	if d.have&haveDate == haveDate || isAlpha(text[0]) && !strings.ContainsAny(text, "0123456789") {
		if isDigit(text[0]) {
			return wrongForm
		}
		return d.zoneField(text)
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return !isDigit(byte(r)) && !isAlpha(byte(r)) })
	if len(parts) > 3 {
		return wrongForm
	}
	for _, p := range parts {
		if m := monthOf(p); m > 0 {
			if w := d.set(haveMonth); w != right {
				return w
			}
			d.month, d.textMonth = m, true
		}
	}
	for _, p := range parts {
		if monthOf(p) > 0 {
			continue
		}
		v, ok := atoi(p)
		if !ok {
			return wrongForm
		}
		if w := d.number(v, len(p)); w != right {
			return w
		}
	}
	if d.have&haveDate != haveDate {
		return wrongForm
	}
	return right
}

// number gives a number its part of the date: three digits and more are a year, else the order is month, day, year.
func (d *dateTime) number(v, digits int) wrong {
	part := haveDay
	switch d.have & haveDate {
	case 0:
		part = haveMonth
		if digits >= 3 {
			part = haveYear
		}
	case haveYear:
		part = haveMonth
	case haveMonth:
		if d.textMonth && digits >= 3 {
			part = haveYear
		}
	case haveYear | haveMonth:
		if d.textMonth && digits >= 3 && d.twoDigits {
			d.day, d.year, d.twoDigits = d.year, v, false
			d.have |= haveDay
			return right
		}
	case haveDay:
		part = haveMonth
	case haveMonth | haveDay:
		part = haveYear
	default:
		return wrongForm
	}
	d.have |= part
	switch part {
	case haveYear:
		d.year, d.twoDigits = v, digits <= 2
	case haveMonth:
		d.month = v
	default:
		d.day = v
	}
	return right
}

// numberField reads a field of digits: a run-together date or time, or one part of a date.
func (d *dateTime) numberField(text string) wrong {
	whole, frac, point := strings.Cut(text, ".")
	if d.afterT {
		d.afterT = false
		return d.compactTime(whole, frac, point)
	}
	if !point && len(whole) >= 6 && d.have&haveDate == 0 {
		if len(whole) > 10 {
			return wrongForm
		}
		y, ok1 := atoi(whole[:len(whole)-4])
		v, ok2 := atoi(whole[len(whole)-4:])
		if !ok1 || !ok2 {
			return wrongForm
		}
		d.year, d.month, d.day, d.twoDigits = y, v/100, v%100, len(whole) == 6
		d.have |= haveDate
		return right
	}
	if d.have&haveDate == haveDate {
		return d.compactTime(whole, frac, point)
	}
	v, ok := atoi(whole)
	if !ok || point {
		return wrongForm
	}
	return d.number(v, len(whole))
}

func (d *dateTime) compactTime(whole, frac string, point bool) wrong {
	v, ok := atoi(whole)
	if !ok || len(whole) != 6 && (len(whole) != 4 || point) {
		return wrongForm
	}
	if len(whole) == 4 {
		v *= 100
	}
	us, ok := fraction(frac)
	if !ok {
		return wrongForm
	}
	return d.clock(v/10000, v/100%100, v%100, us)
}

// clock sets the time of day.
func (d *dateTime) clock(h, m, sec int, us int64) wrong {
	if m > 59 || sec > 60 || h > 24 || h == 24 && (m|sec != 0 || us > 0) {
		return wrongField
	}
	d.us = (int64(h)*3600+int64(m)*60+int64(sec))*int64(Second) + us
	if d.us > int64(Day) {
		return wrongField
	}
	return d.set(haveTime)
}

func (d *dateTime) timeField(text string) wrong {
	h, m, sec, us, ok := clockParts(text)
	if !ok {
		return wrongForm
	}
	return d.clock(h, m, sec, us)
}

// clockParts reads H:M, H:M:S, H:M:S.f and M:S.f.
func clockParts(text string) (h, m, sec int, us int64, ok bool) {
	whole, frac, point := strings.Cut(text, ".")
	a, rest, _ := strings.Cut(whole, ":")
	b, c, three := strings.Cut(rest, ":")
	h, ok1 := atoiN(a, 10)
	m, ok2 := atoi(b)
	ok3 := true
	switch {
	case three:
		sec, ok3 = atoi(c)
	case point:
		h, m, sec = 0, h, m
	}
	us, ok4 := fraction(frac)
	return h, m, sec, us, ok1 && ok2 && ok3 && ok4
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

var months = [12]string{
	"january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december",
}

// monthOf gives 1 to 12 for a month's name or its first three letters (sept too), else 0.
func monthOf(w string) int {
	for i, name := range months {
		if foldedEqual(w, name) || foldedEqual(w, name[:3]) || i == 8 && foldedEqual(w, "sept") {
			return i + 1
		}
	}
	return 0
}

var dayNames = " sun mon tue tues wed weds thu thur thurs fri sat sunday monday tuesday wednesday thursday friday saturday "

func isDayName(w string) bool {
	return len(w) >= 3 && strings.Contains(dayNames, " "+strings.ToLower(w)+" ")
}

// wordField reads a word: a special value, a month, a weekday, an era, a half of the day, the T before a time, a zone.
func (d *dateTime) wordField(text string, last bool) wrong {
	low := strings.ToLower(text)
	switch low {
	case "infinity":
		d.special = specialInfinity
	case "-infinity":
		d.special = specialMinusInfinity
	case "epoch":
		d.special = specialEpoch
	case "now", "today", "tomorrow", "yesterday":
		return wrongNow
	case "ad":
	case "bc":
		d.bc = true
	case "am":
		d.am = true
	case "pm":
		d.pm = true
	case "at", "on":
	case "t":
		if d.have&haveDate != haveDate || last || d.afterT {
			return wrongForm
		}
		d.afterT = true
	default:
		if m := monthOf(low); m > 0 {
			// A number before a month's name was the day: 8 Jan 1999.
			if d.have&haveDate == haveMonth && !d.textMonth {
				d.day, d.have = d.month, d.have&^haveMonth|haveDay
			}
			d.month, d.textMonth = m, true
			return d.set(haveMonth)
		}
		if isDayName(low) {
			return right
		}
		if !isAlpha(text[0]) {
			return wrongForm
		}
		return d.zoneField(text)
	}
	return right
}

func (d *dateTime) zoneField(text string) wrong {
	if w := d.set(haveZone); w != right {
		return w
	}
	low := strings.ToLower(text)
	if off, ok := abbreviations[low]; ok {
		d.offset, d.hasOffset = int(off)*900, true
		return right
	}
	name := text
	if moved, ok := movedAbbreviations[low]; ok {
		name = moved
	}
	if zone, ok := loadZone(name); ok {
		d.zone = zone
		return right
	}
	if isAlphaOnly(text) {
		return wrongForm
	}
	if zone, ok := posixZone(text); ok {
		d.zone = zone
		return right
	}
	return wrongZone
}

func isAlphaOnly(s string) bool { return span(s, 0, false, true, "") == len(s) }

func knownWord(w string) bool {
	low := strings.ToLower(w)
	return len(low) == 1 && strings.Contains("dhjmsty", low) || low == "ad" || low == "bc" || low == "am" || low == "pm" || monthOf(low) > 0 || isDayName(low)
}

func (d *dateTime) validate() wrong {
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
	if d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 {
		return wrongMonthDay
	}
	if d.day > DaysIn(d.year, d.month) {
		return wrongField
	}
	return d.meridiem()
}

// meridiem applies AM or PM.
func (d *dateTime) meridiem() wrong {
	const noon = 12 * int64(Hour)
	if !d.am && !d.pm {
		return right
	}
	if d.us >= noon+int64(Hour) {
		return wrongField
	}
	if d.am && d.us >= noon {
		d.us -= noon
	}
	if d.pm && d.us < noon {
		d.us += noon
	}
	return right
}
