package expr

import (
	"math"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// field is a part of a date, time or interval that can be extracted or truncated to.
type field uint8

const (
	fieldNone field = iota
	fieldMicroseconds
	fieldMilliseconds
	fieldSecond
	fieldMinute
	fieldHour
	fieldDay
	fieldWeek
	fieldMonth
	fieldQuarter
	fieldYear
	fieldDecade
	fieldCentury
	fieldMillennium
	fieldDow
	fieldIsodow
	fieldDoy
	fieldIsoyear
	fieldEpoch
	fieldJulian
	fieldTimezone
	fieldTimezoneHour
	fieldTimezoneMinute
)

// fieldNames has every spelling that PostgreSQL takes; it looks at ten characters of a longer one.
var fieldNames = func() map[string]field {
	m := map[string]field{}
	for f, names := range map[field]string{
		fieldMicroseconds: "microsecon us usec usecond useconds usecs", fieldMilliseconds: "millisecon ms msec msecond mseconds msecs",
		fieldSecond: "s sec second seconds secs", fieldMinute: "m min mins minute minutes", fieldHour: "h hour hours hr hrs",
		fieldDay: "d day days", fieldWeek: "w week weeks", fieldMonth: "mon mons month months", fieldQuarter: "qtr quarter",
		fieldYear: "y year years yr yrs", fieldDecade: "dec decade decades decs", fieldCentury: "c cent centuries century",
		fieldMillennium: "mil millennia millennium mils", fieldDow: "dow", fieldIsodow: "isodow", fieldDoy: "doy",
		fieldIsoyear: "isoyear", fieldEpoch: "epoch", fieldJulian: "j jd julian", fieldTimezone: "timezone",
		fieldTimezoneHour: "timezone_h", fieldTimezoneMinute: "timezone_m",
	} {
		for _, n := range strings.Fields(names) {
			m[n] = f
		}
	}
	return m
}()

func fieldOf(name string) field {
	low := strings.ToLower(name)
	if len(low) > 10 {
		low = low[:10]
	}
	return fieldNames[low]
}

func unknownField(name string, t types.Type) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "unit %q not recognized for type %s", strings.Clone(name), typeName(base(t)))
}

func refusedField(name string, t types.Type) error {
	return sqlerr.New(sqlerr.FeatureNotSupported, "unit %q not supported for type %s", strings.Clone(name), typeName(base(t)))
}

// clockOf is a point in time taken apart in its own zone.
type clockOf struct {
	days   int   // since 1970
	us     int64 // of the day
	offset int   // seconds east of UTC
	civil  types.Civil
}

func takeApart(t int64, zone *time.Location) clockOf {
	c := clockOf{offset: types.OffsetAt(types.Micros(t), zone)}
	local := t + int64(c.offset)*secMicros
	d := floorDiv64(local, dayMicros)
	c.days, c.us = int(d), local-d*dayMicros
	c.civil = types.CivilFromDays(c.days)
	return c
}

// isodow is 1 for Monday to 7 for Sunday.
func isodow(days int) int { return (days+3)%7 + 1 + 7*int(b2u8((days+3)%7 < 0)) }

// isoWeek gives the ISO 8601 week of a day, and the year that the week belongs to.
func isoWeek(days int) (year, week int) {
	thursday := days - isodow(days) + 4
	year = types.CivilFromDays(thursday).Year
	return year, (thursday-types.DaysFromCivil(year, 1, 1))/7 + 1
}

// ceilYears is the number of the century or millennium that a year lies in: there is none with number 0.
func ceilYears(y, size int) int {
	if y > 0 {
		return (y + size - 1) / size
	}
	return -((size - 1 - (y - 1)) / size)
}

// shownYear is the year without a year 0: 1 BC is -1.
func shownYear(y int) int {
	if y <= 0 {
		return y - 1
	}
	return y
}

// part is a field's value: v / 10^scale.
type part struct {
	v     int64
	scale int
}

func (c *clockOf) part(fd field, t int64, tz bool) (part, bool) {
	y := c.civil.Year
	switch fd {
	case fieldDay:
		return part{v: int64(c.civil.Day)}, true
	case fieldWeek:
		_, w := isoWeek(c.days)
		return part{v: int64(w)}, true
	case fieldMonth:
		return part{v: int64(c.civil.Month)}, true
	case fieldQuarter:
		return part{v: int64((c.civil.Month-1)/3 + 1)}, true
	case fieldYear:
		return part{v: int64(shownYear(y))}, true
	case fieldDecade:
		return part{v: int64(floorDiv(y, 10))}, true
	case fieldCentury:
		return part{v: int64(ceilYears(y, 100))}, true
	case fieldMillennium:
		return part{v: int64(ceilYears(y, 1000))}, true
	case fieldDow:
		return part{v: int64(isodow(c.days) % 7)}, true
	case fieldIsodow:
		return part{v: int64(isodow(c.days))}, true
	case fieldDoy:
		return part{v: int64(c.days - types.DaysFromCivil(y, 1, 1) + 1)}, true
	case fieldIsoyear:
		iso, _ := isoWeek(c.days)
		return part{v: int64(shownYear(iso))}, true
	case fieldEpoch:
		return part{v: t, scale: 6}, true
	case fieldTimezone:
		return part{v: int64(c.offset)}, tz
	case fieldTimezoneHour:
		return part{v: int64(c.offset / 3600)}, tz
	case fieldTimezoneMinute:
		return part{v: int64(c.offset / 60 % 60)}, tz
	}
	return clockPart(fd, c.us)
}

// clockPart is a field of the µs of a day, or of an interval's.
func clockPart(fd field, us int64) (part, bool) {
	switch fd {
	case fieldMicroseconds:
		return part{v: us % minMicros}, true
	case fieldMilliseconds:
		return part{v: us % minMicros, scale: 3}, true
	case fieldSecond:
		return part{v: us % minMicros, scale: 6}, true
	case fieldMinute:
		return part{v: us / minMicros % 60}, true
	case fieldHour:
		return part{v: us / hourMicros}, true
	}
	return part{}, false
}

func (s span) part(fd field) (part, bool) {
	y := int64(s.months / 12)
	switch fd {
	case fieldDay:
		return part{v: int64(s.days)}, true
	case fieldMonth:
		return part{v: int64(s.months % 12)}, true
	case fieldQuarter:
		return part{v: int64(s.months%12/3 + 1)}, true
	case fieldYear:
		return part{v: y}, true
	case fieldDecade:
		return part{v: y / 10}, true
	case fieldCentury:
		return part{v: y / 100}, true
	case fieldMillennium:
		return part{v: y / 1000}, true
	}
	return clockPart(fd, s.us)
}

// endless is what a field of an infinite time is: an infinity for those that grow without end, null for the others.
func endless(fd field) bool {
	switch fd {
	case fieldYear, fieldDecade, fieldCentury, fieldMillennium, fieldIsoyear, fieldEpoch, fieldJulian:
		return true
	}
	return false
}

// unixJulian is the Julian day number of 1970-01-01.
const unixJulian = 2440588

// julian is a day's Julian date with the fraction of the day.
func julian(n *number, days int, us int64) {
	var frac, day number
	n.setInt(int64(days) + unixJulian)
	frac.setInt(us)
	day.setInt(dayMicros)
	_ = divNumber(&frac, &day)
	_ = addNumber(n, &frac)
}

// extractRow puts field fd of row r of argument 1 into n; null says that there is no value.
func extractRow(f *frame, r uint32, fd field, n *number) (null, ok bool) {
	t := f.args[1].col.Type.OID
	var p part
	ok = true
	n.kind = finite
	switch t {
	case types.OIDInterval:
		s, m := spans(f, 1)
		if fd == fieldEpoch {
			n.c.SetMathBigInt(s[int(r)&m].epoch())
			n.scale = 6
			return false, true
		}
		p, ok = s[int(r)&m].part(fd)
	case types.OIDTime:
		us := f.i8(1, r)
		if fd == fieldEpoch {
			p = part{v: us, scale: 6}
		} else {
			p, ok = clockPart(fd, us)
		}
	default:
		return extractInstant(f, r, t, fd, n)
	}
	n.c.SetInt64(p.v)
	n.scale = p.scale
	return false, ok
}

func extractInstant(f *frame, r uint32, t types.OID, fd field, n *number) (null, ok bool) {
	var us int64
	var zone *time.Location
	switch t {
	case types.OIDDate:
		v := f.i4(1, r)
		us = int64(min(v, farDate)) * dayMicros
		if v > farDate && v != maxDate && fd >= fieldDay && fd < fieldTimezone {
			return false, dateField(v, fd, n)
		}
		if v == minDate {
			us = minInstant
		} else if v == maxDate {
			us = maxInstant
		}
		if fd < fieldDay || fd >= fieldTimezone {
			return false, false
		}
	case types.OIDTimestamptz:
		zone = f.c.Locale.TimeZone()
		fallthrough
	default:
		us = f.i8(1, r)
	}
	return extractTime(us, zone, t, fd, n)
}

// farDate is the last date whose midnight a timestamp can hold.
const farDate = int(lastMicros / dayMicros)

// dateField is extract for a date beyond the timestamps.
func dateField(days int, fd field, n *number) bool {
	c := clockOf{days: days, civil: types.CivilFromDays(days)}
	p, ok := c.part(fd, 0, false)
	switch fd {
	case fieldJulian:
		p, ok = part{v: int64(days) + unixJulian}, true
	case fieldEpoch:
		p = part{v: int64(days) * 86400}
	}
	n.c.SetInt64(p.v)
	n.scale = p.scale
	return ok
}

// extractTime puts a field of the time us, of type t, into n.
func extractTime(us int64, zone *time.Location, t types.OID, fd field, n *number) (null, ok bool) {
	n.kind = finite
	if us == minInstant || us == maxInstant {
		if fd == fieldNone {
			return false, false
		}
		if !endless(fd) {
			return true, true
		}
		n.kind = plusInf
		if us == minInstant {
			n.kind = minusInf
		}
		return false, true
	}
	c := takeApart(us, zone)
	if fd == fieldJulian && t == types.OIDDate {
		n.setInt(int64(c.days) + unixJulian)
		return false, true
	}
	if fd == fieldJulian {
		julian(n, c.days, c.us)
		return false, true
	}
	p, ok := c.part(fd, us, t == types.OIDTimestamptz)
	if t == types.OIDDate && fd == fieldEpoch {
		p = part{v: us / secMicros}
	}
	n.c.SetInt64(p.v)
	n.scale = p.scale
	return false, ok
}

// partFloat is n as date_part gives it.
func partFloat(n *number, fd field) float64 {
	if (fd == fieldSecond || fd == fieldMilliseconds) && n.c.IsInt64() {
		// The seconds and their fraction are added as floats, and rounded as that rounds.
		unit := 1.0
		if fd == fieldMilliseconds {
			unit = 1000
		}
		us := n.c.Int64()
		return float64(us/secMicros)*unit + float64(us%secMicros)/(1e6/unit)
	}
	switch n.kind {
	case plusInf:
		return math.Inf(1)
	case minusInf:
		return math.Inf(-1)
	}
	if n.c.IsInt64() && n.scale <= 6 {
		return float64(n.c.Int64()) / math.Pow10(n.scale)
	}
	return n.float()
}
