package expr

import (
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// clockFunctions are now() and its kin: all of them give the time of the statement or of the epoch.
func clockFunctions() []function {
	var fs []function
	for _, n := range []string{"now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "proctime"} {
		fs = append(fs, function{name: n, ret: "timestamptz", flags: stable, run: now})
	}
	return append(fs,
		function{name: "timeofday", ret: "text", flags: volatile, run: timeOfDay},
		function{name: "clock_timestamp", ret: "timestamptz", flags: volatile, run: now},
		function{name: "localtimestamp", ret: "timestamp", flags: stable, run: localNow},
		function{name: "localtime", ret: "time", flags: stable, run: clockNow},
		function{name: "current_date", ret: "date", flags: stable, run: today})
}

func now(f *frame) {
	out := result[int64](f)
	for i := range out {
		out[i] = int64(f.c.Now)
	}
}

func (c *Ctx) localNow() int64 {
	return int64(c.Now) + int64(types.OffsetAt(c.Now, c.Locale.TimeZone()))*secMicros
}

func localNow(f *frame) {
	t := f.c.localNow()
	for i, out := 0, result[int64](f); i < len(out); i++ {
		out[i] = t
	}
}

func clockNow(f *frame) {
	t := f.c.localNow()
	t -= floorDiv64(t, dayMicros) * dayMicros
	for i, out := 0, result[int64](f); i < len(out); i++ {
		out[i] = t
	}
}

func today(f *frame) {
	d := floorDiv64(f.c.localNow(), dayMicros)
	for i, out := 0, result[int32](f); i < len(out); i++ {
		out[i] = int32(d)
	}
}

// timeOfDay is the clock as text, in the form that Unix has for it.
func timeOfDay(f *frame) {
	zone := f.c.Locale.TimeZone()
	if zone == nil {
		zone = time.UTC
	}
	s := time.UnixMicro(int64(f.c.Now)).In(zone).Format("Mon Jan 02 15:04:05.000000 2006 MST")
	out := f.text()
	for r := range f.n {
		out.at(uint32(r))
		out.buf = append(out.buf, s...)
	}
	out.done()
}
