package result

import (
	"math/bits"
	"time"
)

// halfSteps is how many steps a doubling of time has, as a power of two: a quantile is exact to one part in 128.
const halfSteps = 7

// Histogram counts times in steps that grow with them, so that it takes any number of times in the same few kilobytes, from a
// nanosecond to centuries. Its zero value is empty. One goroutine uses it.
//
// A time is to be counted from when something was due, not from when it was begun: a measurement that waits for the thing
// measured leaves out just the times that are long.
type Histogram struct {
	counts [(64 - halfSteps) << halfSteps]int64
	n      int64
	most   time.Duration
}

// Record counts a time n times; one below 0 counts as 0.
func (h *Histogram) Record(d time.Duration, n int64) {
	d = max(d, 0)
	h.counts[step(uint64(d))] += n
	h.n += n
	h.most = max(h.most, d)
}

// Count is how many times were recorded.
func (h *Histogram) Count() int64 { return h.n }

// Most is the longest.
func (h *Histogram) Most() time.Duration { return h.most }

// Quantile gives the time that a share q of the recorded ones do not exceed, up to one part in 128 too long; 0 of none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := max(1, int64(q*float64(h.n)+0.5))
	for i, c := range h.counts {
		if rank -= c; rank <= 0 {
			return min(h.most, time.Duration(upTo(i)))
		}
	}
	return h.most
}

// step is the place of v: below 2^(halfSteps+1) each value has its own, above it the first halfSteps+1 bits decide.
func step(v uint64) int {
	shift := max(0, bits.Len64(v)-halfSteps-1)
	return shift<<halfSteps + int(v>>shift)
}

// upTo is the greatest value of a place.
func upTo(i int) uint64 {
	if i < 2<<halfSteps {
		return uint64(i)
	}
	shift := i>>halfSteps - 1
	return (uint64(i-shift<<halfSteps)+1)<<shift - 1
}
