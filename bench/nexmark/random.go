package main

import (
	"math"
	"math/bits"
)

// random is the numbers of one event.
type random struct{ state uint64 }

// seeded gives the numbers of event id.
func seeded(seed, id uint64) random {
	r := random{seed*0x9e3779b97f4a7c15 + id*0xd1342543de82ef95}
	r.next()
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a number from 0 to n-1.
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// price is between 100 and 100 million, its logarithm evenly spread.
func (r *random) price() int64 {
	u := float64(r.next()>>11) / (1 << 53)
	return int64(math.Round(math.Pow(10, u*6) * 100))
}

const minWord = 3

// words appends 3 to most-1 letters, every 13th of which is a gap.
func (r *random) words(dst []byte, most int64, gap byte) []byte {
	for n := minWord + r.below(most-minWord); n > 0; n-- {
		if v := r.next(); v%13 == 0 {
			dst = append(dst, gap)
		} else {
			dst = append(dst, byte('a'+(v>>8)%26))
		}
	}
	return dst
}

// filler appends letters, as many as bring an event of size bytes to average ones, a fifth more or less.
func (r *random) filler(dst []byte, size, average int64) []byte {
	if size > average {
		return dst
	}
	average -= size
	spread := (average + 2) / 5
	n := average - spread
	if spread > 0 {
		n += r.below(2 * spread)
	}
	for ; n >= 12; n -= 12 { // 26^12 is below 2^57
		v := r.next()
		for range 12 {
			dst = append(dst, byte('a'+v%26))
			v /= 26
		}
	}
	for v := r.next(); n > 0; n-- {
		dst = append(dst, byte('a'+v%26))
		v /= 26
	}
	return dst
}
