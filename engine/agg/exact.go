package agg

import (
	"math"
	"math/big"

	"github.com/vexfs/vexstream/engine/state"
)

// A sum of floats is exact: two floats in the row, and what they cannot hold in a Set beside it. Adding a value leaves a
// rounding error, which is added to the second float; what that addition leaves goes to the Set, which most groups never
// have. So the three always add up to the sum without any error, rows come and go in any order, and the result is rounded
// once.
//
// The Set holds limbs: word k has weight v for v * 2^(32k - limbBias).

// Words of a float sum.
const (
	fCount = iota
	fSum
	fError
	fNaN
	fPlusInf
	fMinusInf
)

// limbBias makes the exponents of limbs positive: the least bit of a float is 2^-1074.
const limbBias = 1088

// twoSum gives a + b, and what rounding left of it (Knuth).
func twoSum(a, b float64) (sum, rest float64) {
	sum = a + b
	z := sum - a
	return sum, (a - (sum - z)) + (b - z)
}

// foldFloatSums adds a value to each row's sum. What it does in the loop is addExact, for values whose sum needs no Set.
func foldFloatSums[T float32 | float64](addr []*uint64, off int, v []T, w []int64, spill func(i int) *Set) {
	v = v[:len(addr)]
	for i, a := range addr {
		x, n := float64(v[i]), int64(1)
		if w != nil {
			n = w[i]
		}
		sum, rest := state.At[float64](a, off+fSum), state.At[float64](a, off+fError)
		s := *sum + x
		z := s - *sum
		e := (*sum - (s - z)) + (x - z)
		r := *rest + e
		z = r - *rest
		if left := (*rest - (r - z)) + (e - z); left == 0 && n == 1 { // false for NaN: no infinity gets here
			*state.At[int64](a, off+fCount)++
			*sum, *rest = s, r
			continue
		}
		if n != 0 {
			addFloat(a, off, x, n, func() *Set { return spill(i) })
		}
	}
}

// addFloat adds n times x to a sum. spill takes what does not fit.
func addFloat(a *uint64, off int, x float64, n int64, spill func() *Set) {
	*state.At[int64](a, off+fCount) += n
	switch {
	case x != x:
		*state.At[int64](a, off+fNaN) += n
	case math.IsInf(x, 1):
		*state.At[int64](a, off+fPlusInf) += n
	case math.IsInf(x, -1):
		*state.At[int64](a, off+fMinusInf) += n
	case n == 1:
		addExact(a, off, x, spill)
	case n == -1:
		addExact(a, off, -x, spill)
	case x != 0 && n != 0:
		spill().addLimbs(x, n)
	}
}

// addExact adds x to the floats of a sum.
func addExact(a *uint64, off int, x float64, spill func() *Set) {
	sum, rest := state.At[float64](a, off+fSum), state.At[float64](a, off+fError)
	s, e := twoSum(*sum, x)
	if math.IsInf(s, 0) {
		spill().addLimbs(x, 1)
		return
	}
	r, left := twoSum(*rest, e)
	*sum, *rest = s, r
	if left != 0 {
		spill().addLimbs(left, 1)
	}
}

// addLimbs adds n times x.
func (s *Set) addLimbs(x float64, n int64) {
	if n < 0 {
		x, n = -x, -n
	}
	bits := math.Float64bits(x)
	m, e := bits&(1<<52-1), int(bits>>52&0x7ff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	at := e - 1075 + limbBias
	for ; n != 0; n >>= 31 { // so that a limb's part fits in 63 bits
		k, shift := uint64(at/32), uint(at%32)
		lo, hi := m<<shift, m>>(64-shift)
		part := n & (1<<31 - 1)
		for i, p := range []uint64{lo & (1<<32 - 1), lo >> 32, hi} {
			if v := int64(p) * part; v != 0 {
				if bits>>63 != 0 {
					v = -v
				}
				s.addLimb(k+uint64(i), v)
			}
		}
		at += 31
	}
}

// addLimb adds to one limb, and moves what has grown too large to the next.
func (s *Set) addLimb(k uint64, v int64) {
	have, _ := s.weights.Get(k)
	carry := v / (1 << 32)
	have += v % (1 << 32)
	if have >= 1<<62 || have <= -1<<62 {
		carry += have / (1 << 32)
		have %= 1 << 32
	}
	if have == 0 {
		s.weights.Delete(k)
	} else {
		s.weights.Set(k, have)
	}
	if carry != 0 {
		s.addLimb(k+1, carry)
	}
}

// mergeFloats adds the float sum src, with its Set, to dst.
func mergeFloats(dst, src []uint64, dstSet, srcSet *Set) {
	for _, at := range []int{fCount, fNaN, fPlusInf, fMinusInf} {
		dst[at] += src[at]
	}
	spill := func() *Set { return dstSet }
	addExact(&dst[0], 0, math.Float64frombits(src[fSum]), spill)
	addExact(&dst[0], 0, math.Float64frombits(src[fError]), spill)
	srcSet.Each(func(k uint64, v int64) { dstSet.addLimb(k, v) })
}

// floatSum rounds a sum of finite values. An infinity is a sum that is out of range.
func floatSum(acc []uint64, set *Set) float64 {
	sum, rest := math.Float64frombits(acc[fSum]), math.Float64frombits(acc[fError])
	if set == nil || set.weights.Len() == 0 {
		return sum + rest
	}
	all := set.Clone()
	all.addLimbs(sum, 1)
	all.addLimbs(rest, 1)
	var x, limb big.Int
	all.Each(func(k uint64, v int64) {
		x.Add(&x, limb.Lsh(big.NewInt(v), uint(32*k)))
	})
	f := new(big.Float).SetInt(&x)
	v, _ := f.SetMantExp(f, -limbBias).Float64()
	return v
}
