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
		l.appendArray(b, i, s)
		return nil
	case k == ArrayAggArrays:
		return l.appendArrays(b, i, s)
	case k == StringAgg:
		l.appendStrings(b, i, s)
		return nil
	case k >= JSONAgg && k <= JSONBAgg:
		l.appendJSONArray(b, i, s, k)
		return nil
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

// appendArray makes an array of the values, nulls included.
func (l *Layout) appendArray(b *batch.Builder, i int, s *Set) {
	var items []byte
	n, nulls := 0, false
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		for ; w > 0; w-- {
			n++
			if f[0].Null(0) {
				items, nulls = types.AppendArrayNull(items), true
				continue
			}
			items = types.AppendArrayItem(items, value.AppendBinary(nil, &f[0], 0))
		}
		return true
	})
	if n == 0 {
		b.Null()
		return
	}
	elem := l.Calls[i].Result.Elem()
	b.Bytes(append(types.AppendArrayHeader(nil, elem, n, nulls), items...))
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
			items = append(items, one...)
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
func (l *Layout) appendStrings(b *batch.Builder, i int, s *Set) {
	var out []byte
	n := 0
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		for ; w > 0; w-- {
			if n > 0 && !f[1].Null(0) {
				out = append(out, f[1].At(0)...)
			}
			n++
			out = append(out, f[0].At(0)...)
		}
		return true
	})
	if n == 0 {
		b.Null()
		return
	}
	b.Bytes(out)
}

func (l *Layout) appendJSONArray(b *batch.Builder, i int, s *Set, k Kind) {
	var out []byte
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		for ; w > 0; w-- {
			switch {
			case out == nil:
				out = append(out, '[')
			case k == JSONAggLines:
				out = append(out, ", \n "...)
			default:
				out = append(out, ", "...)
			}
			out = appendJSON(out, &f[0])
		}
		return true
	})
	if out == nil {
		b.Null()
		return
	}
	b.Bytes(append(out, ']'))
}

func appendJSON(dst []byte, c *batch.Column) []byte {
	if c.Null(0) {
		return append(dst, "null"...)
	}
	return append(dst, c.At(0)...)
}

func (l *Layout) appendJSONObject(b *batch.Builder, i int, s *Set, k Kind) error {
	var out []byte
	var err error
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		if f[0].Null(0) {
			err = sqlerr.New(sqlerr.InvalidParameterValue, "field name must not be null")
			return false
		}
		for ; w > 0; w-- {
			if out == nil {
				out = append(out, "{ "...)
			} else {
				out = append(out, ", "...)
			}
			out = append(types.AppendJSONString(out, f[0].Str(0)), " : "...)
			out = appendJSON(out, &f[1])
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case out == nil:
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
