package agg

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// drawn is a float of any size: most of them near 1, some huge, tiny or subnormal.
func drawn(rnd *rand.Rand) float64 {
	switch rnd.IntN(4) {
	case 0:
		return math.Float64frombits(rnd.Uint64()&^(0x7ff<<52) | rnd.Uint64N(0x7ff)<<52)
	case 1:
		return float64(rnd.IntN(1000)) / 10
	case 2:
		return math.Ldexp(rnd.Float64()-0.5, rnd.IntN(200)-100)
	}
	return rnd.NormFloat64()
}

// Sums of floats of all sizes, with weights, some of them taken back, merged from two halves: the value that exact
// arithmetic gives, rounded once.
func TestFloatSumIsExact(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		accs := [2][]uint64{make([]uint64, 6), make([]uint64, 6)}
		sets := [2]*Set{{}, {}}
		want := new(big.Float).SetPrec(2400)
		for range rnd.IntN(60) {
			half := rnd.IntN(2)
			x, n := drawn(rnd), int64(1)
			switch rnd.IntN(6) {
			case 0:
				n = -1
			case 1:
				n = rnd.Int64N(1<<40) - 1<<39
			}
			addFloat(&accs[half][0], 0, x, n, func() *Set { return sets[half] })
			part := new(big.Float).SetPrec(2400).SetFloat64(x)
			want.Add(want, part.Mul(part, new(big.Float).SetPrec(2400).SetInt64(n)))
			if rnd.IntN(3) == 0 { // gone again: nothing is left of it
				addFloat(&accs[half][0], 0, -x, n, func() *Set { return sets[half] })
				want.Sub(want, part)
			}
		}
		mergeFloats(accs[0], accs[1], sets[0], sets[1])
		exact, _ := want.Float64()
		if got := floatSum(accs[0], sets[0]); got != exact {
			t.Fatalf("round %d: %v, want %v", round, got, exact)
		}
	}
}
