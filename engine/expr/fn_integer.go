package expr

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// integerFunctions are divisors, multiples, factorials and buckets (manual, 9.3).
func integerFunctions() []function {
	const n = "numeric"
	return []function{
		{name: "gcd", args: "int4,int4", ret: "int4", flags: fallible, run: divisors[int32]},
		{name: "gcd", args: "int8,int8", ret: "int8", flags: fallible, run: divisors[int64]},
		{name: "gcd", args: "numeric,numeric", ret: n, run: numericBinary(gcdNumber)},
		{name: "lcm", args: "int4,int4", ret: "int4", flags: fallible, run: multiples[int32]},
		{name: "lcm", args: "int8,int8", ret: "int8", flags: fallible, run: multiples[int64]},
		{name: "lcm", args: "numeric,numeric", ret: n, flags: fallible, run: numericBinary(lcmNumber)},
		{name: "factorial", args: "int8", ret: n, flags: fallible, run: eachText(factorial)},
		{name: "min_scale", args: n, ret: "int4", run: minScale},
		{name: "width_bucket", args: "float8,float8,float8,int4", ret: "int4", flags: fallible, run: eachValue(widthBucket)},
		{name: "width_bucket", args: "numeric,numeric,numeric,int4", ret: "int4", flags: fallible, run: eachValue(numericBucket)},
	}
}

// gcd gives the greatest common divisor. ok is false where it is the absolute value of the least integer, which has none.
func gcd[T signed](a, b T) (_ T, ok bool) {
	for b != 0 {
		if b == -1 { // the least integer % -1 overflows
			return 1, true
		}
		a, b = b, a%b
	}
	return max(a, -a), a != -a || a == 0
}

func divisors[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	for _, r := range f.rows() {
		v, ok := gcd(a[int(r)&ma], b[int(r)&mb])
		if out[r] = v; !ok {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func multiples[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		if out[r] = 0; x == 0 || y == 0 {
			continue
		}
		d, ok := gcd(x, y)
		v, bad := kernel.MulOverflows(x/max(d, 1), y)
		if out[r] = max(v, -v); !ok || bad || v == -v {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func gcdNumber(a, b *number) error {
	if a.kind != finite || b.kind != finite {
		a.kind = notANumber
		return nil
	}
	align(a, b)
	a.c.Abs(&a.c)
	b.c.Abs(&b.c)
	var d apd.BigInt
	a.c.Set(d.GCD(nil, nil, &a.c, &b.c))
	return nil
}

func lcmNumber(a, b *number) error {
	if a.kind != finite || b.kind != finite {
		a.kind = notANumber
		return nil
	}
	align(a, b)
	if a.c.Sign() == 0 || b.c.Sign() == 0 {
		a.c.SetInt64(0)
		return nil
	}
	a.c.Abs(&a.c)
	b.c.Abs(&b.c)
	var d apd.BigInt
	d.GCD(nil, nil, &a.c, &b.c)
	a.c.Quo(&a.c, &d)
	a.c.Mul(&a.c, &b.c)
	return nil
}

// maxFactorial is the last number whose factorial numeric can hold.
const maxFactorial = 32177

func factorial(f *frame, dst []byte, r uint32) ([]byte, error) {
	k := f.i8(0, r)
	switch {
	case k < 0:
		return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "factorial of a negative number is undefined")
	case k > maxFactorial:
		return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	var n number
	n.c.MulRange(2, max(k, 1))
	if k < 2 {
		n.c.SetInt64(1)
	}
	return n.append(dst), nil
}

func minScale(f *frame) {
	var x number
	out := result[int32](f)
	for _, r := range f.rows() {
		x.load(f.raw(0, r))
		_ = trimNumber(&x)
		if out[r] = int32(x.scale); x.kind != finite {
			f.null(r)
		}
	}
}

func badBucket(text string) error { return sqlerr.New("2201G", "%s", text) }

func widthBucket(f *frame, r uint32) (int32, error) {
	x, lo, hi, count := f.f8(0, r), f.f8(1, r), f.f8(2, r), int64(f.i4(3, r))
	switch {
	case count <= 0:
		return 0, badBucket("count must be greater than zero")
	case x != x || lo != lo || hi != hi:
		return 0, badBucket("operand, lower bound, and upper bound cannot be NaN")
	case isInf(lo) || isInf(hi):
		return 0, badBucket("lower and upper bounds must be finite")
	case lo == hi:
		return 0, badBucket("lower bound cannot equal upper bound")
	case lo > hi:
		x, lo, hi = -x, -lo, -hi
	}
	switch {
	case x < lo:
		return 0, nil
	case x >= hi:
		return bucketNumber(count + 1)
	}
	share := (x - lo) / (hi - lo)
	if isInf(hi - lo) {
		share = (x/2 - lo/2) / (hi/2 - lo/2)
	}
	return bucketNumber(int64(float64(count)*share + 1)) // rounded with the 1, as PostgreSQL 15 does
}

func bucketNumber(n int64) (int32, error) {
	if n > math.MaxInt32 {
		return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "integer out of range")
	}
	return int32(n), nil
}

func numericBucket(f *frame, r uint32) (int32, error) {
	var x, lo, hi number
	x.load(f.raw(0, r))
	lo.load(f.raw(1, r))
	hi.load(f.raw(2, r))
	count := int64(f.i4(3, r))
	switch {
	case count <= 0:
		return 0, badBucket("count must be greater than zero")
	case x.kind == notANumber || lo.kind == notANumber || hi.kind == notANumber:
		return 0, badBucket("operand, lower bound, and upper bound cannot be NaN")
	case lo.kind != finite || hi.kind != finite:
		return 0, badBucket("lower and upper bounds must be finite")
	}
	switch lo.cmp(&hi) {
	case 0:
		return 0, badBucket("lower bound cannot equal upper bound")
	case 1:
		for _, n := range []*number{&x, &lo, &hi} {
			_ = negNumber(n)
		}
	}
	switch {
	case x.cmp(&lo) < 0:
		return 0, nil
	case x.cmp(&hi) >= 0:
		return bucketNumber(count + 1)
	}
	_ = subNumber(&x, &lo)
	_ = negNumber(&lo)
	_ = subNumber(&hi, &lo)
	var k number
	k.setInt(count)
	_ = mulNumber(&x, &k)
	_ = divNumber(&x, &hi) // rounded as PostgreSQL's: what lies just below the end may come out above it
	x.truncate(0)
	return bucketNumber(x.c.Int64() + 1)
}
