package expr

import (
	"math"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Sleeper is a Catalog whose statement can wait.
type Sleeper interface {
	// Sleep waits for d, or fails as soon as the statement ends.
	Sleep(d time.Duration) error
	// Clock is the time now, not that of the statement's start.
	Clock() types.Micros
}

// waiting gives the µs that a function waits for in row r.
type waiting func(f *frame, r uint32, now types.Micros) (us float64, err error)

// sleepFunctions are PostgreSQL's that wait (manual, 9.9.5): one wait for each row.
func sleepFunctions() []function {
	sleep := func(name, arg string, us waiting) function {
		return function{name: name, args: arg, ret: "void", flags: fallible | volatile | catalogued, run: func(f *frame) { sleepRows(f, name, us) }}
	}
	return []function{
		sleep("pg_sleep", "float8", func(f *frame, r uint32, _ types.Micros) (float64, error) { return f.f8(0, r) * float64(secMicros), nil }),
		sleep("pg_sleep_for", "interval", func(f *frame, r uint32, now types.Micros) (float64, error) {
			s, m := spans(f, 0)
			t, ok := shift(int64(now), s[int(r)&m], f.c.Locale.TimeZone())
			if !ok {
				return 0, timestampRange()
			}
			return float64(t - int64(now)), nil
		}),
		sleep("pg_sleep_until", "timestamptz", func(f *frame, r uint32, now types.Micros) (float64, error) {
			switch t := f.i8(0, r); t {
			case minInstant:
				return 0, nil
			case maxInstant:
				return math.Inf(1), nil
			default:
				return float64(t) - float64(now), nil
			}
		}),
	}
}

func sleepRows(f *frame, name string, amount waiting) {
	s, _ := f.c.Catalog.(Sleeper)
	out, next := batch.NewBuilder(f.t, f.n), uint32(0)
	rest := func(to uint32) {
		for ; next < to; next++ {
			out.Null()
		}
	}
	for _, r := range f.rows() {
		rest(r)
		if err := sleepOne(f, s, name, r, amount); err != nil {
			f.fail(r, err)
			break // a statement that was to end does not wait for the other rows
		}
		out.String("")
		next++
	}
	rest(uint32(f.n))
	f.out = out.Finish()
}

func sleepOne(f *frame, s Sleeper, name string, r uint32, amount waiting) error {
	if s == nil {
		return sqlerr.NotSupported("%s here", name)
	}
	us, err := amount(f, r, s.Clock())
	if err != nil || !(us > 0) { // also where it is no number
		return err
	}
	d := time.Duration(math.MaxInt64)
	if ns := us * 1000; ns < math.MaxInt64 {
		d = time.Duration(ns)
	}
	return s.Sleep(d)
}
