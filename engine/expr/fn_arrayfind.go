package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

func indexOf(s, part string) int { return strings.Index(s, part) }

// arrayOperators are PostgreSQL's operators on arrays besides the comparisons (manual, 9.19).
func arrayOperators() []function {
	return []function{
		{name: "||", args: compatibleArray + "," + compatible, ret: compatibleArray, flags: lenient | fallible, run: func(f *frame) { arrayAdd(f, 0, 1) }},
		{name: "||", args: compatible + "," + compatibleArray, ret: compatibleArray, flags: lenient | fallible, run: func(f *frame) { arrayAdd(f, 1, 0) }},
		{name: "||", args: compatibleArray + "," + compatibleArray, ret: compatibleArray, flags: lenient | fallible, run: arrayCat},
		{name: "@>", args: "anyarray,anyarray", ret: "bool", flags: fallible, run: func(f *frame) { arraysMeet(f, 0, 1, true) }},
		{name: "<@", args: "anyarray,anyarray", ret: "bool", flags: fallible, run: func(f *frame) { arraysMeet(f, 1, 0, true) }},
		{name: "&&", args: "anyarray,anyarray", ret: "bool", flags: fallible, run: func(f *frame) { arraysMeet(f, 0, 1, false) }},
	}
}

// finder looks for values among the elements of arrays of one type.
type finder struct {
	same  func(a, b []byte) bool
	write value.Writer
	buf   []byte
}

func (f *frame) finder(elem types.Type) *finder {
	return &finder{same: sameItems(elem), write: value.NewBinaryWriter(elem)}
}

// want is the value that row r looks for, argument i.
func (s *finder) want(f *frame, i int, r uint32) (v []byte, null bool) {
	v, null = binaryOf(f, i, r, s.write, s.buf)
	s.buf = v
	return v, null
}

// is says whether an element is what is looked for; null is null.
func (s *finder) is(v []byte, null bool, want []byte, wantNull bool) bool {
	if null || wantNull {
		return null && wantNull
	}
	return s.same(v, want)
}

// flat opens the array of row r that is to be searched; false: the result is null or has failed.
func (s *finder) flat(f *frame, r uint32, what string) (types.Array, bool) {
	a, ok := openArray(f, 0, r)
	switch {
	case !ok:
		f.null(r)
	case len(a.Dims) > 1 && what != "":
		f.fail(r, sqlerr.New(sqlerr.FeatureNotSupported, "%s multidimensional arrays is not supported", what))
		ok = false
	case s.same == nil:
		f.fail(r, noEquality(f.args[0].col.Type.Elem()))
		ok = false
	}
	return a, ok
}

// hasNulls says whether an array in binary form has an element that is null.
func hasNulls(array []byte) bool { return array[7] != 0 }

func arrayPosition(f *frame) {
	v := result[int32](f)
	s := f.finder(f.args[0].col.Type.Elem())
	for _, r := range f.rows() {
		a, ok := s.flat(f, r, "searching for elements in")
		if !ok {
			continue
		}
		want, wantNull := s.want(f, 1, r)
		if a.Len() == 0 || wantNull && !hasNulls(f.raw(0, r)) {
			f.null(r)
			continue
		}
		first := int64(-1 << 40)
		if len(f.args) > 2 {
			if f.args[2].null(int(r)) {
				f.fail(r, sqlerr.New(sqlerr.NullValueNotAllowed, "initial position must not be null"))
				continue
			}
			first = int64(f.i4(2, r))
		}
		found := false
		for i := int64(0); !found; i++ {
			item, null, more := a.Next()
			if !more {
				break
			}
			if at := i + int64(a.Bounds[0]); at >= first && s.is(item, null, want, wantNull) {
				v[r], found = int32(at), true
			}
		}
		if !found {
			f.null(r)
		}
	}
}

func arrayPositions(f *frame) {
	out := f.text()
	s := f.finder(f.args[0].col.Type.Elem())
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		a, ok := s.flat(f, r, "searching for elements in")
		if !ok {
			continue
		}
		want, wantNull := s.want(f, 1, r)
		w.list(&out, types.Int4, 1)
		for i := int32(0); ; i++ {
			item, null, more := a.Next()
			if !more {
				break
			}
			if s.is(item, null, want, wantNull) {
				at := i + a.Bounds[0]
				w.item([]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}, false)
			}
		}
		w.end()
	}
	out.done()
}

// arrayReplace is array_replace, and with two arguments array_remove.
func arrayReplace(f *frame) {
	out := f.text()
	elem := f.t.Elem()
	s := f.finder(elem)
	remove := len(f.args) < 3
	what := ""
	if remove {
		what = "removing elements from"
	}
	var w arrayWriter
	var other []byte
rows:
	for _, r := range f.rows() {
		out.at(r)
		a, ok := s.flat(f, r, what)
		if !ok {
			continue
		}
		want, wantNull := s.want(f, 1, r)
		otherNull := false
		if !remove {
			other, otherNull = binaryOf(f, 2, r, s.write, other)
		}
		switch {
		case len(a.Dims) == 0:
			out.buf = append(out.buf, f.raw(0, r)...)
			continue
		case remove:
			w.list(&out, elem, a.Bounds[0])
		default:
			w.shaped(&out, elem, a.Dims, a.Bounds)
		}
		for item, null, more := a.Next(); more; item, null, more = a.Next() {
			switch {
			case !s.is(item, null, want, wantNull):
				w.item(item, null)
			case !remove:
				w.item(other, otherNull)
			}
			if out.over() {
				continue rows
			}
		}
		w.end()
	}
	out.done()
}

// arraysMeet says whether argument whole has all, or some, of the elements of argument part. A null is like nothing.
func arraysMeet(f *frame, whole, part int, all bool) {
	bits := f.bits()
	elem := f.args[0].col.Type.Elem()
	s := f.finder(elem)
	var have [][]byte
	for _, r := range f.rows() {
		a, okA := openArray(f, whole, r)
		b, okB := openArray(f, part, r)
		if !okA || !okB {
			continue
		}
		if s.same == nil {
			f.fail(r, noEquality(elem))
			continue
		}
		have = have[:0]
		for v, null, ok := a.Next(); ok; v, null, ok = a.Next() {
			if !null {
				have = append(have, v)
			}
		}
		yes := all
		for v, null, ok := b.Next(); ok && yes == all; v, null, ok = b.Next() {
			if has := !null && s.among(have, v); has != all {
				yes = !all
			}
		}
		if yes {
			bits.Set(int(r))
		}
	}
}

func (s *finder) among(have [][]byte, v []byte) bool {
	for _, h := range have {
		if s.same(h, v) {
			return true
		}
	}
	return false
}
