package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBounds has the extremes at each place of slices of each length.
func TestBounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 20; n++ {
		for at := range n {
			v := make([]int64, n)
			for i := range v {
				v[i] = rnd.Int64N(1000) - 500
			}
			v[at] = []int64{-1 << 63, 1<<63 - 1, 0}[rnd.IntN(3)]
			least, greatest := Bounds(v)
			if least != slices.Min(v) || greatest != slices.Max(v) {
				t.Fatalf("%v: %d and %d", v, least, greatest)
			}
		}
	}
}
