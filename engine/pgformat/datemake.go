package pgformat

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Time is what a text read by a template says.
type Time struct {
	Year, Month, Day int32 // month and day may lie beyond the calendar where the template does not have all three
	Micros           int64 // of the day
	HasOffset        bool
	Offset           int32 // seconds east of UTC
	Decimals         int   // of the seconds, if a pattern says how many; else 0
}

// Julian is the day of t by its Julian number, and whether PostgreSQL's calendar has it.
func (t *Time) Julian() (int32, bool) {
	y, m := t.Year, t.Month
	in := (y > -4713 || y == -4713 && m >= 11) && (y < 5874898 || y == 5874898 && m < 6)
	return julian(y, m, t.Day), in
}

func outOfRange(s string) error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s)
}

const secMicros = 1_000_000

// Read reads a date and time by the template. Errors: 22007, 22008, 22009, 0A000.
func (d *Date) Read(s string) (Time, error) {
	t := Time{Month: 1, Day: 1}
	f, err := d.read(s)
	if err != nil {
		return t, err
	}
	if t.Micros, err = f.clock(); err != nil {
		return t, err
	}
	if err := f.date(&t, s); err != nil {
		return t, err
	}
	t.Decimals = f.fracs
	if t.Micros < 0 {
		return t, outOfRange(s)
	}
	if f.zoneSign != 0 {
		if f.zoneHour < 0 || f.zoneHour > 15 || f.zoneMin < 0 || f.zoneMin > 59 {
			return t, sqlerr.New("22009", "time zone displacement out of range: \"%s\"", s)
		}
		t.HasOffset = true
		t.Offset = int32(f.zoneSign * (f.zoneHour*3600 + f.zoneMin*60))
	}
	return t, nil
}

// clock is the time of day. What is wrong with it is said after what is wrong with the date, by micros below 0.
func (f *found) clock() (int64, error) {
	h, m, sec := 0, 0, 0
	if f.ssss != 0 {
		h, m, sec = f.ssss/3600, f.ssss%3600/60, f.ssss%60
	}
	if f.ss != 0 {
		sec = f.ss
	}
	if f.mi != 0 {
		m = f.mi
	}
	if f.hh != 0 {
		h = f.hh
	}
	if f.twelve {
		if h < 1 || h > 12 {
			return 0, malformed("hour \"%d\" is invalid for the 12-hour clock", h).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		if f.pm != 0 && h < 12 {
			h += 12
		} else if f.pm == 0 && h == 12 {
			h = 0
		}
	}
	fsec := f.ms*1000 + f.us
	if h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59 || fsec < 0 || fsec >= secMicros {
		return -1, nil
	}
	return int64(h*3600+m*60+sec)*secMicros + int64(fsec), nil
}

// date sets the date of t.
func (f *found) date(t *Time, s string) error {
	hasYear, hasMonth, hasDay := f.setYear(t), false, false
	if f.j != 0 {
		t.Year, t.Month, t.Day = fromJulian(int32(f.j))
		hasYear, hasMonth, hasDay = true, true, true
	}
	if f.ww != 0 {
		if f.calendar == isoWeeks {
			j := isoStart(t.Year) + int32((f.ww-1)*7)
			if f.d > 1 {
				j += int32(f.d - 2)
			} else if f.d != 0 {
				j += 6
			}
			t.Year, t.Month, t.Day = fromJulian(j)
			hasYear, hasMonth, hasDay = true, true, true
		} else {
			f.ddd = (f.ww-1)*7 + 1
		}
	}
	if f.w != 0 {
		f.dd = (f.w-1)*7 + 1
	}
	if f.dd != 0 {
		t.Day, hasDay = int32(f.dd), true
	}
	if f.mm != 0 {
		t.Month, hasMonth = int32(f.mm), true
	}
	if f.ddd != 0 && (t.Month <= 1 || t.Day <= 1) {
		if t.Year == 0 && f.bc == 0 {
			return malformed("cannot calculate day of year without year information")
		}
		if f.calendar == isoWeeks {
			t.Year, t.Month, t.Day = fromJulian(isoStart(t.Year) - 1 + int32(f.ddd))
			hasYear = true
		} else {
			f.yearDay(t)
		}
		hasMonth, hasDay = true, true
	}
	if hasMonth && (t.Month < 1 || t.Month > 12) || hasDay && (t.Day < 1 || t.Day > 31) ||
		hasYear && hasMonth && hasDay && t.Day > monthLength(t.Year, t.Month) {
		return outOfRange(s)
	}
	return nil
}

// yearDay sets the month and day, as far as they are open, by the day of the year.
func (f *found) yearDay(t *Time) {
	before, i := daysOf(t.Year), int32(1)
	for i <= 12 && f.ddd > int(before[i]) {
		i++
	}
	if t.Month <= 1 {
		t.Month = i
	}
	if t.Day <= 1 {
		t.Day = int32(f.ddd) - before[i-1]
	}
}

// setYear sets the year by the year and the century, and says whether there was one.
func (f *found) setYear(t *Time) bool {
	cc := f.cc
	if f.bc != 0 {
		cc = -cc
	}
	switch {
	case f.year != 0 && f.cc != 0 && f.yearDigits <= 2:
		y := f.year % 100
		switch {
		case y == 0 && cc >= 0:
			y = cc * 100
		case y == 0:
			y = cc*100 + 1
		case cc >= 0:
			y += (cc - 1) * 100
		default:
			y = (cc+1)*100 - y + 1
		}
		t.Year = int32(y)
	case f.year != 0:
		t.Year = int32(f.year)
		if f.bc != 0 {
			t.Year = -t.Year
		}
		if t.Year < 0 {
			t.Year++
		}
	case f.cc != 0 && cc >= 0:
		t.Year = int32((cc-1)*100 + 1)
	case f.cc != 0:
		t.Year = int32(cc*100 + 1)
	default:
		return false
	}
	return true
}
