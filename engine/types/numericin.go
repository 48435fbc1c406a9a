package types

import (
	"math"
	"math/big"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// ParseNumeric appends the binary form of the number in s, rounded to numeric(p,s)'s modifier; mod 0 keeps every digit and
// the scale as written. Errors: 22P02, 22003.
func ParseNumeric(dst []byte, s string, mod int32) ([]byte, error) {
	if mod == 0 && len(s) <= 18 {
		if v, scale, ok := smallDecimal(s); ok && scale&3 == 0 {
			sign := uint16(numericPositive)
			if v < 0 {
				sign, v = numericNegative, -v
			}
			at := len(dst)
			dst = appendNumericUint(dst, sign, uint64(v), scale)
			if v != 0 {
				setWeight(dst[at:], scale/4)
			}
			return dst, nil
		}
	}
	w := trim(s)
	sign := uint16(numericPositive)
	if w != "" && (w[0] == '-' || w[0] == '+') {
		if w[0] == '-' {
			sign = numericNegative
		}
		w = w[1:]
	}
	if w == "" {
		return dst, badSyntax("numeric", s)
	}
	if isAlpha(w[0]) {
		return parseSpecial(dst, s, w, sign, mod)
	}
	var room [64]byte
	digits, point, scale, ok := decimalDigits(room[:0], w)
	if !ok {
		return dst, badSyntax("numeric", s)
	}
	return fitDigits(dst, sign, digits, point, scale, mod)
}

// smallDecimal reads [-]digits[.digits] of at most 18 characters as an integer and its scale.
func smallDecimal(s string) (v int64, scale int, ok bool) {
	i, neg, point := 0, false, -1
	if s != "" && s[0] == '-' {
		i, neg = 1, true
	}
	first := i
	for ; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			if s[i] != '.' || point >= 0 {
				return 0, 0, false
			}
			point = i
			continue
		}
		v = v*10 + int64(d)
	}
	count := len(s) - first
	if point >= 0 {
		scale = len(s) - 1 - point
		count--
	}
	if neg {
		v = -v
	}
	return v, scale, count > 0
}

// setWeight moves the point of a fresh binary form by groups to the left.
func setWeight(b []byte, groups int) {
	n := readNum(b)
	put16(b[:2], n.weight-groups)
}

func parseSpecial(dst []byte, s, w string, sign uint16, mod int32) ([]byte, error) {
	switch {
	case foldedEqual(w, "nan") && len(trim(s)) == 3:
		return fitSpecial(dst, numericNaN, mod)
	case foldedEqual(w, "infinity"), foldedEqual(w, "inf"):
		if sign == numericNegative {
			return fitSpecial(dst, numericMinusInf, mod)
		}
		return fitSpecial(dst, numericInf, mod)
	}
	return dst, badSyntax("numeric", s)
}

// decimalDigits reads digits[.digits][e[sign]digits] as decimal digits, the place of the point among them, and the scale.
func decimalDigits(buf []byte, w string) (digits []byte, point, scale int, ok bool) {
	digits, point = buf, -1
	i := 0
	for ; i < len(w); i++ {
		c := w[i]
		if c-'0' <= 9 {
			digits = append(digits, c-'0')
		} else if c == '.' && point < 0 {
			point = len(digits)
		} else {
			break
		}
	}
	if len(digits) == 0 {
		return nil, 0, 0, false
	}
	if point < 0 {
		point = len(digits)
	}
	scale = len(digits) - point
	if i < len(w) {
		if lower(w[i]) != 'e' {
			return nil, 0, 0, false
		}
		e := strings.TrimPrefix(w[i+1:], "+")
		neg := strings.HasPrefix(e, "-") && len(e) == len(w[i+1:])
		if neg {
			e = e[1:]
		}
		v, good := atoi(e)
		if !good || v > math.MaxInt32/2 {
			return nil, 0, 0, false
		}
		if neg {
			v = -v
		}
		point += v
		scale = max(0, scale-v)
	}
	return digits, point, scale, true
}

// NumericToDecimal sets d to the value of a numeric in binary form, with its shown scale as the negative exponent.
func NumericToDecimal(d *apd.Decimal, numeric []byte) error {
	n := readNum(numeric)
	d.Form, d.Negative, d.Exponent = apd.Finite, n.negative(), int32(-n.scale)
	switch n.sign {
	case numericNaN:
		d.Form = apd.NaN
	case numericInf, numericMinusInf:
		d.Form = apd.Infinite
	}
	if n.special() {
		d.Exponent = 0
		d.Coeff.SetInt64(0)
		return nil
	}
	if u, ok := n.uint64(); ok {
		d.Coeff.SetUint64(u)
		return nil
	}
	if _, _, err := d.SetString(string(AppendNumeric(nil, numeric))); err != nil {
		return sqlerr.Wrap(sqlerr.InternalError, err, "numeric of %d bytes cannot be read", len(numeric))
	}
	return nil
}

// uint64 is |n| * 10^scale, if that is an integer of at most 18 digits.
func (n num) uint64() (uint64, bool) {
	if 4*(n.weight+1)+n.scale > 18 {
		return 0, n.len() == 0
	}
	var u uint64
	e := 4 * (n.weight + 1) // the exponent below the groups read so far
	for i := range n.len() {
		g := uint64(n.digit(i))
		if e -= 4; e >= -n.scale {
			u = u*10000 + g
			continue
		}
		// The last group reaches below the scale: only its upper digits count.
		keep := e + 4 + n.scale
		if keep <= 0 {
			return u, true
		}
		return u*pow10u[keep] + g/pow10u[4-keep], true
	}
	if n.len() > 0 {
		u *= pow10u[e+n.scale]
	}
	return u, true
}

var pow10u = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// AppendNumericDecimal appends the binary form of d rounded to mod; its shown scale is the negative exponent, or 0. Errors:
// 22003.
func AppendNumericDecimal(dst []byte, d *apd.Decimal, mod int32) ([]byte, error) {
	sign := uint16(numericPositive)
	if d.Negative {
		sign = numericNegative
	}
	switch d.Form {
	case apd.NaN, apd.NaNSignaling:
		return fitSpecial(dst, numericNaN, mod)
	case apd.Infinite:
		if d.Negative {
			return fitSpecial(dst, numericMinusInf, mod)
		}
		return fitSpecial(dst, numericInf, mod)
	}
	var room [64]byte
	digits := d.Coeff.Append(room[:0], 10)
	for i := range digits {
		digits[i] -= '0'
	}
	return fitDigits(dst, sign, digits, len(digits)+int(d.Exponent), max(0, -int(d.Exponent)), mod)
}

// NumericUnscaled gives a numeric that is a number as an integer and the power of ten that divides it: its shown scale.
func NumericUnscaled(numeric []byte) (*big.Int, int) {
	var d apd.Decimal
	if err := NumericToDecimal(&d, numeric); err != nil || d.Form != apd.Finite {
		return new(big.Int), 0
	}
	v := new(big.Int).Set(d.Coeff.MathBigInt())
	if d.Negative {
		v.Neg(v)
	}
	return v, int(-d.Exponent)
}
