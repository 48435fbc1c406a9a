package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// minInts is from how many integers on hashing a row costs less than comparing a column with each.
const minInts = 24

// intSet is a list of constants that are integers in memory: numbers, dates, times.
type intSet struct {
	has  map[int64]struct{}
	null bool // the list has a null: what is not found is null
}

// newIntSet gives nil unless there are many elements, and all are constant and of an integer layout.
func newIntSet(elems []Expr, layout types.Layout) *intSet {
	if len(elems) < minInts {
		return nil
	}
	s := &intSet{has: make(map[int64]struct{}, len(elems))}
	for _, e := range elems {
		col, ok := IsConst(e)
		switch {
		case !ok:
			return nil
		case col.Null(0):
			s.null = true
			continue
		}
		switch layout {
		case types.LayoutInt16:
			s.has[int64(batch.Values[int16](&col)[0])] = struct{}{}
		case types.LayoutInt32:
			s.has[int64(batch.Values[int32](&col)[0])] = struct{}{}
		case types.LayoutInt64:
			s.has[batch.Values[int64](&col)[0]] = struct{}{}
		default:
			return nil
		}
	}
	return s
}

func (s *intSet) eval(c *Ctx, n int, rows batch.Sel, x *batch.Column, negate bool) batch.Column {
	out, valid := c.bitmap(n), c.bitmap(n)
	clear(out)
	if rows == nil {
		rows = everyRow(n)
	}
	switch x.Type.Layout() {
	case types.LayoutInt16:
		lookUp(out, s.has, batch.Values[int16](x), rows)
	case types.LayoutInt32:
		lookUp(out, s.has, batch.Values[int32](x), rows)
	default:
		lookUp(out, s.has, batch.Values[int64](x), rows)
	}
	for w := range valid {
		valid[w] = ^uint64(0)
		if s.null {
			valid[w] = out[w]
		}
		if x.Valid != nil {
			valid[w] &= x.Valid[w]
		}
		if negate {
			out[w] = ^out[w]
		}
	}
	return batch.BitsOf(n, out, valid)
}

// lookUp sets the bits of the rows whose value is there.
func lookUp[T int16 | int32 | int64](out batch.Bitmap, has map[int64]struct{}, vals []T, rows batch.Sel) {
	for _, r := range rows {
		if _, ok := has[int64(vals[r])]; ok {
			out.Set(int(r))
		}
	}
}
