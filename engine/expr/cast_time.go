package expr

import "github.com/vexfs/vexstream/engine/types"

// timeCasts are the casts among dates, times and intervals.
var timeCasts = []conversion{
	{types.OIDDate, types.OIDTimestamp, Implicit, fallible, func(f *frame) { dateToTime(f, false) }},
	{types.OIDDate, types.OIDTimestamptz, Implicit, fallible | stable, func(f *frame) { dateToTime(f, true) }},
	{types.OIDTimestamp, types.OIDTimestamptz, Implicit, stable, sessionInstant},
	{types.OIDTimestamp, types.OIDDate, Assignment, fallible, func(f *frame) { timeToDate(f, false) }},
	{types.OIDTimestamp, types.OIDTime, Assignment, 0, func(f *frame) { timeToClock(f, false) }},
	{types.OIDTimestamptz, types.OIDTimestamp, Assignment, stable, sessionLocal},
	{types.OIDTimestamptz, types.OIDDate, Assignment, fallible | stable, func(f *frame) { timeToDate(f, true) }},
	{types.OIDTimestamptz, types.OIDTime, Assignment, stable, func(f *frame) { timeToClock(f, true) }},
	{types.OIDTime, types.OIDInterval, Implicit, 0, clockToSpan},
	{types.OIDInterval, types.OIDTime, Assignment, 0, spanToClock},
}

func dateToTime(f *frame, zoned bool) {
	a, ma := vals[int32](f, 0)
	out := result[int64](f)
	for _, r := range f.rows() {
		us, ok := dateMicros(a[int(r)&ma])
		if !ok {
			f.fail(r, dateForTimestamp())
			continue
		}
		if zoned && us != minInstant && us != maxInstant {
			if us = int64(types.LocalToUTC(us, f.c.Locale.TimeZone())); !types.InRange(types.Micros(us)) {
				f.fail(r, dateForTimestamp())
			}
		}
		out[r] = us
	}
}

func sessionInstant(f *frame) {
	a, ma := vals[int64](f, 0)
	out := result[int64](f)
	for _, r := range f.rows() {
		t := a[int(r)&ma]
		if t != minInstant && t != maxInstant {
			t = int64(types.LocalToUTC(t, f.c.Locale.TimeZone()))
		}
		out[r] = t
	}
}

func sessionLocal(f *frame) {
	a, ma := vals[int64](f, 0)
	out := result[int64](f)
	for _, r := range f.rows() {
		t := a[int(r)&ma]
		if t != minInstant && t != maxInstant {
			t += int64(types.OffsetAt(types.Micros(t), f.c.Locale.TimeZone())) * secMicros
		}
		out[r] = t
	}
}

func timeToDate(f *frame, zoned bool) {
	a, ma := vals[int64](f, 0)
	out := result[int32](f)
	for _, r := range f.rows() {
		t := a[int(r)&ma]
		switch t {
		case minInstant:
			out[r] = minDate
			continue
		case maxInstant:
			out[r] = maxDate
			continue
		}
		if zoned {
			t += int64(types.OffsetAt(types.Micros(t), f.c.Locale.TimeZone())) * secMicros
		}
		out[r] = int32(floorDiv64(t, dayMicros))
	}
}

// timeToClock is the time of day; an infinite time has none.
func timeToClock(f *frame, zoned bool) {
	a, ma := vals[int64](f, 0)
	out := result[int64](f)
	for _, r := range f.rows() {
		t := a[int(r)&ma]
		if t == minInstant || t == maxInstant {
			f.null(r)
			continue
		}
		if zoned {
			t += int64(types.OffsetAt(types.Micros(t), f.c.Locale.TimeZone())) * secMicros
		}
		out[r] = t - floorDiv64(t, dayMicros)*dayMicros
	}
}

func clockToSpan(f *frame) {
	a, ma := vals[int64](f, 0)
	out := spanResult(f)
	for i := range out {
		out[i] = span{us: a[i&ma]}
	}
}

func spanToClock(f *frame) {
	a, ma := spans(f, 0)
	out := result[int64](f)
	for i := range out {
		us := a[i&ma].us
		out[i] = us - floorDiv64(us, dayMicros)*dayMicros
	}
}
