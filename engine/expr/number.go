package expr

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// number is a numeric as an integer and the number of decimals that it has: c / 10^scale.
type number struct {
	kind  numberKind
	c     apd.BigInt
	scale int
}

type numberKind uint8

const (
	finite numberKind = iota
	notANumber
	plusInf
	minusInf
)

// PostgreSQL's limits on a numeric's decimals, and the digits that a quotient has at least.
const (
	maxScale      = 1000
	maxMulScale   = 16383
	minSigDigits  = 16
	maxIntDigits  = 131072
	signNegative  = 0x4000
	signNaN       = 0xC000
	signPlusInf   = 0xD000
	signMinusInf  = 0xF000
	numericHeader = 8
)

var bigTens = func() (t [64]apd.BigInt) {
	ten := apd.NewBigInt(10)
	t[0].SetInt64(1)
	for i := 1; i < len(t); i++ {
		t[i].Mul(&t[i-1], ten)
	}
	return t
}()

// tens is 10^n.
func tens(n int) *apd.BigInt {
	if n < len(bigTens) {
		return &bigTens[n]
	}
	return new(apd.BigInt).Exp(apd.NewBigInt(10), apd.NewBigInt(int64(n)), nil)
}

// load reads PostgreSQL's binary form: digits, weight, sign, display scale, then the digits in base 10,000.
func (n *number) load(b []byte) {
	n.kind, n.scale = finite, 0
	n.c.SetInt64(0)
	if len(b) < numericHeader {
		return
	}
	digits, weight := int(binary.BigEndian.Uint16(b)), int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	n.scale = int(binary.BigEndian.Uint16(b[6:]))
	switch sign {
	case signNaN:
		n.kind = notANumber
		return
	case signPlusInf:
		n.kind = plusInf
		return
	case signMinusInf:
		n.kind = minusInf
		return
	}
	var chunk apd.BigInt
	for i := 0; i < digits; {
		var v int64
		k := 0
		for ; k < 4 && i < digits; k, i = k+1, i+1 {
			v = v*10000 + int64(binary.BigEndian.Uint16(b[numericHeader+2*i:]))
		}
		if n.c.Sign() != 0 {
			n.c.Mul(&n.c, tens(4*k))
		}
		chunk.SetInt64(v)
		n.c.Add(&n.c, &chunk)
	}
	have := 4 * (digits - 1 - weight)
	switch {
	case have < n.scale:
		n.c.Mul(&n.c, tens(n.scale-have))
	case have > n.scale:
		n.c.Quo(&n.c, tens(have-n.scale))
	}
	if sign == signNegative {
		n.c.Neg(&n.c)
	}
}

// append writes n in PostgreSQL's binary form.
func (n *number) append(dst []byte) []byte {
	head := func(digits, weight int, sign uint16, scale int) {
		dst = binary.BigEndian.AppendUint16(dst, uint16(digits))
		dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
		dst = binary.BigEndian.AppendUint16(dst, sign)
		dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	}
	switch n.kind {
	case notANumber:
		head(0, 0, signNaN, 0)
		return dst
	case plusInf:
		head(0, 0, signPlusInf, 0)
		return dst
	case minusInf:
		head(0, 0, signMinusInf, 0)
		return dst
	}
	var sign uint16
	if n.c.Sign() < 0 {
		sign = signNegative
	}
	var c, q, rem apd.BigInt
	c.Abs(&n.c)
	pad := (4 - n.scale%4) % 4
	if pad > 0 {
		c.Mul(&c, tens(pad))
	}
	groups := (n.scale + pad) / 4
	var ds []uint16 // least significant first
	for c.Sign() != 0 {
		q.QuoRem(&c, tens(16), &rem)
		v := rem.Int64()
		c.Set(&q)
		for range 4 {
			ds = append(ds, uint16(v%10000))
			v /= 10000
		}
	}
	for len(ds) > 0 && ds[len(ds)-1] == 0 {
		ds = ds[:len(ds)-1]
	}
	weight := len(ds) - groups - 1
	low := 0
	for low < len(ds) && ds[low] == 0 {
		low++
	}
	if len(ds) == 0 {
		weight, sign = 0, 0
	}
	head(len(ds)-low, weight, sign, n.scale)
	for i := len(ds) - 1; i >= low; i-- {
		dst = binary.BigEndian.AppendUint16(dst, ds[i])
	}
	return dst
}

func (n *number) setInt(v int64) {
	n.kind, n.scale = finite, 0
	n.c.SetInt64(v)
}

// rescale rounds n half away from zero to scale decimals, which may be negative; the scale shown is then 0.
func (n *number) rescale(scale int) {
	if n.kind != finite {
		return
	}
	if scale >= n.scale {
		n.c.Mul(&n.c, tens(scale-n.scale))
		n.scale = scale
		return
	}
	var q apd.BigInt
	divRound(&q, &n.c, tens(n.scale-scale))
	n.c.Set(&q)
	n.scale = scale
	if scale < 0 {
		n.c.Mul(&n.c, tens(-scale))
		n.scale = 0
	}
}

// truncate drops decimals past scale, which may be negative.
func (n *number) truncate(scale int) {
	if n.kind != finite || scale >= n.scale {
		return
	}
	n.c.Quo(&n.c, tens(n.scale-scale))
	n.scale = scale
	if scale < 0 {
		n.c.Mul(&n.c, tens(-scale))
		n.scale = 0
	}
}

// divRound sets q to a / b, rounded half away from zero.
func divRound(q, a, b *apd.BigInt) {
	var rem apd.BigInt
	q.QuoRem(a, b, &rem)
	rem.Abs(&rem)
	rem.Add(&rem, &rem)
	var ab apd.BigInt
	if rem.Cmp(ab.Abs(b)) >= 0 {
		step := apd.NewBigInt(1)
		if (a.Sign() < 0) != (b.Sign() < 0) {
			step.SetInt64(-1)
		}
		q.Add(q, step)
	}
}

// align gives a and b the same scale.
func align(a, b *number) {
	if a.scale < b.scale {
		a.rescale(b.scale)
	} else if b.scale < a.scale {
		b.rescale(a.scale)
	}
}

// rank orders the kinds: -infinity, numbers, infinity, NaN.
func (n *number) rank() int {
	return [...]int{finite: 1, notANumber: 3, plusInf: 2, minusInf: 0}[n.kind]
}

func (n *number) cmp(m *number) int {
	if d := n.rank() - m.rank(); d != 0 || n.kind != finite {
		return min(1, max(-1, d))
	}
	align(n, m)
	return n.c.Cmp(&m.c)
}

func (n *number) String() string {
	switch n.kind {
	case notANumber:
		return "NaN"
	case plusInf:
		return "Infinity"
	case minusInf:
		return "-Infinity"
	}
	var abs apd.BigInt
	s := abs.Abs(&n.c).String()
	if n.scale > 0 {
		if len(s) <= n.scale {
			s = strings.Repeat("0", n.scale-len(s)+1) + s
		}
		s = s[:len(s)-n.scale] + "." + s[len(s)-n.scale:]
	}
	if n.c.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// set reads s, a number as PostgreSQL writes them; it says whether s is one.
func (n *number) set(s string) bool {
	s = strings.TrimSpace(s)
	n.kind, n.scale = finite, 0
	switch strings.ToLower(s) {
	case "nan":
		n.kind = notANumber
		return true
	case "inf", "+inf", "infinity", "+infinity":
		n.kind = plusInf
		return true
	case "-inf", "-infinity":
		n.kind = minusInf
		return true
	}
	mantissa, exp := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxIntDigits || e < -maxIntDigits {
			return false
		}
		mantissa, exp = s[:i], e
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole, "+-") + frac
	if digits == "" || len(whole)-len(strings.TrimLeft(whole, "+-")) > 1 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	if _, ok := n.c.SetString(digits, 10); !ok {
		return false
	}
	if strings.HasPrefix(whole, "-") && n.c.Sign() != 0 {
		n.c.Neg(&n.c)
	}
	n.scale = len(frac) - exp
	if n.scale < 0 {
		n.c.Mul(&n.c, tens(-n.scale))
		n.scale = 0
	}
	return true
}

// digits is how many digits stand before the point.
func (n *number) digits() int {
	var abs apd.BigInt
	if abs.Abs(&n.c).Cmp(tens(n.scale)) < 0 {
		return 0
	}
	return len(abs.String()) - n.scale
}

// leading is where the first digit that is not zero stands: so many digits before the point, or less than one behind it.
func (n *number) leading() int {
	var abs apd.BigInt
	return len(abs.Abs(&n.c).String()) - n.scale
}

// fits says whether n is within what numeric can hold.
func (n *number) fits() error {
	if n.kind == finite && n.digits() > maxIntDigits {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	return nil
}

// limit applies numeric(p, s).
func (n *number) limit(t types.Type) error {
	p, s := int(t.Mod-4)>>16, int(t.Mod-4)&0x7ff
	s = s << 21 >> 21
	if s >= 1024 {
		s -= 2048
	}
	if n.kind == notANumber {
		return nil
	}
	detail := "A field with precision %d, scale %d must round to an absolute value less than %s%d."
	bound, pow := "10^", p-s
	if pow == 0 {
		bound, pow = "", 1
	}
	if n.kind != finite {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "numeric field overflow").
			WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", p, s)
	}
	n.rescale(s)
	if n.c.Sign() != 0 && n.leading() > p-s {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "numeric field overflow").WithDetail(detail, p, s, bound, pow)
	}
	return nil
}
