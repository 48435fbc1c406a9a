package pgformat

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Moment is a time, or an interval, in parts.
type Moment struct {
	Year, Month, Day int32 // year 0 is 1 BC; of an interval, each with its own sign
	Hour             int64
	Min, Sec, Micro  int32
	Offset           int32  // seconds east of UTC
	Zone             string // abbreviation; empty for a time without a zone
	Interval         bool
}

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	romanMonth = [...]string{"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"}
)

// Append writes m by the template. It fails for an interval only, where a pattern asks for what an interval has not.
func (d *Date) Append(dst []byte, m *Moment) ([]byte, error) {
	for i := range d.nodes {
		n := &d.nodes[i]
		if n.kind != nodePattern {
			dst = append(dst, n.text...)
			continue
		}
		start := len(dst)
		var ok bool
		if dst, ok = m.appendPattern(dst, n); !ok {
			return dst, sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid format specification for an interval value").
				WithHint("Intervals are not tied to specific calendar dates.")
		}
		if n.th != 0 && len(dst) > start && n.pat.digit && n.pat.id != patTZM {
			dst = ordinal(dst, string(dst[max(start, len(dst)-2):]), n.th == 'T')
		}
	}
	return dst, nil
}

// Calendar says whether the template has a pattern that no interval has a value for.
func (d *Date) Calendar() bool {
	m := Moment{Interval: true}
	for i := range d.nodes {
		if n := &d.nodes[i]; n.kind == nodePattern {
			if _, ok := m.appendPattern(nil, n); !ok {
				return true
			}
		}
	}
	return false
}

// number appends v with width digits, one more if v is negative, for its sign.
func padded(dst []byte, v int64, width int, fill bool) []byte {
	if !fill {
		return strconv.AppendInt(dst, v, 10)
	}
	u := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [20]byte
	s := strconv.AppendUint(buf[:0], u, 10)
	for k := len(s); k < width; k++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// digits is padded for a positive number; a negative one has its sign within the width.
func digits(dst []byte, v int64, width int, fill bool) []byte {
	if v < 0 {
		width--
	}
	return padded(dst, v, width, fill)
}

func (m *Moment) appendPattern(dst []byte, n *node) ([]byte, bool) {
	switch n.pat.id {
	case patFX:
		return dst, true
	case patAM, patAMDots:
		return m.appendHalf(dst, n), true
	case patHH12:
		h := m.Hour % 12
		if h == 0 {
			h = 12
		}
		if n.fill && m.Hour < 0 {
			return digits(dst, h, 3, true), true
		}
		return digits(dst, h, 2, n.fill), true
	case patHH24:
		return padded(dst, m.Hour, 2, n.fill), true
	case patMI:
		return padded(dst, int64(m.Min), 2, n.fill), true
	case patSS:
		return padded(dst, int64(m.Sec), 2, n.fill), true
	case patFF:
		k := int(n.pat.name[2] - '0')
		return m.appendFraction(dst, k), true
	case patMS:
		return m.appendFraction(dst, 3), true
	case patUS:
		return m.appendFraction(dst, 6), true
	case patSSSS:
		return strconv.AppendInt(dst, m.Hour*3600+int64(m.Min)*60+int64(m.Sec), 10), true
	case patTZ, patTZH, patTZM, patOF:
		return m.appendZone(dst, n), !m.Interval
	}
	return m.appendDate(dst, n)
}

var microTens = [...]int32{1_000_000, 100_000, 10_000, 1000, 100, 10, 1}

func (m *Moment) appendFraction(dst []byte, k int) []byte {
	return digits(dst, int64(m.Micro/microTens[k]), k, true)
}

// lowered says whether a pattern is spelled in small letters.
func lowered(n *node) bool { return n.pat.name[0] >= 'a' }

func (m *Moment) appendHalf(dst []byte, n *node) []byte {
	letter := byte('A')
	if m.Hour%24 >= 12 {
		letter = 'P'
	}
	return appendEra(dst, n, letter, 'M')
}

// appendEra appends AM, PM, AD, BC, with points and in the case that the pattern has.
func appendEra(dst []byte, n *node, a, b byte) []byte {
	if lowered(n) {
		a, b = a|0x20, b|0x20
	}
	if n.pat.id == patAMDots || n.pat.id == patBCDots {
		return append(dst, a, '.', b, '.')
	}
	return append(dst, a, b)
}

func (m *Moment) appendZone(dst []byte, n *node) []byte {
	if n.pat.id == patTZ {
		if lowered(n) {
			return append(dst, strings.ToLower(m.Zone)...)
		}
		return append(dst, m.Zone...)
	}
	sign, off := byte('+'), m.Offset
	if off < 0 {
		sign, off = '-', -off
	}
	switch n.pat.id {
	case patTZH:
		return padded(append(dst, sign), int64(off/3600), 2, true)
	case patTZM:
		return padded(dst, int64(off%3600/60), 2, true)
	}
	dst = padded(append(dst, sign), int64(off/3600), 2, n.fill)
	if off%3600 != 0 {
		dst = padded(append(dst, ':'), int64(off%3600/60), 2, true)
	}
	return dst
}

// shownYear is a year as one speaks of it: 1 BC is 1.
func (m *Moment) shownYear(y int32) int64 {
	if !m.Interval && y <= 0 {
		return int64(1 - y)
	}
	return int64(y)
}

func (m *Moment) yearDay() int32 {
	if m.Interval {
		return (m.Year*12+m.Month)*30 + m.Day
	}
	return daysOf(m.Year)[m.Month-1] + m.Day
}

func (m *Moment) appendDate(dst []byte, n *node) ([]byte, bool) {
	y, mon, day, fill := m.Year, m.Month, m.Day, n.fill
	switch n.pat.id {
	case patAD, patBCDots:
		if y <= 0 {
			return appendEra(dst, n, 'B', 'C'), !m.Interval
		}
		return appendEra(dst, n, 'A', 'D'), !m.Interval
	case patMonth, patMon, patDay, patDy, patD, patID:
		if m.Interval {
			return dst, false
		}
		return m.appendName(dst, n), true
	case patMM:
		return padded(dst, int64(mon), 2, fill), true
	case patDDD:
		return digits(dst, int64(m.yearDay()), 3, fill), true
	case patIDDD:
		return digits(dst, int64(isoYearDay(y, mon, day)), 3, fill), true
	case patDD:
		return digits(dst, int64(day), 2, fill), true
	case patWW:
		return digits(dst, int64((m.yearDay()-1)/7+1), 2, fill), true
	case patIW:
		_, week := isoWeek(y, mon, day)
		return digits(dst, int64(week), 2, fill), true
	case patW:
		return strconv.AppendInt(dst, int64((day-1)/7+1), 10), true
	case patQ:
		if mon == 0 {
			return dst, true
		}
		return strconv.AppendInt(dst, int64((mon-1)/3+1), 10), true
	case patCC:
		return m.appendCentury(dst, fill), true
	case patRM:
		return m.appendRoman(dst, n), true
	case patJ:
		return strconv.AppendInt(dst, int64(julian(y, mon, day)), 10), true
	}
	return m.appendYear(dst, n), true
}

func (m *Moment) appendName(dst []byte, n *node) []byte {
	wday := weekday(julian(m.Year, m.Month, m.Day))
	var name string
	switch n.pat.id {
	case patD:
		return strconv.AppendInt(dst, int64(wday)+1, 10)
	case patID:
		return strconv.AppendInt(dst, int64((wday+6)%7+1), 10)
	case patMonth, patMon:
		name = monthNames[m.Month-1]
	default:
		name = dayNames[wday]
	}
	width := 9
	if n.pat.id == patMon || n.pat.id == patDy {
		name, width = name[:3], 0
	}
	start := len(dst)
	dst = append(dst, name...)
	switch {
	case lowered(n):
		dst[start] |= 0x20
	case n.pat.name[1] < 'a':
		for i := start; i < len(dst); i++ {
			dst[i] &^= 0x20
		}
	}
	if n.fill {
		dst = blanks(dst, width-len(name))
	}
	return dst
}

func blanks(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}

func (m *Moment) appendCentury(dst []byte, fill bool) []byte {
	c := m.Year / 100
	switch {
	case m.Interval:
	case m.Year > 0:
		c = (m.Year-1)/100 + 1
	default:
		c--
	}
	return padded(dst, int64(c), 2, fill && c <= 99 && c >= -99)
}

func (m *Moment) appendRoman(dst []byte, n *node) []byte {
	i := 12 - m.Month
	switch {
	case m.Month == 0 && m.Year == 0:
		return dst
	case m.Month == 0 && m.Year > 0:
		i = 0
	case m.Month == 0:
		i = 11
	case m.Month < 0:
		i = -(m.Month + 1)
	}
	name := romanMonth[i]
	if lowered(n) {
		dst = append(dst, strings.ToLower(name)...)
	} else {
		dst = append(dst, name...)
	}
	if n.fill {
		dst = blanks(dst, 4-len(name))
	}
	return dst
}

func (m *Moment) appendYear(dst []byte, n *node) []byte {
	y, width := m.Year, 4
	switch n.pat.id {
	case patYcomma:
		v := m.shownYear(y)
		dst = strconv.AppendInt(dst, v/1000, 10)
		return digits(append(dst, ','), v%1000, 3, true)
	case patIYYY, patIYY, patIY, patI:
		y, _ = isoWeek(y, m.Month, m.Day)
	}
	v := m.shownYear(y)
	negative := m.shownYear(m.Year) < 0 // the width goes by the calendar's year, also for that of ISO's weeks
	switch n.pat.id {
	case patYYY, patIYY:
		v, width = v%1000, 3
	case patYY, patIY:
		v, width = v%100, 2
	case patY, patI:
		return strconv.AppendInt(dst, v%10, 10)
	}
	if negative {
		width++
	}
	return digits(dst, v, width, n.fill)
}
