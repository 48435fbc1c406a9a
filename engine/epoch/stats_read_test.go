package epoch

import "testing"

// FuzzStats reads damaged statistics: whatever they say, it ends.
func FuzzStats(f *testing.F) {
	f.Add([]byte{3, 1, 2, 2, 9, 255})
	f.Fuzz(func(t *testing.T, d []byte) {
		n := 0
		eachStats(d, func(columnStats) bool { n++; return true })
		if n > len(d) {
			t.Fatalf("%d columns in %d bytes", n, len(d))
		}
		_, _ = zoneIn(d, 3)
	})
}
