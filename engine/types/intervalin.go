package types

import (
	"math"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

type unit uint8

const (
	unitNone unit = iota
	unitMicro
	unitMilli
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitYear
	unitDecade
	unitCentury
	unitMillennium
	unitAgo
)

var unitNames = map[string]unit{
	"microsecond": unitMicro, "microseconds": unitMicro, "microsecon": unitMicro, "us": unitMicro, "usec": unitMicro,
	"usecond": unitMicro, "useconds": unitMicro, "usecs": unitMicro,
	"millisecond": unitMilli, "milliseconds": unitMilli, "millisecon": unitMilli, "ms": unitMilli, "msec": unitMilli,
	"msecond": unitMilli, "mseconds": unitMilli, "msecs": unitMilli,
	"s": unitSecond, "sec": unitSecond, "secs": unitSecond, "second": unitSecond, "seconds": unitSecond,
	"m": unitMinute, "min": unitMinute, "mins": unitMinute, "minute": unitMinute, "minutes": unitMinute,
	"h": unitHour, "hr": unitHour, "hrs": unitHour, "hour": unitHour, "hours": unitHour,
	"d": unitDay, "day": unitDay, "days": unitDay,
	"w": unitWeek, "week": unitWeek, "weeks": unitWeek,
	"mon": unitMonth, "mons": unitMonth, "month": unitMonth, "months": unitMonth,
	"y": unitYear, "yr": unitYear, "yrs": unitYear, "year": unitYear, "years": unitYear,
	"dec": unitDecade, "decs": unitDecade, "decade": unitDecade, "decades": unitDecade,
	"c": unitCentury, "cent": unitCentury, "century": unitCentury, "centuries": unitCentury,
	"mil": unitMillennium, "mils": unitMillennium, "millennia": unitMillennium, "millennium": unitMillennium,
	"ago": unitAgo,
}

// spanBuilder gathers the parts of an interval; seen has a bit per unit, so that none comes twice.
type spanBuilder struct {
	s     Span
	years int64 // within int32; they become months at the end
	seen  uint32

	minutes  bool // 5:30 is minutes and seconds
	negative bool // a number without a sign is negative
}

var unitMicros = [...]int64{
	unitMicro: 1, unitMilli: 1000, unitSecond: int64(Second), unitMinute: int64(Minute),
	unitHour: int64(Hour),
}

var unitYears = [...]int64{unitYear: 1, unitDecade: 10, unitCentury: 100, unitMillennium: 1000}

// add adds val + frac of u. ok is false on overflow.
func (b *spanBuilder) add(u unit, val int64, frac float64) bool {
	switch u {
	case unitMicro, unitMilli, unitSecond, unitMinute, unitHour:
		m, ok := mul(val, unitMicros[u])
		return ok && b.micros(m) && b.micros(int64(math.RoundToEven(frac*float64(unitMicros[u]))))
	case unitDay:
		return b.days(val) && b.fracDays(frac)
	case unitWeek:
		return b.days(val*7) && val < 1<<32 && val > -1<<32 && b.fracDays(frac*7)
	}
	if u == unitMonth {
		return b.months(val) && b.fracDays(frac*30)
	}
	years, ok := mul(val, unitYears[u])
	if !ok || years != int64(int32(years)) {
		return false
	}
	b.years += years
	return b.years == int64(int32(b.years)) && b.months(int64(math.RoundToEven(frac*float64(unitYears[u])*12)))
}

// finish gives the interval, all parts turned round if negate says so.
func (b *spanBuilder) finish(negate bool) (Span, wrong) {
	s, months := b.s, b.years*12+int64(b.s.Months)
	if negate {
		if s.Micros == math.MinInt64 || s.Days == math.MinInt32 || s.Months == math.MinInt32 || b.years == math.MinInt32 {
			return s, wrongField
		}
		s.Micros, s.Days, months = -s.Micros, -s.Days, -months
	}
	s.Months = int32(months)
	if months != int64(s.Months) {
		return s, wrongInterval
	}
	return s, right
}

func mul(a, b int64) (int64, bool) {
	r := a * b
	return r, a == 0 || r/a == b && (a != -1 || b != math.MinInt64)
}

func (b *spanBuilder) micros(v int64) bool {
	r := b.s.Micros + v
	ok := (r > b.s.Micros) == (v > 0)
	b.s.Micros = r
	return ok
}

func (b *spanBuilder) days(v int64) bool {
	r := int64(b.s.Days) + v
	b.s.Days = int32(r)
	return v >= -1<<33 && v <= 1<<33 && int64(b.s.Days) == r
}

func (b *spanBuilder) months(v int64) bool {
	r := int64(b.s.Months) + v
	b.s.Months = int32(r)
	return v >= -1<<33 && v <= 1<<33 && int64(b.s.Months) == r
}

// fracDays adds a number of days: the whole ones as days, the rest as time.
func (b *spanBuilder) fracDays(f float64) bool {
	if f == 0 {
		return true
	}
	whole := math.Trunc(f)
	if math.Abs(whole) > math.MaxInt32 {
		return false
	}
	return b.days(int64(whole)) && b.micros(int64(math.RoundToEven((f-whole)*float64(Day))))
}

// ParseInterval reads every form that PostgreSQL reads: '1 day 2 hours', '1-2 3 4:05:06', '@ 5 minutes ago',
// 'P1Y2M3DT4H5M6S'. A bare number is seconds. Errors: 22007, 22015.
func ParseInterval(s string, l *Locale) (Span, error) { return ParseIntervalIn(s, "", l) }

// ParseIntervalIn reads the text of INTERVAL 'text' FIELDS: fields is "" or YEAR, MONTH, DAY, HOUR, MINUTE, SECOND or one TO
// another. A bare number counts the last of them, and parts smaller than that are dropped, as PostgreSQL does. Errors:
// 22007, 22015.
func ParseIntervalIn(s, fields string, l *Locale) (Span, error) {
	last := unitNone
	if fields != "" {
		words := strings.Fields(strings.ToLower(fields))
		last = unitNames[words[len(words)-1]]
	}
	sp, w := decodeInterval(s, last, strings.EqualFold(fields, "minute to second"), l.or().Spans == SpansSQL)
	switch w {
	case right:
		return truncateTo(sp, last), nil
	case wrongInterval:
		return Span{}, sqlerr.New(sqlerr.DatetimeFieldOverflow, "interval out of range")
	case wrongForm:
		return Span{}, sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid input syntax for type interval: \"%s\"", s)
	}
	return Span{}, sqlerr.New(codeIntervalOverflow, "interval field value out of range: \"%s\"", s)
}

func truncateTo(s Span, last unit) Span {
	switch last {
	case unitYear:
		return Span{Months: s.Months / 12 * 12}
	case unitMonth:
		return Span{Months: s.Months}
	case unitDay:
		s.Micros = 0
	case unitHour, unitMinute:
		s.Micros = s.Micros / unitMicros[last] * unitMicros[last]
	}
	return s
}

// decodeInterval reads an interval; leading says that a sign before the first of its fields is one for all of them, unless
// another field has its own.
func decodeInterval(s string, last unit, minutes, leading bool) (Span, wrong) {
	var buf [maxFields]field
	fs, ok := fields(s, buf[:])
	if !ok || len(fs) == 0 {
		return Span{}, wrongForm
	}
	b := spanBuilder{minutes: minutes, negative: leading && leadingSign(fs)}
	sp, w := b.decodeUnits(fs, last)
	if w == wrongForm {
		if t := trim(s); len(t) > 1 && t[0] == 'P' {
			return decodeISOInterval(t[1:])
		}
	}
	return sp, w
}

// leadingSign says whether the first field alone has a sign, a minus.
func leadingSign(fs []field) bool {
	for _, f := range fs[1:] {
		if f.text[0] == '-' || f.text[0] == '+' {
			return false
		}
	}
	return fs[0].text[0] == '-'
}

// decodeUnits goes from the last field to the first, because a unit follows its number.
func (b *spanBuilder) decodeUnits(fs []field, last unit) (Span, wrong) {
	cur, dangling, ago := unitNone, false, false
	for i := len(fs) - 1; i >= 0; i-- {
		f := fs[i]
		switch f.kind {
		case fieldWord, fieldSpecial:
			u, ok := unitNames[strings.ToLower(f.text)]
			if !ok {
				return Span{}, wrongForm
			}
			ago = ago || u == unitAgo
			cur, dangling = u, u != unitAgo
			continue
		case fieldTime:
			if w := b.clock(f.text); w != right {
				return Span{}, w
			}
			cur, dangling = unitDay, false
			continue
		case fieldZone:
			if strings.IndexByte(f.text, ':') >= 0 && b.clock(f.text) == right {
				cur, dangling = unitDay, false
				continue
			}
		}
		if cur == unitNone {
			cur = unitSecond
			if last != unitNone {
				cur = last
			}
		}
		next, w := b.number(f.text, cur)
		if w != right {
			return Span{}, w
		}
		cur, dangling = next, false
	}
	if b.seen == 0 || dangling {
		return Span{}, wrongForm
	}
	return b.finish(ago)
}

// number adds a number, or SQL's years-months, in unit u, and gives the unit for a number before it.
func (b *spanBuilder) number(text string, u unit) (unit, wrong) {
	neg := text[0] == '-' || b.negative
	body := text
	if text[0] == '-' || text[0] == '+' {
		body = strings.TrimLeft(text[1:], " \t\n\v\f\r")
	}
	i := span(body, 0, true, false, "")
	digits, rest := body[:i], body[i:]
	val, frac := int64(0), 0.0
	if digits != "" {
		signed := digits
		if neg {
			signed = "-" + digits
		}
		v, err := strconv.ParseInt(signed, 10, 64)
		if err != nil {
			return 0, wrongField
		}
		val = v
	}
	switch {
	case rest == "":
	case rest[0] == '-':
		m, ok := atoi(rest[1:])
		if !ok {
			return 0, wrongForm
		}
		if m >= 12 {
			return 0, wrongField
		}
		if neg {
			m = -m
		}
		v, ok := mul(val, 12)
		if !ok {
			return 0, wrongField
		}
		val, u = v+int64(m), unitMonth
	case rest[0] == '.':
		f, ok := decimalFraction(rest)
		if !ok {
			return 0, wrongForm
		}
		frac = f
		if neg {
			frac = -f
		}
	default:
		return 0, wrongForm
	}
	if u == unitAgo {
		return 0, wrongForm
	}
	mask := uint32(1) << u
	if u == unitSecond && frac != 0 {
		mask = 1<<unitSecond | 1<<unitMilli | 1<<unitMicro
	}
	if !b.add(u, val, frac) {
		return 0, wrongField
	}
	if b.seen&mask != 0 {
		return 0, wrongForm
	}
	b.seen |= mask
	if u == unitHour {
		u = unitDay
	}
	return u, right
}

// decimalFraction reads ".", ".5" and the like.
func decimalFraction(s string) (float64, bool) {
	if s == "." {
		return 0, true
	}
	if span(s, 1, true, false, "") != len(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

const seenClock = 1<<unitHour | 1<<unitMinute | 1<<unitSecond | 1<<unitMilli | 1<<unitMicro

// clock adds [sign]H:M[:S[.f]] or M:S.f, or with MINUTE TO SECOND M:S.
func (b *spanBuilder) clock(text string) wrong {
	neg := text[0] == '-' || b.negative
	if text[0] == '-' || text[0] == '+' {
		text = strings.TrimLeft(text[1:], " \t\n\v\f\r")
	}
	h, m, sec, us, w := clockParts(text)
	if w != right {
		return w
	}
	if b.minutes && strings.Count(text, ":") == 1 && strings.IndexByte(text, '.') < 0 {
		h, m, sec = 0, h, m
	}
	if m > 59 || sec > 60 || int64(h) > math.MaxInt64/int64(Hour) {
		return wrongField
	}
	if b.seen&seenClock != 0 {
		return wrongForm
	}
	b.seen |= seenClock
	sign := int64(1)
	if neg {
		sign = -1
	}
	// Fractions of other parts that were read before are lost, as they are in PostgreSQL 15.
	b.s.Micros = 0
	if !b.micros(sign*int64(h)*int64(Hour)) || !b.micros(sign*(int64(m)*int64(Minute)+int64(sec)*int64(Second)+us)) {
		return wrongField
	}
	return right
}
