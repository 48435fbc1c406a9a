package types

import (
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// The extremes of a date column, PostgreSQL's infinities.
const (
	MinDate int32 = -1 << 31
	MaxDate int32 = 1<<31 - 1
)

// The first instant of PostgreSQL's calendar (4714-11-24 BC), and the first one past ours: µs since 1970 end within
// the year 294247, thirty years before PostgreSQL's do.
const (
	firstTime int64 = -210_866_803_200_000_000
	lastTime  int64 = 9_223_371_244_800_000_000
	firstDay        = -2_440_588
	lastDay         = 2_145_042_905 // 5874897-12-31
)

const twoDigits = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

func append2(dst []byte, v int) []byte {
	return append(dst, twoDigits[v*2], twoDigits[v*2+1])
}

// appendYMD appends the date without an era; a year before 1 AD is spelt by its distance from 1 BC.
func appendYMD(dst []byte, c Civil) []byte {
	dst = append(appendYear(dst, c.Year), '-')
	dst = append2(dst, c.Month)
	dst = append(dst, '-')
	return append2(dst, c.Day)
}

func appendYear(dst []byte, y int) []byte {
	if y <= 0 {
		y = 1 - y
	}
	if y > 9999 {
		return AppendInt(dst, int64(y))
	}
	return append2(append2(dst, y/100), y%100)
}

// appendFraction appends .ffffff without trailing zeros, or nothing.
func appendFraction(dst []byte, us int) []byte {
	if us == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = append2(append2(append2(dst, us/10000), us/100%100), us%100)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendDate appends a date (days since 1970-01-01) as YYYY-MM-DD.
func AppendDate(dst []byte, days int32) []byte {
	switch days {
	case MinDate:
		return append(dst, "-infinity"...)
	case MaxDate:
		return append(dst, "infinity"...)
	}
	c := CivilFromDays(int(days))
	return appendEra(appendYMD(dst, c), c)
}

// AppendTime appends a time of day (µs since midnight) as HH:MM:SS[.ffffff].
func AppendTime(dst []byte, us int64) []byte {
	sec := int(us / int64(Second))
	dst = append2(dst, sec/3600)
	dst = append(dst, ':')
	dst = append2(dst, sec/60%60)
	dst = append(dst, ':')
	dst = append2(dst, sec%60)
	return appendFraction(dst, int(us-int64(sec)*int64(Second)))
}

func appendInfinity(dst []byte, t Micros) []byte {
	if t == MinTime {
		dst = append(dst, '-')
	}
	return append(dst, "infinity"...)
}

// AppendTimestamp appends a timestamp without time zone as YYYY-MM-DD HH:MM:SS[.ffffff][ BC].
func AppendTimestamp(dst []byte, t Micros) []byte {
	if t == MinTime || t == MaxTime {
		return appendInfinity(dst, t)
	}
	days, us := split(int64(t))
	c := CivilFromDays(days)
	dst = append(appendYMD(dst, c), ' ')
	return appendEra(AppendTime(dst, us), c)
}

// AppendTimestamptz appends an instant as zone's clocks show it, with the offset: YYYY-MM-DD HH:MM:SS[.ffffff]+HH[:MM].
// A nil zone is UTC.
func AppendTimestamptz(dst []byte, t Micros, zone *time.Location) []byte {
	if t == MinTime || t == MaxTime {
		return appendInfinity(dst, t)
	}
	return AppendTimestampOffset(dst, t, OffsetAt(t, zone))
}

// AppendTimestampOffset is AppendTimestamptz for a known offset in seconds east of UTC. t must be finite.
func AppendTimestampOffset(dst []byte, t Micros, offset int) []byte {
	days, us := split(int64(t))
	if us += int64(offset) * int64(Second); us < 0 {
		us += int64(Day)
		days--
	} else if us >= int64(Day) {
		us -= int64(Day)
		days++
	}
	c := CivilFromDays(days)
	dst = append(appendYMD(dst, c), ' ')
	dst = AppendTime(dst, us)
	return appendEra(appendOffset(dst, offset), c)
}

func appendOffset(dst []byte, offset int) []byte {
	if offset < 0 {
		dst = append(dst, '-')
		offset = -offset
	} else {
		dst = append(dst, '+')
	}
	dst = append2(dst, offset/3600)
	if offset%3600 != 0 {
		dst = append(dst, ':')
		dst = append2(dst, offset/60%60)
		if offset%60 != 0 {
			dst = append(dst, ':')
			dst = append2(dst, offset%60)
		}
	}
	return dst
}

// isoPrefix reads YYYY-MM-DD, and if more follows a blank or T and HH:MM:SS[.f{1,6}]. rest is what it did not read.
// ok is false when s has another shape or a field out of its range: the general parser then says which.
func isoPrefix(s string) (days int, us int64, hasTime bool, rest string, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, 0, false, "", false
	}
	y1, y2, y3, y4 := s[0]-'0', s[1]-'0', s[2]-'0', s[3]-'0'
	m1, m2, d1, d2 := s[5]-'0', s[6]-'0', s[8]-'0', s[9]-'0'
	if max(y1, y2, y3, y4, m1, m2, d1, d2) > 9 {
		return 0, 0, false, "", false
	}
	year, month, day := int(y1)*1000+int(y2)*100+int(y3)*10+int(y4), int(m1)*10+int(m2), int(d1)*10+int(d2)
	if year == 0 || month-1 > 11 || month == 0 || day == 0 || day > 28 && day > DaysIn(year, month) {
		return 0, 0, false, "", false
	}
	days = DaysFromCivil(year, month, day)
	if len(s) == 10 {
		return days, 0, false, "", true
	}
	if len(s) < 19 || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, 0, false, "", false
	}
	h1, h2, i1, i2, s1, s2 := s[11]-'0', s[12]-'0', s[14]-'0', s[15]-'0', s[17]-'0', s[18]-'0'
	if max(h1, h2, i1, i2, s1, s2) > 9 || i1 > 5 || s1 > 5 || h1*10+h2 > 23 {
		return 0, 0, false, "", false
	}
	us = (int64(h1*10+h2)*3600 + int64(i1*10+i2)*60 + int64(s1*10+s2)) * int64(Second)
	rest = s[19:]
	if rest == "" || rest[0] != '.' {
		return days, us, true, rest, true
	}
	i, f := 1, int64(0)
	for ; i < len(rest) && rest[i]-'0' <= 9; i++ {
		f = f*10 + int64(rest[i]-'0')
	}
	if i == 1 || i > 7 {
		return 0, 0, false, "", false
	}
	return days, us + f*microScale[i], true, rest[i:], true
}

// microScale[i] turns the i-1 digits of a fraction into µs.
var microScale = [...]int64{0, 0, 100000, 10000, 1000, 100, 10, 1}

// isoOffset reads Z, +HH, +HHMM or +HH:MM as seconds east.
func isoOffset(s string) (seconds int, ok bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != 3 && len(s) != 5 && len(s) != 6 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h1, h2, m1, m2 := s[1]-'0', s[2]-'0', byte(0), byte(0)
	if len(s) == 5 {
		m1, m2 = s[3]-'0', s[4]-'0'
	} else if len(s) == 6 {
		if s[3] != ':' {
			return 0, false
		}
		m1, m2 = s[4]-'0', s[5]-'0'
	}
	if max(h1, h2, m1, m2) > 9 || h1*10+h2 > 15 || m1 > 5 {
		return 0, false
	}
	seconds = int(h1*10+h2)*3600 + int(m1*10+m2)*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// ParseTimestamptz reads an instant. Text without a zone is in l's. Known are all of PostgreSQL's date and time forms, infinity,
// -infinity, epoch, and, where l has a time for them, now, today and their kin (else 0A000). Errors: 22007, 22008, 22009, 22023.
func ParseTimestamptz(s string, l *Locale) (Micros, error) {
	zone := l.TimeZone()
	if days, us, hasTime, rest, ok := isoPrefix(s); ok {
		local := int64(days)*int64(Day) + us
		if rest == "" {
			return LocalToUTC(local, zone), nil
		}
		if off, ok := isoOffset(rest); ok && hasTime {
			return Micros(local - int64(off)*int64(Second)), nil
		}
	}
	d, err := decodeDateTime(s, "timestamp with time zone", l)
	if err != nil {
		return 0, err
	}
	if d.special != 0 {
		return d.specialTime(), nil
	}
	t, ok := d.micros()
	switch {
	case !ok:
		return 0, timeOutOfRange(s)
	case d.hasOffset:
		t -= Micros(d.offset) * Second
	case d.zone != nil:
		t = LocalToUTC(int64(t), d.zone)
	default:
		t = LocalToUTC(int64(t), zone)
	}
	if !InRange(t) {
		return 0, timeOutOfRange(s)
	}
	return t, nil
}

// ParseTimestamp reads a timestamp without time zone; a zone in the text is ignored, as PostgreSQL does. Errors: as
// ParseTimestamptz.
func ParseTimestamp(s string, l *Locale) (Micros, error) {
	if days, us, _, rest, ok := isoPrefix(s); ok && rest == "" {
		return Micros(int64(days)*int64(Day) + us), nil
	}
	d, err := decodeDateTime(s, "timestamp", l)
	if err != nil {
		return 0, err
	}
	if d.special != 0 {
		return d.specialTime(), nil
	}
	t, ok := d.micros()
	if !ok || !InRange(t) {
		return 0, timeOutOfRange(s)
	}
	return t, nil
}

// InRange says whether a finite t lies within the calendar: 4714-11-24 BC to the end of the year 294246.
func InRange(t Micros) bool { return int64(t) >= firstTime && int64(t) < lastTime }

// DateInRange says whether days is a date: within the calendar, or an infinity.
func DateInRange(days int32) bool {
	return days == MinDate || days == MaxDate || int64(days) >= firstDay && int64(days) <= lastDay
}

func timeOutOfRange(s string) error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range: \"%s\"", s)
}

// ParseDate reads a date: days since 1970-01-01. A time of day in the text is ignored. Errors: as ParseTimestamptz.
func ParseDate(s string, l *Locale) (int32, error) {
	if len(s) == 10 {
		if days, _, _, _, ok := isoPrefix(s); ok {
			return int32(days), nil
		}
	}
	d, err := decodeDateTime(s, "date", l)
	if err != nil {
		return 0, err
	}
	switch d.special {
	case specialInfinity:
		return MaxDate, nil
	case specialMinusInfinity:
		return MinDate, nil
	case specialEpoch:
		return 0, nil
	}
	days := DaysFromCivil(d.year, d.month, d.day)
	if days < firstDay || days > lastDay {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range: \"%s\"", s)
	}
	return int32(days), nil
}

// ParseTime reads a time of day: µs since midnight, 24:00:00 included. A zone is ignored. Errors: as ParseTimestamptz.
func ParseTime(s string, l *Locale) (int64, error) {
	d, err := decodeTimeOnly(s, l)
	return d.us, err
}

// RoundTimestamp is RoundMicros for an instant, which PostgreSQL counts from the year 2000.
func RoundTimestamp(t Micros, p int32) Micros {
	if t == MinTime || t == MaxTime {
		return t
	}
	return FromPGTime(RoundMicros(ToPGTime(t), p))
}

// RoundMicros rounds us to p digits of a second, half away from zero: what timestamp(p) and its kin store. p of 6 and
// more changes nothing; the infinities stay what they are.
func RoundMicros(us int64, p int32) int64 {
	if p < 0 || p >= 6 || us == int64(MinTime) || us == int64(MaxTime) {
		return us
	}
	scale := int64(1)
	for ; p < 6; p++ {
		scale *= 10
	}
	half := scale / 2
	if us < 0 {
		return -((-us + half) / scale * scale)
	}
	return (us + half) / scale * scale
}
