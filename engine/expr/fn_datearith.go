package expr

import (
	"math"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// dateOperators are the operators on dates, times and intervals (manual, 9.9, table 9.32).
func dateOperators() []function {
	plusTZ := func(f *frame) { shiftTimes(f, 0, 1, 1, f.c.Locale.TimeZone()) }
	return []function{
		{name: "+", args: "date,int4", ret: "date", flags: fallible, run: func(f *frame) { shiftDates(f, 0, 1, 1) }},
		{name: "+", args: "int4,date", ret: "date", flags: fallible, run: func(f *frame) { shiftDates(f, 1, 0, 1) }},
		{name: "-", args: "date,int4", ret: "date", flags: fallible, run: func(f *frame) { shiftDates(f, 0, 1, -1) }},
		{name: "-", args: "date,date", ret: "int4", flags: fallible, run: daysBetween},
		{name: "+", args: "date,time", ret: "timestamp", flags: fallible, run: func(f *frame) { dateAndTime(f, 0, 1) }},
		{name: "+", args: "time,date", ret: "timestamp", flags: fallible, run: func(f *frame) { dateAndTime(f, 1, 0) }},
		{name: "+", args: "date,interval", ret: "timestamp", flags: fallible, run: func(f *frame) { shiftTimes(f, 0, 1, 1, nil) }},
		{name: "+", args: "interval,date", ret: "timestamp", flags: fallible, run: func(f *frame) { shiftTimes(f, 1, 0, 1, nil) }},
		{name: "-", args: "date,interval", ret: "timestamp", flags: fallible, run: func(f *frame) { shiftTimes(f, 0, 1, -1, nil) }},
		{name: "+", args: "timestamp,interval", ret: "timestamp", flags: fallible, run: func(f *frame) { shiftTimes(f, 0, 1, 1, nil) }},
		{name: "+", args: "interval,timestamp", ret: "timestamp", flags: fallible, run: func(f *frame) { shiftTimes(f, 1, 0, 1, nil) }},
		{name: "-", args: "timestamp,interval", ret: "timestamp", flags: fallible, run: func(f *frame) { shiftTimes(f, 0, 1, -1, nil) }},
		{name: "+", args: "timestamptz,interval", ret: "timestamptz", flags: fallible | stable, run: plusTZ},
		{name: "+", args: "interval,timestamptz", ret: "timestamptz", flags: fallible | stable, run: func(f *frame) { shiftTimes(f, 1, 0, 1, f.c.Locale.TimeZone()) }},
		{name: "-", args: "timestamptz,interval", ret: "timestamptz", flags: fallible | stable, run: func(f *frame) { shiftTimes(f, 0, 1, -1, f.c.Locale.TimeZone()) }},
		{name: "-", args: "timestamp,timestamp", ret: "interval", flags: fallible, run: timeBetween},
		{name: "-", args: "timestamptz,timestamptz", ret: "interval", flags: fallible, run: timeBetween},
		{name: "+", args: "time,interval", ret: "time", run: func(f *frame) { shiftClock(f, 0, 1, 1) }},
		{name: "+", args: "interval,time", ret: "time", run: func(f *frame) { shiftClock(f, 1, 0, 1) }},
		{name: "-", args: "time,interval", ret: "time", run: func(f *frame) { shiftClock(f, 0, 1, -1) }},
		{name: "-", args: "time,time", ret: "interval", run: clockBetween},
		{name: "+", args: "interval,interval", ret: "interval", flags: fallible, run: func(f *frame) { sumSpans(f, false) }},
		{name: "-", args: "interval,interval", ret: "interval", flags: fallible, run: func(f *frame) { sumSpans(f, true) }},
		{name: "-", args: "interval", ret: "interval", flags: fallible, run: negateSpans},
		{name: "*", args: "interval,float8", ret: "interval", flags: fallible, run: func(f *frame) { scaleSpans(f, 0, 1, false) }},
		{name: "*", args: "float8,interval", ret: "interval", flags: fallible, run: func(f *frame) { scaleSpans(f, 1, 0, false) }},
		{name: "/", args: "interval,float8", ret: "interval", flags: fallible, run: func(f *frame) { scaleSpans(f, 0, 1, true) }},
	}
}

// The extremes of date are infinities; the others go from 4713 BC to where PostgreSQL's Julian days end.
const (
	minDate     = math.MinInt32
	maxDate     = math.MaxInt32
	firstDate   = -2440588
	lastDate    = 2145042905 // 5874898-06-02
	minInstant  = math.MinInt64
	maxInstant  = math.MaxInt64
	firstMicros = firstDate * dayMicros
	// lastMicros is the last µs that an int64 counted from 1970 can hold beside infinity.
	lastMicros = math.MaxInt64 - 1
)

func dateRange() error { return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range") }
func timestampRange() error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range")
}

func shiftDates(f *frame, date, by, sign int) {
	a, ma := vals[int32](f, date)
	b, mb := vals[int32](f, by)
	out := result[int32](f)
	for _, r := range f.rows() {
		d := a[int(r)&ma]
		out[r] = d
		if d == minDate || d == maxDate {
			continue
		}
		v := int64(d) + int64(sign)*int64(b[int(r)&mb])
		out[r] = int32(v)
		if v < firstDate || v > lastDate {
			f.fail(r, dateRange())
		}
	}
}

func daysBetween(f *frame) {
	a, ma := vals[int32](f, 0)
	b, mb := vals[int32](f, 1)
	out := result[int32](f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		if x == minDate || x == maxDate || y == minDate || y == maxDate {
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "cannot subtract infinite dates"))
			continue
		}
		out[r] = x - y
	}
}

// dateMicros is the midnight that begins a date; ok is false when that is beyond a timestamp.
func dateMicros(d int32) (us int64, ok bool) {
	switch d {
	case minDate:
		return minInstant, true
	case maxDate:
		return maxInstant, true
	}
	if int64(d) > lastMicros/dayMicros {
		return 0, false
	}
	return int64(d) * dayMicros, true
}

func dateForTimestamp() error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range for timestamp")
}

func dateAndTime(f *frame, date, clock int) {
	a, ma := vals[int32](f, date)
	b, mb := vals[int64](f, clock)
	out := result[int64](f)
	for _, r := range f.rows() {
		us, ok := dateMicros(a[int(r)&ma])
		if !ok {
			f.fail(r, dateForTimestamp())
			continue
		}
		if us != minInstant && us != maxInstant {
			us += b[int(r)&mb]
		}
		out[r] = us
	}
}

// shiftTimes adds the interval of one argument, times sign, to the time of the other. Days and months are those of
// zone's calendar; a nil zone has none.
func shiftTimes(f *frame, at, by, sign int, zone *time.Location) {
	s, ms := spans(f, by)
	var dates []int32
	var times []int64
	var mt int
	isDate := f.args[at].col.Type.OID == types.OIDDate
	if isDate {
		dates, mt = vals[int32](f, at)
	} else {
		times, mt = vals[int64](f, at)
	}
	out := result[int64](f)
	for _, r := range f.rows() {
		var t int64
		if isDate {
			us, ok := dateMicros(dates[int(r)&mt])
			if !ok {
				f.fail(r, dateForTimestamp())
				continue
			}
			t = us
		} else {
			t = times[int(r)&mt]
		}
		d := s[int(r)&ms]
		if sign < 0 {
			d = span{-d.us, -d.days, -d.months}
		}
		v, ok := shift(t, d, zone)
		out[r] = v
		if !ok {
			f.fail(r, timestampRange())
		}
	}
}

// shift is t + d: first the months, to the same day or the month's last, then the days, then the µs.
func shift(t int64, d span, zone *time.Location) (int64, bool) {
	if t == minInstant || t == maxInstant {
		return t, true
	}
	if d.months != 0 || d.days != 0 {
		local := t + int64(types.OffsetAt(types.Micros(t), zone))*secMicros
		day := floorDiv64(local, dayMicros)
		clock := local - day*dayMicros
		if d.months != 0 {
			c := types.CivilFromDays(int(day))
			m := c.Year*12 + c.Month - 1 + int(d.months)
			y := floorDiv(m, 12)
			m -= y * 12
			day = int64(types.DaysFromCivil(y, m+1, min(c.Day, types.DaysIn(y, m+1))))
			if day < firstDate || day > lastMicros/dayMicros { // though the days may bring it back
				return 0, false
			}
		}
		day += int64(d.days)
		if day < firstDate || day > lastMicros/dayMicros {
			return 0, false
		}
		t = int64(types.LocalToUTC(day*dayMicros+clock, zone))
	}
	v := t + d.us
	if (t^v)&(d.us^v) < 0 || v < firstMicros || v > lastMicros {
		return 0, false
	}
	return v, true
}

func timeBetween(f *frame) {
	a, ma := vals[int64](f, 0)
	b, mb := vals[int64](f, 1)
	out := spanResult(f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		if x == minInstant || x == maxInstant || y == minInstant || y == maxInstant {
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "cannot subtract infinite timestamps"))
			continue
		}
		us := x - y
		if (x^y)&(x^us) < 0 {
			f.fail(r, intervalRange())
			continue
		}
		out[r], _ = span{us: us}.justifyHours()
	}
}

func shiftClock(f *frame, clock, by int, sign int64) {
	a, ma := vals[int64](f, clock)
	b, mb := spans(f, by)
	out := result[int64](f)
	for _, r := range f.rows() {
		v := (a[int(r)&ma] + sign*(b[int(r)&mb].us%dayMicros)) % dayMicros
		if v < 0 {
			v += dayMicros
		}
		out[r] = v
	}
}

func clockBetween(f *frame) {
	a, ma := vals[int64](f, 0)
	b, mb := vals[int64](f, 1)
	out := spanResult(f)
	for i := range out {
		out[i] = span{us: a[i&ma] - b[i&mb]}
	}
}

func sumSpans(f *frame, minus bool) {
	a, ma := spans(f, 0)
	b, mb := spans(f, 1)
	out := spanResult(f)
	for _, r := range f.rows() {
		y, ok1 := b[int(r)&mb], true
		if minus {
			y, ok1 = y.neg()
		}
		v, ok2 := addSpans(a[int(r)&ma], y)
		out[r] = v
		if !ok1 || !ok2 {
			f.fail(r, intervalRange())
		}
	}
}

func negateSpans(f *frame) {
	a, ma := spans(f, 0)
	out := spanResult(f)
	for _, r := range f.rows() {
		v, ok := a[int(r)&ma].neg()
		out[r] = v
		if !ok {
			f.fail(r, intervalRange())
		}
	}
}

func scaleSpans(f *frame, at, by int, divide bool) {
	a, ma := spans(f, at)
	b, mb := vals[float64](f, by)
	out := spanResult(f)
	for _, r := range f.rows() {
		factor := b[int(r)&mb]
		if divide && factor == 0 {
			f.fail(r, divisionByZero())
			continue
		}
		v, ok := scaleSpan(a[int(r)&ma], factor, divide)
		out[r] = v
		if !ok {
			f.fail(r, intervalRange())
		}
	}
}
