package expr

import (
	"math"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// dateFunctions are the functions on dates and times (manual, 9.9).
func dateFunctions() []function {
	fs := []function{
		{name: "isfinite", args: "interval", ret: "bool", run: func(f *frame) { fillWords(f.bits(), true) }},
		{name: "isfinite", args: "timestamp", ret: "bool", run: isFinite},
		{name: "isfinite", args: "timestamptz", ret: "bool", run: isFinite},
		{name: "isfinite", args: "date", ret: "bool", run: isFiniteDate},
		{name: "date_trunc", args: "text,timestamp", ret: "timestamp", flags: fallible, run: func(f *frame) { truncTimes(f, nil) }},
		{name: "date_trunc", args: "text,timestamptz", ret: "timestamptz", flags: fallible | stable, run: func(f *frame) { truncTimes(f, f.c.Locale.TimeZone()) }},
		{name: "date_trunc", args: "text,timestamptz,text", ret: "timestamptz", flags: fallible, run: truncInZone},
		{name: "date_trunc", args: "text,interval", ret: "interval", flags: fallible, run: truncSpans},
		{name: "age", args: "timestamp,timestamp", ret: "interval", flags: fallible, run: func(f *frame) { age(f, nil) }},
		{name: "age", args: "timestamptz,timestamptz", ret: "interval", flags: fallible | stable, run: func(f *frame) { age(f, f.c.Locale.TimeZone()) }},
		{name: "age", args: "timestamp", ret: "interval", flags: fallible | stable, run: func(f *frame) { age(f, f.c.Locale.TimeZone()) }},
		{name: "age", args: "timestamptz", ret: "interval", flags: fallible | stable, run: func(f *frame) { age(f, f.c.Locale.TimeZone()) }},
		{name: "timezone", args: "text,timestamptz", ret: "timestamp", flags: fallible, run: toLocal},
		{name: "timezone", args: "text,timestamp", ret: "timestamptz", flags: fallible, run: fromLocal},
		{name: "timezone", args: "interval,timestamptz", ret: "timestamp", flags: fallible, run: toLocal},
		{name: "timezone", args: "interval,timestamp", ret: "timestamptz", flags: fallible, run: fromLocal},
		{name: "to_timestamp", args: "float8", ret: "timestamptz", flags: fallible, run: toTimestamp},
		{name: "make_date", args: "int4,int4,int4", ret: "date", flags: fallible, run: makeDate},
		{name: "justify_hours", args: "interval", ret: "interval", flags: fallible, run: func(f *frame) { justify(f, false, true) }},
		{name: "justify_days", args: "interval", ret: "interval", flags: fallible, run: func(f *frame) { justify(f, true, false) }},
		{name: "justify_interval", args: "interval", ret: "interval", flags: fallible, run: func(f *frame) { justify(f, true, true) }},
	}
	for _, t := range []string{"timestamp", "timestamptz", "date", "time", "interval"} {
		var fl flag
		if t == "timestamptz" {
			fl = stable
		}
		fs = append(fs, function{name: "extract", args: "text," + t, ret: "numeric", flags: fallible | fl, run: extract},
			function{name: "date_part", args: "text," + t, ret: "float8", flags: fallible | fl, run: datePart})
	}
	for _, name := range []string{"date_bin", "time_bucket"} {
		for _, t := range []string{"timestamp", "timestamptz"} {
			fs = append(fs, function{name: name, args: "interval," + t + "," + t, ret: t, flags: fallible, run: dateBin})
		}
	}
	fs = append(fs, function{name: "time_bucket", args: "interval,timestamp", ret: "timestamp", flags: fallible, run: dateBin},
		function{name: "time_bucket", args: "interval,timestamptz", ret: "timestamptz", flags: fallible, run: dateBin})
	spec := "int4,int4,int4,int4,int4,int4,float8"
	for n := 0; n <= 7; n++ {
		args := ""
		if n > 0 {
			args = spec[:min(len(spec), 5*n-1)]
		}
		if n == 7 {
			args = spec
		}
		fs = append(fs, function{name: "make_interval", args: args, ret: "interval", flags: fallible, run: makeInterval})
	}
	return append(fs, clockFunctions()...)
}

func isFinite(f *frame) {
	a, ma := vals[int64](f, 0)
	out := f.bits()
	for _, r := range f.rows() {
		if v := a[int(r)&ma]; v != minInstant && v != maxInstant {
			out.Set(int(r))
		}
	}
}

func isFiniteDate(f *frame) {
	a, ma := vals[int32](f, 0)
	out := f.bits()
	for _, r := range f.rows() {
		if v := a[int(r)&ma]; v != minDate && v != maxDate {
			out.Set(int(r))
		}
	}
}

// unit is the field that argument 0 names in row r. The usual constant is looked up once.
type unit struct {
	name string
	fd   field
}

func (u *unit) get(f *frame, r uint32) field {
	if s := f.str(0, r); s != u.name || u.fd == fieldNone {
		u.name, u.fd = s, fieldOf(s)
	}
	return u.fd
}

// truncError is unitError for date_trunc, to which fields that are no unit of time are unknown.
func truncError(u *unit, t types.Type) error {
	if u.fd >= fieldDow && u.fd <= fieldJulian {
		return unknownField(u.name, t)
	}
	return unitError(u, t)
}

// unitError says that u is no field at all, or none that the function has.
func unitError(u *unit, t types.Type) error {
	if u.fd == fieldNone {
		return unknownField(u.name, t)
	}
	return refusedField(u.name, t)
}

func extract(f *frame) {
	var u unit
	var n number
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		null, ok := extractRow(f, r, u.get(f, r), &n)
		switch {
		case !ok:
			f.fail(r, unitError(&u, f.args[1].col.Type))
		case null:
			f.null(r)
		default:
			out.buf = n.append(out.buf)
		}
	}
	out.done()
}

func datePart(f *frame) {
	if f.args[1].col.Type.OID == types.OIDDate {
		datePartOfDate(f)
		return
	}
	var u unit
	var n number
	out := result[float64](f)
	for _, r := range f.rows() {
		null, ok := extractRow(f, r, u.get(f, r), &n)
		switch {
		case !ok:
			f.fail(r, unitError(&u, f.args[1].col.Type))
		case null:
			f.null(r)
		case u.fd == fieldEpoch && f.args[1].col.Type.OID == types.OIDInterval:
			s, m := spans(f, 1)
			out[r] = s[int(r)&m].epochFloat()
		default:
			out[r] = partFloat(&n, u.fd)
		}
	}
}

// datePartOfDate takes a date as the midnight that begins it, as date_part does and extract does not.
func datePartOfDate(f *frame) {
	var u unit
	var n number
	out := result[float64](f)
	a, ma := vals[int32](f, 1)
	for _, r := range f.rows() {
		us, ok := dateMicros(a[int(r)&ma])
		if !ok {
			f.fail(r, dateForTimestamp())
			continue
		}
		null, ok := extractTime(us, nil, types.OIDTimestamp, u.get(f, r), &n)
		switch {
		case !ok:
			f.fail(r, unitError(&u, types.Timestamp))
		case null:
			f.null(r)
		default:
			out[r] = partFloat(&n, u.fd)
		}
	}
}

// step is the µs of the units that are the same everywhere: truncating to them is a division, where the zone's offset
// is a whole number of them.
func step(fd field) int64 {
	switch fd {
	case fieldMicroseconds:
		return 1
	case fieldMilliseconds:
		return int64(types.Millisecond)
	case fieldSecond:
		return secMicros
	case fieldMinute:
		return minMicros
	case fieldHour:
		return hourMicros
	case fieldDay:
		return dayMicros
	}
	return 0
}

func truncTimes(f *frame, zone *time.Location) {
	var u unit
	a, ma := vals[int64](f, 1)
	out := result[int64](f)
	if f.args[0].konst() && ma != 0 {
		fd := fieldOf(f.str(0, 0))
		if s := step(fd); s != 0 && (fd < fieldMinute || zone == nil || zone == time.UTC) {
			floorTimes(out, a, s)
			return
		}
	}
	for _, r := range f.rows() {
		v, ok := truncTime(a[int(r)&ma], u.get(f, r), zone)
		out[r] = v
		switch {
		case !ok:
			f.fail(r, truncError(&u, f.args[1].col.Type))
		case v < firstMicros && v != minInstant:
			f.fail(r, timestampRange())
		}
	}
}

// floorTimes rounds times down to whole steps since 1970.
func floorTimes(out, a []int64, step int64) {
	for i, t := range a {
		rest := t % step
		if rest < 0 {
			rest += step
		}
		if t == minInstant || t == maxInstant {
			rest = 0
		}
		out[i] = t - rest
	}
}

func truncInZone(f *frame) {
	var u unit
	var z zoneArg
	a, ma := vals[int64](f, 1)
	out := result[int64](f)
	for _, r := range f.rows() {
		if t := a[int(r)&ma]; t == minInstant || t == maxInstant {
			out[r] = t
			continue
		}
		zone, err := z.get(f.str(2, r))
		if err != nil {
			f.fail(r, err)
			continue
		}
		v, ok := truncTime(a[int(r)&ma], u.get(f, r), zone)
		out[r] = v
		switch {
		case !ok:
			f.fail(r, truncError(&u, f.args[1].col.Type))
		case v < firstMicros && v != minInstant:
			f.fail(r, timestampRange())
		}
	}
}

func truncTime(t int64, fd field, zone *time.Location) (int64, bool) {
	if t == minInstant || t == maxInstant {
		return t, true // whatever the unit is
	}
	if fd == fieldNone || fd > fieldMillennium {
		return 0, false
	}
	if s := step(fd); s != 0 && (fd < fieldMinute || zone == nil || zone == time.UTC) {
		return floorDiv64(t, s) * s, true
	}
	c := takeApart(t, zone)
	if fd == fieldHour || fd == fieldMinute {
		// Within a day the offset is kept, so that an hour that the clocks show twice stays two hours. Old offsets have seconds.
		return t - c.us%step(fd), true
	}
	return int64(types.LocalToUTC(int64(truncDay(&c, fd))*dayMicros, zone)), true
}

// truncDay is the first day of the unit that c lies in.
func truncDay(c *clockOf, fd field) int {
	y := c.civil.Year
	switch fd {
	case fieldDay:
		return c.days
	case fieldWeek:
		return c.days - isodow(c.days) + 1
	case fieldMonth:
		return types.DaysFromCivil(y, c.civil.Month, 1)
	case fieldQuarter:
		return types.DaysFromCivil(y, (c.civil.Month-1)/3*3+1, 1)
	case fieldDecade:
		y = floorDiv(y, 10) * 10
	case fieldCentury:
		y = floorDiv(y-1, 100)*100 + 1
	case fieldMillennium:
		y = floorDiv(y-1, 1000)*1000 + 1
	}
	return types.DaysFromCivil(y, 1, 1)
}

func truncSpans(f *frame) {
	var u unit
	a, ma := spans(f, 1)
	out := spanResult(f)
	for _, r := range f.rows() {
		s, fd := a[int(r)&ma], u.get(f, r)
		ok := true
		switch fd {
		case fieldMillennium:
			s = span{months: s.months / 12000 * 12000}
		case fieldCentury:
			s = span{months: s.months / 1200 * 1200}
		case fieldDecade:
			s = span{months: s.months / 120 * 120}
		case fieldYear:
			s = span{months: s.months / 12 * 12}
		case fieldQuarter:
			s = span{months: s.months / 3 * 3}
		case fieldMonth:
			s = span{months: s.months}
		case fieldDay:
			s.us = 0
		default:
			k := step(fd)
			if ok = k != 0; ok {
				s.us = s.us / k * k
			}
		}
		out[r] = s
		if !ok {
			f.fail(r, truncError(&u, types.Interval))
		}
	}
}

// binOrigin is where the buckets of time_bucket begin when nothing is said: a Monday, 2000-01-03.
const binOrigin = 10959 * dayMicros

func dateBin(f *frame) {
	s, ms := spans(f, 0)
	a, ma := vals[int64](f, 1)
	out := result[int64](f)
	origin := int64(binOrigin)
	for _, r := range f.rows() {
		t, stride := a[int(r)&ma], s[int(r)&ms]
		if len(f.args) > 2 {
			origin = f.i8(2, r)
		}
		size := int64(stride.days)*dayMicros + stride.us
		days := int64(stride.days)
		switch {
		case t == minInstant || t == maxInstant:
			out[r] = t
		case origin == minInstant || origin == maxInstant:
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "origin out of range"))
		case stride.months != 0:
			f.fail(r, sqlerr.New(sqlerr.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years"))
		case days > math.MaxInt64/dayMicros || days < math.MinInt64/dayMicros || (days*dayMicros^size)&(stride.us^size) < 0:
			f.fail(r, intervalRange())
		case (t^origin)&(t^(t-origin)) < 0:
			f.fail(r, intervalRange())
		case size <= 0:
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "stride must be greater than zero"))
		default:
			if out[r] = origin + floorDiv64(t-origin, size)*size; out[r] < firstMicros {
				f.fail(r, timestampRange())
			}
		}
	}
}

// age subtracts by the calendar: years, months and days as one would count them. With one argument it is the age at
// the midnight that began today.
func age(f *frame, zone *time.Location) {
	out := spanResult(f)
	for _, r := range f.rows() {
		a, b := f.i8(0, r), int64(0)
		if len(f.args) > 1 {
			b = f.i8(1, r)
		} else {
			midnight := floorDiv64(f.c.localNow(), dayMicros) * dayMicros
			a, b = int64(types.LocalToUTC(midnight, zone)), a
			if f.args[0].col.Type.OID == types.OIDTimestamp {
				a = midnight
			}
		}
		z := zone
		if f.args[0].col.Type.OID == types.OIDTimestamp {
			z = nil
		}
		if a == minInstant || a == maxInstant || b == minInstant || b == maxInstant {
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range"))
			continue
		}
		out[r] = calendarAge(a, b, z)
	}
}

func calendarAge(a, b int64, zone *time.Location) span {
	negative := a < b
	if negative {
		a, b = b, a
	}
	x, y := takeApart(a, zone), takeApart(b, zone)
	months := (x.civil.Year-y.civil.Year)*12 + x.civil.Month - y.civil.Month
	days := x.civil.Day - y.civil.Day
	us := x.us - y.us
	if us < 0 {
		us += dayMicros
		days--
	}
	if days < 0 {
		// The days of the month that the earlier time, or when counting back the later one, lies in.
		days += types.DaysIn(y.civil.Year, y.civil.Month)
		months--
	}
	s := span{us: us, days: int32(days), months: int32(months)}
	if negative {
		s, _ = s.neg()
	}
	return s
}

func toTimestamp(f *frame) {
	a, ma := vals[float64](f, 0)
	out := result[int64](f)
	for _, r := range f.rows() {
		x := a[int(r)&ma]
		switch {
		case math.IsInf(x, 1):
			out[r] = maxInstant
		case math.IsInf(x, -1):
			out[r] = minInstant
		case x != x:
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp cannot be NaN"))
		case x < float64(firstMicros)/1e6 || x >= lastMicros/1e6:
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range: \"%g\"", x))
		default:
			whole := math.Floor(x)
			out[r] = int64(whole)*secMicros + int64(math.RoundToEven((x-whole)*1e6))
		}
	}
}

func justify(f *frame, days, hours bool) {
	a, ma := spans(f, 0)
	out := spanResult(f)
	for _, r := range f.rows() {
		s, ok1, ok2 := a[int(r)&ma], true, true
		switch {
		case days && hours:
			s, ok1 = s.justifyAll()
		case hours:
			s, ok1 = s.justifyHours()
		default:
			s, ok2 = s.justifyDays()
		}
		out[r] = s
		if !ok1 || !ok2 {
			f.fail(r, intervalRange())
		}
	}
}
