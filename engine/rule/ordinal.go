package rule

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

const boolean = types.LayoutBool

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

// ordinals gives the ordinals of rows [from, to) of a column, in buf's memory where they must be computed, and that memory. Those
// of nulls are anything.
func ordinals(buf []int64, c *batch.Column, from, to int) (out, same []int64) {
	if c.Type.Layout() == types.LayoutInt64 {
		return batch.Values[int64](c)[from:to], buf
	}
	buf = sized(buf, to-from)
	switch c.Type.Layout() {
	case types.LayoutInt16:
		for i, v := range batch.Values[int16](c)[from:to] {
			buf[i] = int64(v)
		}
	case types.LayoutInt32:
		for i, v := range batch.Values[int32](c)[from:to] {
			buf[i] = int64(v)
		}
	case types.LayoutFloat32:
		for i, v := range batch.Values[float32](c)[from:to] {
			buf[i] = ordinalOfFloat(float64(v))
		}
	case types.LayoutFloat64:
		for i, v := range batch.Values[float64](c)[from:to] {
			buf[i] = ordinalOfFloat(v)
		}
	case types.LayoutBool:
		for i := range buf {
			buf[i] = int64(c.Bits[(from+i)>>6] >> (uint(from+i) & 63) & 1)
		}
	}
	return buf, buf
}

func sized(buf []int64, n int) []int64 {
	if cap(buf) < n {
		return make([]int64, n, max(n, chunk))
	}
	return buf[:n]
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
