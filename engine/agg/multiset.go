package agg

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// The aggregates of this file keep the different values of a group with their weights in a Set, and compute the result
// when it is read. So they are exact whatever the order, and can take values back; memory goes with the number of
// different values.

// collected says whether an aggregate of this kind keeps its values.
func (k Kind) collected() bool { return k >= SumNumeric && k < ArrayAgg }

// each visits the values of a Set as a column of one row, with weights; with DISTINCT, of values that are equal the
// first only, with weight 1.
func (l *Layout) each(i int, s *Set, strings group.Frozen, visit func(c *batch.Column, n int64)) {
	call := &l.Calls[i]
	one := batch.NewBuilder(call.Arg, 1)
	var seen map[string]bool
	if call.Distinct && types.Respelled(call.Arg) {
		seen = map[string]bool{}
	}
	s.Each(func(w uint64, n int64) {
		one.Reset()
		switch {
		case !l.Coded(i):
			appendWord(one, w)
		case call.Arg.Layout() == types.LayoutFixed16:
			batch.Put(one, [16]byte(strings.At(uint32(w-1))))
		default:
			one.Bytes(strings.At(uint32(w - 1)))
		}
		c := one.Finish()
		if call.Distinct {
			n = 1
		}
		if seen != nil {
			key := string(value.Key(nil, &c, 0))
			if seen[key] {
				return
			}
			seen[key] = true
		}
		visit(&c, n)
	})
}

// appendCollected computes call i's result from its values.
func (l *Layout) appendCollected(b *batch.Builder, i int, s *Set, strings group.Frozen) error {
	switch k := l.Calls[i].Kind; k {
	case SumInterval, AvgInterval:
		return l.appendSpans(b, i, s, strings, k == AvgInterval)
	case BitAnd, BitOr, BitXor:
		l.appendBits(b, i, s, strings, k)
		return nil
	case VarFloat, StddevFloat, VarPopFloat, StddevPopFloat:
		l.appendSpread(b, i, s, strings, k)
		return nil
	}
	return l.appendNumbers(b, i, s, strings)
}

func (l *Layout) appendSpans(b *batch.Builder, i int, s *Set, strings group.Frozen, average bool) error {
	var us, days, months big.Int
	count := int64(0)
	l.each(i, s, strings, func(c *batch.Column, n int64) {
		v := types.SpanOf(batch.Values[[16]byte](c)[0])
		add := func(to *big.Int, part int64) { to.Add(to, new(big.Int).Mul(big.NewInt(part), big.NewInt(n))) }
		add(&us, v.Micros)
		add(&days, int64(v.Days))
		add(&months, int64(v.Months))
		count += n
	})
	if count == 0 {
		b.Null()
		return nil
	}
	fits := func(x *big.Int) bool { return x.IsInt64() && x.Int64() == int64(int32(x.Int64())) }
	sum := types.Span{Micros: us.Int64(), Days: int32(days.Int64()), Months: int32(months.Int64())}
	ok := us.IsInt64() && fits(&days) && fits(&months)
	if ok && average {
		sum, ok = expr.DivideSpan(sum, float64(count))
	}
	if !ok {
		return sqlerr.New(sqlerr.DatetimeFieldOverflow, "interval out of range")
	}
	batch.Put(b, sum.Fixed16())
	return nil
}

func (l *Layout) appendBits(b *batch.Builder, i int, s *Set, strings group.Frozen, k Kind) {
	acc, any := int64(0), false
	l.each(i, s, strings, func(c *batch.Column, n int64) {
		v := integer(c)
		switch {
		case k == BitXor:
			if n&1 != 0 {
				acc ^= v
			}
		case !any:
			acc = v
		case k == BitAnd:
			acc &= v
		default:
			acc |= v
		}
		any = true
	})
	if !any {
		b.Null()
		return
	}
	appendWord(b, intWord(acc))
}

func integer(c *batch.Column) int64 {
	switch c.Type.Layout() {
	case types.LayoutInt16:
		return int64(batch.Values[int16](c)[0])
	case types.LayoutInt32:
		return int64(batch.Values[int32](c)[0])
	}
	return batch.Values[int64](c)[0]
}

// appendSpread is the variance or deviation of floats, in two passes: the mean first, then the squares of what differs from
// it. What the mean is wrong by, in its last digit, is taken off again (Chan, Golub and LeVeque 1983): of large values that
// are close to each other, it would be most of the result.
func (l *Layout) appendSpread(b *batch.Builder, i int, s *Set, strings group.Frozen, k Kind) {
	var n, mean, rest, squares float64
	l.each(i, s, strings, func(c *batch.Column, w int64) {
		n += float64(w)
		mean += (floatOfColumn(c) - mean) * float64(w) / n
	})
	l.each(i, s, strings, func(c *batch.Column, w int64) {
		d := floatOfColumn(c) - mean
		rest += d * float64(w)
		squares += d * d * float64(w)
	})
	m2 := max(0, squares-rest*rest/n)
	sample := k == VarFloat || k == StddevFloat
	if n == 0 || sample && n == 1 {
		b.Null()
		return
	}
	if sample {
		n--
	}
	v := m2 / n
	if k == StddevFloat || k == StddevPopFloat {
		v = math.Sqrt(v)
	}
	batch.Put(b, v)
}

func floatOfColumn(c *batch.Column) float64 {
	if c.Type.Layout() == types.LayoutFloat32 {
		return float64(batch.Values[float32](c)[0])
	}
	return batch.Values[float64](c)[0]
}

// moments is the sum and the sum of squares of exact numbers, times 10^scale and 10^2scale.
type moments struct {
	n           int64
	scale       int
	sum, square big.Int
	nan         bool
	plus, minus bool // infinities
}

// numbers adds up a Set.
func (l *Layout) numbers(i int, s *Set, strings group.Frozen) *moments {
	m := &moments{}
	l.each(i, s, strings, func(c *batch.Column, n int64) {
		m.n += n
		if c.Type.Layout() != types.LayoutBytes {
			m.add(big.NewInt(integer(c)), 0, n)
			return
		}
		raw := c.At(0)
		switch binary.BigEndian.Uint16(raw[4:]) {
		case signNaN:
			m.nan = true
		case signPlusInf:
			m.plus = true
		case signMinusInf:
			m.minus = true
		default:
			v, scale := types.NumericUnscaled(raw)
			m.add(v, scale, n)
		}
	})
	return m
}

func (m *moments) add(v *big.Int, scale int, n int64) {
	if scale > m.scale {
		m.sum.Mul(&m.sum, tenTo(scale-m.scale))
		m.square.Mul(&m.square, tenTo(2*(scale-m.scale)))
		m.scale = scale
	}
	v = new(big.Int).Mul(v, tenTo(m.scale-scale))
	w := big.NewInt(n)
	m.sum.Add(&m.sum, new(big.Int).Mul(v, w))
	m.square.Add(&m.square, v.Mul(v, v).Mul(v, w))
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(bigTen, big.NewInt(int64(n)), nil) }

// appendNumbers computes sums, averages, variances and deviations that are numeric.
func (l *Layout) appendNumbers(b *batch.Builder, i int, s *Set, strings group.Frozen) error {
	k := l.Calls[i].Kind
	m := l.numbers(i, s, strings)
	sample := k == VarNumeric || k == StddevNumeric
	switch {
	case m.n == 0 || sample && m.n == 1:
		b.Null()
	case m.nan || m.plus && m.minus || (m.plus || m.minus) && k != SumNumeric && k != AvgNumeric:
		b.Bytes(special(signNaN))
	case m.plus:
		b.Bytes(special(signPlusInf))
	case m.minus:
		b.Bytes(special(signMinusInf))
	case k == SumNumeric:
		b.Bytes(appendNumeric(nil, &m.sum, m.scale))
	case k == AvgNumeric:
		n := big.NewInt(m.n)
		b.Bytes(appendQuotient(nil, &m.sum, n, m.scale, quotientScale(&m.sum, n, m.scale)))
	default:
		m.spread(b, sample, k == StddevNumeric || k == StddevPopNumeric)
	}
	return nil
}

// The signs of a numeric that is no number.
const (
	signNaN      = 0xC000
	signPlusInf  = 0xD000
	signMinusInf = 0xF000
)

// special is NaN or an infinity as numeric.
func special(sign uint16) []byte { return []byte{0, 0, 0, 0, byte(sign >> 8), byte(sign), 0, 0} }

// spread appends (n*sum of squares - square of sum) / (n*(n or n-1)), or its root, with the scale that PostgreSQL
// gives it (numeric.c, numeric_stddev_internal).
func (m *moments) spread(b *batch.Builder, sample, root bool) {
	n := big.NewInt(m.n)
	top := new(big.Int).Mul(n, &m.square)
	top.Sub(top, new(big.Int).Mul(&m.sum, &m.sum))
	if top.Sign() <= 0 {
		b.Bytes(appendNumeric(nil, new(big.Int), 0))
		return
	}
	below := new(big.Int).Mul(n, n)
	if sample {
		below.Mul(n, big.NewInt(m.n-1))
	}
	from := 2 * m.scale
	scale := quotientScale(top, below, from)
	if !root {
		b.Bytes(appendQuotient(nil, top, below, from, scale))
		return
	}
	q := quotient(top, below, from, scale) // as PostgreSQL rounds before the root
	q.Mul(q, tenTo(scale+2))               // sqrt(q * 10^(scale+2)) has scale+1 digits: one to round by
	q.Sqrt(q)
	q.Add(q, big.NewInt(5)).Quo(q, bigTen)
	b.Bytes(appendNumeric(nil, q, scale))
}

// quotient is top * 10^-from / below, times 10^scale, rounded half away from zero.
func quotient(top, below *big.Int, from, scale int) *big.Int {
	num, den := new(big.Int).Set(top), new(big.Int).Set(below)
	if scale >= from {
		num.Mul(num, tenTo(scale-from))
	} else {
		den.Mul(den, tenTo(from-scale))
	}
	quo, rem := new(big.Int).QuoRem(num, den, new(big.Int))
	if rem.Abs(rem).Lsh(rem, 1).CmpAbs(den) >= 0 {
		quo.Add(quo, big.NewInt(int64(num.Sign()*den.Sign())))
	}
	return quo
}

func appendQuotient(dst []byte, top, below *big.Int, from, scale int) []byte {
	return appendNumeric(dst, quotient(top, below, from, scale), scale)
}

// quotientScale is PostgreSQL's choice for top * 10^-from / below (numeric.c, select_div_scale).
func quotientScale(top, below *big.Int, from int) int {
	w1, d1 := leadingScaled(top, from)
	w2, d2 := leadingScaled(below, 0)
	q := w1 - w2
	if d1 <= d2 {
		q--
	}
	return min(max(minSigDigits-q*baseDigits, from, 0), maxDisplayScale)
}

// leadingScaled gives the weight and value of the first digit of x * 10^-scale to the base 10,000.
func leadingScaled(x *big.Int, scale int) (weight, digit int) {
	pad := (baseDigits - scale%baseDigits) % baseDigits
	v := new(big.Int).Mul(x, tenTo(pad))
	if v.Sign() == 0 {
		return 0, 0
	}
	weight, digit = leading(v)
	return weight - (scale+pad)/baseDigits, digit
}
