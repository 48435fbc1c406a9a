package agg

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Append puts call i's result for a group into b: row is the group's words, set the call's Set if it has one. It reads
// nothing but its arguments, so any goroutine may call it with a frozen state. A sum that does not fit is 22003; then
// nothing is appended.
func (l *Layout) Append(b *batch.Builder, i int, row []uint64, set *Set, strings group.Frozen) error {
	c := &l.Calls[i]
	if l.recipes[i] != nil {
		return l.appendRecorded(b, i, set)
	}
	if c.Kind == ApproxCount {
		batch.Put(b, set.estimate())
		return nil
	}
	if c.Kind.collected() {
		return l.appendCollected(b, i, set, strings)
	}
	acc := row[l.Offset[i]:]
	if l.Set[i] >= 0 {
		acc, set = l.total(i, set, strings)
	}
	n := int64(acc[0])
	var room [48]byte
	switch c.Kind {
	case CountRows, Count:
		batch.Put(b, n)
	case SumInt:
		appendIf(b, n != 0, int64(acc[1]))
	case SumBig:
		if n == 0 {
			b.Null()
			return nil
		}
		b.Bytes(appendSum(room[:0], acc[1], acc[2]))
	case AvgInt:
		if n == 0 {
			b.Null()
			return nil
		}
		b.Bytes(appendAverage(room[:0], acc[1], acc[2], n))
	case SumFloat, AvgFloat:
		return appendFloat(b, c.Kind, acc, set)
	case Min, Max:
		l.appendExtreme(b, i, acc, strings)
	case BoolAnd:
		appendBool(b, acc, int64(acc[1]) == 0)
	case BoolOr:
		appendBool(b, acc, n != 0)
	}
	return nil
}

func appendIf(b *batch.Builder, there bool, v int64) {
	if there {
		batch.Put(b, v)
	} else {
		b.Null()
	}
}

func appendBool(b *batch.Builder, acc []uint64, v bool) {
	if acc[0]|acc[1] == 0 {
		b.Null()
	} else {
		b.Bool(v)
	}
}

func appendFloat(b *batch.Builder, k Kind, acc []uint64, set *Set) error {
	n := int64(acc[fCount])
	if n == 0 {
		b.Null()
		return nil
	}
	v := floatSum(acc, set)
	plus, minus := acc[fPlusInf] != 0, acc[fMinusInf] != 0
	switch {
	case acc[fNaN] != 0 || plus && minus:
		v = math.NaN()
	case plus:
		v = math.Inf(1)
	case minus:
		v = math.Inf(-1)
	case math.IsInf(v, 0) || v != v:
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: overflow")
	}
	if k == AvgFloat {
		v /= float64(n)
	}
	if b.Type() == types.Float4 {
		if math.IsInf(float64(float32(v)), 0) && !math.IsInf(v, 0) {
			return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: overflow")
		}
		batch.Put(b, float32(v))
	} else {
		batch.Put(b, v)
	}
	return nil
}

func (l *Layout) appendExtreme(b *batch.Builder, i int, acc []uint64, strings group.Frozen) {
	switch {
	case acc[0] == 0:
		b.Null()
	case l.Coded(i):
		b.Bytes(strings.At(uint32(acc[0] - 1)))
	default:
		appendWord(b, acc[1])
	}
}

// appendWord puts the value behind an ordered word into b.
func appendWord(b *batch.Builder, w uint64) {
	v := int64(w ^ 1<<63)
	switch b.Type().Layout() {
	case types.LayoutInt16:
		batch.Put(b, int16(v))
	case types.LayoutInt32:
		batch.Put(b, int32(v))
	case types.LayoutFloat32:
		batch.Put(b, float32(floatOf(w)))
	case types.LayoutFloat64:
		batch.Put(b, floatOf(w))
	default:
		batch.Put(b, v)
	}
}
