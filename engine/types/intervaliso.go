package types

import (
	"math"
	"strconv"
	"strings"
)

// decodeISOInterval reads what follows the P of an ISO 8601 duration: designators (1Y2M3DT4H5M6S), the basic
// (00010203T040506) or the extended alternative (0001-02-03T04:05:06).
func decodeISOInterval(s string) (Span, wrong) {
	var b spanBuilder
	datePart := true
	if s == "" {
		return Span{}, wrongForm
	}
	for s != "" {
		if s[0] == 'T' {
			datePart = false
			if s = s[1:]; s == "" {
				break
			}
			continue
		}
		val, frac, digits, rest, w := isoNumber(s)
		if w != right {
			return Span{}, w
		}
		designator := byte(0)
		if rest != "" {
			designator = rest[0]
		}
		u := isoUnit(designator, datePart)
		if u == unitNone {
			if b.seen != 0 && datePart {
				return Span{}, wrongForm
			}
			left, w := b.isoAlternative(s, val, frac, digits, datePart)
			if w != right {
				return Span{}, w
			}
			s = left
			b.seen |= 1
			continue
		}
		b.seen |= 1 << u
		if !b.add(u, val, frac) {
			return Span{}, wrongField
		}
		s = rest[1:]
	}
	return b.finish(false)
}

func isoUnit(c byte, datePart bool) unit {
	if datePart {
		switch c {
		case 'Y':
			return unitYear
		case 'M':
			return unitMonth
		case 'W':
			return unitWeek
		case 'D':
			return unitDay
		}
		return unitNone
	}
	switch c {
	case 'H':
		return unitHour
	case 'M':
		return unitMinute
	case 'S':
		return unitSecond
	}
	return unitNone
}

// isoNumber reads [sign]digits[.digits]; digits is how many stand before the point.
func isoNumber(s string) (val int64, frac float64, digits int, rest string, w wrong) {
	end := isoNumberEnd(s)
	if end == 0 {
		return 0, 0, 0, "", wrongForm
	}
	f, err := strconv.ParseFloat(s[:end], 64)
	switch {
	case err != nil && math.IsInf(f, 0), f < math.MinInt64 || f >= math.MaxInt64:
		return 0, 0, 0, "", wrongField
	case err != nil:
		return 0, 0, 0, "", wrongForm
	}
	start := 0
	if s[0] == '-' {
		start = 1
	}
	whole := math.Trunc(f)
	return int64(whole), f - whole, span(s, start, true, false, "") - start, s[end:], right
}

// isoNumberEnd is where [-]digits[.digits][e[sign]digits] ends; 0 if there is none.
func isoNumberEnd(s string) int {
	i := 0
	if s[0] == '-' {
		i = 1
	}
	start := i
	i = span(s, i, true, false, "")
	digits := i - start
	if i < len(s) && s[i] == '.' {
		end := span(s, i+1, true, false, "")
		digits += end - i - 1
		i = end
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		k := i + 1
		if k < len(s) && (s[k] == '-' || s[k] == '+') {
			k++
		}
		if end := span(s, k, true, false, ""); end > k {
			i = end
		}
	}
	return i
}

// isoAlternative reads the date part or the time part of an alternative format, and gives what follows.
func (b *spanBuilder) isoAlternative(s string, val int64, frac float64, digits int, datePart bool) (string, wrong) {
	part, rest, hasTime := s, "", false
	if datePart {
		if part, rest, hasTime = strings.Cut(s, "T"); hasTime {
			rest = "T" + rest
		}
	}
	units := [3]unit{unitYear, unitMonth, unitDay}
	sep := "-"
	if !datePart {
		units, sep = [3]unit{unitHour, unitMinute, unitSecond}, ":"
	}
	if datePart && digits == 8 && len(part) == 8 {
		ok := b.add(unitYear, val/10000, 0) && b.add(unitMonth, val/100%100, 0) && b.add(unitDay, val%100, 0)
		return rest, fieldOr(ok)
	}
	if !datePart && digits == 6 && !strings.Contains(part, sep) {
		ok := b.add(unitHour, val/10000, 0) && b.add(unitMinute, val/100%100, 0) && b.add(unitSecond, val%100, frac)
		return rest, fieldOr(ok)
	}
	left := part
	for i, u := range units {
		if left == "" {
			return "", wrongForm
		}
		v, f, _, after, w := isoNumber(left)
		if w != right {
			return "", w
		}
		if !b.add(u, v, f) {
			return "", wrongField
		}
		if after == "" {
			return rest, right
		}
		if i == 2 || after[0] != sep[0] {
			return "", wrongForm
		}
		left = after[1:]
	}
	return "", wrongForm
}

func fieldOr(ok bool) wrong {
	if ok {
		return right
	}
	return wrongField
}
