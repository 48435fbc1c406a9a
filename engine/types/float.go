package types

import (
	"bytes"
	"math"
	"math/big"
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// AppendFloat8 appends the shortest decimal that reads back as v, in PostgreSQL's spelling.
func AppendFloat8(dst []byte, v float64) []byte { return appendFloat(dst, v, 64, 1e-4, 1e15) }

// AppendFloat4 appends the shortest decimal that reads back as v, in PostgreSQL's spelling.
func AppendFloat4(dst []byte, v float32) []byte {
	return appendFloat(dst, float64(v), 32, float64(float32(1e-4)), 1e6)
}

// appendFloat writes plain digits for magnitudes in [lo, hi) and an exponent of at least two digits beyond.
func appendFloat(dst []byte, v float64, bits int, lo, hi float64) []byte {
	a := math.Abs(v)
	switch {
	case v == 0:
		if math.Signbit(v) {
			dst = append(dst, '-')
		}
		return append(dst, '0')
	case a >= lo && a < hi:
		return strconv.AppendFloat(dst, v, 'f', -1, bits)
	}
	if out, ok := appendNoNumber(dst, v); ok {
		return out
	}
	if digits := inside(v, bits); digits > 0 {
		return strconv.AppendFloat(dst, v, 'e', digits, bits)
	}
	return strconv.AppendFloat(dst, v, 'e', -1, bits)
}

// inside gives how many decimals v needs where the shortest ones are those of the middle between it and a neighbour, 0
// where they are not: PostgreSQL does not rely on a reader that takes the middle for the even one of the two. Only great
// numbers have such a middle.
func inside(v float64, bits int) int {
	a := math.Abs(v)
	mantissa, next := uint(53), math.Nextafter
	if bits == 32 {
		mantissa, next = 24, func(x, to float64) float64 { return float64(math.Nextafter32(float32(x), float32(to))) }
	}
	if a < math.Ldexp(1, int(mantissa)-2) || a > 1e40 {
		return 0
	}
	middle := func(text []byte) bool {
		d, _, err := big.ParseFloat(string(text), 10, 256, big.ToNearestEven)
		if err != nil {
			return false
		}
		for _, to := range []float64{0, math.Inf(1)} {
			m := new(big.Float).SetPrec(256).SetFloat64(a)
			m.Add(m, new(big.Float).SetFloat64(next(a, to)))
			if m.Cmp(d.Add(d, d)) == 0 {
				return true
			}
			d.Quo(d, big.NewFloat(2))
		}
		return false
	}
	shortest := strconv.AppendFloat(nil, a, 'e', -1, bits)
	if !middle(shortest) {
		return 0
	}
	for digits := max(1, bytes.IndexByte(shortest, 'e')-1); digits < 17; digits++ {
		if back, err := strconv.ParseFloat(string(strconv.AppendFloat(nil, a, 'e', digits, bits)), bits); err == nil && back == a && !middle(strconv.AppendFloat(nil, a, 'e', digits, bits)) {
			return digits
		}
	}
	return 0
}

// appendNoNumber appends NaN and the infinities; ok is false for numbers.
func appendNoNumber(dst []byte, v float64) (out []byte, ok bool) {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...), true
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...), true
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...), true
	}
	return dst, false
}

// appendRounded writes v with at most so many digits, as C's %g does.
func appendRounded(dst []byte, v float64, digits, bits int) []byte {
	if out, ok := appendNoNumber(dst, v); ok {
		return out
	}
	return strconv.AppendFloat(dst, v, 'g', digits, bits)
}

var pow10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// ParseFloat8 reads a double precision number. Errors: 22P02, and 22003 for what would become infinite or zero.
func ParseFloat8(s string) (float64, error) {
	// Fifteen digits with a point among them are an exact integer over an exact power of ten: one correct division.
	if n := len(s); n > 0 && n <= 16 {
		var m int64
		i, point := 0, -1
		neg := s[0] == '-'
		if neg {
			i = 1
		}
		first := i
		for ; i < n; i++ {
			d := s[i] - '0'
			if d > 9 {
				if s[i] != '.' || point >= 0 {
					break
				}
				point = i
				continue
			}
			m = m*10 + int64(d)
		}
		digits := n - first
		f := float64(m)
		if point >= 0 {
			digits--
			f /= pow10[n-1-point&15]
		}
		if i == n && digits > 0 && digits <= 15 && m != 0 {
			if neg {
				f = -f
			}
			return f, nil
		}
	}
	return parseFloat(s, 64, "double precision")
}

// ParseFloat4 reads a real number. Errors: 22P02, and 22003 for what would become infinite or zero.
func ParseFloat4(s string) (float32, error) {
	v, err := parseFloat(s, 32, "real")
	return float32(v), err
}

// pgNaN is the NaN that C makes, where Go's own has a bit more set.
var pgNaN = math.Float64frombits(0x7ff8000000000000)

func parseFloat(s string, bits int, typ string) (float64, error) {
	w := trim(s)
	if w == "" {
		return 0, badSyntax(typ, s)
	}
	body := w
	if body[0] == '+' || body[0] == '-' {
		body = body[1:]
	}
	switch {
	case foldedEqual(body, "infinity"), foldedEqual(body, "inf"):
		if w[0] == '-' {
			return math.Inf(-1), nil
		}
		return math.Inf(1), nil
	case foldedEqual(body, "nan"):
		return pgNaN, nil
	}
	nonzero := false
	for i := range len(body) {
		c := body[i]
		if c-'0' > 9 && c != '.' && lower(c) != 'e' && c != '+' && c != '-' {
			return 0, badSyntax(typ, s)
		}
		if lower(c) == 'e' {
			break
		}
		nonzero = nonzero || c-'1' < 9
	}
	v, err := strconv.ParseFloat(w, bits)
	if err != nil && !math.IsInf(v, 0) || hasLetter(w) {
		return 0, badSyntax(typ, s)
	}
	if err != nil || v == 0 && nonzero {
		return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "\"%s\" is out of range for type %s", w, typ)
	}
	return v, nil
}

// hasLetter says whether s has a letter, or an underscore, that is not an exponent's.
func hasLetter(s string) bool {
	for i := range len(s) {
		if c := lower(s[i]); c != 'e' && (c-'a' < 26 || c == '_') {
			return true
		}
	}
	return false
}
