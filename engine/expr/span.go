package expr

import (
	"math"
	"math/big"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// span is an interval as it lies in a column.
type span struct {
	us     int64
	days   int32
	months int32
}

const (
	dayMicros  = int64(types.Day)
	hourMicros = int64(types.Hour)
	minMicros  = int64(types.Minute)
	secMicros  = int64(types.Second)
)

// spans is argument i as intervals, and the mask for its rows.
func spans(f *frame, i int) ([]span, int) {
	v, mask := vals[[16]byte](f, i)
	return unsafe.Slice((*span)(unsafe.Pointer(unsafe.SliceData(v))), len(v)), mask
}

// spanResult makes the result's intervals.
func spanResult(f *frame) []span {
	f.out.Fixed = batch.FixedOf(f.t, scratch[[16]byte](f.c, f.n), nil).Fixed
	return unsafe.Slice((*span)(unsafe.Pointer(unsafe.SliceData(f.out.Fixed))), f.n)
}

func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func intervalRange() error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "interval out of range")
}

// addSpans is a + b, and whether it fits.
func addSpans(a, b span) (span, bool) {
	us := a.us + b.us
	days, months := int64(a.days)+int64(b.days), int64(a.months)+int64(b.months)
	ok := (a.us^us)&(b.us^us) >= 0 && days == int64(int32(days)) && months == int64(int32(months))
	return span{us, int32(days), int32(months)}, ok
}

func (s span) neg() (span, bool) {
	ok := s.us != math.MinInt64 && s.days != math.MinInt32 && s.months != math.MinInt32
	return span{-s.us, -s.days, -s.months}, ok
}

// tsRound rounds seconds to µs, as PostgreSQL's TSROUND does.
func tsRound(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }

// scaleSpan is s * factor, or s / factor: fractions of months become days of 30 to a month, those of days seconds.
func scaleSpan(s span, factor float64, divide bool) (span, bool) {
	times := func(x float64) float64 {
		if divide {
			return x / factor
		}
		return x * factor
	}
	months, days := times(float64(s.months)), times(float64(s.days))
	if !inInt32(months) || !inInt32(days) {
		return span{}, false
	}
	out := span{months: int32(months), days: int32(days)}
	restDays := tsRound((months - float64(out.months)) * 30)
	restSecs := tsRound((days - float64(out.days) + restDays - math.Trunc(restDays)) * 86400)
	whole := int64(0)
	if math.Abs(restSecs) >= 86400 {
		whole = int64(restSecs / 86400)
		restSecs -= float64(whole) * 86400
	}
	total := int64(out.days) + whole + int64(restDays)
	us := math.RoundToEven(times(float64(s.us)) + restSecs*1e6)
	if total != int64(int32(total)) || !(us >= -0x1p63 && us < 0x1p63) {
		return span{}, false
	}
	out.days, out.us = int32(total), int64(us)
	return out, true
}

func inInt32(x float64) bool { return x >= math.MinInt32-0.999 && x < math.MaxInt32+1 }

// justifyHours moves whole days out of the µs, and gives both the same sign.
func (s span) justifyHours() (span, bool) {
	d := s.us / dayMicros
	s.us -= d * dayMicros
	days := int64(s.days) + d
	if days > 0 && s.us < 0 {
		s.us += dayMicros
		days--
	} else if days < 0 && s.us > 0 {
		s.us -= dayMicros
		days++
	}
	s.days = int32(days)
	return s, days == int64(s.days)
}

func (s span) justifyDays() (span, bool) {
	m := s.days / 30
	s.days -= m * 30
	months := int64(s.months) + int64(m)
	if months > 0 && s.days < 0 {
		s.days += 30
		months--
	} else if months < 0 && s.days > 0 {
		s.days -= 30
		months++
	}
	s.months = int32(months)
	return s, months == int64(s.months)
}

// justifyAll moves whole days and months up, and gives all three parts the same sign.
func (s span) justifyAll() (span, bool) {
	d := s.us / dayMicros
	us, days := s.us-d*dayMicros, int64(s.days)+d
	months := int64(s.months) + days/30
	days %= 30
	switch {
	case months > 0 && (days < 0 || days == 0 && us < 0):
		days += 30
		months--
	case months < 0 && (days > 0 || days == 0 && us > 0):
		days -= 30
		months++
	}
	switch {
	case days > 0 && us < 0:
		us += dayMicros
		days--
	case days < 0 && us > 0:
		us -= dayMicros
		days++
	}
	return span{us, int32(days), int32(months)}, months == int64(int32(months))
}

// epoch is the interval in µs, a year being 365.25 days and a month 30.
func (s span) epoch() *big.Int {
	us := big.NewInt(int64(s.months/12) * (36525 * 864)) // in seconds: 365.25 * 86400 = 36525 * 864
	us.Add(us, big.NewInt(int64(s.months%12)*30*86400+int64(s.days)*86400))
	us.Mul(us, big.NewInt(secMicros))
	return us.Add(us, big.NewInt(s.us))
}

// epochFloat is the interval in seconds, added as floats in PostgreSQL's order, and rounded as that rounds: no product is
// fused with its sum.
func (s span) epochFloat() float64 {
	sum := float64(s.us) / float64(secMicros)
	sum += float64(365.25 * 86400 * float64(s.months/12))
	sum += float64(30 * 86400 * float64(s.months%12))
	return sum + float64(86400*float64(s.days))
}

// DivideSpan is s / by as SQL divides an interval, and whether it fits.
func DivideSpan(s types.Span, by float64) (types.Span, bool) {
	q, ok := scaleSpan(span{us: s.Micros, days: s.Days, months: s.Months}, by, true)
	return types.Span{Micros: q.us, Days: q.days, Months: q.months}, ok
}

// BetweenSpans is lo + share * (hi - lo), and whether it fits.
func BetweenSpans(lo, hi types.Span, share float64) (types.Span, bool) {
	from := span{us: lo.Micros, days: lo.Days, months: lo.Months}
	back, ok := from.neg()
	d, fits := addSpans(span{us: hi.Micros, days: hi.Days, months: hi.Months}, back)
	ok = ok && fits
	if d, fits = scaleSpan(d, share, false); !fits || !ok {
		return types.Span{}, false
	}
	q, ok := addSpans(from, d)
	return types.Span{Micros: q.us, Days: q.days, Months: q.months}, ok
}
