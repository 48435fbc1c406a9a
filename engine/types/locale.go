package types

import "time"

// Locale is what the settings of a session say about the text forms of values. It does not change while a statement runs.
// The nil *Locale is what PostgreSQL begins with, but for the zone: UTC, DateStyle ISO, MDY, IntervalStyle postgres.
type Locale struct {
	// Zone is TimeZone; nil is UTC.
	Zone *time.Location
	// Dates and Order are the two halves of DateStyle: how dates are written, and in which order their parts are read.
	Dates DateStyle
	Order DateOrder
	// Spans is IntervalStyle.
	Spans IntervalStyle
	// Escape says that bytea is written in the escape format.
	Escape bool
	// FloatDigits is how many digits of a double precision are written, 1 to 15, a real having nine fewer; 0 is as many as
	// tell it from all others.
	FloatDigits int
	// Now is what 'now', 'today' and their kin stand for. 0: they are refused, because what a text means must not depend on
	// when it is read.
	Now Micros
	// Reg writes an OID of regclass or one of its kin as a name; nil writes the number.
	Reg func(t Type, oid int64) string
}

// AppendReg writes an OID of type t, regclass or one of its kin.
func (l *Locale) AppendReg(dst []byte, t Type, oid int64) []byte {
	if l == nil || l.Reg == nil {
		return AppendInt(dst, oid)
	}
	return append(dst, l.Reg(t, oid)...)
}

// DateStyle is how dates and timestamps are written.
type DateStyle uint8

// PostgreSQL's four styles.
const (
	DatesISO      DateStyle = iota // 2026-01-02 03:04:05+00
	DatesSQL                       // 01/02/2026 03:04:05 UTC
	DatesPostgres                  // Fri Jan 02 03:04:05 2026 UTC
	DatesGerman                    // 02.01.2026 03:04:05 UTC
)

// DateOrder is the order of the parts of a date such as 1/2/03.
type DateOrder uint8

// PostgreSQL's three orders.
const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

// IntervalStyle is how intervals are written.
type IntervalStyle uint8

// PostgreSQL's four styles.
const (
	SpansPostgres IntervalStyle = iota // 1 day 02:03:04
	SpansVerbose                       // @ 1 day 2 hours 3 mins 4 secs
	SpansSQL                           // 1 2:03:04
	SpansISO                           // P1DT2H3M4S
)

var usual = &Locale{}

func (l *Locale) or() *Locale {
	if l == nil {
		return usual
	}
	return l
}

// In is a locale that differs from the usual one by its zone only.
func In(zone *time.Location) *Locale { return &Locale{Zone: zone} }

// TimeZone is the zone of l; nil is UTC.
func (l *Locale) TimeZone() *time.Location { return l.or().Zone }

// ISO is l with dates as JSON has them, whatever DateStyle says.
func (l *Locale) ISO() *Locale {
	if l.or().Dates == DatesISO {
		return l
	}
	iso := *l
	iso.Dates = DatesISO
	return &iso
}

// AppendDate appends a date (days since 1970-01-01).
func (l *Locale) AppendDate(dst []byte, days int32) []byte {
	if l.or().Dates == DatesISO || days == MinDate || days == MaxDate {
		return AppendDate(dst, days)
	}
	c := CivilFromDays(int(days))
	if l.Dates == DatesPostgres {
		dst = appendParts(dst, c, '-', l.Order == OrderDMY)
	} else {
		dst = l.appendDay(dst, c)
	}
	return appendEra(dst, c)
}

// AppendTimestamp appends a timestamp without time zone.
func (l *Locale) AppendTimestamp(dst []byte, t Micros) []byte {
	if l.or().Dates == DatesISO || t == MinTime || t == MaxTime {
		return AppendTimestamp(dst, t)
	}
	days, us := split(int64(t))
	c := CivilFromDays(days)
	return appendEra(l.appendMoment(dst, c, days, us), c)
}

// AppendTimestamptz appends an instant as the zone's clocks show it.
func (l *Locale) AppendTimestamptz(dst []byte, t Micros) []byte {
	if l.or().Dates == DatesISO || t == MinTime || t == MaxTime {
		return AppendTimestamptz(dst, t, l.TimeZone())
	}
	zone := l.Zone
	if zone == nil {
		zone = time.UTC
	}
	name, offset := time.UnixMicro(int64(t)).In(zone).Zone()
	days, us := split(int64(t) + int64(offset)*int64(Second))
	c := CivilFromDays(days)
	dst = l.appendMoment(dst, c, days, us)
	switch {
	case name != "":
		dst = append(append(dst, ' '), name[:min(len(name), maxAbbreviation)]...)
	case l.Dates == DatesPostgres:
		dst = appendOffset(append(dst, ' '), offset)
	default:
		dst = appendOffset(dst, offset)
	}
	return appendEra(dst, c)
}

// maxAbbreviation is how much of the short name of a zone is written.
const maxAbbreviation = 10

// appendMoment appends a date and a time of day in any style but ISO, without the era.
func (l *Locale) appendMoment(dst []byte, c Civil, days int, us int64) []byte {
	if l.Dates != DatesPostgres {
		return AppendTime(append(l.appendDay(dst, c), ' '), us)
	}
	weekday := ((days+4)%7 + 7) % 7
	dst = append(append(dst, weekdays[weekday]...), ' ')
	if l.Order == OrderDMY {
		dst = append(append(append2(dst, c.Day), ' '), months[c.Month-1]...)
	} else {
		dst = append2(append(append(dst, months[c.Month-1]...), ' '), c.Day)
	}
	dst = AppendTime(append(dst, ' '), us)
	return appendYear(append(dst, ' '), c.Year)
}

var (
	weekdays = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	months   = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// appendDay appends a date in style SQL or German.
func (l *Locale) appendDay(dst []byte, c Civil) []byte {
	if l.Dates == DatesGerman {
		return appendParts(dst, c, '.', true)
	}
	return appendParts(dst, c, '/', l.Order == OrderDMY)
}

func appendParts(dst []byte, c Civil, by byte, dayFirst bool) []byte {
	a, b := c.Month, c.Day
	if dayFirst {
		a, b = b, a
	}
	dst = append(append2(dst, a), by)
	dst = append(append2(dst, b), by)
	return appendYear(dst, c.Year)
}

func appendEra(dst []byte, c Civil) []byte {
	if c.Year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

// AppendBytea appends bytes in the format that bytea_output names.
func (l *Locale) AppendBytea(dst, b []byte) []byte {
	if !l.or().Escape {
		return AppendBytea(dst, b)
	}
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, `\\`...)
		case c < ' ' || c > '~':
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// AppendFloat8 appends a double precision number.
func (l *Locale) AppendFloat8(dst []byte, v float64) []byte {
	if l.or().FloatDigits == 0 {
		return AppendFloat8(dst, v)
	}
	return appendRounded(dst, v, l.FloatDigits, 64)
}

// AppendFloat4 appends a real number.
func (l *Locale) AppendFloat4(dst []byte, v float32) []byte {
	if l.or().FloatDigits == 0 {
		return AppendFloat4(dst, v)
	}
	return appendRounded(dst, float64(v), max(l.FloatDigits-9, 1), 32)
}
