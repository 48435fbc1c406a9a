package expr

import (
	"math"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// decimal gives a as apd's number.
func (n *number) decimal() *apd.Decimal {
	d := new(apd.Decimal)
	d.Coeff.Abs(&n.c)
	d.Negative = n.c.Sign() < 0
	d.Exponent = int32(-n.scale)
	return d
}

// setDecimal makes n of d, rounded to scale decimals.
func (n *number) setDecimal(d *apd.Decimal, scale int) error {
	if d.Form != apd.Finite {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	n.kind = finite
	n.c.Set(&d.Coeff)
	if d.Negative {
		n.c.Neg(&n.c)
	}
	n.scale = int(-d.Exponent)
	if n.scale < 0 {
		if -n.scale > maxIntDigits {
			return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
		}
		n.c.Mul(&n.c, tens(-n.scale))
		n.scale = 0
	}
	n.rescale(scale)
	return nil
}

// precise is a context with enough digits for a result of digits before and scale after the point.
func precise(digits, scale int) *apd.Context {
	c := apd.BaseContext.WithPrecision(uint32(max(digits, 0) + max(scale, 0) + 12))
	c.MaxExponent, c.MinExponent = apd.MaxExponent, apd.MinExponent
	return c
}

func sqrtNumber(a *number) error {
	if a.kind == finite && a.c.Sign() < 0 || a.kind == minusInf {
		return sqlerr.New("2201F", "cannot take square root of a negative number")
	}
	if a.kind != finite {
		return nil
	}
	w, _ := lead(a)
	scale := min(maxScale, max(minSigDigits-((w+1)*2-1), a.scale, 0))
	// The integer square root of a, shifted so that it has two digits more than wanted, then rounded.
	var shifted, root apd.BigInt
	shifted.Mul(&a.c, tens(a.scale%2+2*(scale+1)))
	root.Sqrt(&shifted)
	a.c.Set(&root)
	a.scale = (a.scale+a.scale%2)/2 + scale + 1
	a.rescale(scale)
	return nil
}

func lnCheck(a *number) error {
	if s := signOf(a); a.kind != notANumber && s <= 0 {
		if s == 0 {
			return sqlerr.New("2201E", "cannot take logarithm of zero")
		}
		return sqlerr.New("2201E", "cannot take logarithm of a negative number")
	}
	return nil
}

// lnWeight estimates the decimal exponent of ln(a), as PostgreSQL's estimate_ln_dweight does.
func lnWeight(a *number) int {
	f := a.float()
	if f > 0.9 && f < 1.1 {
		var one number
		one.setInt(1)
		var x number
		x.copy(a)
		_ = subNumber(&x, &one)
		if x.c.Sign() == 0 {
			return 0
		}
		w, d := lead(&x)
		return w*4 + int(math.Log10(float64(d)))
	}
	w, d := lead(a)
	ln := math.Abs(math.Log(float64(d)) + float64(w)*4*math.Ln10)
	if f > 1e-300 && f < 1e300 {
		ln = math.Abs(math.Log(f))
	}
	if ln == 0 {
		return 0
	}
	return int(math.Log10(ln))
}

func lnNumber(a *number) error {
	if err := lnCheck(a); err != nil || a.kind != finite {
		return err
	}
	scale := min(maxScale, max(minSigDigits-lnWeight(a), a.scale, 0))
	d := new(apd.Decimal)
	if _, err := precise(8, scale).Ln(d, a.decimal()); err != nil {
		return outOfNumeric(err)
	}
	return a.setDecimal(d, scale)
}

func log10Number(a *number) error {
	if err := lnCheck(a); err != nil || a.kind != finite {
		return err
	}
	// The weight of the result is estimated by that of ln(a), since that of ln(10) is 0.
	scale := min(maxScale, max(minSigDigits-lnWeight(a), a.scale, 0))
	d := new(apd.Decimal)
	if _, err := precise(8, scale).Log10(d, a.decimal()); err != nil {
		return outOfNumeric(err)
	}
	return a.setDecimal(d, scale)
}

// logNumber makes a of the logarithm of b to base a.
func logNumber(a, b *number) error {
	if a.kind == notANumber || b.kind == notANumber {
		a.kind = notANumber
		return nil
	}
	for _, negative := range []bool{true, false} {
		for _, n := range []*number{a, b} {
			if s := signOf(n); s < 0 && negative || s == 0 && !negative {
				return lnCheck(n)
			}
		}
	}
	switch {
	case a.kind == plusInf && b.kind == plusInf:
		a.kind = notANumber
		return nil
	case a.kind == plusInf:
		a.setInt(0)
		return nil
	case b.kind == plusInf:
		a.kind = plusInf
		return nil
	}
	scale := min(maxScale, max(minSigDigits-lnWeight(b)+lnWeight(a), a.scale, b.scale, 0))
	ctx := precise(24, scale)
	base, d := new(apd.Decimal), new(apd.Decimal)
	if _, err := ctx.Ln(base, a.decimal()); err != nil {
		return outOfNumeric(err)
	}
	if base.Sign() == 0 {
		return divisionByZero()
	}
	if _, err := ctx.Ln(d, b.decimal()); err != nil {
		return outOfNumeric(err)
	}
	if _, err := ctx.Quo(d, d, base); err != nil {
		return outOfNumeric(err)
	}
	return a.setDecimal(d, scale)
}

func expNumber(a *number) error {
	if a.kind != finite {
		if a.kind == minusInf {
			a.setInt(0)
		}
		return nil
	}
	x := a.float()
	switch {
	case x >= 3*maxResultScale:
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	case x <= -3*maxResultScale:
		a.setInt(0)
		a.scale = maxScale
		return nil
	}
	v := max(x*math.Log10E, -maxScale)
	scale := min(maxScale, max(minSigDigits-int(v), a.scale, 0))
	return a.expDecimal(a.decimal(), int(x*math.Log10E), scale)
}

// maxResultScale says where results get too great or too small for PostgreSQL to compute: NUMERIC_MAX_RESULT_SCALE.
const maxResultScale = 2000

// expDecimal makes n of e to the power x, which has about so many digits: 10 to that power is put before what remains,
// which apd can do with.
func (n *number) expDecimal(x *apd.Decimal, digits, scale int) error {
	ctx := precise(digits+8, scale)
	ten, shift, d := new(apd.Decimal), apd.New(int64(digits), 0), new(apd.Decimal)
	if _, err := ctx.Ln(ten, apd.New(10, 0)); err != nil {
		return outOfNumeric(err)
	}
	wide := precise(digits+8+numDigits(digits), scale)
	if _, err := wide.Mul(ten, ten, shift); err != nil {
		return outOfNumeric(err)
	}
	if _, err := wide.Sub(d, x, ten); err != nil {
		return outOfNumeric(err)
	}
	if _, err := ctx.Exp(d, d); err != nil {
		return outOfNumeric(err)
	}
	d.Exponent += int32(digits)
	return n.setDecimal(d, scale)
}

func numDigits(n int) int { return len(strconv.Itoa(n)) }

// isWhole says whether a finite n has no fraction.
func (n *number) isWhole() bool {
	var whole number
	whole.copy(n)
	whole.truncate(0)
	return whole.cmp(n) == 0
}

var errZeroPower = sqlerr.New("2201F", "zero raised to a negative power is undefined")

// powSpecial is a power of infinities and NaN.
func powSpecial(a, b *number) error {
	if a.kind == minusInf && b.kind == finite && !b.isWhole() {
		return sqlerr.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	}
	if a.kind == finite && a.c.Sign() == 0 && b.kind == minusInf {
		return errZeroPower
	}
	a.setFloat(math.Pow(a.float(), b.float()), 1) // 0, 1, an infinity or NaN
	return nil
}

func powNumber(a, b *number) error {
	if a.kind != finite || b.kind != finite {
		return powSpecial(a, b)
	}
	var whole number
	whole.copy(b)
	whole.truncate(0)
	isInt := b.isWhole()
	if a.c.Sign() == 0 && b.c.Sign() < 0 {
		return errZeroPower
	}
	if a.c.Sign() < 0 && !isInt {
		return sqlerr.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	}
	v := 0.0
	if a.c.Sign() != 0 {
		v = b.float() * math.Log10(math.Abs(a.float()))
	}
	if v > maxIntDigits {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	scale := min(maxScale, max(minSigDigits-int(v), a.scale, b.scale, 0))
	if isInt && whole.c.IsInt64() && whole.c.Int64() == int64(int32(whole.c.Int64())) {
		// PostgreSQL multiplies here, and shows 16 decimals whatever the size.
		scale = min(maxScale, max(minSigDigits, a.scale))
		if v+1 < -float64(scale) {
			a.setInt(0)
			a.scale = scale
			return nil
		}
		if e := whole.c.Int64(); e > 0 && int64(len(a.c.String()))*e < maxExactDigits {
			a.exact(e, scale)
			return nil
		}
	} else if ln := v * math.Ln10; ln > 3.01*maxResultScale {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	} else if ln < -3.01*maxResultScale {
		a.setInt(0)
		a.scale = maxScale
		return nil
	}
	d := new(apd.Decimal)
	switch {
	case b.c.Sign() == 0:
		d.SetInt64(1)
	case a.c.Sign() == 0:
		d.SetInt64(0)
	default:
		if _, err := precise(int(v)+1, scale).Pow(d, a.decimal(), b.decimal()); err != nil {
			return outOfNumeric(err)
		}
	}
	return a.setDecimal(d, scale)
}

// maxExactDigits is up to how many digits a power is multiplied out.
const maxExactDigits = 500_000

// exact makes n its power e, rounded to scale decimals.
func (n *number) exact(e int64, scale int) {
	var power apd.BigInt
	n.c.Exp(&n.c, power.SetInt64(e), nil)
	n.scale *= int(e)
	n.rescale(scale)
}

func outOfNumeric(err error) error {
	return sqlerr.Wrap(sqlerr.NumericValueOutOfRange, err, "value overflows numeric format")
}
