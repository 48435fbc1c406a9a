package pgformat

import (
	"math"
	"strconv"
)

// fixed is x with a number of decimals, as printf("%.*f") writes it.
func fixed(x float64, decimals int) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// AppendFloat writes x, a real (32 bits) or a double precision. Errors: 22P02.
func (t *Number) AppendFloat(dst []byte, x float64, bits int) ([]byte, error) {
	switch {
	case t.Roman:
		r := math.RoundToEven(x)
		if !(r >= 1 && r <= 3999) {
			r = 0
		}
		return t.AppendRoman(dst, int64(r)), nil
	case t.Scientific:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return t.AppendScientific(dst, ""), nil
		}
		return t.AppendScientific(dst, strconv.FormatFloat(x, 'e', t.Post, 64)), nil
	}
	if t.Shifted {
		p := math.Pow(10, float64(t.Multi))
		if bits == 32 {
			x = float64(float32(x) * float32(p))
		} else {
			x *= p
		}
	}
	digits, negative, post := t.Float(x, bits)
	return t.appendDigits(dst, digits, negative, t.Pre+t.Multi, post)
}
