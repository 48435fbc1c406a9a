//go:build goexperiment.simd && amd64

package kernel

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sameBits compares what the wide instructions give with what the loops for any machine give, word by word.
func sameBits[T Number](t *rapid.T, name string, gen *rapid.Generator[T], wide bool) {
	a, c := rapid.SliceOfN(gen, 1, 700).Draw(t, name), gen.Draw(t, "c")
	for what, compare := range map[string]func([]uint64, []T, T){"=": EqConst[T], "<": LtConst[T], ">": GtConst[T]} {
		got, want := poisoned(len(a)), poisoned(len(a))
		compare(got, a, c)
		haveWide = false
		compare(want, a, c)
		haveWide = true
		if !slices.Equal(got, want) {
			t.Fatalf("%s %s %v of %d rows: %x, want %x", name, what, c, len(a), got, want)
		}
	}
	if n := eqWide(poisoned(len(a)), a, c); wide && n != len(a)>>6 || !wide && n != 0 {
		t.Fatalf("%s: %d words of %d rows went the wide way", name, n, len(a))
	}
}

func TestWide(t *testing.T) {
	if !haveWide {
		t.Skip("this processor has no AVX2")
	}
	type micros int64
	rapid.Check(t, func(t *rapid.T) {
		sameBits(t, "int64", rapid.Int64Range(-3, 3), true)
		sameBits(t, "any int64", rapid.Int64(), true)
		sameBits(t, "micros", rapid.Map(rapid.Int64(), func(v int64) micros { return micros(v) }), true)
		sameBits(t, "int32", rapid.Int32Range(-3, 3), true)
		sameBits(t, "any int32", rapid.Int32(), true)
		sameBits(t, "uint32", rapid.Uint32(), true)
		sameBits(t, "uint64", rapid.Uint64(), true)
		sameBits(t, "int16", rapid.Int16Range(-3, 3), false)
		sameBits(t, "float64", rapid.Float64Range(-1, 1), false)
		sameBits(t, "float32", rapid.Float32Range(-1, 1), false)
	})
}
