package types

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Span is a value of type interval: its three parts are kept apart, because a month has no fixed number of days, nor a
// day of hours.
type Span struct {
	Micros int64
	Days   int32
	Months int32
}

// SpanOf reads the column form: little-endian int64 µs, int32 days, int32 months.
func SpanOf(b [16]byte) Span {
	return Span{
		Micros: int64(binary.LittleEndian.Uint64(b[:8])),
		Days:   int32(binary.LittleEndian.Uint32(b[8:12])),
		Months: int32(binary.LittleEndian.Uint32(b[12:])),
	}
}

// Fixed16 is the column form of s.
func (s Span) Fixed16() (b [16]byte) {
	binary.LittleEndian.PutUint64(b[:8], uint64(s.Micros))
	binary.LittleEndian.PutUint32(b[8:12], uint32(s.Days))
	binary.LittleEndian.PutUint32(b[12:], uint32(s.Months))
	return b
}

// Linear is s as days of 24 hours and months of 30 days: whole days, and the µs of the rest in [0, one day). Spans
// with the same Linear are equal in SQL, and order goes by it.
func (s Span) Linear() (days int64, us int64) {
	d, us := split(s.Micros)
	return int64(d) + int64(s.Days) + 30*int64(s.Months), us
}

// Compare orders spans as SQL does: -1, 0 or 1.
func (s Span) Compare(o Span) int {
	a, x := s.Linear()
	b, y := o.Linear()
	switch {
	case a < b || a == b && x < y:
		return -1
	case a == b && x == y:
		return 0
	}
	return 1
}

// Duration is s in µs with days of 24 hours and months of 30 days; ok is false when an int64 does not hold it.
func (s Span) Duration() (us int64, ok bool) {
	days, rest := s.Linear()
	hi, lo := bits.Mul64(uint64(max(days, -days)), uint64(Day))
	if hi != 0 || lo > math.MaxInt64-uint64(Day) {
		return 0, false
	}
	if days < 0 {
		return rest - int64(lo), true
	}
	return int64(lo) + rest, true
}

// JustifyHours moves whole days out of the µs: the sign of both becomes the same.
func (s Span) JustifyHours() Span {
	d := s.Micros / int64(Day)
	s.Micros -= d * int64(Day)
	s.Days += int32(d)
	if s.Days > 0 && s.Micros < 0 {
		s.Micros += int64(Day)
		s.Days--
	} else if s.Days < 0 && s.Micros > 0 {
		s.Micros -= int64(Day)
		s.Days++
	}
	return s
}

// JustifyDays moves whole months of 30 days out of the days: the sign of both becomes the same.
func (s Span) JustifyDays() Span {
	m := s.Days / 30
	s.Days -= m * 30
	s.Months += m
	if s.Months > 0 && s.Days < 0 {
		s.Days += 30
		s.Months--
	} else if s.Months < 0 && s.Days > 0 {
		s.Days -= 30
		s.Months++
	}
	return s
}

// AppendInterval appends s in IntervalStyle postgres: 1 year 2 mons -3 days +04:05:06.7.
func AppendInterval(dst []byte, s Span) []byte {
	empty, before := true, false
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		if !empty {
			dst = append(dst, ' ')
		}
		if before && v > 0 {
			dst = append(dst, '+')
		}
		dst = AppendInt(dst, v)
		dst = append(append(dst, ' '), unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
		empty, before = false, v < 0
	}
	part(int64(s.Months/12), "year")
	part(int64(s.Months%12), "mon")
	part(int64(s.Days), "day")
	if s.Micros == 0 && !empty {
		return dst
	}
	if !empty {
		dst = append(dst, ' ')
	}
	u := uint64(s.Micros)
	if s.Micros < 0 {
		dst = append(dst, '-')
		u = -u
	} else if before {
		dst = append(dst, '+')
	}
	sec := u / uint64(Second)
	if h := sec / 3600; h < 100 {
		dst = append2(dst, int(h))
	} else {
		dst = AppendInt(dst, int64(h))
	}
	dst = append(dst, ':')
	dst = append2(dst, int(sec/60%60))
	dst = append(dst, ':')
	dst = append2(dst, int(sec%60))
	return appendFraction(dst, int(u%uint64(Second)))
}
