package expr

import (
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// arithmetic is the operators on numbers (manual, 9.3).
func arithmetic() []function {
	fs := []function{
		{name: "||", args: "text,text", ret: "text", run: concatText},
		{name: "||", args: "text,anynonarray", ret: "text", run: concatText, to: types.Text},
		{name: "||", args: "anynonarray,text", ret: "text", run: concatText, to: types.Text},
		{name: "||", args: "bytea,bytea", ret: "bytea", run: concatText},
		{name: "^@", args: "text,text", ret: "bool", run: startsWith},
		{name: "^", args: "float8,float8", ret: "float8", flags: fallible, run: power},
		{name: "|/", args: "float8", ret: "float8", flags: fallible, run: squareRoot},
		{name: "||/", args: "float8", ret: "float8", run: cubeRoot},
	}
	fs = append(fs, intOperators[int16]("int2")...)
	fs = append(fs, intOperators[int32]("int4")...)
	fs = append(fs, intOperators[int64]("int8")...)
	fs = append(fs, floatOperators[float32]("float4,float4", "float4")...)
	fs = append(fs, floatOperators[float64]("float8,float8", "float8")...)
	fs = append(fs, floatOperators[float64]("float4,float8=float8", "float8")...)
	fs = append(fs, floatOperators[float64]("float8,float4=float8", "float8")...)
	for _, t := range []string{"float4", "float8"} {
		neg := negateFloats[float64]
		abs := absFloats[float64]
		if t == "float4" {
			neg, abs = negateFloats[float32], absFloats[float32]
		}
		fs = append(fs, function{name: "-", args: t, ret: t, run: neg}, function{name: "+", args: t, ret: t, run: retypeKernel},
			function{name: "@", args: t, ret: t, run: abs})
	}
	return fs
}

type signed interface {
	kernel.Signed
	batch.Value
}

type floating interface {
	kernel.Float
	batch.Value
}

func intOperators[T signed](t string) []function {
	two := t + "," + t
	return []function{
		{name: "+", args: two, ret: t, flags: fallible, run: addInts[T]},
		{name: "-", args: two, ret: t, flags: fallible, run: subInts[T]},
		{name: "*", args: two, ret: t, flags: fallible, run: mulInts[T]},
		{name: "/", args: two, ret: t, flags: fallible, run: divInts[T]},
		{name: "%", args: two, ret: t, flags: fallible, run: modInts[T]},
		{name: "-", args: t, ret: t, flags: fallible, run: negateInts[T]},
		{name: "@", args: t, ret: t, flags: fallible, run: absInts[T]},
		{name: "+", args: t, ret: t, run: retypeKernel},
		{name: "&", args: two, ret: t, run: andInts[T]},
		{name: "|", args: two, ret: t, run: orInts[T]},
		{name: "#", args: two, ret: t, run: xorInts[T]},
		{name: "~", args: t, ret: t, run: invertInts[T]},
		{name: "<<", args: t + ",int4", ret: t, run: shiftLeft[T]},
		{name: ">>", args: t + ",int4", ret: t, run: shiftRight[T]},
	}
}

func outOfRange(t types.Type) error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "%s out of range", typeName(base(t)))
}

func divisionByZero() error { return sqlerr.New(sqlerr.DivisionByZero, "division by zero") }

func addInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	if f.whole() && !kernel.Add(out, a, ma, b, mb) {
		return
	}
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		s := x + y
		out[r] = s
		if (x^s)&(y^s) < 0 {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func subInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	if f.whole() && !kernel.Sub(out, a, ma, b, mb) {
		return
	}
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		s := x - y
		out[r] = s
		if (x^y)&(x^s) < 0 {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func mulInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	if f.whole() && !kernel.Mul(out, a, ma, b, mb) {
		return
	}
	for _, r := range f.rows() {
		s, bad := kernel.MulOverflows(a[int(r)&ma], b[int(r)&mb])
		out[r] = s
		if bad {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func divInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		switch {
		case y == 0:
			f.fail(r, divisionByZero())
		case y == -1 && x == -x && x != 0:
			f.fail(r, outOfRange(f.t))
		default:
			out[r] = x / y
		}
	}
}

func modInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	out := result[T](f)
	for _, r := range f.rows() {
		x, y := a[int(r)&ma], b[int(r)&mb]
		switch y {
		case 0:
			f.fail(r, divisionByZero())
		case -1:
			out[r] = 0
		default:
			out[r] = x % y
		}
	}
}

func negateInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	out := result[T](f)
	for _, r := range f.rows() {
		x := a[int(r)&ma]
		out[r] = -x
		if x == -x && x != 0 {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func absInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	out := result[T](f)
	for _, r := range f.rows() {
		x := a[int(r)&ma]
		out[r] = max(x, -x)
		if x == -x && x != 0 {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func andInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = a[i&ma] & b[i&mb]
	}
}

func orInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = a[i&ma] | b[i&mb]
	}
}

func xorInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = a[i&ma] ^ b[i&mb]
	}
}

func invertInts[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = ^a[i&ma]
	}
}

// shiftMask is what C does to a shift count on PostgreSQL's usual machines: modulo 64 for bigint, 32 for the others.
func shiftMask[T signed]() uint32 {
	var x T
	if unsafe.Sizeof(x) == 8 {
		return 63
	}
	return 31
}

func shiftLeft[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[int32](f, 1)
	m := shiftMask[T]()
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = a[i&ma] << (uint32(b[i&mb]) & m)
	}
}

func shiftRight[T signed](f *frame) {
	a, ma := vals[T](f, 0)
	b, mb := vals[int32](f, 1)
	m := shiftMask[T]()
	for i, out := 0, result[T](f); i < len(out); i++ {
		out[i] = a[i&ma] >> (uint32(b[i&mb]) & m)
	}
}
