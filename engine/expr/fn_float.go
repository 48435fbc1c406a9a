package expr

import (
	"math"

	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func floatOperators[T floating](two, t string) []function {
	return []function{
		{name: "+", args: two, ret: t, flags: fallible, run: addFloats[T]},
		{name: "-", args: two, ret: t, flags: fallible, run: subFloats[T]},
		{name: "*", args: two, ret: t, flags: fallible, run: mulFloats[T]},
		{name: "/", args: two, ret: t, flags: fallible, run: divFloats[T]},
	}
}

func floatOverflow() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: overflow")
}

func floatUnderflow() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: underflow")
}

func isInf[T floating](x T) bool { return x-x != 0 && x == x }

func addFloats[T floating](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	kernel.FloatAdd(out, a, ma, b, mb)
	if !kernel.Suspect(out, false) {
		return
	}
	for _, r := range f.rows() {
		if isInf(out[r]) && !isInf(a[int(r)&ma]) && !isInf(b[int(r)&mb]) {
			f.fail(r, floatOverflow())
		}
	}
}

func subFloats[T floating](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	kernel.FloatSub(out, a, ma, b, mb)
	if !kernel.Suspect(out, false) {
		return
	}
	for _, r := range f.rows() {
		if isInf(out[r]) && !isInf(a[int(r)&ma]) && !isInf(b[int(r)&mb]) {
			f.fail(r, floatOverflow())
		}
	}
}

func mulFloats[T floating](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	kernel.FloatMul(out, a, ma, b, mb)
	if !kernel.Suspect(out, true) {
		return
	}
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		switch {
		case isInf(out[r]) && !isInf(x) && !isInf(y):
			f.fail(r, floatOverflow())
		case out[r] == 0 && x != 0 && y != 0:
			f.fail(r, floatUnderflow())
		}
	}
}

func divFloats[T floating](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		q := x / y
		out[r] = q
		switch {
		case y == 0 && x == x:
			f.fail(r, divisionByZero())
		case isInf(q) && !isInf(x):
			f.fail(r, floatOverflow())
		case q == 0 && x != 0 && !isInf(y):
			f.fail(r, floatUnderflow())
		}
	}
}

func negateFloats[T floating](f *frame) {
	a, ma := vals[T](f, 0)
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = -a[i&ma]
	}
}

func absFloats[T floating](f *frame) {
	a, ma := vals[T](f, 0)
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = T(math.Abs(float64(a[i&ma])))
	}
}
