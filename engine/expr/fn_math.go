package expr

import (
	"math"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// mathFunctions are the mathematical functions (manual, 9.3).
func mathFunctions() []function {
	fs := []function{
		{name: "abs", args: "float8", ret: "float8", run: absFloats[float64]},
		{name: "abs", args: "float4", ret: "float4", run: absFloats[float32]},
		{name: "sqrt", args: "float8", ret: "float8", flags: fallible, run: squareRoot},
		{name: "cbrt", args: "float8", ret: "float8", run: cubeRoot},
		{name: "power", args: "float8,float8", ret: "float8", flags: fallible, run: power},
		{name: "pow", args: "float8,float8", ret: "float8", flags: fallible, run: power},
		{name: "atan2", args: "float8,float8", ret: "float8", run: atan2},
		{name: "atan2d", args: "float8,float8", ret: "float8", run: atan2d},
		{name: "pi", ret: "float8", run: pi},
		{name: "random", ret: "float8", flags: volatile, run: random},
		{name: "setseed", args: "float8", ret: "void", flags: volatile | fallible, run: setSeed},
	}
	for name, op := range floatFunctions {
		fs = append(fs, function{name: name, args: "float8", ret: "float8", flags: fallible, run: floatUnary(op)})
	}
	for name, op := range trigFunctions {
		fs = append(fs, function{name: name, args: "float8", ret: "float8", flags: fallible, run: floatUnary(op)})
	}
	for _, t := range []string{"int2", "int4", "int8"} {
		abs, mod := absInts[int16], modInts[int16]
		switch t {
		case "int4":
			abs, mod = absInts[int32], modInts[int32]
		case "int8":
			abs, mod = absInts[int64], modInts[int64]
		}
		fs = append(fs, function{name: "abs", args: t, ret: t, flags: fallible, run: abs},
			function{name: "mod", args: t + "," + t, ret: t, flags: fallible, run: mod})
	}
	return append(append(fs, numericFunctions()...), integerFunctions()...)
}

var floatFunctions = map[string]func(float64) (float64, error){
	"ceil": pureFloat(math.Ceil), "ceiling": pureFloat(math.Ceil), "floor": pureFloat(math.Floor),
	"round": pureFloat(math.RoundToEven), "trunc": pureFloat(math.Trunc), "exp": exponential,
	"ln": logarithm(math.Log), "log": logarithm(log10), "log10": logarithm(log10), "sign": pureFloat(signum),
	"sin": finiteOnly(math.Sin), "cos": finiteOnly(math.Cos), "tan": finiteOnly(math.Tan),
	"asin": unitOnly(math.Asin), "acos": unitOnly(math.Acos), "atan": pureFloat(math.Atan),
	"degrees": pureFloat(func(x float64) float64 { return x / (math.Pi / 180) }),
	"radians": pureFloat(func(x float64) float64 { return x * (math.Pi / 180) }),
}

func floatUnary(op func(float64) (float64, error)) routine {
	return func(f *frame) {
		a, ma := vals[float64](f, 0)
		out := result[float64](f)
		for _, r := range f.rows() {
			v, err := op(a[int(r)&ma])
			if err != nil {
				f.fail(r, err)
			}
			out[r] = v
		}
	}
}

func pureFloat(op func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) { return op(x), nil }
}

func finiteOnly(op func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if isInf(x) {
			return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "input is out of range")
		}
		return op(x), nil
	}
}

func unitOnly(op func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x < -1 || x > 1 {
			return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "input is out of range")
		}
		return op(x), nil
	}
}

func logarithm(op func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		switch {
		case x == 0:
			return 0, sqlerr.New("2201E", "cannot take logarithm of zero")
		case x < 0:
			return 0, sqlerr.New("2201E", "cannot take logarithm of a negative number")
		}
		return op(x), nil
	}
}

func exponential(x float64) (float64, error) {
	v := math.Exp(x)
	switch {
	case isInf(v) && !isInf(x):
		return 0, floatOverflow()
	case v == 0 && !isInf(x):
		return 0, floatUnderflow()
	}
	return v, nil
}

func signum(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0 // of NaN too
}

func squareRoot(f *frame) {
	a, ma := vals[float64](f, 0)
	out := result[float64](f)
	for _, r := range f.rows() {
		x := a[int(r)&ma]
		if x < 0 {
			f.fail(r, sqlerr.New("2201F", "cannot take square root of a negative number"))
		}
		out[r] = math.Sqrt(x)
	}
}

func cubeRoot(f *frame) {
	a, ma := vals[float64](f, 0)
	out := result[float64](f)
	for _, r := range f.rows() {
		out[r] = math.Cbrt(a[int(r)&ma])
	}
}

func power(f *frame) {
	a, ma := vals[float64](f, 0)
	b, mb := vals[float64](f, 1)
	out := result[float64](f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		v := math.Pow(x, y)
		out[r] = v
		switch {
		case x == 0 && y < 0:
			f.fail(r, sqlerr.New("2201F", "zero raised to a negative power is undefined"))
		case x < 0 && y != math.Floor(y) && y == y:
			f.fail(r, sqlerr.New("2201F", "a negative number raised to a non-integer power yields a complex result"))
		case isInf(v) && !isInf(x) && !isInf(y):
			f.fail(r, floatOverflow())
		case v == 0 && x != 0 && !isInf(x) && !isInf(y):
			f.fail(r, floatUnderflow())
		}
	}
}

func atan2(f *frame) {
	a, ma := vals[float64](f, 0)
	b, mb := vals[float64](f, 1)
	out := result[float64](f)
	for _, r := range f.rows() {
		out[r] = math.Atan2(a[int(r)&ma], b[int(r)&mb])
	}
}

func pi(f *frame) {
	out := result[float64](f)
	for i := range out {
		out[i] = math.Pi
	}
}

// log10 is exact for powers of ten, as in C.
func log10(x float64) float64 {
	v := math.Log10(x)
	if n := math.Round(v); n != v && math.Abs(v-n) < 1e-9 && math.Pow10(int(n)) == x {
		return n
	}
	return v
}
