package rule

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// ordered says whether values of type t have an ordinal: an int64 that is equal for equal values and is in their order.
func ordered(t types.Type) bool {
	switch t.Layout() {
	case types.LayoutBool, types.LayoutInt16, types.LayoutInt32, types.LayoutInt64, types.LayoutFloat32, types.LayoutFloat64:
		return true
	}
	return false
}

// texty says whether values of type t are texts that are equal if their bytes are.
func texty(t types.Type) bool { return t.OID == types.OIDText || t.OID == types.OIDVarchar }

// ordinals gives the ordinals of a column; dst's memory is used where they must be computed. Those of nulls are anything.
func ordinals(dst []int64, c *batch.Column) []int64 {
	switch c.Type.Layout() {
	case types.LayoutInt64:
		return batch.Values[int64](c)
	case types.LayoutInt16:
		return widened(dst, batch.Values[int16](c))
	case types.LayoutInt32:
		return widened(dst, batch.Values[int32](c))
	case types.LayoutFloat32:
		dst = sized(dst, c.N)
		for i, v := range batch.Values[float32](c) {
			dst[i] = ordinalOfFloat(float64(v))
		}
	case types.LayoutFloat64:
		dst = sized(dst, c.N)
		for i, v := range batch.Values[float64](c) {
			dst[i] = ordinalOfFloat(v)
		}
	case types.LayoutBool:
		dst = sized(dst, c.N)
		for i := range dst {
			dst[i] = int64(c.Bits[i>>6] >> (uint(i) & 63) & 1)
		}
	}
	return dst
}

func sized(dst []int64, n int) []int64 {
	if cap(dst) < n {
		return make([]int64, n, max(n, batch.MaxRows))
	}
	return dst[:n]
}

func widened[T int16 | int32](dst []int64, from []T) []int64 {
	dst = sized(dst, len(from))
	for i, v := range from {
		dst[i] = int64(v)
	}
	return dst
}

// ordinalOfFloat orders floats as SQL does: the zeros are equal, and all NaNs, which are greater than the rest.
func ordinalOfFloat(v float64) int64 {
	switch {
	case v != v:
		return math.MaxInt64
	case v == 0:
		return 0
	}
	n := int64(math.Float64bits(v))
	if n < 0 {
		return math.MinInt64 - n // the greater the magnitude, the less
	}
	return n
}
