package types

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTimeMemo compares what a memo reads with what is read without one, over timestamps of few seconds in all spellings.
func TestTimeMemo(t *testing.T) {
	var locale *Locale
	quick := 0
	rapid.Check(t, func(t *rapid.T) {
		var m TimeMemo
		for range rapid.IntRange(1, 30).Draw(t, "timestamps") {
			s := rapid.SampledFrom([]string{"2026-01-01T00:00:0", "2026-01-01 00:00:0", "2026-02-28T23:59:5", "0001-01-01T00:00:0", "2026-13-01T00:00:0"}).Draw(t, "begin") +
				rapid.SampledFrom([]string{"0", "1", "9"}).Draw(t, "second") +
				rapid.SampledFrom([]string{"", ".", ".1", ".12", ".123", ".1234", ".12345", ".123456", ".999999", ".1234567", ".12345678", ".1x", ",5"}).Draw(t, "fraction") +
				rapid.SampledFrom([]string{"Z", "Z", "Z", "", "z", "+00", "-05:30", "ZZ", " UTC"}).Draw(t, "zone")
			if _, n := m.Prefix(s); n == len(s) {
				quick++
			}
			got, err := m.ParseTimestamptz(s, locale)
			want, wantErr := ParseTimestamptz(s, locale)
			if got != want || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
				t.Fatalf("%q: %v, %v, want %v, %v", s, got, err, want, wantErr)
			}
			if at, n := m.Prefix(s + `","more":1`); n > 0 && (n > len(s) || at != mustTime(t, s[:n], locale)) {
				t.Fatalf("%q begins with %v of %d bytes", s, at, n)
			}
		}
	})
	if quick == 0 {
		t.Error("no timestamp was read by its fraction alone")
	}
}

func mustTime(t *rapid.T, s string, l *Locale) Micros {
	at, err := ParseTimestamptz(s, l)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
