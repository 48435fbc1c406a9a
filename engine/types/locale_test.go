package types

import (
	"bytes"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLocaleTexts: what is written under some settings is read under them as the same value.
func TestLocaleTexts(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := &Locale{
			Dates: DateStyle(rapid.IntRange(0, 3).Draw(t, "dates")), Order: DateOrder(rapid.IntRange(0, 2).Draw(t, "order")),
			Spans: IntervalStyle(rapid.IntRange(0, 3).Draw(t, "spans")), Escape: rapid.Bool().Draw(t, "escape"),
		}
		if l.Order == OrderYMD && l.Dates != DatesISO || l.Dates == DatesGerman {
			l.Order = OrderDMY // only ISO writes the year first, which is what YMD reads; German writes the day first
		}
		if rapid.Bool().Draw(t, "zone") {
			l.Zone = berlin
		}
		day := rapid.Int32Range(firstDay, lastDay).Draw(t, "day")
		text := string(l.AppendDate(nil, day))
		if got, err := ParseDate(text, l); err != nil || got != day {
			t.Fatalf("%+v: date %s is read as %s, %v", l, text, AppendDate(nil, got), err)
		}
		at := Micros(rapid.Int64Range(firstTime+int64(Day), lastTime-int64(Day)).Draw(t, "time"))
		text = string(l.AppendTimestamp(nil, at))
		if got, err := ParseTimestamp(text, l); err != nil || got != at {
			t.Fatalf("%+v: timestamp %s is read as %s, %v", l, text, AppendTimestamp(nil, got), err)
		}
		if l.Dates != DatesISO { // whose abbreviations have whole minutes, as they had not before 1900
			at = Micros(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, "instant"))
		}
		text = string(l.AppendTimestamptz(nil, at))
		if got, err := ParseTimestamptz(text, l); err != nil || got != at {
			t.Fatalf("%+v: timestamptz %s is read as %s, %v", l, text, AppendTimestamptz(nil, got, nil), err)
		}
		span := Span{
			Months: rapid.Int32Range(-100_000, 100_000).Draw(t, "months"), Days: rapid.Int32Range(-100_000, 100_000).Draw(t, "days"),
			Micros: rapid.Int64Range(-1e15, 1e15).Draw(t, "micros"),
		}
		text = string(l.AppendInterval(nil, span))
		if got, err := ParseInterval(text, l); err != nil || got != span {
			t.Fatalf("%+v: interval %s is read as %s, %v", l, text, AppendInterval(nil, got), err)
		}
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		text = string(l.AppendBytea(nil, b))
		if got, err := ParseBytea(nil, text); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%+v: bytea %s is read as %x, %v", l, text, got, err)
		}
	})
}

// TestFloatDigits: the digits that are written are those of the value, rounded.
func TestFloatDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &Locale{FloatDigits: rapid.IntRange(1, 15).Draw(t, "digits")}
		v := rapid.Float64Range(-1e300, 1e300).Draw(t, "v")
		got, err := ParseFloat8(string(l.AppendFloat8(nil, v)))
		if err != nil {
			t.Fatal(err)
		}
		if off := math.Abs(got - v); off > math.Abs(v)*math.Pow10(1-l.FloatDigits)*0.5000001 {
			t.Fatalf("%v is written as %s with %d digits", v, l.AppendFloat8(nil, v), l.FloatDigits)
		}
	})
}
