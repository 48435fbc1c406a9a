package agg

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestSmallNumeric compares the sums and averages that are made of words with those made of big numbers.
func TestSmallNumeric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-20_000, 20_000), rapid.Map(rapid.IntRange(0, 18), func(k int) int64 {
			return int64(powers[k])
		})).Draw(t, "sum")
		n := rapid.OneOf(rapid.Int64Range(1, 20_000), rapid.Int64Range(1, 1<<62)).Draw(t, "n")
		lo, hi := uint64(v), uint64(v>>63)
		if got, ok := smallSum(nil, lo, hi); ok && !bytes.Equal(got, bigSum(nil, lo, hi)) {
			t.Fatalf("sum %d: %x, want %x", v, got, bigSum(nil, lo, hi))
		}
		if got, ok := smallAverage(nil, lo, hi, n); ok && !bytes.Equal(got, bigAverage(nil, lo, hi, n)) {
			t.Fatalf("average %d / %d: %x, want %x", v, n, got, bigAverage(nil, lo, hi, n))
		}
	})
	for _, v := range []int64{0, 1, -1, 9999, 10_000, 1<<62 - 1} {
		if _, ok := smallSum(nil, uint64(v), uint64(v>>63)); !ok {
			t.Errorf("a sum of %d is made of big numbers", v)
		}
	}
	if got, ok := smallSum(nil, 0, 1); ok {
		t.Errorf("2^64 is %x", got)
	}
}
