package types

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxZones is how many zones loadZone remembers.
const maxZones = 64

var zones struct {
	sync.Mutex
	byName map[string]*time.Location
}

// loadZone finds a zone by its IANA name, of which the case does not matter.
func loadZone(name string) (*time.Location, bool) {
	if name == "" || foldedEqual(name, "local") {
		return nil, false
	}
	zones.Lock()
	defer zones.Unlock()
	if z, ok := zones.byName[name]; ok {
		return z, true
	}
	name = strings.Clone(name)
	z, err := time.LoadLocation(name)
	for _, spelling := range []string{titled(name), strings.ToUpper(name)} {
		if err != nil {
			z, err = time.LoadLocation(spelling)
		}
	}
	if err != nil {
		return nil, false
	}
	if len(zones.byName) >= maxZones || zones.byName == nil {
		zones.byName = make(map[string]*time.Location, maxZones)
	}
	zones.byName[name] = z
	return z, true
}

// titled spells every part of a zone's name with a capital.
func titled(name string) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if isAlpha(b[i]) && (i == 0 || !isAlpha(b[i-1])) {
			b[i] -= 32
		}
	}
	return string(b)
}

// LoadZone finds a time zone by what AT TIME ZONE takes: an abbreviation, an IANA name in any case, or a zone as POSIX
// spells it. Errors: 22023.
func LoadZone(name string) (*time.Location, error) {
	w := name
	if off, ok := abbreviations[strings.ToLower(w)]; ok {
		if off == 0 {
			return time.UTC, nil
		}
		return time.FixedZone(strings.ToUpper(w), int(off)*900), nil
	}
	if moved, ok := movedAbbreviations[strings.ToLower(w)]; ok {
		w = moved
	}
	if z, ok := loadZone(w); ok {
		return z, nil
	}
	if z, ok := posixZone(w); ok {
		return z, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidParameterValue, "time zone \"%s\" not recognized", name).
		WithHint("Use a name of the IANA database, such as Europe/Berlin, or UTC.")
}

// SessionZone finds a time zone by what SET TimeZone takes: an IANA name, a zone as POSIX spells it, hours east of Greenwich, or
// INTERVAL and a quoted offset. shown is its name as SHOW gives it.
func SessionZone(value string) (zone *time.Location, shown string, ok bool) {
	if text, is := cutFold(value, "interval"); is {
		text = trim(text)
		if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
			return nil, "", false
		}
		s, err := ParseInterval(text[1:len(text)-1], nil)
		if err != nil || s.Months != 0 || s.Days != 0 {
			return nil, "", false
		}
		return offsetZone(int(s.Micros / int64(Second)))
	}
	if hours, err := strconv.ParseFloat(value, 64); err == nil && math.Abs(hours) <= maxPosixHours {
		return offsetZone(int(hours * 3600))
	}
	if z, ok := loadZone(value); ok {
		return z, z.String(), true
	}
	value = strings.ToUpper(value)
	z, ok := posixZone(value)
	return z, value, ok
}

// maxPosixHours is how far a zone may be from Greenwich.
const maxPosixHours = 168

// offsetZone is the zone so many seconds east of Greenwich, by its POSIX name, which counts to the west.
func offsetZone(east int) (*time.Location, string, bool) {
	if east > maxPosixHours*3600 || east < -maxPosixHours*3600 {
		return nil, "", false
	}
	here := string(appendOffset(nil, east))
	west := appendOffset(nil, -east)
	if east == 0 {
		west[0] = '-'
	}
	return time.FixedZone(here, east), "<" + here + ">" + string(west), true
}

// cutFold cuts low, which is in lower case, off the front of s in any case.
func cutFold(s, low string) (rest string, ok bool) {
	if len(s) < len(low) || !foldedEqual(s[:len(low)], low) {
		return s, false
	}
	return s[len(low):], true
}

// maxPosixZone is how long a POSIX spelling may be.
const maxPosixZone = 100

// posixZone reads a zone as POSIX spells it: a name of letters or in angle brackets, or none, an offset west of
// Greenwich, and perhaps a second name for summer, with an offset and rules of its own: UTC+3, <+05>-5, 3, CET-1CEST.
func posixZone(s string) (*time.Location, bool) {
	if len(s) > maxPosixZone {
		return nil, false
	}
	name, rest, ok := posixName(s)
	if !ok || rest == "" {
		return nil, false
	}
	west, rest, ok := posixHours(rest)
	if !ok {
		return nil, false
	}
	if rest == "" {
		return time.FixedZone(strings.Clone(name), -west), true
	}
	summer, after, ok := posixName(rest)
	if ok && after != "" && after[0] != ',' {
		_, after, ok = posixHours(after)
	}
	if !ok || summer == "" || strings.Contains(name+summer, ">") || after != "" && !posixRules(after) {
		return nil, false
	}
	_, offset, _ := strings.Cut(rest, summer)
	hours := strings.TrimSuffix(s[strings.Index(s, name)+len(name):], rest)
	return ruledZone("<"+name+">"+strings.TrimPrefix(hours, ">")+"<"+summer+">"+strings.TrimPrefix(offset, ">"), west)
}

// posixName takes a zone's name from s.
func posixName(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, "<") {
		return strings.Cut(s[1:], ">")
	}
	i := 0
	for i < len(s) && strings.IndexByte(",+-0123456789", s[i]) < 0 {
		i++
	}
	return s[:i], s[i:], true
}

// posixHours takes [sign]H[:M[:S]] from s, as seconds.
func posixHours(s string) (v int, rest string, ok bool) {
	neg := s[0] == '-'
	if neg || s[0] == '+' {
		s = s[1:]
	}
	for unit, limit := 3600, 167; ; unit, limit = unit/60, 59 {
		i := span(s, 0, true, false, "")
		n, valid := posixNumber(s[:i])
		if unit == 1 {
			limit = 60 // a leap second
		}
		if !valid || n > limit {
			return 0, s, false
		}
		v += n * unit
		if s = s[i:]; unit == 1 || s == "" || s[0] != ':' {
			break
		}
		s = s[1:]
	}
	if neg {
		v = -v
	}
	return v, s, true
}

// posixNumber reads digits, of which any number may be leading zeros.
func posixNumber(s string) (int, bool) {
	if rest := strings.TrimLeft(s, "0"); rest != "" {
		return atoi(rest)
	}
	return 0, s != ""
}

// posixRules says whether s is ",start[/time],end[/time]", where start and end are a day of the year, Jn or n, or
// Mmonth.week.weekday.
func posixRules(s string) bool {
	for range 2 {
		if s == "" || s[0] != ',' || len(s) == 1 {
			return false
		}
		s = s[1:]
		limits := [][2]int{{0, 365}}
		switch s[0] {
		case 'J':
			limits, s = [][2]int{{1, 365}}, s[1:]
		case 'M':
			limits, s = [][2]int{{1, 12}, {1, 5}, {0, 6}}, s[1:]
		}
		for i, l := range limits {
			if i > 0 {
				rest, ok := strings.CutPrefix(s, ".")
				if !ok {
					return false
				}
				s = rest
			}
			end := span(s, 0, true, false, "")
			n, ok := posixNumber(s[:end])
			if !ok || n < l[0] || n > l[1] {
				return false
			}
			s = s[end:]
		}
		if rest, ok := strings.CutPrefix(s, "/"); ok {
			if rest == "" {
				return false
			}
			if _, s, ok = posixHours(rest); !ok {
				return false
			}
		}
	}
	return s == ""
}

// ruledZone is a zone by its POSIX spelling alone: a file of the database that has nothing but its last line.
func ruledZone(spelling string, west int) (*time.Location, bool) {
	var b bytes.Buffer
	head := func(version byte) {
		b.WriteString("TZif")
		b.Write(append([]byte{version}, make([]byte, 15)...))
		_ = binary.Write(&b, binary.BigEndian, [6]uint32{0, 0, 0, 0, 1, 4}) // writing to memory does not fail
		_ = binary.Write(&b, binary.BigEndian, int32(-west))
		b.Write([]byte{0, 0})
		b.WriteString("STD\x00")
	}
	head('2')
	head('2')
	b.WriteString("\n" + spelling + "\n")
	z, err := time.LoadLocationFromTZData(spelling, b.Bytes())
	return z, err == nil
}
