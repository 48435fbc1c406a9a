package types

import (
	"strconv"
	"strings"
)

// dateField reads a field with separators: a date, or where there is one a zone's name or a time with an offset.
func (d *dateTime) dateField(fs []field, i int) (have, wrong) {
	text := fs[i].text
	isZone := d.label != 0 || d.have&(haveMonth|haveDay) == haveMonth|haveDay
	if d.clockOnly {
		isZone = !(i == 0 && len(fs) >= 2 && (fs[len(fs)-1].kind == fieldDate || fs[1].kind == fieldTime))
	} else if d.label == labelJulian {
		return d.julianAndZone(text)
	}
	if !isZone {
		return d.dateParts(text)
	}
	if !isDigit(text[0]) && (d.label == 0 || d.clockOnly) {
		return haveZone, d.zoneName(text)
	}
	if !d.clockOnly && d.label != 0 && d.label != labelTime {
		return 0, wrongForm
	}
	d.label = 0
	cut := strings.IndexByte(text, '-')
	if d.have&haveTime == haveTime || cut < 0 {
		return 0, wrongForm
	}
	off, w := parseOffset(text[cut:])
	if w != right {
		return 0, w
	}
	d.offset = off
	also := have(0)
	if d.clockOnly {
		also = haveDate
	}
	got, w := d.runTogether(text[:cut], also)
	return got | haveZone, w
}

func (d *dateTime) zoneName(text string) wrong {
	zone, ok := loadZone(text)
	if !ok {
		zone, ok = posixZone(text)
	}
	if !ok {
		d.word = text
		return wrongZone
	}
	d.zone = zone
	return right
}

// julianAndZone reads 2451187-08, what follows J.
func (d *dateTime) julianAndZone(text string) (have, wrong) {
	n := span(text, 0, true, false, "")
	v, ok := atoi("0" + text[:n])
	if !ok {
		return 0, wrongField
	}
	d.setJulian(v)
	d.label = 0
	if n == len(text) || text[n] != '-' && text[n] != '+' {
		return 0, wrongForm
	}
	off, w := parseOffset(text[n:])
	d.offset = off
	return haveDate | haveTime | haveZone, w
}

func (d *dateTime) setJulian(v int) {
	c := CivilFromDays(v - unixJulianDay)
	d.year, d.month, d.day, d.julian = c.Year, c.Month, c.Day, true
}

// unixJulianDay is the Julian number of 1970-01-01.
const unixJulianDay = 2_440_588

// dateParts reads a date with separators, the month perhaps as a name.
func (d *dateTime) dateParts(text string) (have, wrong) {
	var parts [maxFields]string
	n := 0
	for text != "" && n < maxFields {
		for text != "" && !isDigit(text[0]) && !isAlpha(text[0]) {
			text = text[1:]
		}
		if text == "" {
			return 0, wrongForm
		}
		end := span(text, 0, isDigit(text[0]), isAlpha(text[0]), "")
		parts[n], text = text[:end], text[min(len(text), end+1):] // one more character is a separator, whatever it is
		n++
	}
	got, before, textMonth := have(0), d.have, false
	for i := range n {
		p := parts[i]
		if !isAlpha(p[0]) {
			continue
		}
		tok := dateTokens[strings.ToLower(p)]
		parts[i] = ""
		if tok.kind == tokenIgnored {
			continue
		}
		if tok.kind != tokenMonth || (before|got)&haveMonth != 0 {
			return 0, wrongForm
		}
		d.month, textMonth = tok.v, true
		got |= haveMonth
	}
	for i := range n {
		if parts[i] == "" {
			continue
		}
		part, w := d.number(parts[i], textMonth, before|got)
		if w != right {
			return 0, w
		}
		if part&(before|got) != 0 {
			return 0, wrongForm
		}
		got |= part
	}
	if (before|got)&^(haveYearDay|haveZone) != haveDate {
		return 0, wrongForm
	}
	return got, right
}

// labelled reads a number whose meaning the word before it gives.
func (d *dateTime) labelled(text string) (have, wrong) {
	label := d.label
	d.label, d.special = 0, 0
	whole, frac, point := strings.Cut(text, ".")
	if label == labelTime {
		got, w := d.runTogether(text, haveDate)
		if w == right && got != haveTime {
			w = wrongForm
		}
		return got, w
	}
	v, err := strconv.ParseInt(whole, 10, 32)
	if whole == "" {
		v, err = 0, nil
	}
	if err != nil {
		return 0, wrongField
	}
	if point && label != labelJulian && label != labelSecond {
		return 0, wrongForm
	}
	n := int(v)
	switch label {
	case labelYear:
		d.year = n
		return haveYear, right
	case labelMonth:
		if d.have&haveMonth != 0 && d.have&haveHour != 0 {
			d.minute = n
			return haveMinute, right
		}
		d.month = n
		return haveMonth, right
	case labelDay:
		d.day = n
		return haveDay, right
	case labelHour:
		d.hour = n
		return haveHour, right
	case labelMinute:
		d.minute = n
		return haveMinute, right
	case labelSecond:
		d.sec = n
		if !point {
			return haveSecond, right
		}
		us, ok := fraction(frac)
		d.fsec = us
		return haveSeconds, formUnless(ok)
	}
	d.setJulian(n)
	if !point {
		return haveDate, right
	}
	part, ok := decimalFraction("." + frac)
	us := int64(part * float64(Day))
	d.hour, d.minute, d.sec, d.fsec = int(us/int64(Hour)), int(us/int64(Minute)%60), int(us/int64(Second)%60), us%int64(Second)
	return haveDate | haveTime, formUnless(ok)
}

func formUnless(ok bool) wrong {
	if ok {
		return right
	}
	return wrongForm
}

// numberField reads a field of digits: a run-together date or time, or one part of a date.
func (d *dateTime) numberField(fs []field, i int) (have, wrong) {
	text := fs[i].text
	point := strings.IndexByte(text, '.')
	switch {
	case d.clockOnly && point >= 0:
		if i == 0 && len(fs) >= 2 && fs[len(fs)-1].kind == fieldDate {
			return d.dateParts(text)
		}
		if point <= 2 {
			return 0, wrongForm
		}
		return d.runTogether(text, haveDate)
	case d.clockOnly && len(text) > 4:
		return d.runTogether(text, haveDate)
	case d.clockOnly:
		return d.number(text, false, d.have|haveDate)
	case point >= 0 && d.have&haveDate == 0:
		return d.dateParts(text)
	case point > 2, len(text) >= 6 && (d.have&haveDate == 0 || d.have&haveTime == 0):
		return d.runTogether(text, 0)
	}
	return d.number(text, d.textMonth, d.have)
}

// number gives a number its part of the date: three digits and more are a year, else the order is DateStyle's.
func (d *dateTime) number(text string, textMonth bool, before have) (have, wrong) {
	whole, frac, point := strings.Cut(text, ".")
	if whole == "" {
		return 0, wrongForm
	}
	v64, err := strconv.ParseInt(whole, 10, 32)
	if err != nil {
		return 0, wrongField
	}
	v, digits := int(v64), len(text)
	if point {
		if len(whole) > 2 {
			return d.runTogether(text, haveDate)
		}
		us, ok := fraction(frac)
		if !ok {
			return 0, wrongForm
		}
		d.fsec = us
	}
	if digits == 3 && before&haveDate == haveYear && v >= 1 && v <= 366 {
		d.yday = v
		return haveYearDay | haveMonth | haveDay, right
	}
	part := haveDay
	yearFirst := digits >= 3 || d.locale.Order == OrderYMD
	switch before & haveDate {
	case 0:
		switch {
		case yearFirst:
			part = haveYear
		case d.locale.Order == OrderMDY:
			part = haveMonth
		}
	case haveYear, haveDay:
		part = haveMonth
	case haveMonth:
		if textMonth && yearFirst {
			part = haveYear
		}
	case haveYear | haveMonth:
		if textMonth && digits >= 3 && d.twoDigits {
			d.day, d.year, d.twoDigits = d.year, v, false
			return haveDay, right
		}
	case haveMonth | haveDay:
		part = haveYear
	case haveDate:
		return d.runTogether(text, 0)
	default:
		return 0, wrongForm
	}
	switch part {
	case haveYear:
		d.year, d.twoDigits = v, digits <= 2
	case haveMonth:
		d.month = v
	default:
		d.day = v
	}
	return part, right
}

// runTogether reads digits: YYMMDD or YYYYMMDD where there is no date yet, else HHMMSS or HHMM, perhaps with a fraction.
func (d *dateTime) runTogether(text string, also have) (have, wrong) {
	before := d.have | also
	whole, frac, point := strings.Cut(text, ".")
	if point {
		us, ok := fraction(frac)
		if !ok {
			return 0, wrongForm
		}
		d.fsec = us
	} else if before&haveDate != haveDate && len(whole) >= 6 {
		y, ok := atoi(whole[:len(whole)-4])
		v, _ := atoi(whole[len(whole)-4:])
		if !ok {
			return 0, wrongField
		}
		d.year, d.month, d.day = y, v/100, v%100
		if len(whole) == 6 {
			d.twoDigits = true
		}
		return haveDate, right
	}
	if before&haveTime == haveTime || len(whole) != 6 && len(whole) != 4 {
		return 0, wrongForm
	}
	v, ok := atoi(whole)
	if !ok {
		return 0, wrongForm
	}
	if len(whole) == 4 {
		v *= 100
	}
	d.hour, d.minute, d.sec = v/10000, v/100%100, v%100
	return haveTime, right
}
