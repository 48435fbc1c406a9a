package kernel

import "math/bits"

// Signed is the integer types that arithmetic is done in.
type Signed interface {
	~int16 | ~int32 | ~int64
}

// Add writes a[i&ma] + b[i&mb] and says whether some row overflowed; which one, the caller finds. A mask is -1 for a
// column and 0 for a single value.
func Add[T Signed](dst, a []T, ma int, b []T, mb int) bool {
	var bad T
	switch {
	case ma == 0 && mb != 0:
		return Add(dst, b, mb, a, ma)
	case mb == 0:
		c := b[0]
		a = a[:len(dst)]
		for i := range dst {
			s := a[i] + c
			bad |= (a[i] ^ s) & (c ^ s)
			dst[i] = s
		}
	default:
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			s := a[i] + b[i]
			bad |= (a[i] ^ s) & (b[i] ^ s)
			dst[i] = s
		}
	}
	return bad < 0
}

// Sub writes a[i&ma] - b[i&mb], as Add does.
func Sub[T Signed](dst, a []T, ma int, b []T, mb int) bool {
	var bad T
	for i := range dst {
		x, y := a[i&ma], b[i&mb]
		s := x - y
		bad |= (x ^ y) & (x ^ s)
		dst[i] = s
	}
	return bad < 0
}

// Mul writes a[i&ma] * b[i&mb], as Add does.
func Mul[T Signed](dst, a []T, ma int, b []T, mb int) bool {
	var bad uint64
	for i := range dst {
		x, y := int64(a[i&ma]), int64(b[i&mb])
		hi, lo := bits.Mul64(uint64(x), uint64(y))
		hi -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
		r := T(lo)
		bad |= (hi ^ uint64(int64(lo)>>63)) | (uint64(int64(r)) ^ lo)
		dst[i] = r
	}
	return bad != 0
}

// MulOverflows says whether x * y does not fit T, and gives the product that does.
func MulOverflows[T Signed](x, y T) (T, bool) {
	hi, lo := bits.Mul64(uint64(int64(x)), uint64(int64(y)))
	hi -= uint64(int64(x)>>63)&uint64(int64(y)) + uint64(int64(y)>>63)&uint64(int64(x))
	r := T(lo)
	return r, hi != uint64(int64(lo)>>63) || int64(r) != int64(lo)
}

// FloatAdd writes a[i&ma] + b[i&mb], unchecked: see Suspect.
func FloatAdd[T Float](dst, a []T, ma int, b []T, mb int) {
	if ma != 0 && mb == 0 {
		c := b[0]
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = a[i] + c
		}
		return
	}
	for i := range dst {
		dst[i] = a[i&ma] + b[i&mb]
	}
}

// FloatSub writes a[i&ma] - b[i&mb], unchecked.
func FloatSub[T Float](dst, a []T, ma int, b []T, mb int) {
	for i := range dst {
		dst[i] = a[i&ma] - b[i&mb]
	}
}

// FloatMul writes a[i&ma] * b[i&mb], unchecked.
func FloatMul[T Float](dst, a []T, ma int, b []T, mb int) {
	if ma != 0 && mb == 0 {
		c := b[0]
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = a[i] * c
		}
		return
	}
	for i := range dst {
		dst[i] = a[i&ma] * b[i&mb]
	}
}

// Suspect says whether a has a value that may stand for an overflow or an underflow: an infinity, a NaN, or, with
// zeros, a zero. Which row it is, and whether it is an error, the caller finds.
func Suspect[T Float](a []T, zeros bool) bool {
	var sum uint64
	if zeros {
		for _, v := range a {
			sum |= b2u(v-v != 0) | b2u(v == 0)
		}
		return sum != 0
	}
	for _, v := range a {
		sum |= b2u(v-v != 0)
	}
	return sum != 0
}

// Sum adds up the integers as 128 bits: hi and lo of the two's complement.
func Sum[T Signed](a []T) (hi int64, lo uint64) {
	for _, v := range a {
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(int64(v)), 0)
		hi += int64(v)>>63 + int64(carry)
	}
	return hi, lo
}

// Min gives the least of a, which is not empty.
func Min[T Int](a []T) T {
	m := a[0]
	for _, v := range a {
		if v < m {
			m = v
		}
	}
	return m
}

// Max gives the greatest of a, which is not empty.
func Max[T Int](a []T) T {
	m := a[0]
	for _, v := range a {
		if v > m {
			m = v
		}
	}
	return m
}
