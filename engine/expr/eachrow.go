package expr

import "github.com/vexfs/vexstream/engine/batch"

// The routines of functions whose work on one row is much more than the call of a function: they are written for a row.

// eachText makes a routine of what appends the value of row r to dst. After an error what was appended is dropped.
func eachText(op func(f *frame, dst []byte, r uint32) ([]byte, error)) routine {
	return func(f *frame) {
		out := f.text()
		for _, r := range f.rows() {
			out.at(r)
			buf, err := op(f, out.buf, r)
			if err != nil {
				f.fail(r, err)
				continue
			}
			out.buf = buf
		}
		out.done()
	}
}

// eachValue makes a routine of what gives the value of row r.
func eachValue[T batch.Value](op func(f *frame, r uint32) (T, error)) routine {
	return func(f *frame) {
		out := result[T](f)
		for _, r := range f.rows() {
			v, err := op(f, r)
			if err != nil {
				f.fail(r, err)
			}
			out[r] = v
		}
	}
}

// eachBool makes a routine of what is true or false for row r.
func eachBool(op func(f *frame, r uint32) (bool, error)) routine {
	return func(f *frame) {
		out := f.bits()
		for _, r := range f.rows() {
			v, err := op(f, r)
			switch {
			case err != nil:
				f.fail(r, err)
			case v:
				out.Set(int(r))
			}
		}
	}
}
