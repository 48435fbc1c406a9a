package pgformat

import (
	"testing"
)

// FuzzTemplates puts every text in the place of a template and of what is read by it: nothing may panic, and what a
// template writes has a length that the template bounds.
func FuzzTemplates(f *testing.F) {
	f.Add("YYYY-MM-DD HH24:MI:SS.US TZ", "2024-02-29 12:34:56")
	f.Add(`FMDay"x\"y"\"th FMRM J Y,YYY SSSSS`, "2,024th")
	f.Add("FM999,990.00S", "-1,234.5")
	f.Add("RN", "<1>")
	f.Add("9.99EEEE", "")
	f.Fuzz(func(t *testing.T, template, text string) {
		d := ParseDate(template)
		_, _ = d.Read(text)
		for _, m := range []Moment{
			{Year: 2024, Month: 2, Day: 29, Hour: 23, Min: 59, Sec: 59, Micro: 999999, Zone: "CET", Offset: 3600},
			{Year: -4712, Month: 1, Day: 1},
			{Interval: true, Year: -3, Month: -11, Day: 2147483647, Hour: -2562047788, Min: -1},
		} {
			out, _ := d.Append(nil, &m)
			if len(out) > 24*(len(template)+1) {
				t.Fatalf("%d bytes of a template of %d", len(out), len(template))
			}
		}
		n, err := ParseNumber(template)
		if err != nil {
			return
		}
		_, _, _, _ = n.Read(text)
		for _, x := range []float64{0, -1.5, 1e300, 0.001} {
			out, _ := n.AppendFloat(nil, x, 64)
			if len(out) > 340+24*(len(template)+1) {
				t.Fatalf("%d bytes of a template of %d", len(out), len(template))
			}
		}
	})
}
