package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// frame is one call of a function over a batch: what its kernel reads and writes.
type frame struct {
	c    *Ctx
	n    int
	sel  batch.Sel
	args []operand
	t    types.Type // of the result
	from types.Type // of the first argument

	list []uint32 // see rows
	own  bool     // valid belongs to this frame
	out  batch.Column
}

func (c *Ctx) frame(n int, sel batch.Sel, args int) *frame {
	var f *frame
	if k := len(c.frames); k > 0 {
		f, c.frames = c.frames[k-1], c.frames[:k-1]
	} else {
		f = new(frame)
	}
	if cap(f.args) < args {
		f.args = make([]operand, args, max(4, args))
	}
	f.args = f.args[:args]
	f.c, f.n, f.sel = c, n, sel
	f.list, f.own, f.out = nil, false, batch.Column{N: n}
	return f
}

func (c *Ctx) release(f *frame) { c.frames = append(c.frames, f) }

// strict makes the result null where an argument is. It says whether some row is left to compute.
func (f *frame) strict() bool {
	for i := range f.args {
		a := &f.args[i]
		if a.col.Valid == nil {
			continue
		}
		if a.konst() {
			if a.null(0) {
				return false
			}
			continue
		}
		if f.out.Valid == nil {
			f.out.Valid = a.col.Valid
			continue
		}
		f.owned()
		for w := range f.out.Valid {
			f.out.Valid[w] &= a.col.Valid[w]
		}
	}
	return true
}

// owned makes the result's validity one that may be written.
func (f *frame) owned() batch.Bitmap {
	if f.own {
		return f.out.Valid
	}
	v := f.c.bitmap(f.n)
	if f.out.Valid == nil {
		fillWords(v, true)
	} else {
		copy(v, f.out.Valid)
	}
	f.out.Valid, f.own = v, true
	return v
}

// null makes row r of the result null.
func (f *frame) null(r uint32) { f.owned().Clear(int(r)) }

// fail records that row r has no value.
func (f *frame) fail(r uint32, err error) { f.c.Fail(int(r), err) }

// whole says whether a kernel that cannot fail should compute every row, as most are wanted.
func (f *frame) whole() bool { return f.sel == nil || 4*len(f.sel) >= f.n }

// rows is the rows to compute: those selected whose result is not null already.
func (f *frame) rows() []uint32 {
	if f.list != nil {
		return f.list
	}
	f.list = f.sel
	if f.list == nil {
		f.list = everyRow(f.n)
	}
	if f.out.Valid != nil {
		f.list = validRows(f.c, f.list, f.out.Valid)
	}
	return f.list
}

func validRows(c *Ctx, rows []uint32, valid batch.Bitmap) []uint32 {
	keep, k := scratch[uint32](c, len(rows)), 0
	for _, r := range rows {
		keep[k] = r
		k += int(valid[r>>6] >> (r & 63) & 1)
	}
	return keep[:k]
}

// vals is argument i as values of T, and the mask for its rows.
func vals[T batch.Value](f *frame, i int) ([]T, int) {
	a := &f.args[i]
	return batch.Values[T](&a.col), a.mask
}

// result makes the result's values, all of them arbitrary.
func result[T batch.Value](f *frame) []T {
	v := scratch[T](f.c, f.n)
	f.out.Fixed = batch.FixedOf(f.t, v, nil).Fixed
	return v
}

// bits makes the result's booleans, all false.
func (f *frame) bits() batch.Bitmap {
	f.out.Bits = f.c.bitmap(f.n)
	clear(f.out.Bits)
	return f.out.Bits
}

// str is row r of argument i, borrowed.
func (f *frame) str(i int, r uint32) string { return f.args[i].str(int(r)) }

// raw is row r of argument i as bytes, borrowed.
func (f *frame) raw(i int, r uint32) []byte { return f.args[i].raw(int(r)) }

// i4 is row r of argument i, an integer.
func (f *frame) i4(i int, r uint32) int {
	a := &f.args[i]
	return int(batch.Values[int32](&a.col)[a.at(r)])
}

// i8 is row r of argument i, a bigint or a time.
func (f *frame) i8(i int, r uint32) int64 {
	a := &f.args[i]
	return batch.Values[int64](&a.col)[a.at(r)]
}

// f8 is row r of argument i, a double precision.
func (f *frame) f8(i int, r uint32) float64 {
	a := &f.args[i]
	return batch.Values[float64](&a.col)[a.at(r)]
}

// bit is row r of argument i, a boolean.
func (f *frame) bit(i int, r uint32) bool {
	a := &f.args[i]
	return a.col.Bits.Get(a.at(r))
}
