package types

import (
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// A numeric in a column is PostgreSQL's binary send form, big-endian:
//
//	int16 ndigits | int16 weight | uint16 sign | uint16 dscale | ndigits x int16 digit (base 10,000)
//
// The value is the sum of digit[i] * 10000^(weight-i). dscale is how many decimals are shown. Digits here have no zeros at
// either end, so equal values differ in dscale only.
const (
	numericHeader   = 8
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericInf      = 0xD000
	numericMinusInf = 0xF000

	maxNumericScale = 16383  // decimals after the point
	maxNumericInt   = 131072 // digits before the point
)

// num is a numeric taken apart; digits is borrowed.
type num struct {
	weight int
	sign   uint16
	scale  int
	digits []byte // two bytes each
}

func readNum(b []byte) num {
	if len(b) < numericHeader {
		return num{sign: numericNaN}
	}
	return num{
		weight: int(int16(binary.BigEndian.Uint16(b[2:]))),
		sign:   binary.BigEndian.Uint16(b[4:]),
		scale:  int(binary.BigEndian.Uint16(b[6:])),
		digits: b[numericHeader : numericHeader+2*int(binary.BigEndian.Uint16(b))],
	}
}

func (n num) len() int               { return len(n.digits) / 2 }
func (n num) digit(i int) int        { return int(binary.BigEndian.Uint16(n.digits[2*i:])) }
func (n num) special() bool          { return n.sign >= numericNaN }
func (n num) negative() bool         { return n.sign == numericNegative || n.sign == numericMinusInf }
func put16(dst []byte, v int) []byte { return binary.BigEndian.AppendUint16(dst, uint16(v)) }

func appendHeader(dst []byte, ndigits, weight int, sign uint16, scale int) []byte {
	return put16(put16(put16(put16(dst, ndigits), weight), int(sign)), scale)
}

// AppendNumericInt appends the binary form of v.
func AppendNumericInt(dst []byte, v int64) []byte {
	sign, u := uint16(numericPositive), uint64(v)
	if v < 0 {
		sign, u = numericNegative, -u
	}
	return appendNumericUint(dst, sign, u, 0)
}

// appendNumericUint appends u as an integer with the given shown scale.
func appendNumericUint(dst []byte, sign uint16, u uint64, scale int) []byte {
	if u == 0 {
		return appendHeader(dst, 0, 0, numericPositive, scale)
	}
	var groups [5]uint16
	n := 0
	for x := u; x != 0; x /= 10000 {
		groups[n] = uint16(x % 10000)
		n++
	}
	low := 0
	for groups[low] == 0 {
		low++
	}
	dst = appendHeader(dst, n-low, n-1, sign, scale)
	for i := n - 1; i >= low; i-- {
		dst = binary.BigEndian.AppendUint16(dst, groups[i])
	}
	return dst
}

// packDigits appends the binary form of 0.d1d2d3... * 10^point from decimal digits 0 to 9. scale is the shown scale.
func packDigits(dst []byte, sign uint16, digits []byte, point, scale int) []byte {
	for len(digits) > 0 && digits[0] == 0 {
		digits = digits[1:]
		point--
	}
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		return appendHeader(dst, 0, 0, numericPositive, scale)
	}
	groups := floorDiv(point+3, 4) // groups at and before the point
	lead := groups*4 - point       // zeros before the first digit in its group
	count := (lead + len(digits) + 3) / 4
	dst = appendHeader(dst, count, groups-1, sign, scale)
	pos := -lead
	for range count {
		g := 0
		for range 4 {
			g *= 10
			if pos >= 0 && pos < len(digits) {
				g += int(digits[pos])
			}
			pos++
		}
		dst = put16(dst, g)
	}
	return dst
}

// AppendNumeric appends the text of a numeric's binary form.
func AppendNumeric(dst, numeric []byte) []byte {
	n := readNum(numeric)
	switch n.sign {
	case numericNaN:
		return append(dst, "NaN"...)
	case numericInf:
		return append(dst, "Infinity"...)
	case numericMinusInf:
		return append(dst, "-Infinity"...)
	case numericNegative:
		dst = append(dst, '-')
	}
	if n.weight < 0 || n.len() == 0 {
		dst = append(dst, '0')
	} else {
		for i := 0; i <= n.weight; i++ {
			g := 0
			if i < n.len() {
				g = n.digit(i)
			}
			if i == 0 {
				dst = AppendInt(dst, int64(g))
			} else {
				dst = append2(append2(dst, g/100), g%100)
			}
		}
	}
	if n.scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	end := len(dst) + n.scale
	for i := n.weight + 1; len(dst) < end; i++ {
		g := 0
		if n.weight >= -maxNumericScale && i >= 0 && i < n.len() {
			g = n.digit(i)
		}
		dst = append2(append2(dst, g/100), g%100)
	}
	return dst[:end]
}

// CompareNumeric orders two numerics in binary form as SQL does: -Infinity, numbers, Infinity, NaN. NaN equals NaN.
func CompareNumeric(a, b []byte) int {
	x, y := readNum(a), readNum(b)
	if r, s := x.rank(), y.rank(); r != s || x.special() {
		return cmpInt(r, s)
	}
	c := cmpMagnitude(x, y)
	if x.sign == numericNegative {
		return -c
	}
	return c
}

// rank orders what differs by more than magnitude.
func (n num) rank() int {
	switch {
	case n.sign == numericNaN:
		return 5
	case n.sign == numericInf:
		return 4
	case n.sign == numericMinusInf:
		return 0
	case n.len() == 0:
		return 2
	case n.sign == numericNegative:
		return 1
	}
	return 3
}

func cmpInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func cmpMagnitude(x, y num) int {
	if x.weight != y.weight {
		return cmpInt(x.weight, y.weight)
	}
	for i := 0; i < x.len() && i < y.len(); i++ {
		if c := cmpInt(x.digit(i), y.digit(i)); c != 0 {
			return c
		}
	}
	return cmpInt(x.len(), y.len())
}

// AppendNumericKey appends bytes whose equality is equality of the numbers: 1.0 and 1.00 give the same.
func AppendNumericKey(dst, numeric []byte) []byte {
	n := readNum(numeric)
	if n.special() {
		return appendHeader(dst, 0, 0, n.sign, 0)
	}
	return append(appendHeader(dst, n.len(), n.weight, n.sign, 0), n.digits...)
}

// AppendNumericOrderKey appends bytes whose order under bytes.Compare is the order of the numbers, and of which none is a
// prefix of another.
func AppendNumericOrderKey(dst, numeric []byte) []byte {
	n := readNum(numeric)
	dst = append(dst, byte(n.rank()))
	if n.special() || n.len() == 0 {
		return dst
	}
	start := len(dst)
	dst = put16(dst, n.weight+1<<15)
	for i := range n.len() {
		dst = put16(dst, n.digit(i)+1)
	}
	dst = append(dst, 0, 0)
	if n.sign == numericNegative {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

// NumericFromBinary appends the column form of a numeric that came over the wire: checked, without zeros at the ends.
// mod is the type's modifier. Errors: 08P01, 22P03, 22003.
func NumericFromBinary(dst, data []byte, mod int32) ([]byte, error) {
	bad := func(what string) error {
		return sqlerr.New(sqlerr.InvalidBinary, "invalid %s in external \"numeric\" value", what)
	}
	if len(data) < numericHeader {
		return dst, tooShort()
	}
	size := numericHeader + 2*int(binary.BigEndian.Uint16(data))
	if len(data) < size {
		return dst, tooShort()
	}
	n := readNum(data[:size])
	if len(data) > size {
		return dst, sqlerr.New(sqlerr.InvalidBinary, BadFormat)
	}
	switch n.sign {
	case numericPositive, numericNegative:
	case numericNaN, numericInf, numericMinusInf:
		return fitSpecial(dst, n.sign, mod)
	default:
		return dst, bad("sign")
	}
	if n.scale > maxNumericScale {
		return dst, bad("scale")
	}
	for i := range n.len() {
		if n.digit(i) > 9999 {
			return dst, bad("digit")
		}
	}
	return appendFitted(dst, n, mod)
}

// RoundNumeric appends the numeric rounded to numeric(p,s)'s modifier, or as it is when mod is 0. Errors: 22003.
func RoundNumeric(dst, numeric []byte, mod int32) ([]byte, error) {
	n := readNum(numeric)
	if n.special() {
		return fitSpecial(dst, n.sign, mod)
	}
	if mod == 0 {
		return append(dst, numeric...), nil
	}
	return appendFitted(dst, n, mod)
}

// appendFitted spells n's decimal digits out, down to its scale, and packs them again.
func appendFitted(dst []byte, n num, mod int32) ([]byte, error) {
	var room [64]byte
	digits := room[:0]
	keep := 4*(n.weight+1) + n.scale // digits below the shown scale are cut off, as PostgreSQL does
	for i := 0; i < n.len() && len(digits) < keep; i++ {
		g := n.digit(i)
		digits = append(digits, byte(g/1000), byte(g/100%10), byte(g/10%10), byte(g%10))
	}
	digits = digits[:max(0, min(len(digits), keep))]
	return fitDigits(dst, n.sign, digits, 4*(n.weight+1), n.scale, mod)
}

// NumericMod makes numeric(p,s)'s modifier.
func NumericMod(precision, scale int) int32 { return int32(precision<<16|scale&0x7ff) + 4 }

// NumericPrecision takes a modifier apart. ok is false for 0, plain numeric.
func NumericPrecision(mod int32) (precision, scale int, ok bool) {
	if mod < 4 {
		return 0, 0, false
	}
	m := int(mod - 4)
	return m >> 16 & 0xffff, (m&0x7ff ^ 1024) - 1024, true
}

func fitSpecial(dst []byte, sign uint16, mod int32) ([]byte, error) {
	if p, s, ok := NumericPrecision(mod); ok && sign != numericNaN {
		return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "numeric field overflow").
			WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", p, s)
	}
	scale := 0
	if sign != numericNaN {
		scale = 32 // what PostgreSQL sends; nothing reads it
	}
	return appendHeader(dst, 0, 0, sign, scale), nil
}

// fitDigits rounds half away from zero to the modifier's scale, checks its precision, and packs. It changes digits.
func fitDigits(dst []byte, sign uint16, digits []byte, point, scale int, mod int32) ([]byte, error) {
	for len(digits) > 0 && digits[0] == 0 {
		digits, point = digits[1:], point-1
	}
	p, s, ok := NumericPrecision(mod)
	if ok {
		scale = max(s, 0)
		if digits, point = roundDigits(digits, point, s); len(digits) > 0 && point > p-s {
			limit := "10^" + string(AppendInt(nil, int64(p-s)))
			if p == s {
				limit = "1"
			}
			return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "numeric field overflow").
				WithDetail("A field with precision %d, scale %d must round to an absolute value less than %s.", p, s, limit)
		}
	}
	if len(digits) > 0 && point > maxNumericInt || scale > maxNumericScale {
		return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	return packDigits(dst, sign, digits, point, scale), nil
}

// roundDigits keeps s digits after the point (before it, for s below 0). The first digit is not zero.
func roundDigits(digits []byte, point, s int) ([]byte, int) {
	keep := point + s
	switch {
	case keep >= len(digits):
		return digits, point
	case keep < 0:
		return nil, 0
	}
	up := digits[keep] >= 5
	digits = digits[:keep]
	if !up {
		return digits, point
	}
	for i := keep - 1; i >= 0; i-- {
		if digits[i]++; digits[i] < 10 {
			return digits, point
		}
		digits[i] = 0
	}
	return append(digits[:0], 1), point + 1
}

// NumericToFloat8 is the nearest double. Errors: 22003.
func NumericToFloat8(numeric []byte) (float64, error) {
	if n := readNum(numeric); n.special() {
		switch n.sign {
		case numericInf:
			return math.Inf(1), nil
		case numericMinusInf:
			return math.Inf(-1), nil
		}
		return math.NaN(), nil
	}
	var room [64]byte
	return ParseFloat8(View(AppendNumeric(room[:0], numeric)))
}

// NumericToInt8 rounds half away from zero. Errors: 22003 beyond a bigint, 0A000 for NaN and the infinities.
func NumericToInt8(numeric []byte) (int64, error) {
	n := readNum(numeric)
	if n.special() {
		return 0, sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert %s to bigint", specialWord(n.sign))
	}
	var u uint64
	over := n.weight > 4
	for i := 0; i <= n.weight && !over; i++ {
		g := uint64(0)
		if i < n.len() {
			g = uint64(n.digit(i))
		}
		over = u > (1<<63)/10000
		u = u*10000 + g
	}
	if next := n.weight + 1; !over && next >= 0 && next < n.len() && n.digit(next) >= 5000 {
		u++
	}
	if over || u > 1<<63 || u == 1<<63 && !n.negative() {
		return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "bigint out of range")
	}
	if n.negative() {
		return -int64(u), nil
	}
	return int64(u), nil
}

func specialWord(sign uint16) string {
	if sign == numericNaN {
		return "NaN"
	}
	return "infinity"
}
