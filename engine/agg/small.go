package agg

import (
	"encoding/binary"
	"math/bits"
)

// Sums and averages whose numbers fit in words, which nearly all do: as numeric.go has them, without big numbers.

// powers are the powers of ten that fit in a word.
var powers = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// narrow gives the magnitude and sign of a 128-bit two's complement number, if the magnitude fits in 63 bits.
func narrow(lo, hi uint64) (v uint64, negative, ok bool) {
	switch {
	case hi == 0 && lo>>63 == 0:
		return lo, false, true
	case hi == ^uint64(0) && lo>>63 == 1:
		return -lo, true, lo != 1<<63
	}
	return 0, false, false
}

// smallSum is appendSum for a sum that fits; ok is false for another.
func smallSum(dst []byte, lo, hi uint64) (out []byte, ok bool) {
	v, negative, ok := narrow(lo, hi)
	if !ok {
		return dst, false
	}
	return appendSmall(dst, 0, v, negative, 0), true
}

// smallAverage is appendAverage for numbers that fit; ok is false for others.
func smallAverage(dst []byte, lo, hi uint64, n int64) (out []byte, ok bool) {
	v, negative, ok := narrow(lo, hi)
	if !ok || n <= 0 {
		return dst, false
	}
	w1, d1 := leadingSmall(v)
	w2, d2 := leadingSmall(uint64(n))
	q := w1 - w2
	if d1 <= d2 {
		q--
	}
	scale := min(max(minSigDigits-q*baseDigits, 0), maxDisplayScale)
	if scale >= len(powers) {
		return dst, false
	}
	numHi, numLo := bits.Mul64(v, powers[scale])
	quoHi := numHi / uint64(n)
	quoLo, rem := bits.Div64(numHi%uint64(n), numLo, uint64(n))
	if 2*rem >= uint64(n) { // half away from zero; n has 63 bits
		var carry uint64
		quoLo, carry = bits.Add64(quoLo, 1, 0)
		quoHi += carry
	}
	return appendSmall(dst, quoHi, quoLo, negative, scale), true
}

// leadingSmall is leading for a word.
func leadingSmall(v uint64) (weight, digit int) {
	for v >= base {
		v /= base
		weight++
	}
	return weight, int(v)
}

// appendSmall is appendNumeric for a magnitude of 128 bits.
func appendSmall(dst []byte, hi, lo uint64, negative bool, scale int) []byte {
	pad := (baseDigits - scale%baseDigits) % baseDigits
	var digits [16]uint16 // least first; 2^128 has ten to the base 10,000
	n, weight := 0, -(scale+pad)/baseDigits
	if pad > 0 && hi|lo != 0 { // the first digit has fewer than four places
		part := powers[baseDigits-pad]
		var rem uint64
		lo, rem = bits.Div64(hi%part, lo, part)
		hi /= part
		digits[0], n = uint16(rem*powers[pad]), 1
	}
	for hi|lo != 0 {
		var rem uint64
		if hi == 0 {
			lo, rem = lo/base, lo%base
		} else {
			q := hi / base
			lo, rem = bits.Div64(hi%base, lo, base)
			hi = q
		}
		digits[n] = uint16(rem)
		n++
	}
	first := 0
	for first < n && digits[first] == 0 {
		first, weight = first+1, weight+1
	}
	weight += n - first - 1
	sign := uint16(0)
	if n == first {
		weight = 0
	} else if negative {
		sign = 0x4000
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(n-first))
	dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	for i := n - 1; i >= first; i-- {
		dst = binary.BigEndian.AppendUint16(dst, digits[i])
	}
	return dst
}
