package expr

import (
	"math"
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// numberCasts are the casts among numbers and booleans.
var numberCasts = []conversion{
	{types.OIDInt2, types.OIDInt4, Implicit, 0, widen[int16, int32]},
	{types.OIDInt2, types.OIDInt8, Implicit, 0, widen[int16, int64]},
	{types.OIDInt2, types.OIDFloat4, Implicit, 0, widen[int16, float32]},
	{types.OIDInt2, types.OIDFloat8, Implicit, 0, widen[int16, float64]},
	{types.OIDInt2, types.OIDNumeric, Implicit, 0, intToNumeric[int16]},
	{types.OIDInt2, types.OIDOid, Implicit, 0, wrapToOid[int16]},
	{types.OIDInt4, types.OIDInt2, Assignment, fallible, narrow[int32, int16]},
	{types.OIDInt4, types.OIDInt8, Implicit, 0, widen[int32, int64]},
	{types.OIDInt4, types.OIDFloat4, Implicit, 0, widen[int32, float32]},
	{types.OIDInt4, types.OIDFloat8, Implicit, 0, widen[int32, float64]},
	{types.OIDInt4, types.OIDNumeric, Implicit, 0, intToNumeric[int32]},
	{types.OIDInt4, types.OIDOid, Implicit, 0, wrapToOid[int32]},
	{types.OIDInt8, types.OIDInt2, Assignment, fallible, narrow[int64, int16]},
	{types.OIDInt8, types.OIDInt4, Assignment, fallible, narrow[int64, int32]},
	{types.OIDInt8, types.OIDFloat4, Implicit, 0, widen[int64, float32]},
	{types.OIDInt8, types.OIDFloat8, Implicit, 0, widen[int64, float64]},
	{types.OIDInt8, types.OIDNumeric, Implicit, 0, intToNumeric[int64]},
	{types.OIDInt8, types.OIDOid, Implicit, fallible, int8ToOid},
	{types.OIDOid, types.OIDInt8, Assignment, 0, nil},
	{types.OIDOid, types.OIDInt4, Assignment, 0, widen[int64, int32]},
	{types.OIDFloat4, types.OIDFloat8, Implicit, 0, widen[float32, float64]},
	{types.OIDFloat4, types.OIDInt2, Assignment, fallible, roundFloat[float32, int16]},
	{types.OIDFloat4, types.OIDInt4, Assignment, fallible, roundFloat[float32, int32]},
	{types.OIDFloat4, types.OIDInt8, Assignment, fallible, roundFloat[float32, int64]},
	{types.OIDFloat4, types.OIDNumeric, Assignment, 0, floatToNumeric[float32]},
	{types.OIDFloat8, types.OIDFloat4, Assignment, fallible, floatToReal},
	{types.OIDFloat8, types.OIDInt2, Assignment, fallible, roundFloat[float64, int16]},
	{types.OIDFloat8, types.OIDInt4, Assignment, fallible, roundFloat[float64, int32]},
	{types.OIDFloat8, types.OIDInt8, Assignment, fallible, roundFloat[float64, int64]},
	{types.OIDFloat8, types.OIDNumeric, Assignment, 0, floatToNumeric[float64]},
	{types.OIDNumeric, types.OIDInt2, Assignment, fallible, numericToInt[int16]},
	{types.OIDNumeric, types.OIDInt4, Assignment, fallible, numericToInt[int32]},
	{types.OIDNumeric, types.OIDInt8, Assignment, fallible, numericToInt[int64]},
	{types.OIDNumeric, types.OIDFloat4, Implicit, fallible, numericToReal},
	{types.OIDNumeric, types.OIDFloat8, Implicit, fallible, numericToFloat},
	{types.OIDBool, types.OIDInt4, Explicit, 0, boolToInt},
	{types.OIDInt4, types.OIDBool, Explicit, 0, intToBool},
}

type plain interface {
	~int16 | ~int32 | ~int64 | ~float32 | ~float64
	batch.Value
}

func widen[A, B plain](f *frame) {
	a, ma := vals[A](f, 0)
	out := result[B](f)
	for i := range out {
		out[i] = B(a[i&ma])
	}
}

func narrow[A, B signed](f *frame) {
	a, ma := vals[A](f, 0)
	out := result[B](f)
	for _, r := range f.rows() {
		x := a[int(r)&ma]
		out[r] = B(x)
		if A(out[r]) != x {
			f.fail(r, outOfRange(f.t))
		}
	}
}

// wrapToOid reads 32 bits with a sign as 32 without: -1 is the last oid, and back.
func wrapToOid[A int16 | int32](f *frame) {
	a, ma := vals[A](f, 0)
	out := result[int64](f)
	for i := range out {
		out[i] = int64(uint32(a[i&ma]))
	}
}

func int8ToOid(f *frame) {
	a, ma := vals[int64](f, 0)
	out := result[int64](f)
	for _, r := range f.rows() {
		if out[r] = a[int(r)&ma]; out[r] != int64(uint32(out[r])) {
			f.fail(r, sqlerr.New(sqlerr.NumericValueOutOfRange, "OID out of range"))
		}
	}
}

func roundFloat[A floating, B signed](f *frame) {
	a, ma := vals[A](f, 0)
	out := result[B](f)
	for _, r := range f.rows() {
		x := math.RoundToEven(float64(a[int(r)&ma]))
		out[r] = B(x)
		if !(x >= -0x1p63 && x < 0x1p63) || float64(out[r]) != x {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func floatToReal(f *frame) {
	a, ma := vals[float64](f, 0)
	out := result[float32](f)
	for _, r := range f.rows() {
		x := a[int(r)&ma]
		out[r] = float32(x)
		switch {
		case isInf(out[r]) && !isInf(x):
			f.fail(r, floatOverflow())
		case out[r] == 0 && x != 0:
			f.fail(r, floatUnderflow())
		}
	}
}

func intToNumeric[A signed](f *frame) {
	a, ma := vals[A](f, 0)
	var x number
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		x.setInt(int64(a[int(r)&ma]))
		out.buf = x.append(out.buf)
	}
	out.done()
}

func floatToNumeric[A floating](f *frame) {
	a, ma := vals[A](f, 0)
	digits := 15
	if f.from == types.Float4 {
		digits = 6
	}
	var x number
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		x.setFloat(float64(a[int(r)&ma]), digits)
		out.buf = x.append(out.buf)
	}
	out.done()
}

func (n *number) setFloat(v float64, digits int) {
	switch {
	case v != v:
		n.kind = notANumber
	case math.IsInf(v, 1):
		n.kind = plusInf
	case math.IsInf(v, -1):
		n.kind = minusInf
	default:
		n.set(strconv.FormatFloat(v, 'e', digits-1, 64))
		_ = trimNumber(n)
	}
}

// float is n as the nearest double precision, or an infinity beyond it.
func (n *number) float() float64 {
	switch n.kind {
	case notANumber:
		return math.NaN()
	case plusInf:
		return math.Inf(1)
	case minusInf:
		return math.Inf(-1)
	}
	v, _ := strconv.ParseFloat(n.String(), 64)
	return v
}

func numericToInt[B signed](f *frame) {
	var x number
	out := result[B](f)
	for _, r := range f.rows() {
		x.load(f.raw(0, r))
		if x.kind != finite {
			what := "infinity"
			if x.kind == notANumber {
				what = "NaN"
			}
			f.fail(r, sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert %s to %s", what, typeName(base(f.t))))
			continue
		}
		x.rescale(0)
		if !x.c.IsInt64() {
			f.fail(r, outOfRange(f.t))
			continue
		}
		v := x.c.Int64()
		out[r] = B(v)
		if int64(out[r]) != v {
			f.fail(r, outOfRange(f.t))
		}
	}
}

func numericToFloat(f *frame) {
	var x number
	out := result[float64](f)
	for _, r := range f.rows() {
		x.load(f.raw(0, r))
		out[r] = x.float()
		if x.kind == finite && (math.IsInf(out[r], 0) || out[r] == 0 && x.c.Sign() != 0) {
			f.fail(r, sqlerr.New(sqlerr.NumericValueOutOfRange, "%q is out of range for type double precision", x.String()))
		}
	}
}

func numericToReal(f *frame) {
	var x number
	out := result[float32](f)
	for _, r := range f.rows() {
		x.load(f.raw(0, r))
		if x.kind != finite {
			out[r] = float32(x.float())
			continue
		}
		v, err := types.ParseFloat4(x.String()) // rounded once, from the digits
		if out[r] = v; err != nil {
			f.fail(r, sqlerr.New(sqlerr.NumericValueOutOfRange, "%q is out of range for type real", x.String()))
		}
	}
}

func boolToInt(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		out[r] = int32(b2u8(f.bit(0, r)))
	}
}

func intToBool(f *frame) {
	out := f.bits()
	for _, r := range f.rows() {
		if f.i4(0, r) != 0 {
			out.Set(int(r))
		}
	}
}
