package kernel

// Int is the integer types that columns have.
type Int interface {
	~int16 | ~int32 | ~int64 | ~uint32 | ~uint64
}

// Float is the floating-point types that columns have.
type Float interface {
	~float32 | ~float64
}

// Number is the types that are compared by the machine's own instructions.
type Number interface{ Int | Float }

func b2u(b bool) uint64 {
	var x uint64
	if b {
		x = 1
	}
	return x
}

// EqConst sets bit i of dst where a[i] == c.
func EqConst[T Number](dst []uint64, a []T, c T) {
	for w := eqWide(dst, a, c); w < len(dst); w++ {
		s := a[w<<6:]
		if len(s) > 64 {
			s = s[:64]
		}
		var acc uint64
		j := 0
		for ; j+8 <= len(s); j += 8 {
			p := (*[8]T)(s[j:])
			acc |= (b2u(p[0] == c) | b2u(p[1] == c)<<1 | b2u(p[2] == c)<<2 | b2u(p[3] == c)<<3 |
				b2u(p[4] == c)<<4 | b2u(p[5] == c)<<5 | b2u(p[6] == c)<<6 | b2u(p[7] == c)<<7) << uint(j&63)
		}
		for ; j < len(s); j++ {
			acc |= b2u(s[j] == c) << uint(j&63)
		}
		dst[w] = acc
	}
}

// LtConst sets bit i of dst where a[i] < c.
func LtConst[T Number](dst []uint64, a []T, c T) {
	for w := ltWide(dst, a, c); w < len(dst); w++ {
		s := a[w<<6:]
		if len(s) > 64 {
			s = s[:64]
		}
		var acc uint64
		j := 0
		for ; j+8 <= len(s); j += 8 {
			p := (*[8]T)(s[j:])
			acc |= (b2u(p[0] < c) | b2u(p[1] < c)<<1 | b2u(p[2] < c)<<2 | b2u(p[3] < c)<<3 |
				b2u(p[4] < c)<<4 | b2u(p[5] < c)<<5 | b2u(p[6] < c)<<6 | b2u(p[7] < c)<<7) << uint(j&63)
		}
		for ; j < len(s); j++ {
			acc |= b2u(s[j] < c) << uint(j&63)
		}
		dst[w] = acc
	}
}

// GtConst sets bit i of dst where a[i] > c.
func GtConst[T Number](dst []uint64, a []T, c T) {
	for w := gtWide(dst, a, c); w < len(dst); w++ {
		s := a[w<<6:]
		if len(s) > 64 {
			s = s[:64]
		}
		var acc uint64
		j := 0
		for ; j+8 <= len(s); j += 8 {
			p := (*[8]T)(s[j:])
			acc |= (b2u(p[0] > c) | b2u(p[1] > c)<<1 | b2u(p[2] > c)<<2 | b2u(p[3] > c)<<3 |
				b2u(p[4] > c)<<4 | b2u(p[5] > c)<<5 | b2u(p[6] > c)<<6 | b2u(p[7] > c)<<7) << uint(j&63)
		}
		for ; j < len(s); j++ {
			acc |= b2u(s[j] > c) << uint(j&63)
		}
		dst[w] = acc
	}
}

// LeConst sets bit i of dst where a[i] <= c.
func LeConst[T Number](dst []uint64, a []T, c T) {
	for w := range dst {
		s := a[w<<6:]
		if len(s) > 64 {
			s = s[:64]
		}
		var acc uint64
		j := 0
		for ; j+8 <= len(s); j += 8 {
			p := (*[8]T)(s[j:])
			acc |= (b2u(p[0] <= c) | b2u(p[1] <= c)<<1 | b2u(p[2] <= c)<<2 | b2u(p[3] <= c)<<3 |
				b2u(p[4] <= c)<<4 | b2u(p[5] <= c)<<5 | b2u(p[6] <= c)<<6 | b2u(p[7] <= c)<<7) << uint(j&63)
		}
		for ; j < len(s); j++ {
			acc |= b2u(s[j] <= c) << uint(j&63)
		}
		dst[w] = acc
	}
}

// Eq sets bit i of dst where a[i] == b[i].
func Eq[T Int](dst []uint64, a, b []T) {
	b = b[:len(a)]
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, len(a))
		var acc uint64
		x, y := a[lo:hi], b[lo:hi]
		for j := range x {
			acc |= b2u(x[j] == y[j]) << uint(j&63)
		}
		dst[w] = acc
	}
}

// Lt sets bit i of dst where a[i] < b[i].
func Lt[T Int](dst []uint64, a, b []T) {
	b = b[:len(a)]
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, len(a))
		var acc uint64
		x, y := a[lo:hi], b[lo:hi]
		for j := range x {
			acc |= b2u(x[j] < y[j]) << uint(j&63)
		}
		dst[w] = acc
	}
}

// FloatEq sets bit i of dst where a[i] = b[i&mask] as PostgreSQL sees it: NaN equals NaN. mask is -1, or 0 when b is
// a single value.
func FloatEq[T Float](dst []uint64, a, b []T, mask int) {
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, len(a))
		var acc uint64
		for i := lo; i < hi; i++ {
			x, y := a[i], b[i&mask]
			acc |= (b2u(x == y) | b2u(x != x)&b2u(y != y)) << uint(i&63)
		}
		dst[w] = acc
	}
}

// FloatLt sets bit i of dst where a[i&ma] < b[i&mb] as PostgreSQL sees it: NaN is the greatest of all. A mask is -1,
// or 0 for a single value; n is the number of rows.
func FloatLt[T Float](dst []uint64, n int, a []T, ma int, b []T, mb int) {
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, n)
		var acc uint64
		for i := lo; i < hi; i++ {
			x, y := a[i&ma], b[i&mb]
			acc |= (b2u(x < y) | b2u(x == x)&b2u(y != y)) << uint(i&63)
		}
		dst[w] = acc
	}
}
