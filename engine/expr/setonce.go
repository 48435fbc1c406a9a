package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// OnceSet is a scalar expression as a set-returning function of one row, called name: what a function that returns no set
// is in FROM. It has one column, or those of a record whose fields are known.
func OnceSet(name string, e Expr) *SetCall {
	f := &function{name: name, flags: lenient, out: e.Type(), set: &setOf{make: func() rowSet { return new(onceSet) }}}
	s := &SetCall{fn: f, args: []Expr{e}, cols: []SetColumn{{Name: name, Type: e.Type()}}, once: true}
	if fields := e.Type().Fields(); fields != nil {
		f.set.cols, s.cols = "*", nil
		f.set.make = func() rowSet { return &onceSet{record: true} }
		for _, field := range fields {
			s.cols = append(s.cols, SetColumn{Name: field.Name, Type: field.Type})
		}
	}
	return s
}

type onceSet struct {
	from   *operand
	row    int
	done   bool
	record bool
}

func (s *onceSet) open(f *frame, r uint32) error {
	s.from, s.row, s.done = &f.args[0], f.args[0].at(r), false
	return nil
}

func (s *onceSet) fill(out []*batch.Builder, limit int) (int, error) {
	if s.done || limit == 0 {
		return 0, nil
	}
	s.done = true
	if s.record {
		return 1, s.fields(out)
	}
	out[0].Append(&s.from.col, s.row)
	return 1, nil
}

// fields appends those of the record; nulls if it is null.
func (s *onceSet) fields(out []*batch.Builder) error {
	if s.from.null(s.row) {
		for _, b := range out {
			b.Null()
		}
		return nil
	}
	return types.EachField(s.from.raw(s.row), func(i int, _ types.Type, v []byte, null bool) error {
		if null {
			out[i].Null()
			return nil
		}
		return fromWire(out[i], v)
	})
}

// EqualSet says whether a and b are written alike over the same columns.
func EqualSet(a, b *SetCall) bool {
	if a.fn != b.fn && (!a.once || !b.once || a.fn.name != b.fn.name) || len(a.args) != len(b.args) {
		return false
	}
	for i := range a.args {
		if !Equal(a.args[i], b.args[i]) {
			return false
		}
	}
	return true
}
