package types

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestFromName(t *testing.T) {
	cases := []struct {
		name  string
		mods  []int
		depth int
		want  string // FormatType, or the error
	}{
		{"int", nil, 0, "integer"},
		{"INT4", nil, 0, "integer"},
		{"Int8", nil, 0, "bigint"},
		{"smallint", nil, 0, "smallint"},
		{"bool", nil, 0, "boolean"},
		{"float", nil, 0, "double precision"},
		{"float", []int{24}, 0, "real"},
		{"float", []int{25}, 0, "double precision"},
		{"float", []int{54}, 0, "22023 precision for type float must be less than 54 bits"},
		{"double  precision", nil, 0, "double precision"},
		{"decimal", []int{10, 2}, 0, "numeric(10,2)"},
		{"numeric", nil, 0, "numeric"},
		{"numeric", []int{5}, 0, "numeric(5,0)"},
		{"numeric", []int{2, -3}, 0, "numeric(2,-3)"},
		{"numeric", []int{1001}, 0, "22023 NUMERIC precision 1001 must be between 1 and 1000"},
		{"varchar", nil, 0, "character varying"},
		{"character varying", []int{3}, 0, "character varying(3)"},
		{"varchar", []int{0}, 0, "22023 length for type varchar must be at least 1"},
		{"char", nil, 0, "character(1)"},
		{"char", []int{4}, 0, "character(4)"},
		{"bpchar", nil, 0, "bpchar"},
		{`"char"`, nil, 0, `"char"`},
		{"timestamptz", nil, 0, "timestamp with time zone"},
		{"timestamp with time zone", []int{3}, 0, "timestamp(3) with time zone"},
		{"timestamp", []int{0}, 0, "timestamp(0) without time zone"},
		{"time", []int{2}, 0, "time(2) without time zone"},
		{"interval", []int{3}, 0, "interval(3)"},
		{"text", nil, 1, "text[]"},
		{"text", nil, 3, "text[]"},
		{"_int8", nil, 0, "bigint[]"},
		{"int[]", nil, 0, "integer[]"},
		{"numeric", []int{4, 1}, 1, "numeric(4,1)[]"},
		{"pg_catalog.int4", nil, 0, "integer"},
		{"string", nil, 0, "text"},
		{"jsonb", nil, 0, "jsonb"},
		{"integer", []int{3}, 0, `42601 type modifier is not allowed for type "int4"`},
		{"inet", nil, 0, `0A000 type "inet" is not supported`},
		{"timetz", nil, 0, `0A000 type "timetz" is not supported`},
		{"void", nil, 1, `0A000 type "void[]" is not supported`},
		{"bigintt", nil, 0, `42704 type "bigintt" does not exist / Perhaps you meant the type "bigint".`},
		{"timestmap", nil, 0, `42704 type "timestmap" does not exist / Perhaps you meant the type "timestamp".`},
		{"nonsense", nil, 0, `42704 type "nonsense" does not exist / Known are boolean`},
	}
	for _, c := range cases {
		typ, err := FromName(c.name, c.mods, c.depth)
		got := FormatType(typ)
		if e, ok := sqlerr.As(err); ok {
			got = string(e.Code) + " " + e.Message
			if e.Code == sqlerr.UndefinedObject {
				got += " / " + e.Hint
			}
		}
		if got != c.want && !(err != nil && strings.Contains(c.want, "Known") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s%v depth %d: %s, want %s", c.name, c.mods, c.depth, got, c.want)
		}
	}
}

func TestEveryTypeHasANameThatFindsIt(t *testing.T) {
	for _, in := range Table {
		typ := Type{OID: in.OID}
		if IsVector(typ) || in.OID == OIDPGStatisticArray || in.OID == OIDInet {
			continue // no array type is over what these hold
		}
		got, err := FromName(FormatType(typ), nil, 0)
		if err != nil || got.OID != in.OID {
			t.Errorf("%s: found as %v, %v", FormatType(typ), got, err)
		}
		if e := typ.Elem(); e.OID != 0 && e.Array().OID != in.OID {
			t.Errorf("%s: its element's array is %d", in.Name, e.Array().OID)
		}
	}
}

func TestFitText(t *testing.T) {
	varchar3, char3 := Type{OID: OIDVarchar, Mod: 3 + 4}, Type{OID: OIDBPChar, Mod: 3 + 4}
	cases := []struct {
		t        Type
		s        string
		explicit bool
		want     string
	}{
		{varchar3, "abc", false, "abc"},
		{varchar3, "abc  ", false, "abc"},
		{varchar3, "abcd", true, "abc"},
		{varchar3, "abcd", false, "!value too long for type character varying(3)"},
		{varchar3, "äöü", false, "äöü"},
		{varchar3, "äöüß", true, "äöü"},
		{varchar3, "a", false, "a"},
		{char3, "a", false, "a  "},
		{char3, "ä", false, "ä  "},
		{char3, "abcd", false, "!value too long for type character(3)"},
		{char3, "abcd", true, "abc"},
		{char3, "", false, "   "},
		{Name, strings.Repeat("é", 40), false, strings.Repeat("é", 31)},
		{Char, "abc", false, "a"},
		{Text, "abc", false, "abc"},
	}
	for _, c := range cases {
		got, err := FitText(nil, c.s, c.t, c.explicit)
		if e, ok := sqlerr.As(err); ok {
			got = "!" + e.Message
			if e.Code != sqlerr.StringDataRightTruncation {
				t.Errorf("%q: code %s", c.s, e.Code)
			}
		}
		if got != c.want {
			t.Errorf("%s %q: %q, want %q", FormatType(c.t), c.s, got, c.want)
		}
	}
}

func TestIntervalFields(t *testing.T) {
	cases := []struct{ text, fields, want string }{
		{"1", "MINUTE", "00:01:00"},
		{"1", "DAY", "1 day"},
		{"1", "YEAR", "1 year"},
		{"1-2", "YEAR TO MONTH", "1 year 2 mons"},
		{"90 seconds", "MINUTE", "00:01:00"},
		{"1 day 02:03:04", "DAY", "1 day"},
		{"14 months", "YEAR", "1 year"},
		{"1 02:03", "DAY TO MINUTE", "1 day 02:03:00"},
		{"5", "SECOND", "00:00:05"},
		{"1 day 02:03:04", "HOUR", "1 day 02:00:00"},
	}
	for _, c := range cases {
		s, err := ParseIntervalIn(c.text, c.fields, nil)
		if got := string(AppendInterval(nil, s)); err != nil || got != c.want {
			t.Errorf("'%s' %s: %s %v, want %s", c.text, c.fields, got, err, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	day := Span{Days: 1}
	if day.Compare(Span{Micros: int64(Day)}) != 0 || (Span{Months: 1}).Compare(Span{Days: 30}) != 0 || day.Compare(Span{Days: 2}) != -1 {
		t.Error("1 day = 24 hours, 1 month = 30 days, 1 day < 2 days")
	}
	if us, ok := (Span{Months: 1, Days: -1, Micros: -1}).Duration(); !ok || us != 29*int64(Day)-1 {
		t.Errorf("1 month - 1 day - 1 µs lasts %d %v", us, ok)
	}
	if us, ok := (Span{Days: -2, Micros: 1}).Duration(); !ok || us != -2*int64(Day)+1 {
		t.Errorf("-2 days + 1 µs lasts %d %v", us, ok)
	}
	if _, ok := (Span{Months: math.MaxInt32}).Duration(); ok {
		t.Error("2^31 months fit an int64 of µs")
	}
	if got := (Span{Micros: 27 * int64(Hour), Days: 35}).JustifyHours().JustifyDays(); got != (Span{Micros: 3 * int64(Hour), Days: 6, Months: 1}) {
		t.Errorf("justified to %+v", got)
	}
	if s := (Span{Micros: -5, Days: 7, Months: -9}); SpanOf(s.Fixed16()) != s {
		t.Error("the column form does not come back")
	}
}

func TestNumericAndDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,30}(\.[0-9]{1,30})?(e-?[0-9])?`).Draw(t, "number")
		n, err := ParseNumeric(nil, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		var d, want apd.Decimal
		if err := NumericToDecimal(&d, n); err != nil {
			t.Fatal(err)
		}
		if _, _, err := want.SetString(text); err != nil {
			t.Fatal(err)
		}
		if d.Cmp(&want) != 0 {
			t.Fatalf("%s became %s", text, d.String())
		}
		back, err := AppendNumericDecimal(nil, &d, 0)
		if err != nil || !bytes.Equal(back, n) {
			t.Fatalf("%s: %x came back as %x, %v", text, n, back, err)
		}
		again, err := NumericFromBinary(nil, n, 0)
		if err != nil || !bytes.Equal(again, n) {
			t.Fatalf("%s: %x is read from the wire as %x, %v", text, n, again, err)
		}
		spelt, err := ParseNumeric(nil, string(AppendNumeric(nil, n)), 0)
		if err != nil || !bytes.Equal(spelt, n) {
			t.Fatalf("%s: %x is spelt %s", text, n, AppendNumeric(nil, n))
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "int")
		n := AppendNumericInt(nil, v)
		if got, err := NumericToInt8(n); err != nil || got != v || string(AppendNumeric(nil, n)) != string(AppendInt(nil, v)) {
			t.Fatalf("%d: %s %d %v", v, AppendNumeric(nil, n), got, err)
		}
	})
	for text, want := range map[string]int64{"1.5": 2, "-1.5": -2, "0.4999": 0, "2.5": 3, "10000.5": 10001, "0.5": 1, "9223372036854775807.4": math.MaxInt64} {
		n, _ := ParseNumeric(nil, text, 0)
		if got, err := NumericToInt8(n); err != nil || got != want {
			t.Errorf("%s rounds to %d %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"9223372036854775807.5", "9223372036854775808", "1e30", "-9223372036854775809"} {
		n, _ := ParseNumeric(nil, text, 0)
		if _, err := NumericToInt8(n); sqlerr.CodeOf(err) != sqlerr.NumericValueOutOfRange {
			t.Errorf("%s as bigint: %v", text, err)
		}
	}
}

func TestTimesComeBack(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := Micros(rapid.Int64Range(firstTime, lastTime-1).Draw(t, "at"))
		for _, zone := range []*time.Location{nil, berlin, time.FixedZone("x", -5*3600-1800)} {
			text := string(AppendTimestamptz(nil, at, zone))
			if got, err := ParseTimestamptz(text, nil); err != nil || got != at {
				t.Fatalf("%d is %s, which is read as %d, %v", at, text, got, err)
			}
		}
		text := string(AppendTimestamp(nil, at))
		if got, err := ParseTimestamp(text, nil); err != nil || got != at {
			t.Fatalf("%d is %s, which is read as %d, %v", at, text, got, err)
		}
		day := int32(rapid.Int32Range(firstDay, lastDay).Draw(t, "day"))
		if got, err := ParseDate(string(AppendDate(nil, day)), nil); err != nil || got != day {
			t.Fatalf("%d is %s, which is read as %d, %v", day, AppendDate(nil, day), got, err)
		}
		s := Span{Micros: rapid.Int64().Draw(t, "us"), Days: rapid.Int32().Draw(t, "days"), Months: rapid.Int32().Draw(t, "months")}
		if got, err := ParseInterval(string(AppendInterval(nil, s)), nil); err != nil || got != s {
			t.Fatalf("%+v is %s, which is read as %+v, %v", s, AppendInterval(nil, s), got, err)
		}
	})
}

func TestCalendarIsGos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(-3_000_000, 3_000_000).Draw(t, "days")
		y, m, d := time.Unix(int64(days)*86400, 0).UTC().Date()
		if c := CivilFromDays(days); c.Year != y || c.Month != int(m) || c.Day != d || DaysFromCivil(y, int(m), d) != days {
			t.Fatalf("%d is %v, in Go %d-%d-%d", days, c, y, m, d)
		}
	})
}

func TestFloatsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if got, err := ParseFloat8(string(AppendFloat8(nil, f))); err != nil || got != f && !math.IsNaN(f) {
			t.Fatalf("%v is %s, which is read as %v, %v", f, AppendFloat8(nil, f), got, err)
		}
		g := math.Float32frombits(rapid.Uint32().Draw(t, "bits4"))
		if got, err := ParseFloat4(string(AppendFloat4(nil, g))); err != nil || got != g && g == g {
			t.Fatalf("%v is %s, which is read as %v, %v", g, AppendFloat4(nil, g), got, err)
		}
		h := math.Float64frombits(rapid.Uint64().Draw(t, "other"))
		if !math.IsNaN(f) && !math.IsNaN(h) && (f < h) != (FloatKey(f) < FloatKey(h)) {
			t.Fatalf("%v and %v have keys in another order", f, h)
		}
	})
}

func TestLoadZone(t *testing.T) {
	for _, name := range []string{"UTC", "utc", "Europe/Berlin", "europe/berlin", "EST", "+05:30", "-3"} {
		if _, err := LoadZone(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "Local", "Mars/Olympus", "../etc/passwd", "+199"} {
		if _, err := LoadZone(name); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNowIsRefused(t *testing.T) {
	for _, s := range []string{"now", "today", "2020-01-01 now", "tomorrow"} {
		if _, err := ParseTimestamptz(s, nil); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestHotPathsDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	num, _ := ParseNumeric(nil, "12345.678", 0)
	paths := map[string]func(){
		"int":   func() { _, _ = ParseInt8("-123456789012"); buf = AppendInt(buf[:0], -123456789012) },
		"float": func() { _, _ = ParseFloat8("1234.5678"); buf = AppendFloat8(buf[:0], 1234.5678) },
		"timestamptz": func() {
			_, _ = ParseTimestamptz("2026-01-02T03:04:05.678901+01:00", nil)
			buf = AppendTimestamptz(buf[:0], 1e15, nil)
		},
		"interval": func() { buf = AppendInterval(buf[:0], Span{1, 2, 3}) },
		"numeric":  func() { buf, _ = ParseNumeric(buf[:0], "12345.678", 0); buf = AppendNumeric(buf[:0], num) },
		"uuid":     func() { u, _ := ParseUUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"); buf = AppendUUID(buf[:0], u) },
		"bool":     func() { _, _ = ParseBool("true") },
	}
	for name, f := range paths {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func FuzzTimestamptz(f *testing.F) {
	for _, s := range []string{"2026-01-02 03:04:05Z", "Jan 8 1999 4:05 PM", "20260102T030405", "4714-11-24 BC", "2020-01-01 GMT+3", "infinity"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseTimestamptz(s, nil)
		if err != nil {
			if _, ok := sqlerr.As(err); !ok {
				t.Fatal(err)
			}
			return
		}
		text := string(AppendTimestamptz(nil, at, nil))
		if again, err := ParseTimestamptz(text, nil); err != nil || again != at {
			t.Fatalf("%q is %d, %s, which is read as %d, %v", s, at, text, again, err)
		}
	})
}

func FuzzInterval(f *testing.F) {
	for _, s := range []string{"1 day 2:03:04.5", "P1Y2M3DT4H5M6.7S", "@ 1 mon ago", "1-2 3 4:05", "1.5 weeks", "P0001-02-03T04:05:06"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseInterval(s, nil)
		if err != nil {
			return
		}
		text := string(AppendInterval(nil, v))
		if again, err := ParseInterval(text, nil); err != nil || again != v {
			t.Fatalf("%q is %s, which is read as %+v, %v", s, text, again, err)
		}
	})
}

func FuzzNumeric(f *testing.F) {
	for _, s := range []string{"1.50", "-0.00012345", "1e10", "NaN", "99999.99995", "-Infinity"} {
		f.Add(s, int32(0))
		f.Add(s, NumericMod(7, 3))
	}
	f.Fuzz(func(t *testing.T, s string, mod int32) {
		n, err := ParseNumeric(nil, s, mod)
		if err != nil {
			return
		}
		text := string(AppendNumeric(nil, n))
		again, err := ParseNumeric(nil, text, mod)
		if err != nil || !bytes.Equal(again, n) {
			t.Fatalf("%q is %x, %s, which is read as %x, %v", s, n, text, again, err)
		}
		if wire, err := NumericFromBinary(nil, n, mod); err != nil || !bytes.Equal(wire, n) {
			t.Fatalf("%q is %x, read from the wire as %x, %v", s, n, wire, err)
		}
	})
}

func FuzzNumericBinary(f *testing.F) {
	n, _ := ParseNumeric(nil, "123456.789", 0)
	f.Add(n)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := NumericFromBinary(nil, data, 0)
		if err != nil {
			return
		}
		text := string(AppendNumeric(nil, n))
		if again, err := ParseNumeric(nil, text, 0); err != nil || !bytes.Equal(again, n) {
			t.Fatalf("%x is %x, %s, which is read as %x, %v", data, n, text, again, err)
		}
	})
}

func FuzzJSONB(f *testing.F) {
	for _, s := range []string{`{"b":1,"a":[1.50,{"x":null}],"a":2}`, `"\ud83d\ude00\n"`, `[]`, `-1e5`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckText(s) != nil {
			return
		}
		out, err := ParseJSONB(nil, s)
		valid := ValidateJSON(s) == nil
		if err == nil && !valid {
			t.Fatalf("%q is jsonb %s, and no json", s, out)
		}
		if valid != json.Valid([]byte(s)) && len(s) < maxJSONDepth {
			t.Fatalf("%q: we say %v, encoding/json says %v", s, valid, !valid)
		}
		if err != nil {
			return
		}
		again, err := ParseJSONB(nil, string(out))
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q is %s, which is read as %s, %v", s, out, again, err)
		}
		if CompareJSONB(string(out), string(again)) != 0 {
			t.Fatalf("%s differs from itself", out)
		}
		AppendJSONBOrderKey(nil, s) // of text that is not canonical: it must end
	})
}

func FuzzArray(f *testing.F) {
	for _, s := range []string{"{1,2,NULL}", `{{"a b",c},{d,"e\"f"}}`, "[0:1]={1,2}", "{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseArray(nil, s, TextArray, nil)
		if err != nil {
			return
		}
		text, err := AppendArray(nil, a, nil)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if again, err := ParseArray(nil, string(text), TextArray, nil); err != nil || !bytes.Equal(again, a) {
			t.Fatalf("%q is %s, which is read as %x, %v", s, text, again, err)
		}
	})
}
