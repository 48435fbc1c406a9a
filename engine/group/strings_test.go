package group

import (
	"fmt"
	"testing"
)

// TestStringsReset numbers other strings after a Reset as a new Strings would, small and large ones.
func TestStringsReset(t *testing.T) {
	s := NewStrings()
	for round := range 3 {
		n := []int{1000, 3, 5000}[round]
		for range 2 {
			for i := range n {
				v := fmt.Sprintf("%d of a round of %d, long enough to be hashed", i, n)[:1+i%40]
				if i%40 < 12 {
					v = fmt.Sprint(i, n)
				}
				before := s.Len()
				code := s.Code([]byte(v))
				if got := string(s.At(code)); got != v {
					t.Fatalf("round %d: %q has the code of %q", round, v, got)
				}
				if int(code) > before || s.Len() > before+1 {
					t.Fatalf("round %d: %q has code %d of %d", round, v, code, before)
				}
			}
		}
		s.Reset()
		if s.Len() != 0 {
			t.Fatalf("%d strings after a Reset", s.Len())
		}
	}
}
