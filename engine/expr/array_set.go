package expr

import (
	"math"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// SetPart is the array x with v in place of the element or the slice that the bounds name, as SET a[1] = v has it. v is of the
// type of an element, or for a slice of that of x. A null x is an empty array, and an array grows to what is assigned.
func SetPart(x Expr, bounds []Bound, slice bool, v Expr) (Expr, error) {
	if len(bounds) > maxDimensions {
		return nil, tooManyDimensions(len(bounds))
	}
	s := partSetter{slice: slice}
	args := []Expr{x, v}
	for _, b := range bounds {
		s.lo, s.hi = append(s.lo, b.Lo != nil), append(s.hi, b.Hi != nil)
		for _, i := range []Expr{b.Lo, b.Hi} {
			if i != nil {
				args = append(args, i)
			}
		}
	}
	form := func(as []Expr) string { return "set_part(" + joinExprs(as) + ")" }
	return &call{fn: &function{name: "set part " + s.String(), flags: lenient | fallible, run: s.run}, args: args, t: base(x.Type()), form: form}, nil
}

func joinExprs(as []Expr) string {
	s := ""
	for i, a := range as {
		if i > 0 {
			s += ", "
		}
		s += a.String()
	}
	return s
}

// partSetter assigns to parts of arrays; lo and hi say which bounds of each dimension are given.
type partSetter struct {
	slice  bool
	lo, hi []bool
}

// String tells one kind of assignment from another.
func (s *partSetter) String() string {
	marks := ""
	for i := range s.lo {
		marks += map[[2]bool]string{{true, true}: "=", {true, false}: ">", {false, true}: "<", {false, false}: ":"}[[2]bool{s.lo[i], s.hi[i]}]
	}
	if s.slice {
		return marks
	}
	return marks + "."
}

func (s *partSetter) run(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		buf, err := s.row(out.buf, f, r)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = buf
	}
	out.done()
}

func (s *partSetter) row(dst []byte, f *frame, r uint32) ([]byte, error) {
	var a looseArray
	if !f.args[0].null(int(r)) {
		if err := a.open(f.raw(0, r)); err != nil {
			return dst, err
		}
	}
	lo, hi := make([]int64, len(s.lo)), make([]int64, len(s.lo))
	arg := 2
	for d := range s.lo {
		for _, to := range []struct {
			given bool
			at    *int64
		}{{s.lo[d], &lo[d]}, {s.hi[d], &hi[d]}} {
			if !to.given {
				continue
			}
			if f.args[arg].null(int(r)) {
				return dst, sqlerr.New(sqlerr.NullValueNotAllowed, "array subscript in assignment must not be null")
			}
			*to.at = int64(f.i4(arg, r))
			arg++
		}
	}
	v := &f.args[1]
	var err error
	switch {
	case !s.slice && v.null(int(r)):
		err = a.set(hi, nil)
	case !s.slice:
		err = a.set(hi, value.AppendBinary([]byte{}, &v.col, v.at(r)))
	case !v.null(int(r)):
		var from looseArray
		if err = from.open(f.raw(1, r)); err == nil {
			err = s.assign(&a, lo, hi, from.items)
		}
	}
	return a.append(dst, f.t.Elem()), err
}

// looseArray is an array whose elements can be changed: binary forms, nil for a null.
type looseArray struct {
	dims, bounds []int32
	items        [][]byte
}

func (a *looseArray) open(raw []byte) error {
	in, err := types.OpenArray(raw)
	a.dims, a.bounds = in.Dims, in.Bounds
	for v, null, ok := in.Next(); ok && err == nil; v, null, ok = in.Next() {
		if null {
			v = nil
		} else if v == nil {
			v = []byte{}
		}
		a.items = append(a.items, v)
	}
	return err
}

func (a *looseArray) append(dst []byte, elem types.Type) []byte {
	if len(a.items) == 0 {
		return types.AppendArrayHeader(dst, elem, 0, false)
	}
	nulls := false
	for _, v := range a.items {
		nulls = nulls || v == nil
	}
	dst = types.AppendArrayDims(dst, elem, nulls, a.dims, a.bounds)
	for _, v := range a.items {
		if v == nil {
			dst = types.AppendArrayNull(dst)
		} else {
			dst = types.AppendArrayItem(dst, v)
		}
	}
	return dst
}

// last is the greatest subscript of dimension d.
func (a *looseArray) last(d int) int64 { return int64(a.bounds[d]) + int64(a.dims[d]) - 1 }

// reach makes an array of one dimension long enough for the subscripts from lo to hi.
func (a *looseArray) reach(lo, hi int64) error {
	first, last := min(lo, int64(a.bounds[0])), max(hi, a.last(0))
	if last >= math.MaxInt32 || last-first >= maxArrayItems {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayItems)
	}
	items := make([][]byte, last-first+1)
	copy(items[int64(a.bounds[0])-first:], a.items)
	a.dims, a.bounds, a.items = []int32{int32(len(items))}, []int32{int32(first)}, items
	return nil
}

// set puts an element at its subscripts.
func (a *looseArray) set(at []int64, v []byte) error {
	switch {
	case len(a.dims) == 0:
		for _, i := range at {
			a.dims, a.bounds = append(a.dims, 1), append(a.bounds, int32(i))
		}
		a.items = [][]byte{v}
		return nil
	case len(a.dims) != len(at):
		return wrongSubscripts()
	case len(at) == 1:
		if err := a.reach(at[0], at[0]); err != nil {
			return err
		}
	}
	place := int64(0)
	for d, i := range at {
		if i < int64(a.bounds[d]) || i > a.last(d) {
			return sqlerr.New(sqlerr.ArraySubscriptError, "array subscript out of range")
		}
		place = place*int64(a.dims[d]) + i - int64(a.bounds[d])
	}
	a.items[place] = v
	return nil
}

func wrongSubscripts() error {
	return sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts")
}

// assign puts the first of items into the slice from lo to hi.
func (s *partSetter) assign(a *looseArray, lo, hi []int64, items [][]byte) error {
	if len(a.dims) == 0 {
		return s.fresh(a, lo, hi, items)
	}
	if len(a.dims) < len(lo) {
		return wrongSubscripts()
	}
	for d := range a.dims {
		if d == len(lo) {
			lo, hi = append(lo, int64(a.bounds[d])), append(hi, a.last(d))
		}
		if d < len(s.lo) && !s.lo[d] {
			lo[d] = int64(a.bounds[d])
		}
		if d < len(s.hi) && !s.hi[d] {
			hi[d] = a.last(d)
		}
		if lo[d] > hi[d] {
			return sqlerr.New(sqlerr.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		if len(a.dims) > 1 && (lo[d] < int64(a.bounds[d]) || hi[d] > a.last(d)) {
			return sqlerr.New(sqlerr.ArraySubscriptError, "array subscript out of range")
		}
	}
	n, err := sliceItems(lo, hi)
	if err != nil {
		return err
	}
	if len(items) < n {
		return sqlerr.New(sqlerr.ArraySubscriptError, "source array too small")
	}
	if len(a.dims) == 1 {
		if err := a.reach(lo[0], hi[0]); err != nil {
			return err
		}
	}
	at := append([]int64(nil), lo...)
	for _, v := range items[:n] {
		if err := a.set(at, v); err != nil {
			return err
		}
		for d := len(at) - 1; d >= 0; d-- {
			if at[d]++; at[d] <= hi[d] {
				break
			}
			at[d] = lo[d]
		}
	}
	return nil
}

// fresh makes an empty array what is assigned to a slice of it.
func (s *partSetter) fresh(a *looseArray, lo, hi []int64, items [][]byte) error {
	for d := range lo {
		if !s.lo[d] || !s.hi[d] {
			return sqlerr.New(sqlerr.ArraySubscriptError, "array slice subscript must provide both boundaries").
				WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
		}
	}
	n, err := sliceItems(lo, hi)
	if err != nil {
		return err
	}
	if len(items) < n {
		return sqlerr.New(sqlerr.ArraySubscriptError, "source array too small")
	}
	for d := range lo {
		a.dims, a.bounds = append(a.dims, int32(hi[d]-lo[d]+1)), append(a.bounds, int32(lo[d]))
	}
	a.items = items[:n]
	return nil
}

// sliceItems is how many elements a slice has.
func sliceItems(lo, hi []int64) (int, error) {
	dims := make([]int32, len(lo))
	for d := range lo {
		n := hi[d] - lo[d] + 1
		if n > maxArrayItems {
			n = -1
		}
		dims[d] = int32(max(n, -1))
	}
	return arrayItems(dims)
}
