package expr

import (
	"github.com/cockroachdb/apd/v3"
)

// numericOperators are the operators on numeric (manual, 9.3).
func numericOperators() []function {
	return []function{
		{name: "+", args: "numeric,numeric", ret: "numeric", flags: fallible, run: numericBinary(addNumber)},
		{name: "-", args: "numeric,numeric", ret: "numeric", flags: fallible, run: numericBinary(subNumber)},
		{name: "*", args: "numeric,numeric", ret: "numeric", flags: fallible, run: numericBinary(mulNumber)},
		{name: "/", args: "numeric,numeric", ret: "numeric", flags: fallible, run: numericBinary(divNumber)},
		{name: "%", args: "numeric,numeric", ret: "numeric", flags: fallible, run: numericBinary(modNumber)},
		{name: "^", args: "numeric,numeric", ret: "numeric", flags: fallible, run: numericBinary(powNumber)},
		{name: "-", args: "numeric", ret: "numeric", run: numericUnary(negNumber)},
		{name: "+", args: "numeric", ret: "numeric", run: retypeKernel},
		{name: "@", args: "numeric", ret: "numeric", run: numericUnary(absNumber)},
	}
}

func numericFunctions() []function {
	const n = "numeric"
	return []function{
		{name: "abs", args: n, ret: n, run: numericUnary(absNumber)},
		{name: "sign", args: n, ret: n, run: numericUnary(signNumber)},
		{name: "ceil", args: n, ret: n, run: numericUnary(ceilNumber)},
		{name: "ceiling", args: n, ret: n, run: numericUnary(ceilNumber)},
		{name: "floor", args: n, ret: n, run: numericUnary(floorNumber)},
		{name: "round", args: n, ret: n, run: numericUnary(roundNumber)},
		{name: "trunc", args: n, ret: n, run: numericUnary(truncNumber)},
		{name: "round", args: "numeric,int4", ret: n, run: roundTo},
		{name: "trunc", args: "numeric,int4", ret: n, run: truncTo},
		{name: "sqrt", args: n, ret: n, flags: fallible, run: numericUnary(sqrtNumber)},
		{name: "exp", args: n, ret: n, flags: fallible, run: numericUnary(expNumber)},
		{name: "ln", args: n, ret: n, flags: fallible, run: numericUnary(lnNumber)},
		{name: "log", args: n, ret: n, flags: fallible, run: numericUnary(log10Number)},
		{name: "log", args: "numeric,numeric", ret: n, flags: fallible, run: numericBinary(logNumber)},
		{name: "log10", args: n, ret: n, flags: fallible, run: numericUnary(log10Number)},
		{name: "power", args: "numeric,numeric", ret: n, flags: fallible, run: numericBinary(powNumber)},
		{name: "pow", args: "numeric,numeric", ret: n, flags: fallible, run: numericBinary(powNumber)},
		{name: "mod", args: "numeric,numeric", ret: n, flags: fallible, run: numericBinary(modNumber)},
		{name: "div", args: "numeric,numeric", ret: n, flags: fallible, run: numericBinary(quoNumber)},
		{name: "scale", args: n, ret: "int4", run: numericScale},
		{name: "trim_scale", args: n, ret: n, run: numericUnary(trimNumber)},
	}
}

// numericUnary makes a routine of an operation on one number. A numeric row costs an allocation-free load and store of
// big integers, beside which the call is nothing.
func numericUnary(op func(*number) error) routine {
	return func(f *frame) {
		var x number
		out := f.text()
		for _, r := range f.rows() {
			out.at(r)
			x.load(f.raw(0, r))
			if err := op(&x); err != nil {
				f.fail(r, err)
				continue
			}
			out.buf = x.append(out.buf)
		}
		out.done()
	}
}

// numericBinary makes a routine of an operation that leaves its result in its first number.
func numericBinary(op func(a, b *number) error) routine {
	return func(f *frame) {
		var x, y number
		out := f.text()
		for _, r := range f.rows() {
			out.at(r)
			x.load(f.raw(0, r))
			y.load(f.raw(1, r))
			err := op(&x, &y)
			if err == nil {
				err = x.fits()
			}
			if err != nil {
				f.fail(r, err)
				continue
			}
			out.buf = x.append(out.buf)
		}
		out.done()
	}
}

func addNumber(a, b *number) error {
	if a.kind != finite || b.kind != finite {
		switch {
		case a.kind == notANumber || b.kind == finite:
		case b.kind == notANumber || a.kind == finite:
			a.kind = b.kind
		case a.kind != b.kind:
			a.kind = notANumber
		}
		return nil
	}
	align(a, b)
	a.c.Add(&a.c, &b.c)
	return nil
}

func subNumber(a, b *number) error {
	_ = negNumber(b)
	return addNumber(a, b)
}

func negNumber(a *number) error {
	switch a.kind {
	case finite:
		if a.c.Sign() != 0 {
			a.c.Neg(&a.c)
		}
	case plusInf:
		a.kind = minusInf
	case minusInf:
		a.kind = plusInf
	}
	return nil
}

// signOf is -1, 0 or 1; of NaN it is 0.
func signOf(a *number) int {
	switch a.kind {
	case finite:
		return a.c.Sign()
	case plusInf:
		return 1
	case minusInf:
		return -1
	}
	return 0
}

func infinity(sign int) numberKind {
	switch sign {
	case 1:
		return plusInf
	case -1:
		return minusInf
	}
	return notANumber
}

func mulNumber(a, b *number) error {
	if a.kind != finite || b.kind != finite {
		if a.kind != notANumber && b.kind != notANumber {
			a.kind = infinity(signOf(a) * signOf(b))
		} else {
			a.kind = notANumber
		}
		return nil
	}
	a.c.Mul(&a.c, &b.c)
	a.scale += b.scale
	if a.scale > maxMulScale {
		a.rescale(maxMulScale)
	}
	return nil
}

// divSpecial settles division when an operand is not finite; it says whether it did.
func divSpecial(a, b *number) bool {
	switch {
	case a.kind == finite && b.kind == finite:
		return false
	case a.kind == notANumber || b.kind == notANumber || a.kind != finite && b.kind != finite:
		a.kind = notANumber
	case a.kind != finite:
		s := signOf(b)
		if s == 0 {
			s = 1
		}
		a.kind = infinity(signOf(a) * s)
	default:
		a.kind, a.scale = finite, 0
		a.c.SetInt64(0)
	}
	return true
}

func divNumber(a, b *number) error {
	if b.kind == finite && b.c.Sign() == 0 && a.kind != notANumber {
		return divisionByZero()
	}
	if divSpecial(a, b) {
		return nil
	}
	scale := quotientScale(a, b)
	// a / b = (ca / 10^sa) / (cb / 10^sb); the quotient's integer is ca * 10^(scale + sb - sa) / cb.
	shift := scale + b.scale - a.scale
	var q apd.BigInt
	if shift >= 0 {
		a.c.Mul(&a.c, tens(shift))
		divRound(&q, &a.c, &b.c)
	} else {
		b.c.Mul(&b.c, tens(-shift))
		divRound(&q, &a.c, &b.c)
	}
	a.c.Set(&q)
	a.scale = scale
	return nil
}

// lead gives the weight of a's first digit in base 10,000, and the digit.
func lead(a *number) (weight, digit int) {
	if a.c.Sign() == 0 {
		return 0, 0
	}
	var abs apd.BigInt
	s := abs.Abs(&a.c).String()
	// The first decimal digit stands for 10^e.
	e := len(s) - 1 - a.scale
	weight = floorDiv(e, 4)
	for i := range e - 4*weight + 1 {
		digit *= 10
		if i < len(s) {
			digit += int(s[i] - '0')
		}
	}
	return weight, digit
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// quotientScale is how many decimals PostgreSQL gives a / b: enough for 16 significant digits (select_div_scale).
func quotientScale(a, b *number) int {
	w1, d1 := lead(a)
	w2, d2 := lead(b)
	w := w1 - w2
	if d1 <= d2 {
		w--
	}
	return min(maxScale, max(minSigDigits-4*w, a.scale, b.scale, 0))
}

func modNumber(a, b *number) error {
	if b.kind == finite && b.c.Sign() == 0 && a.kind != notANumber {
		return divisionByZero()
	}
	switch {
	case a.kind == finite && b.kind == finite:
		align(a, b)
		a.c.Rem(&a.c, &b.c)
	case a.kind == notANumber || b.kind == notANumber || a.kind != finite:
		a.kind = notANumber
	}
	return nil
}

func quoNumber(a, b *number) error {
	if b.kind == finite && b.c.Sign() == 0 && a.kind != notANumber {
		return divisionByZero()
	}
	if divSpecial(a, b) {
		return nil
	}
	align(a, b)
	a.c.Quo(&a.c, &b.c)
	a.scale = 0
	return nil
}

func absNumber(a *number) error {
	a.c.Abs(&a.c)
	if a.kind == minusInf {
		a.kind = plusInf
	}
	return nil
}

func signNumber(a *number) error {
	if a.kind != notANumber {
		a.setInt(int64(signOf(a)))
	}
	return nil
}

func ceilNumber(a *number) error {
	_ = negNumber(a)
	_ = floorNumber(a)
	return negNumber(a)
}

func floorNumber(a *number) error {
	if a.kind != finite || a.scale == 0 {
		return nil
	}
	var q, rem apd.BigInt
	q.QuoRem(&a.c, tens(a.scale), &rem)
	if rem.Sign() < 0 {
		q.Sub(&q, apd.NewBigInt(1))
	}
	a.c.Set(&q)
	a.scale = 0
	return nil
}

func roundNumber(a *number) error { a.rescale(min(0, a.scale)); return nil }
func truncNumber(a *number) error { a.truncate(0); return nil }

func trimNumber(a *number) error {
	if a.kind != finite {
		return nil
	}
	var q, rem apd.BigInt
	for a.scale > 0 {
		q.QuoRem(&a.c, tens(1), &rem)
		if rem.Sign() != 0 {
			break
		}
		a.c.Set(&q)
		a.scale--
	}
	return nil
}

func roundTo(f *frame) { scaleTo(f, true) }
func truncTo(f *frame) { scaleTo(f, false) }

func scaleTo(f *frame, round bool) {
	var x number
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		x.load(f.raw(0, r))
		scale := min(maxMulScale, max(-maxIntDigits-1, f.i4(1, r)))
		switch {
		case !round && scale >= x.scale && x.kind == finite:
			x.rescale(max(scale, 0))
		case round:
			x.rescale(scale)
		default:
			x.truncate(scale)
		}
		if err := x.fits(); scale == -maxIntDigits && err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = x.append(out.buf)
	}
	out.done()
}

func numericScale(f *frame) {
	var x number
	out := result[int32](f)
	for _, r := range f.rows() {
		x.load(f.raw(0, r))
		out[r] = int32(x.scale)
		if x.kind != finite {
			f.null(r)
		}
	}
}
