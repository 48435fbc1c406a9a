package agg

import (
	"encoding/binary"
	"math/big"
)

// PostgreSQL's rules for the scale of a quotient (numeric.c, select_div_scale).
const (
	minSigDigits    = 16
	maxDisplayScale = 1000
	base            = 10_000 // a digit of the binary form
	baseDigits      = 4
)

var (
	bigBase = big.NewInt(base)
	bigTen  = big.NewInt(10)
)

// int128 gives a 128-bit two's complement number.
func int128(lo, hi uint64) *big.Int {
	x := new(big.Int).SetInt64(int64(hi))
	x.Lsh(x, 64)
	return x.Add(x, new(big.Int).SetUint64(lo))
}

// appendSum appends an integer as numeric in PostgreSQL's binary send form.
func appendSum(dst []byte, lo, hi uint64) []byte {
	if out, ok := smallSum(dst, lo, hi); ok {
		return out
	}
	return bigSum(dst, lo, hi)
}

func bigSum(dst []byte, lo, hi uint64) []byte { return appendNumeric(dst, int128(lo, hi), 0) }

// appendAverage appends sum / n with the scale PostgreSQL gives it, rounded half away from zero.
func appendAverage(dst []byte, lo, hi uint64, n int64) []byte {
	if out, ok := smallAverage(dst, lo, hi, n); ok {
		return out
	}
	return bigAverage(dst, lo, hi, n)
}

func bigAverage(dst []byte, lo, hi uint64, n int64) []byte {
	sum, count := int128(lo, hi), big.NewInt(n)
	w1, d1 := leading(sum)
	w2, d2 := leading(count)
	q := w1 - w2
	if d1 <= d2 {
		q--
	}
	scale := min(max(minSigDigits-q*baseDigits, 0), maxDisplayScale)
	num := new(big.Int).Exp(bigTen, big.NewInt(int64(scale)), nil)
	num.Mul(num, sum)
	quo, rem := new(big.Int).QuoRem(num, count, new(big.Int))
	if rem.Abs(rem).Lsh(rem, 1).CmpAbs(count) >= 0 {
		quo.Add(quo, big.NewInt(int64(num.Sign()*count.Sign())))
	}
	return appendNumeric(dst, quo, scale)
}

// leading gives the weight and value of x's first digit to the base 10,000; 0 and 0 for zero.
func leading(x *big.Int) (weight, digit int) {
	v := new(big.Int).Abs(x)
	for v.Cmp(bigBase) >= 0 {
		v.Quo(v, bigBase)
		weight++
	}
	return weight, int(v.Int64())
}

// appendNumeric appends unscaled * 10^-scale: int16 digits, weight, sign, scale, and the digits to the base 10,000.
func appendNumeric(dst []byte, unscaled *big.Int, scale int) []byte {
	v := new(big.Int).Abs(unscaled)
	pad := (baseDigits - scale%baseDigits) % baseDigits // align the point to a digit
	v.Mul(v, new(big.Int).Exp(bigTen, big.NewInt(int64(pad)), nil))
	weight := -(scale + pad) / baseDigits
	var digits []uint16 // least first
	rem := new(big.Int)
	for v.Sign() != 0 {
		v.QuoRem(v, bigBase, rem)
		digits = append(digits, uint16(rem.Uint64()))
	}
	for len(digits) > 0 && digits[0] == 0 {
		digits, weight = digits[1:], weight+1
	}
	weight += len(digits) - 1
	sign := uint16(0)
	if unscaled.Sign() < 0 {
		sign = 0x4000
	}
	if len(digits) == 0 {
		weight = 0
	}
	for _, w := range []uint16{uint16(len(digits)), uint16(int16(weight)), sign, uint16(scale)} {
		dst = binary.BigEndian.AppendUint16(dst, w)
	}
	for i := len(digits) - 1; i >= 0; i-- {
		dst = binary.BigEndian.AppendUint16(dst, digits[i])
	}
	return dst
}
