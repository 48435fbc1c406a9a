package expr

import "github.com/vexfs/vexstream/engine/batch"

// OnceSet is a scalar expression as a set-returning function of one row and one column, called name: what a function
// that returns no set is in FROM.
func OnceSet(name string, e Expr) *SetCall {
	f := &function{name: name, flags: lenient, out: e.Type(), set: &setOf{make: func() rowSet { return new(onceSet) }}}
	return &SetCall{fn: f, args: []Expr{e}, cols: []SetColumn{{Name: name, Type: e.Type()}}, once: true}
}

type onceSet struct {
	from *operand
	row  int
	done bool
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
	out[0].Append(&s.from.col, s.row)
	return 1, nil
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
