package types

import "math"

// Micros is a point in time: µs since 1970-01-01 00:00:00 UTC. The extremes are PostgreSQL's infinities.
type Micros int64

// The two infinities, and the distance from the Unix epoch to PostgreSQL's (2000-01-01).
const (
	MinTime     Micros = math.MinInt64 // -infinity; also "no watermark yet"
	MaxTime     Micros = math.MaxInt64 // infinity; also "the stream has ended"
	pgEpoch     int64  = 946_684_800_000_000
	pgEpochDays int32  = 10_957
)

// Microseconds in the units that people speak of.
const (
	Millisecond Micros = 1_000
	Second      Micros = 1_000_000
	Minute             = 60 * Second
	Hour               = 60 * Minute
	Day                = 24 * Hour
)

// FromPGTime turns PostgreSQL's wire timestamp into a Micros; infinities stay what they are.
func FromPGTime(us int64) Micros {
	if us == math.MinInt64 || us == math.MaxInt64 {
		return Micros(us)
	}
	return Micros(us + pgEpoch)
}

// ToPGTime turns t into PostgreSQL's wire timestamp; infinities stay what they are.
func ToPGTime(t Micros) int64 {
	if t == MinTime || t == MaxTime {
		return int64(t)
	}
	return int64(t) - pgEpoch
}

// Sub gives t - d, and keeps to the infinities instead of wrapping.
func (t Micros) Sub(d Micros) Micros {
	if t == MinTime || t == MaxTime {
		return t
	}
	r := t - d
	if d > 0 && r > t {
		return MinTime
	}
	if d < 0 && r < t {
		return MaxTime
	}
	return r
}
