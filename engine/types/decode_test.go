package types

import (
	"testing"
)

// FuzzTimeInput reads any text as a date, a time, an instant, an interval and a zone: nothing may panic, and what was
// read has a text that reads as the same.
func FuzzTimeInput(f *testing.F) {
	for _, s := range []string{
		"2024-02-29 12:34:56.789+05:30", "Jan 8, 1999", "8-Jan-99", "J2451187", "y2001m02d04", "20011225T040506", "1999.008", "1999-008", "allballs",
		"04:05:06 PST", "EST DST", "@ 1 year -2 mons 3.5 days ago", "P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06", "1-2 3 4:05:06", "<+05>-5", "CET-1CEST,M3.5.0,M10.5.0/3",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDate(s, nil); err == nil {
			if again, err := ParseDate(string(AppendDate(nil, d)), nil); err != nil || again != d {
				t.Fatalf("%q is date %d, read again as %d, %v", s, d, again, err)
			}
		}
		if us, err := ParseTime(s, nil); err == nil && (us < 0 || us > int64(Day)) {
			t.Fatalf("%q is time %d", s, us)
		}
		if m, err := ParseTimestamptz(s, nil); err == nil {
			if again, err := ParseTimestamptz(string(AppendTimestamptz(nil, m, nil)), nil); err != nil || again != m {
				t.Fatalf("%q is %d, read again as %d, %v", s, m, again, err)
			}
		}
		if m, err := ParseTimestamp(s, nil); err == nil && m != MinTime && m != MaxTime && !InRange(m) {
			t.Fatalf("%q is timestamp %d", s, m)
		}
		if v, err := ParseInterval(s, nil); err == nil {
			if again, err := ParseInterval(string(AppendInterval(nil, v)), nil); err != nil || again != v {
				t.Fatalf("%q is %+v, read again as %+v, %v", s, v, again, err)
			}
		}
		if z, err := LoadZone(s); err == nil {
			_ = OffsetAt(1_700_000_000_000_000, z)
			_ = LocalToUTC(-1_700_000_000_000_000, z)
		}
	})
}
