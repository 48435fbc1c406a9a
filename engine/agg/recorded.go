package agg

import (
	"bytes"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// appendRecorded computes call i's result from its records.
func (l *Layout) appendRecorded(b *batch.Builder, i int, s *Set) error {
	switch k := l.Calls[i].Kind; {
	case k == MinAny || k == MaxAny || k >= FirstValue && k <= ArgMax:
		l.appendEnd(b, i, s, k == MaxAny || k == LastValue || k == ArgMax)
		return nil
	case k == ArrayAgg:
		return l.appendArray(b, i, s)
	case k == ArrayAggArrays:
		return l.appendArrays(b, i, s)
	case k == StringAgg:
		return l.appendStrings(b, i, s)
	case k >= JSONAgg && k <= JSONBAgg:
		return l.appendJSONArray(b, i, s, k)
	case k == JSONObjectAgg || k == JSONBObjectAgg:
		return l.appendJSONObject(b, i, s, k)
	case k.ofPairs():
		return l.appendPairs(b, i, s, k)
	case k == Mode:
		l.appendMode(b, i, s)
		return nil
	case k == PercentileCont || k == PercentileDisc:
		return l.appendPercentile(b, i, s, k)
	}
	l.appendHypothetical(b, i, s)
	return nil
}

// appendEnd gives the first or the last value.
func (l *Layout) appendEnd(b *batch.Builder, i int, s *Set, last bool) {
	record, ok := "", false
	if s != nil && last {
		record, _, ok = s.records.Max()
	} else if s != nil {
		record, _, ok = s.records.Min()
	}
	if !ok {
		b.Null()
		return
	}
	f := l.reader(i).fields(record, nil)
	b.Append(&f[0], 0)
}

// value is visit for a result that add adds to, once for each row; at is the number of those before it. It gives nil for no
// rows. Errors: 54000 for what gets too long, and those of add.
func (l *Layout) value(i int, s *Set, add func(dst []byte, f []batch.Column, at int) ([]byte, error)) (out []byte, n int, err error) {
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		for ; w > 0 && err == nil; w-- {
			if out, err = add(out, f, n); err == nil && len(out) > types.MaxValueBytes {
				err = types.ValueTooLong(len(out))
			}
			n++
		}
		return err == nil
	})
	return out, n, err
}

// appendArray makes an array of the values, nulls included.
func (l *Layout) appendArray(b *batch.Builder, i int, s *Set) error {
	nulls := false
	items, n, err := l.value(i, s, func(dst []byte, f []batch.Column, _ int) ([]byte, error) {
		if f[0].Null(0) {
			nulls = true
			return types.AppendArrayNull(dst), nil
		}
		return types.AppendArrayItem(dst, value.AppendBinary(nil, &f[0], 0)), nil
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		b.Null()
		return nil
	}
	elem := l.Calls[i].Result.Elem()
	b.Bytes(append(types.AppendArrayHeader(nil, elem, n, nulls), items...))
	return nil
}

// appendArrays makes an array of one more dimension of arrays, which must all have the same shape.
func (l *Layout) appendArrays(b *batch.Builder, i int, s *Set) error {
	var items []byte
	var first types.Array
	n, nulls := 0, false
	var err error
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		if f[0].Null(0) {
			err = sqlerr.New(sqlerr.NullValueNotAllowed, "cannot accumulate null arrays")
			return false
		}
		a, bad := types.OpenArray(bytes.Clone(f[0].At(0)))
		switch {
		case bad != nil:
			err = bad
		case len(a.Dims) == 0:
			err = sqlerr.New(sqlerr.ArraySubscriptError, "cannot accumulate empty arrays")
		case n == 0:
			first = a
		case !sameShape(&first, &a):
			err = sqlerr.New(sqlerr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
		}
		if err != nil {
			return false
		}
		var one []byte
		for {
			elem, null, ok := a.Next()
			if !ok {
				break
			}
			if null {
				one, nulls = types.AppendArrayNull(one), true
				continue
			}
			one = types.AppendArrayItem(one, elem)
		}
		for ; w > 0; w-- {
			n++
			if items = append(items, one...); len(items) > types.MaxValueBytes {
				err = types.ValueTooLong(len(items))
				return false
			}
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		b.Null()
		return nil
	}
	b.Bytes(append(types.AppendArrayDims(nil, first.Elem, nulls, append([]int32{int32(n)}, first.Dims...), append([]int32{1}, first.Bounds...)), items...))
	return nil
}

func sameShape(a, b *types.Array) bool {
	if len(a.Dims) != len(b.Dims) {
		return false
	}
	for i := range a.Dims {
		if a.Dims[i] != b.Dims[i] || a.Bounds[i] != b.Bounds[i] {
			return false
		}
	}
	return true
}

// appendStrings joins the values; each comes after its row's delimiter, but for the first.
func (l *Layout) appendStrings(b *batch.Builder, i int, s *Set) error {
	out, n, err := l.value(i, s, func(dst []byte, f []batch.Column, at int) ([]byte, error) {
		if at > 0 && !f[1].Null(0) {
			dst = append(dst, f[1].At(0)...)
		}
		return append(dst, f[0].At(0)...), nil
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		b.Null()
	default:
		b.Bytes(out)
	}
	return nil
}

func (l *Layout) appendJSONArray(b *batch.Builder, i int, s *Set, k Kind) error {
	out, n, err := l.value(i, s, func(dst []byte, f []batch.Column, at int) ([]byte, error) {
		switch {
		case at == 0:
			dst = append(dst, '[')
		case k == JSONAggLines:
			dst = append(dst, ", \n "...)
		default:
			dst = append(dst, ", "...)
		}
		return appendJSON(dst, &f[0]), nil
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		b.Null()
	default:
		b.Bytes(append(out, ']'))
	}
	return nil
}

func appendJSON(dst []byte, c *batch.Column) []byte {
	if c.Null(0) {
		return append(dst, "null"...)
	}
	return append(dst, c.At(0)...)
}

func (l *Layout) appendJSONObject(b *batch.Builder, i int, s *Set, k Kind) error {
	out, n, err := l.value(i, s, func(dst []byte, f []batch.Column, at int) ([]byte, error) {
		if f[0].Null(0) {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "field name must not be null")
		}
		if at == 0 {
			dst = append(dst, "{ "...)
		} else {
			dst = append(dst, ", "...)
		}
		dst = append(types.AppendJSONString(dst, f[0].Str(0)), " : "...)
		return appendJSON(dst, &f[1]), nil
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		b.Null()
		return nil
	}
	out = append(out, " }"...)
	if k == JSONBObjectAgg {
		if out, err = types.ParseJSONB(nil, types.View(out)); err != nil {
			return err
		}
	}
	b.Bytes(out)
	return nil
}
