package expr

import (
	"math"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// makeFunctions put times together of their fields (manual, 9.9).
func makeFunctions() []function {
	return []function{
		{name: "make_time", args: "int4,int4,float8", ret: "time", flags: fallible, run: eachValue(func(f *frame, r uint32) (int64, error) { return clockFields(f, r, 0) })},
		{name: "make_timestamp", args: "int4,int4,int4,int4,int4,float8", ret: "timestamp", flags: fallible, run: eachValue(makeTimestamp)},
		{name: "make_timestamptz", args: "int4,int4,int4,int4,int4,float8", ret: "timestamptz", flags: fallible | stable, run: eachValue(makeInstant)},
		{name: "make_timestamptz", args: "int4,int4,int4,int4,int4,float8,text", ret: "timestamptz", flags: fallible, run: makeInZone},
	}
}

// clockFields is the µs of the hour, minute and seconds that stand from argument i on.
func clockFields(f *frame, r uint32, i int) (int64, error) {
	h, m, s := f.i4(i, r), f.i4(i+1, r), f.f8(i+2, r)
	us := math.RoundToEven(s * 1e6)
	if h < 0 || h > 24 || m < 0 || m > 59 || !(us >= 0 && us <= 60e6) || h == 24 && (m > 0 || us > 0) {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%02g", h, m, s)
	}
	v := int64(h)*hourMicros + int64(m)*minMicros + int64(us)
	if v > dayMicros {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%02g", h, m, s)
	}
	return v, nil
}

func makeTimestamp(f *frame, r uint32) (int64, error) {
	y, m, d := f.i4(0, r), f.i4(1, r), f.i4(2, r)
	if y < 0 {
		y++
	} else if y == 0 {
		m = 0
	}
	if m < 1 || m > 12 || d < 1 || d > types.DaysIn(y, m) {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", f.i4(0, r), f.i4(1, r), d)
	}
	us, err := clockFields(f, r, 3)
	if err != nil {
		return 0, err
	}
	days := types.DaysFromCivil(y, m, d)
	if days < firstDate || int64(days) > lastMicros/dayMicros {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", f.i4(0, r), m, d)
	}
	return int64(days)*dayMicros + us, nil
}

// makeInstant is the fields as the session's clocks show them.
func makeInstant(f *frame, r uint32) (int64, error) { return makeIn(f, r, f.c.Locale.TimeZone()) }

func makeIn(f *frame, r uint32, zone *time.Location) (int64, error) {
	t, err := makeTimestamp(f, r)
	if err != nil {
		return 0, err
	}
	if t = int64(types.LocalToUTC(t, zone)); !types.InRange(types.Micros(t)) {
		return 0, timestampRange()
	}
	return t, nil
}

func makeInZone(f *frame) {
	var z zoneArg
	out := result[int64](f)
	for _, r := range f.rows() {
		name := f.str(6, r)
		zone, numeric, err := types.NumericZone(name)
		if err == nil && !numeric {
			zone, err = z.get(name)
		}
		if err == nil {
			out[r], err = makeIn(f, r, zone)
		}
		if err != nil {
			f.fail(r, err)
		}
	}
}

func makeDate(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		y, m, d := f.i4(0, r), f.i4(1, r), f.i4(2, r)
		if y < 0 {
			y++
		} else if y == 0 {
			m = 0
		}
		if m < 1 || m > 12 || d < 1 || d > types.DaysIn(y, m) {
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", f.i4(0, r), f.i4(1, r), d))
			continue
		}
		days := types.DaysFromCivil(y, m, d)
		out[r] = int32(days)
		if days < firstDate || days > lastDate {
			f.fail(r, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", f.i4(0, r), m, d))
		}
	}
}

// makeInterval takes years, months, weeks, days, hours, minutes and seconds, of which the last may be missing.
func makeInterval(f *frame) {
	out := spanResult(f)
	for _, r := range f.rows() {
		var v [6]int64
		for i := range min(len(f.args), 6) {
			v[i] = int64(f.i4(i, r))
		}
		secs := 0.0
		if len(f.args) > 6 {
			secs = f.f8(6, r)
		}
		months, days := v[0]*12+v[1], v[2]*7+v[3]
		us := math.RoundToEven(secs * 1e6)
		total := v[4]*hourMicros + v[5]*minMicros
		sum := total + int64(us)
		if !(us >= -0x1p63 && us < 0x1p63) || (total^sum)&(int64(us)^sum) < 0 || months != int64(int32(months)) || days != int64(int32(days)) {
			f.fail(r, intervalRange())
			continue
		}
		out[r] = span{us: sum, days: int32(days), months: int32(months)}
	}
}
