package result

import (
	"math"
	"slices"
)

// Spread gives the least, the middle and the greatest of values; the middle of an even number is the mean of two.
func Spread(values []float64) (least, middle, most float64) {
	if len(values) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	return v[0], (v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[len(v)-1]
}

// Differ gives the probability that two samples of one distribution lie at least as far apart as a and b do: the two-sided
// Mann-Whitney test, exact, so it also holds for few values; equal values count as half before each other. Nothing is
// supposed of how values are distributed, which times of a shared machine are not normally. Up to maxSample values of each
// side are looked at.
func Differ(a, b []float64) float64 {
	a, b = a[:min(len(a), maxSample)], b[:min(len(b), maxSample)]
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return 1
	}
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	u = min(u, float64(n*m)-u)
	ways := countWays(n, m)
	var atMost, all float64
	for k, w := range ways {
		all += w
		if float64(k) <= u {
			atMost += w
		}
	}
	return min(1, 2*atMost/all)
}

// maxSample bounds the work of Differ, which grows with the cube of it.
const maxSample = 50

// countWays gives for each u in how many orders of n and m values the n come u times behind one of the m.
func countWays(n, m int) []float64 {
	ways := make([][]float64, m+1) // of i values of the first kind and j of the second, at j
	for j := range ways {
		ways[j] = []float64{1}
	}
	for i := 1; i <= n; i++ {
		next := make([][]float64, m+1)
		next[0] = []float64{1}
		for j := 1; j <= m; j++ {
			// The greatest of all is of the second kind, and behind nobody; or of the first, and behind j.
			sum := make([]float64, i*j+1)
			copy(sum, next[j-1])
			for u, w := range ways[j] {
				sum[u+j] += w
			}
			next[j] = sum
		}
		ways = next
	}
	return ways[m]
}
