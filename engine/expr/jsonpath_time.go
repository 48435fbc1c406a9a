package expr

import (
	"cmp"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/jsonpath"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// pathTime is what .datetime() makes of a string: a date, a time or both, with or without an offset from UTC.
type pathTime struct {
	dated, timed, zoned bool
	days                int64 // since 1970-01-01
	micros              int64 // of the day, local
	offset              int64 // seconds east of UTC
}

// name is the SQL type that t is of.
func (t pathTime) name() string {
	switch {
	case !t.timed:
		return "date"
	case !t.dated && t.zoned:
		return "time with time zone"
	case !t.dated:
		return "time without time zone"
	case t.zoned:
		return "timestamp with time zone"
	}
	return "timestamp without time zone"
}

// short is the name that messages have.
func (t pathTime) short() string {
	s := map[bool]string{true: "timestamp", false: "time"}[t.dated]
	if !t.timed {
		return "date"
	}
	if t.zoned {
		s += "tz"
	}
	return s
}

func (t pathTime) local() types.Micros { return types.Micros(t.days*dayMicros + t.micros) }

// append writes t as JSON.
func (t pathTime) append(dst []byte) []byte {
	dst = append(dst, '"')
	if t.dated {
		dst = types.AppendDate(dst, int32(t.days))
	}
	if t.dated && t.timed {
		dst = append(dst, 'T')
	}
	if t.timed {
		dst = types.AppendTime(dst, t.micros)
	}
	if t.zoned {
		o, sign := t.offset, byte('+')
		if o < 0 {
			o, sign = -o, '-'
		}
		two := func(n int64) { dst = append(dst, byte('0'+n/10), byte('0'+n%10)) }
		dst = append(dst, sign)
		two(o / 3600)
		dst = append(dst, ':')
		two(o / 60 % 60)
	}
	return append(dst, '"')
}

// compareTimes compares two of them; those that share no part do not compare. Whether one without an offset compares
// with one that has it depends on the session, and so only the functions ending in _tz do that.
func (x *pathRun) compareTimes(op jsonpath.Op, a, b pathTime) truth {
	if a.dated != b.dated {
		return unknown
	}
	if !a.dated && a.timed != b.timed {
		return unknown
	}
	if a.zoned != b.zoned && !x.zones {
		from, to := a, b
		if a.zoned {
			from, to = b, a
		}
		x.failed = hardError{sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert value from %s to %s without time zone usage", from.short(), to.short()).
			WithHint("Use *_tz() function for time zone support.")}
		return unknown
	}
	if a.zoned == b.zoned && !a.zoned {
		return ordered(op, cmp.Compare(a.local(), b.local()))
	}
	if a.dated {
		return ordered(op, cmp.Compare(x.instant(a), x.instant(b)))
	}
	c := cmp.Compare(x.utc(a), x.utc(b))
	if c == 0 {
		c = cmp.Compare(-x.zoneOf(a), -x.zoneOf(b))
	}
	return ordered(op, c)
}

// instant is the moment of a date, with the session's zone where it has none of its own.
func (x *pathRun) instant(t pathTime) types.Micros {
	if t.zoned {
		return t.local() - types.Micros(t.offset*secMicros)
	}
	return types.LocalToUTC(int64(t.local()), x.zone)
}

func (x *pathRun) zoneOf(t pathTime) int64 {
	if t.zoned || x.zone == nil {
		return t.offset
	}
	_, o := time.UnixMicro(int64(x.now)).In(x.zone).Zone()
	return int64(o)
}

func (x *pathRun) utc(t pathTime) int64 { return t.micros - x.zoneOf(t)*secMicros }

// isoTemplates are what .datetime() without a template takes.
var isoTemplates = func() []string {
	out := []string{"yyyy-mm-dd"}
	for _, date := range []string{"", "yyyy-mm-dd ", `yyyy-mm-dd"T"`} {
		for _, second := range []string{"SS.US", "SS"} {
			for _, zone := range []string{"TZH:TZM", "TZH", ""} {
				out = append(out, date+"HH24:MI:"+second+zone)
			}
		}
	}
	return out
}()

// datetime is the method .datetime().
func (x *pathRun) datetime(n *jsonpath.Node, v any, out *[]any) error {
	s, ok := v.(string)
	if !ok {
		return sqlerr.New("22031", "jsonpath item method .datetime() can only be applied to a string")
	}
	if len(n.Args) > 0 {
		t, err := readPathTime(n.Args[0].Text, s)
		if err != nil {
			return err
		}
		return x.next(n, t, out)
	}
	for _, template := range isoTemplates {
		if t, err := readPathTime(template, s); err == nil {
			return x.next(n, t, out)
		}
	}
	return sqlerr.New("22031", "datetime format is not recognized: \"%s\"", s).
		WithHint("Use a datetime template argument to specify the input data format.")
}

// pathField is a pattern of a template of .datetime(), how many digits it has, and what it is a part of.
type pathField struct {
	name   string
	digits int
	part   byte // d, t, z
}

// pathFields are the patterns; of those that begin alike the longer one comes first. The other patterns of to_timestamp
// are refused.
var pathFields = []pathField{
	{"YYYY", 4, 'd'},
	{"MM", 2, 'd'},
	{"DD", 2, 'd'},
	{"HH24", 2, 't'},
	{"HH12", 2, 't'},
	{"HH", 2, 't'},
	{"MI", 2, 't'},
	{"SS", 2, 't'},
	{"MS", 3, 't'},
	{"US", 6, 't'},
	{"FF1", 1, 't'},
	{"FF2", 2, 't'},
	{"FF3", 3, 't'},
	{"FF4", 4, 't'},
	{"FF5", 5, 't'},
	{"FF6", 6, 't'},
	{"TZH", 2, 'z'},
	{"TZM", 2, 'z'},
	{"AM", 0, 't'},
	{"PM", 0, 't'},
}

func pathFieldAt(s string) (pathField, bool) {
	for _, f := range pathFields {
		if len(s) >= len(f.name) && strings.EqualFold(s[:len(f.name)], f.name) {
			return f, true
		}
	}
	return pathField{}, false
}

// pathReader reads a string by a template, each character of which must be met.
type pathReader struct {
	s      string
	values map[string]int
	minus  bool // before TZH
	t      pathTime
}

func badTime(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, format, args...)
}

func readPathTime(template, s string) (pathTime, error) {
	r := pathReader{s: s, values: map[string]int{}}
	for rest := template; rest != ""; {
		n, err := r.one(rest)
		if err != nil {
			return r.t, err
		}
		rest = rest[n:]
	}
	switch {
	case r.s != "":
		return r.t, badTime("trailing characters remain in input string after datetime format")
	case r.t.zoned && !r.t.timed:
		return r.t, badTime("datetime format is zoned but not timed")
	case !r.t.dated && !r.t.timed:
		return r.t, badTime("datetime format is not dated and not timed")
	}
	return r.t, r.finish(s)
}

// one reads by what the template begins with, and says how many bytes of it that is.
func (r *pathReader) one(template string) (int, error) {
	if f, ok := pathFieldAt(template); ok {
		return len(f.name), r.field(f, template[len(f.name):])
	}
	c := template[0]
	switch {
	case c == '"':
		text, _, closed := strings.Cut(template[1:], `"`)
		rest, ok := strings.CutPrefix(r.s, text)
		if !ok {
			return 0, badTime("unmatched format character \"%s\"", text)
		}
		r.s = rest
		if closed {
			text += `"`
		}
		return 1 + len(text), nil
	case alphanumeric(c):
		return 0, sqlerr.NotSupported("the pattern at %q of a jsonpath datetime template", template)
	case strings.IndexByte("-./,':; ", c) < 0:
		return 0, badTime("invalid datetime format separator: \"%c\"", c)
	case r.s == "" || r.s[0] != c:
		return 0, badTime("unmatched format separator \"%c\"", c)
	}
	r.s = r.s[1:]
	return 1, nil
}

func alphanumeric(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c-'0' < 10 }

// field reads one pattern, which the rest of the template follows.
func (r *pathReader) field(f pathField, rest string) error {
	r.t.dated = r.t.dated || f.part == 'd'
	r.t.timed = r.t.timed || f.part == 't'
	r.t.zoned = r.t.zoned || f.part == 'z'
	r.s = strings.TrimLeft(r.s, " ")
	switch f.name {
	case "AM", "PM":
		if len(r.s) < 2 || !strings.EqualFold(r.s[:2], "am") && !strings.EqualFold(r.s[:2], "pm") {
			return badTime("invalid value \"%s\" for \"%s\"", clip(r.s, 2), f.name).WithDetail("The given value did not match any of the allowed values for this field.")
		}
		r.values["half"] = 1
		if r.s[0]|0x20 == 'p' {
			r.values["half"] = 2
		}
		r.s = r.s[2:]
		return nil
	case "TZH":
		if r.s != "" && strings.IndexByte("+- ", r.s[0]) >= 0 {
			r.minus, r.s = r.s[0] == '-', r.s[1:]
		}
	}
	most := f.digits
	if _, more := pathFieldAt(rest); !more && (rest == "" || !alphanumeric(rest[0])) && f.part != 'z' && f.digits != 3 && f.digits < 5 && f.name[:2] != "FF" {
		most = 9
	}
	n, v := 0, 0
	for n < len(r.s) && n < most && r.s[n]-'0' < 10 {
		v = 10*v + int(r.s[n]-'0')
		n++
	}
	if n == 0 {
		return badTime("invalid value \"%s\" for \"%s\"", clip(r.s, f.digits), f.name).WithDetail("Value must be an integer.")
	}
	if f.digits == 3 || f.digits > 4 || f.name[:2] == "FF" { // decimals
		for k := n; k < 6; k++ {
			v *= 10
		}
		r.values["micro"] = v
	} else {
		r.values[f.name] = v
	}
	r.s = r.s[n:]
	return nil
}

func clip(s string, n int) string { return s[:min(n, len(s))] }

// finish puts the values together.
func (r *pathReader) finish(whole string) error {
	out := func() error {
		return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", whole)
	}
	get := func(name string, missing int) int64 {
		if v, ok := r.values[name]; ok {
			return int64(v)
		}
		return int64(missing)
	}
	hour := get("HH24", 0)
	for _, name := range []string{"HH", "HH12"} {
		if v, ok := r.values[name]; ok {
			if v < 1 || v > 12 {
				return badTime("hour \"%d\" is invalid for the 12-hour clock", v).WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
			}
			hour = int64(v)
		}
	}
	switch half := r.values["half"]; {
	case half == 1 && hour == 12:
		hour = 0
	case half == 2 && hour < 12:
		hour += 12
	}
	minute, second := get("MI", 0), get("SS", 0)
	zh, zm := get("TZH", 0), get("TZM", 0)
	if hour > 23 || minute > 59 || second > 59 || zh > 15 || zm > 59 {
		return out()
	}
	r.t.micros = (hour*3600+minute*60+second)*secMicros + get("micro", 0)
	r.t.offset = zh*3600 + zm*60
	if r.minus {
		r.t.offset = -r.t.offset
	}
	if r.t.dated {
		year, month, day := get("YYYY", 1), get("MM", 1), get("DD", 1)
		if _, has := r.values["YYYY"]; !has {
			year = 0 // 1 BC, as to_date has it
		}
		when := time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
		if month < 1 || month > 12 || day < 1 || when.Day() != int(day) || year > 200_000 {
			return out()
		}
		r.t.days = when.Unix() / 86400
		if when.Unix() < 0 && when.Unix()%86400 != 0 {
			r.t.days--
		}
	}
	return nil
}
