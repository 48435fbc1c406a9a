package expr

import (
	"fmt"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// charPatterns are the template patterns of to_char for times, the longest of those that begin alike first.
var charPatterns = []string{
	"HH24", "HH12", "HH", "MI", "SSSSS", "SSSS", "SS", "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
	"A.M.", "P.M.", "AM", "PM", "a.m.", "p.m.", "am", "pm",
	"Y,YYY", "IYYY", "IYY", "IY", "YYYY", "YYY", "YY", "IDDD", "ID", "IW", "I", "Y", "BC", "AD", "bc", "ad",
	"MONTH", "Month", "month", "MON", "Mon", "mon", "MM", "DAY", "Day", "day", "DDD", "DD", "DY", "Dy", "dy", "D",
	"WW", "W", "CC", "J", "Q", "TZH", "TZM", "TZ", "tz", "OF",
}

// toChar is to_char(timestamp, template).
func toChar(f *frame, zone *time.Location) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		t := f.i8(0, r)
		if t == minInstant || t == maxInstant {
			f.null(r)
			continue
		}
		c := takeApart(t, zone)
		out.buf = c.appendTemplate(out.buf, f.str(1, r), zone, t)
	}
	out.done()
}

func (c *clockOf) appendTemplate(dst []byte, s string, zone *time.Location, t int64) []byte {
	for s != "" {
		if s[0] == '"' {
			text, rest, _ := strings.Cut(s[1:], `"`)
			dst, s = append(dst, text...), rest
			continue
		}
		if s[0] == '\\' && len(s) > 1 {
			dst, s = append(dst, s[1]), s[2:]
			continue
		}
		fill := true
		rest := s
		if strings.HasPrefix(rest, "FM") || strings.HasPrefix(rest, "fm") {
			fill, rest = false, rest[2:]
		}
		pattern := ""
		for _, p := range charPatterns {
			if len(rest) >= len(p) && (rest[:len(p)] == p || isNumeric(p) && strings.EqualFold(rest[:len(p)], p)) {
				pattern = p
				break
			}
		}
		if pattern == "" {
			dst, s = append(dst, s[0]), s[1:]
			continue
		}
		s = rest[len(pattern):]
		text, n := c.pattern(pattern, fill, zone, t)
		if len(s) >= 2 && strings.EqualFold(s[:2], "TH") && text != "" && text[len(text)-1]-'0' < 10 {
			suffix := ordinal(n)
			if s[0] == 'T' {
				suffix = strings.ToUpper(suffix)
			}
			text, s = text+suffix, s[2:]
		}
		dst = append(dst, text...)
	}
	return dst
}

// isNumeric says whether the case of a pattern means nothing.
func isNumeric(p string) bool {
	switch strings.ToUpper(p) {
	case "MONTH", "MON", "DAY", "DY", "AM", "PM", "A.M.", "P.M.", "BC", "AD", "TZ":
		return false
	}
	return true
}

func ordinal(n int) string {
	if n%100 >= 11 && n%100 <= 13 {
		return "th"
	}
	return [...]string{"th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th"}[n%10]
}

// digits writes n with leading zeros, unless FM took them away.
func digits(n, width int, fill bool) (string, int) {
	if !fill {
		width = 0
	}
	return fmt.Sprintf("%0*d", width, n), n
}

func (c *clockOf) pattern(p string, fill bool, zone *time.Location, t int64) (string, int) {
	hour, us := int(c.us/hourMicros), int(c.us%secMicros)
	switch strings.ToUpper(p) {
	case "HH24":
		return digits(hour, 2, fill)
	case "HH", "HH12":
		return digits((hour+11)%12+1, 2, fill)
	case "MI":
		return digits(int(c.us/minMicros%60), 2, fill)
	case "SS":
		return digits(int(c.us/secMicros%60), 2, fill)
	case "SSSS", "SSSSS":
		return digits(int(c.us/secMicros), 0, fill)
	case "MS", "FF3":
		return digits(us/1000, 3, true)
	case "US", "FF6":
		return digits(us, 6, true)
	case "FF1", "FF2", "FF4", "FF5":
		s, _ := digits(us, 6, true)
		return s[:p[2]-'0'], 0
	case "AM", "PM":
		return sameCase(p, [...]string{"am", "pm"}[hour/12]), 0
	case "A.M.", "P.M.":
		return sameCase(p, [...]string{"a.m.", "p.m."}[hour/12]), 0
	case "TZ":
		name, _ := time.UnixMicro(t).In(orUTC(zone)).Zone()
		if zone == nil {
			name = ""
		}
		return sameCase(p, name), 0
	case "TZH":
		return fmt.Sprintf("%+03d", c.offset/3600), 0
	case "TZM":
		return fmt.Sprintf("%02d", max(c.offset, -c.offset)/60%60), 0
	case "OF":
		s := fmt.Sprintf("%+03d", c.offset/3600)
		if m := max(c.offset, -c.offset) / 60 % 60; m != 0 {
			s += fmt.Sprintf(":%02d", m)
		}
		return s, 0
	}
	return c.datePattern(p, fill)
}

func orUTC(z *time.Location) *time.Location {
	if z == nil {
		return time.UTC
	}
	return z
}

func (c *clockOf) datePattern(p string, fill bool) (string, int) {
	y, m, d := c.civil.Year, c.civil.Month, c.civil.Day
	if y <= 0 {
		y = 1 - y
	}
	iso, week := isoWeek(c.days)
	doy := c.days - types.DaysFromCivil(c.civil.Year, 1, 1) + 1
	switch strings.ToUpper(p) {
	case "YYYY":
		return digits(y, 4, fill)
	case "YYY":
		return digits(y%1000, 3, fill)
	case "YY":
		return digits(y%100, 2, fill)
	case "Y":
		return digits(y%10, 1, fill)
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", y/1000, y%1000), y
	case "IYYY":
		return digits(iso, 4, fill)
	case "IYY":
		return digits(iso%1000, 3, fill)
	case "IY":
		return digits(iso%100, 2, fill)
	case "I":
		return digits(iso%10, 1, fill)
	case "MM":
		return digits(m, 2, fill)
	case "DD":
		return digits(d, 2, fill)
	case "DDD":
		return digits(doy, 3, fill)
	case "IDDD":
		return digits((week-1)*7+isodow(c.days), 3, fill)
	case "D":
		return digits(isodow(c.days)%7+1, 1, fill)
	case "ID":
		return digits(isodow(c.days), 1, fill)
	case "WW":
		return digits((doy-1)/7+1, 2, fill)
	case "W":
		return digits((d-1)/7+1, 1, fill)
	case "IW":
		return digits(week, 2, fill)
	case "Q":
		return digits((m-1)/3+1, 1, fill)
	case "CC":
		return digits(ceilYears(c.civil.Year, 100), 2, fill)
	case "J":
		return digits(c.days+2440588, 1, fill)
	case "BC", "AD":
		return sameCase(p, [...]string{"ad", "bc"}[b2u8(c.civil.Year <= 0)]), 0
	}
	name, width := time.Month(m).String(), 9
	if p[0] == 'D' || p[0] == 'd' {
		name = time.Weekday(isodow(c.days) % 7).String()
	}
	if len(p) < 4 && !strings.EqualFold(p, "day") {
		name, width = name[:3], 0
	}
	if !fill {
		width = 0
	}
	return fmt.Sprintf("%-*s", width, sameCase(p, name)), 0
}

// sameCase writes s in upper, lower or capital case as p is.
func sameCase(p, s string) string {
	switch {
	case p == strings.ToUpper(p):
		return strings.ToUpper(s)
	case p == strings.ToLower(p):
		return strings.ToLower(s)
	}
	return s
}
