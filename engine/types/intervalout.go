package types

// AppendInterval appends an interval.
func (l *Locale) AppendInterval(dst []byte, s Span) []byte {
	switch l.or().Spans {
	case SpansVerbose:
		return appendVerbose(dst, s.parts())
	case SpansSQL:
		return appendSQLInterval(dst, s.parts())
	case SpansISO:
		return appendISOInterval(dst, s.parts())
	}
	return AppendInterval(dst, s)
}

// spanParts are the numbers that people see, each with its sign.
type spanParts struct{ years, months, days, hours, minutes, seconds, micros int64 }

func (s Span) parts() spanParts {
	sec := s.Micros / int64(Second)
	return spanParts{
		int64(s.Months / 12), int64(s.Months % 12), int64(s.Days),
		sec / 3600, sec / 60 % 60, sec % 60, s.Micros % int64(Second),
	}
}

func (p *spanParts) negate() {
	*p = spanParts{-p.years, -p.months, -p.days, -p.hours, -p.minutes, -p.seconds, -p.micros}
}

// appendSeconds appends the seconds with their fraction, without a sign.
func (p *spanParts) appendSeconds(dst []byte, padded bool) []byte {
	sec, us := int(max(p.seconds, -p.seconds)), int(max(p.micros, -p.micros))
	if padded {
		dst = append2(dst, sec)
	} else {
		dst = AppendInt(dst, int64(sec))
	}
	return appendFraction(dst, us)
}

// appendVerbose writes @ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs ago: the first part says whether it is ago, and the
// signs of the others are as seen from there.
func appendVerbose(dst []byte, p spanParts) []byte {
	dst = append(dst, '@')
	empty, before := true, false
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		if empty {
			before, empty = v < 0, false
		}
		if before {
			v = -v
		}
		dst = append(append(AppendInt(append(dst, ' '), v), ' '), unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
	}
	part(p.years, "year")
	part(p.months, "mon")
	part(p.days, "day")
	part(p.hours, "hour")
	part(p.minutes, "min")
	if p.seconds != 0 || p.micros != 0 {
		negative := p.seconds < 0 || p.micros < 0
		dst = append(dst, ' ')
		if empty {
			before, empty = negative, false
		} else if negative != before {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), " sec"...)
		if p.micros != 0 || p.seconds != 1 && p.seconds != -1 {
			dst = append(dst, 's')
		}
	}
	if empty {
		return append(dst, " 0"...)
	}
	if before {
		dst = append(dst, " ago"...)
	}
	return dst
}

// appendSQLInterval writes one of the standard's two kinds, 1-2 or 3 4:05:06.7, or, where s is neither, both with all signs.
func appendSQLInterval(dst []byte, p spanParts) []byte {
	yearMonth := p.years != 0 || p.months != 0
	clock := p.hours != 0 || p.minutes != 0 || p.seconds != 0 || p.micros != 0
	least := min(p.years, p.months, p.days, p.hours, p.minutes, p.seconds, p.micros)
	most := max(p.years, p.months, p.days, p.hours, p.minutes, p.seconds, p.micros)
	hms := func(hours, minutes int64) {
		dst = append(AppendInt(dst, max(hours, -hours)), ':')
		dst = append(append2(dst, int(max(minutes, -minutes))), ':')
		dst = p.appendSeconds(dst, true)
	}
	if least < 0 && most > 0 || yearMonth && (p.days != 0 || clock) {
		sign := func(negative bool) byte {
			if negative {
				return '-'
			}
			return '+'
		}
		dst = AppendInt(append(dst, sign(p.years < 0 || p.months < 0)), max(p.years, -p.years))
		dst = AppendInt(append(dst, '-'), max(p.months, -p.months))
		dst = AppendInt(append(dst, ' ', sign(p.days < 0)), max(p.days, -p.days))
		dst = append(dst, ' ', sign(min(p.hours, p.minutes, p.seconds, p.micros) < 0))
		hms(p.hours, p.minutes)
		return dst
	}
	if least < 0 {
		dst = append(dst, '-')
		p.negate()
	}
	switch {
	case yearMonth:
		return AppendInt(append(AppendInt(dst, p.years), '-'), p.months)
	case p.days == 0 && !clock:
		return append(dst, '0')
	case p.days != 0:
		dst = append(AppendInt(dst, p.days), ' ')
	}
	hms(p.hours, p.minutes)
	return dst
}

// appendISOInterval writes P1Y2M3DT4H5M6.7S.
func appendISOInterval(dst []byte, p spanParts) []byte {
	if p == (spanParts{}) {
		return append(dst, "PT0S"...)
	}
	part := func(v int64, designator byte) {
		if v != 0 {
			dst = append(AppendInt(dst, v), designator)
		}
	}
	dst = append(dst, 'P')
	part(p.years, 'Y')
	part(p.months, 'M')
	part(p.days, 'D')
	if p.hours != 0 || p.minutes != 0 || p.seconds != 0 || p.micros != 0 {
		dst = append(dst, 'T')
	}
	part(p.hours, 'H')
	part(p.minutes, 'M')
	if p.seconds != 0 || p.micros != 0 {
		if p.seconds < 0 || p.micros < 0 {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), 'S')
	}
	return dst
}
