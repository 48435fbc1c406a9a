package expr

import (
	"bytes"
	"cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// comparison is one of the six, by the bits of what it accepts.
type comparison uint8

const (
	isLess comparison = 1 << iota
	isEqual
	isGreater
)

// mirror is the comparison with its operands exchanged.
func (op comparison) mirror() comparison {
	return op&isEqual | op&isLess<<2 | op&isGreater>>2
}

var comparisonNames = map[comparison]string{
	isEqual: "=", isLess | isGreater: "<>", isLess: "<", isLess | isEqual: "<=", isGreater: ">", isGreater | isEqual: ">=",
}

// comparisons are PostgreSQL's comparison operators (manual, 9.2), the six of each type that has an order.
func comparisons() []function {
	var fs []function
	for op, name := range comparisonNames {
		for _, t := range types.Table {
			run := compareRoutine(types.Type{OID: t.OID}, op)
			if run == nil {
				continue
			}
			fs = append(fs, function{name: name, args: t.Name + "," + t.Name, ret: "bool", run: run})
		}
		double := compareRoutine(types.Float8, op)
		fs = append(fs, function{name: name, args: "float4,float8=float8", ret: "bool", run: double},
			function{name: name, args: "float8,float4=float8", ret: "bool", run: double})
	}
	return fs
}

func compareRoutine(t types.Type, op comparison) routine {
	switch t.OID {
	case types.OIDJSON, types.OIDJSONPath, types.OIDVarchar, types.OIDUnknown, types.OIDVoid:
		return nil
	}
	if types.Reg(t) || t.Category() == 'Z' && t != types.Char {
		return nil // regclass and its kin compare as oid
	}
	switch t.Layout() {
	case types.LayoutInt16:
		return func(f *frame) { compareInts[int16](f, op) }
	case types.LayoutInt32:
		return func(f *frame) { compareInts[int32](f, op) }
	case types.LayoutInt64:
		return func(f *frame) { compareInts[int64](f, op) }
	case types.LayoutFloat32:
		return func(f *frame) { compareFloats[float32](f, op) }
	case types.LayoutFloat64:
		return func(f *frame) { compareFloats[float64](f, op) }
	case types.LayoutBool:
		return func(f *frame) { compareBools(f, op) }
	}
	switch t.OID {
	case types.OIDText, types.OIDBytea, types.OIDName, types.OIDChar:
		return func(f *frame) { compareStrings(f, op) }
	}
	return func(f *frame) { compareOthers(f, op) }
}

// complement makes dst of a kernel's answer to the opposite question.
func complement(dst batch.Bitmap) { kernel.Not(dst, dst) }

func compareInts[T interface {
	kernel.Int
	batch.Value
}](f *frame, op comparison) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	if ma == 0 && mb != 0 {
		a, b, ma, mb = b, a, mb, ma
		op = op.mirror()
	}
	dst := f.c.bitmap(f.n)
	f.out.Bits = dst
	if mb == 0 {
		compareConst(dst, a, b[0], op)
		return
	}
	switch op {
	case isEqual, isLess | isGreater:
		kernel.Eq(dst, a, b)
	case isLess, isGreater | isEqual:
		kernel.Lt(dst, a, b)
	default:
		kernel.Lt(dst, b, a)
	}
	if op == isLess|isGreater || op == isGreater|isEqual || op == isLess|isEqual {
		complement(dst)
	}
}

func compareConst[T kernel.Int](dst batch.Bitmap, a []T, c T, op comparison) {
	switch op {
	case isEqual:
		kernel.EqConst(dst, a, c)
	case isLess | isGreater:
		kernel.EqConst(dst, a, c)
		complement(dst)
	case isLess:
		kernel.LtConst(dst, a, c)
	case isGreater | isEqual:
		kernel.LtConst(dst, a, c)
		complement(dst)
	case isGreater:
		kernel.GtConst(dst, a, c)
	case isLess | isEqual:
		kernel.GtConst(dst, a, c)
		complement(dst)
	}
}

func compareFloats[T interface {
	kernel.Float
	batch.Value
}](f *frame, op comparison) {
	a, ma := vals[T](f, 0)
	b, mb := vals[T](f, 1)
	if ma == 0 && mb != 0 {
		a, b, ma, mb = b, a, mb, ma
		op = op.mirror()
	}
	dst := f.c.bitmap(f.n)
	f.out.Bits = dst
	if mb == 0 && b[0] == b[0] {
		compareFloatConst(dst, a, b[0], op)
		return
	}
	switch op {
	case isEqual, isLess | isGreater:
		if ma == 0 {
			a, b, mb = b, a, 0
		}
		kernel.FloatEq(dst, a, b, mb)
	case isLess, isGreater | isEqual:
		kernel.FloatLt(dst, f.n, a, ma, b, mb)
	default:
		kernel.FloatLt(dst, f.n, b, mb, a, ma)
	}
	if op == isLess|isGreater || op == isGreater|isEqual || op == isLess|isEqual {
		complement(dst)
	}
}

// compareFloatConst compares with a number. A NaN is less than none, so that what is greater is what is not less or
// equal.
func compareFloatConst[T kernel.Float](dst batch.Bitmap, a []T, c T, op comparison) {
	switch op {
	case isEqual, isLess | isGreater:
		kernel.EqConst(dst, a, c)
	case isLess, isGreater | isEqual:
		kernel.LtConst(dst, a, c)
	default:
		kernel.LeConst(dst, a, c)
	}
	if op&isGreater != 0 {
		complement(dst)
	}
}

func compareBools(f *frame, op comparison) {
	dst := f.bits()
	for w := range dst {
		a, b := boolWord(&f.args[0], w), boolWord(&f.args[1], w)
		if op&isLess != 0 {
			dst[w] |= ^a & b
		}
		if op&isGreater != 0 {
			dst[w] |= a &^ b
		}
		if op&isEqual != 0 {
			dst[w] |= ^(a ^ b)
		}
	}
}

func boolWord(o *operand, w int) uint64 {
	if !o.konst() {
		return o.col.Bits[w]
	}
	if o.col.Bits.Get(0) {
		return ^uint64(0)
	}
	return 0
}

func compareStrings(f *frame, op comparison) {
	a, b := &f.args[0], &f.args[1]
	if a.konst() && !b.konst() {
		a, b = b, a
		op = op.mirror()
	}
	if b.konst() && !a.konst() {
		f.out.Bits = f.c.bitmap(f.n)
		compareToString(f, f.out.Bits, &a.col, b.str(0), op)
		return
	}
	dst := f.bits()
	if op == isEqual || op == isLess|isGreater {
		for _, r := range f.rows() {
			if (a.str(int(r)) == b.str(int(r))) == (op == isEqual) {
				dst.Set(int(r))
			}
		}
		return
	}
	for _, r := range f.rows() {
		if op.accepts(bytes.Compare(a.raw(int(r)), b.raw(int(r)))) {
			dst.Set(int(r))
		}
	}
}

// accepts says whether the outcome of a three-way comparison satisfies op.
func (op comparison) accepts(sign int) bool { return op>>uint(sign+1)&1 != 0 }

// compareToString compares a column with a constant; a dictionary's entries once each.
func compareToString(f *frame, dst batch.Bitmap, x *batch.Column, s string, op comparison) {
	switch {
	case x.Dict != nil && x.Dict.Len() <= 4*f.n:
		hit := f.c.bitmap(x.Dict.Len())
		entries := batch.BytesOf(x.Type, x.Dict.Offsets, x.Dict.Data, nil)
		compareToString(f, hit, &entries, s, op)
		kernel.Lookup(dst, x.Codes, hit)
	case x.Dict == nil && op == isEqual:
		kernel.StringsEqual(dst, x.Offsets, x.Data, s)
	case x.Dict == nil && op == isLess|isGreater:
		kernel.StringsEqual(dst, x.Offsets, x.Data, s)
		complement(dst)
	default:
		clear(dst)
		for r := range x.N {
			if x.Null(r) {
				continue
			}
			if op.accepts(cmp.Compare(x.Str(r), s)) {
				dst.Set(r)
			}
		}
	}
}

// compareOthers is for the types whose order takes more than a few instructions a row.
func compareOthers(f *frame, op comparison) {
	dst := f.bits()
	a, b := &f.args[0], &f.args[1]
	switch f.from.OID {
	case types.OIDUUID:
		for _, r := range f.rows() {
			i, j := a.at(r), b.at(r)
			if op.accepts(bytes.Compare(a.col.Fixed[16*i:16*i+16], b.col.Fixed[16*j:16*j+16])) {
				dst.Set(int(r))
			}
		}
	case types.OIDNumeric:
		for _, r := range f.rows() {
			if op.accepts(types.CompareNumeric(a.raw(int(r)), b.raw(int(r)))) {
				dst.Set(int(r))
			}
		}
	case types.OIDBPChar:
		for _, r := range f.rows() {
			if op.accepts(bytes.Compare(bytes.TrimRight(a.raw(int(r)), " "), bytes.TrimRight(b.raw(int(r)), " "))) {
				dst.Set(int(r))
			}
		}
	default:
		for _, r := range f.rows() {
			if op.accepts(value.Compare(&a.col, a.at(r), &b.col, b.at(r))) {
				dst.Set(int(r))
			}
		}
	}
}
