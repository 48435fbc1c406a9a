package types

import "time"

// Civil is a date of the proleptic Gregorian calendar. Year 0 is 1 BC.
type Civil struct {
	Year       int
	Month, Day int // from 1
}

// DaysFromCivil counts the days from 1970-01-01 to a date, by Howard Hinnant's "days_from_civil": years begin in March,
// so that the leap day is the last, and 400 of them are one era of 146,097 days.
func DaysFromCivil(year, month, day int) int {
	if month <= 2 {
		year--
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*((month+9)%12)+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// CivilFromDays is the inverse of DaysFromCivil.
func CivilFromDays(days int) Civil {
	z := days + 719468
	era := floorDiv(z, 146097)
	doe := uint(z - era*146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	c := Civil{Year: int(yoe) + era*400, Day: int(doy-(153*mp+2)/5) + 1}
	if mp < 10 {
		c.Month = int(mp) + 3
	} else {
		c.Month = int(mp) - 9
		c.Year++
	}
	return c
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// DaysIn is the number of days of a month (1 to 12).
func DaysIn(year, month int) int {
	if month == 2 && isLeap(year) {
		return 29
	}
	return int(monthDays[month&15])
}

var monthDays = [16]uint8{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// split parts t into days since 1970-01-01 and µs of the day.
func split(t int64) (days int, us int64) {
	const day = int64(Day)
	d := t / day
	if us = t - d*day; us < 0 {
		d--
		us += day
	}
	return int(d), us
}

// OffsetAt is how many seconds zone is east of UTC at t. A nil zone is UTC.
func OffsetAt(t Micros, zone *time.Location) int {
	if zone == nil || zone == time.UTC {
		return 0
	}
	_, off := time.UnixMicro(int64(t)).In(zone).Zone()
	return off
}

// LocalToUTC finds the instant at which zone's clocks show local (µs since 1970 as if in UTC). Of a time that the clocks
// skip it takes the offset before the change, of a time that they show twice the later one: PostgreSQL's choice.
func LocalToUTC(local int64, zone *time.Location) Micros {
	if zone == nil || zone == time.UTC {
		return Micros(local)
	}
	days, us := split(local)
	sec := int64(days)*86400 + us/int64(Second)
	x := time.Unix(sec-86400, 0).In(zone)
	_, before := x.Zone()
	_, end := x.ZoneBounds()
	off := before
	if !end.IsZero() {
		_, after := end.Zone()
		if edge := end.Unix(); sec-int64(after) >= edge && (sec-int64(before) >= edge || before >= after) {
			off = after
		}
		if edge := end.Unix(); sec-int64(before) >= edge && sec-int64(after) >= edge {
			off = after
			// A second change within two days (a zone that moved twice) is found by looking again from the first.
			if _, end2 := end.ZoneBounds(); !end2.IsZero() && sec-int64(after) >= end2.Unix() {
				_, off = end2.Zone()
			}
		}
	}
	return Micros(local - int64(off)*int64(Second))
}
