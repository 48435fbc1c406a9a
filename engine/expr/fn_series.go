package expr

import (
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// seriesFunctions are the functions that count, and those that take arrays apart (manual, 9.25 and 9.19).
func seriesFunctions() []function {
	var fs []function
	ints := func(t string, make func() rowSet) {
		fs = append(fs, function{name: "generate_series", args: t + "," + t, ret: t, flags: fallible, set: &setOf{make: make}},
			function{name: "generate_series", args: t + "," + t + "," + t, ret: t, flags: fallible, set: &setOf{make: make}})
	}
	ints("int4", func() rowSet { return new(intSeries[int32]) })
	ints("int8", func() rowSet { return new(intSeries[int64]) })
	ints("numeric", func() rowSet { return new(numericSeries) })
	fs = append(fs,
		function{name: "generate_series", args: "timestamp,timestamp,interval", ret: "timestamp", flags: fallible, set: &setOf{make: func() rowSet { return new(timeSeries) }}},
		function{name: "generate_series", args: "timestamptz,timestamptz,interval", ret: "timestamptz", flags: fallible | stable, set: &setOf{make: func() rowSet { return &timeSeries{local: true} }}},
		function{name: "generate_subscripts", args: "anyarray,int4", ret: "int4", set: &setOf{make: func() rowSet { return new(subscripts) }}},
		function{name: "generate_subscripts", args: "anyarray,int4,bool", ret: "int4", set: &setOf{make: func() rowSet { return new(subscripts) }}},
		function{name: "unnest", args: "anyarray", ret: "anyelement", set: &setOf{make: func() rowSet { return new(unnest) }}},
		function{name: "unnest", args: "anyarray,variadic any", ret: "record", flags: lenient, set: &setOf{each: true, make: func() rowSet { return new(unnestAll) }}},
	)
	return fs
}

func stepIsZero() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "step size cannot equal zero")
}

// intSeries counts from a first integer to a last one. It ends early where the next would overflow.
type intSeries[T int32 | int64] struct {
	next, last, step T
	done             bool
}

func (s *intSeries[T]) open(f *frame, r uint32) error {
	at := func(i int) T {
		a, m := vals[T](f, i)
		return a[int(r)&m]
	}
	s.next, s.last, s.step = at(0), at(1), 1
	if len(f.args) > 2 {
		s.step = at(2)
	}
	if s.step == 0 {
		return stepIsZero()
	}
	s.done = s.step > 0 && s.next > s.last || s.step < 0 && s.next < s.last
	return nil
}

func (s *intSeries[T]) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit && !s.done; n++ {
		batch.Put(out[0], s.next)
		next := s.next + s.step
		s.done = s.step > 0 && (next > s.last || next < s.next) || s.step < 0 && (next < s.last || next > s.next)
		s.next = next
	}
	return n, nil
}

type numericSeries struct {
	next, last, step number
	a                number
	buf              []byte
}

func (n *number) copy(m *number) {
	n.kind, n.scale = m.kind, m.scale
	n.c.Set(&m.c)
}

func (s *numericSeries) open(f *frame, r uint32) error {
	s.next.load(f.raw(0, r))
	s.last.load(f.raw(1, r))
	s.step.setInt(1)
	if len(f.args) > 2 {
		s.step.load(f.raw(2, r))
	}
	for _, part := range []struct {
		name string
		n    *number
	}{{"start value", &s.next}, {"stop value", &s.last}, {"step size", &s.step}} {
		switch part.n.kind {
		case finite:
			continue
		case plusInf, minusInf:
			return sqlerr.New(sqlerr.InvalidParameterValue, "%s cannot be infinity", part.name)
		}
		return sqlerr.New(sqlerr.InvalidParameterValue, "%s cannot be NaN", part.name)
	}
	if signOf(&s.step) == 0 {
		return stepIsZero()
	}
	return nil
}

func (s *numericSeries) fill(out []*batch.Builder, limit int) (n int, _ error) {
	sign := signOf(&s.step)
	for ; n < limit; n++ {
		s.a.copy(&s.next) // comparing and adding align both
		if s.a.cmp(&s.last)*sign > 0 {
			return n, nil
		}
		s.buf = s.next.append(s.buf[:0])
		out[0].Bytes(s.buf)
		s.a.copy(&s.step)
		if err := addNumber(&s.next, &s.a); err != nil {
			return n, err
		}
	}
	return n, nil
}

// timeSeries steps through time by an interval; by the clocks of the session's zone where local.
type timeSeries struct {
	local      bool
	zone       *time.Location
	next, last int64
	step       span
	sign       int
}

func (s *timeSeries) open(f *frame, r uint32) error {
	s.next, s.last = f.i8(0, r), f.i8(1, r)
	v, m := spans(f, 2)
	s.step = v[int(r)&m]
	days := int64(s.step.months)*30 + int64(s.step.days) + s.step.us/dayMicros
	rest := s.step.us % dayMicros
	switch {
	case days > 0 || days == 0 && rest > 0:
		s.sign = 1
	case days < 0 || rest < 0:
		s.sign = -1
	default:
		return stepIsZero()
	}
	if s.local {
		s.zone = f.c.Locale.TimeZone()
	}
	return nil
}

func (s *timeSeries) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit; n++ {
		if s.sign > 0 && s.next > s.last || s.sign < 0 && s.next < s.last {
			return n, nil
		}
		batch.Put(out[0], s.next)
		if s.next == minInstant || s.next == maxInstant {
			continue
		}
		next, ok := shift(s.next, s.step, s.zone)
		if !ok {
			return n, timestampRange()
		}
		s.next = next
	}
	return n, nil
}

// subscripts is the subscripts of one dimension of an array.
type subscripts struct {
	next, last, step int64
}

func (s *subscripts) open(f *frame, r uint32) error {
	s.next, s.last, s.step = 0, -1, 1
	a, err := types.OpenArray(f.raw(0, r))
	d := f.i4(1, r)
	if err != nil || d < 1 || d > len(a.Dims) {
		return err
	}
	s.next = int64(a.Bounds[d-1])
	s.last = s.next + int64(a.Dims[d-1]) - 1
	if len(f.args) > 2 && f.bit(2, r) {
		s.next, s.last, s.step = s.last, s.next, -1
	}
	return nil
}

func (s *subscripts) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit && (s.last-s.next)*s.step >= 0; n++ {
		batch.Put(out[0], int32(s.next))
		s.next += s.step
	}
	return n, nil
}

// unnest is the elements of an array, whatever its dimensions, in the order in which they lie.
type unnest struct {
	array types.Array
	left  int
}

func (s *unnest) open(f *frame, r uint32) error {
	var err error
	s.array, err = types.OpenArray(f.raw(0, r))
	s.left = s.array.Len()
	return err
}

func (s *unnest) fill(out []*batch.Builder, limit int) (int, error) {
	n := min(limit, s.left)
	s.left -= n
	return n, appendItems(out[0], &s.array, n)
}

// unnestAll is the elements of several arrays side by side; the shorter ones are filled with nulls.
type unnestAll struct {
	arrays []types.Array
	left   []int
}

func (s *unnestAll) open(f *frame, r uint32) error {
	s.arrays, s.left = s.arrays[:0], s.left[:0]
	for i := range f.args {
		var a types.Array
		if !f.args[i].null(int(r)) {
			var err error
			if a, err = types.OpenArray(f.raw(i, r)); err != nil {
				return err
			}
		}
		s.arrays, s.left = append(s.arrays, a), append(s.left, a.Len())
	}
	return nil
}

func (s *unnestAll) fill(out []*batch.Builder, limit int) (int, error) {
	n := 0
	for _, k := range s.left {
		n = max(n, min(limit, k))
	}
	for i := range s.arrays {
		k := min(n, s.left[i])
		s.left[i] -= k
		if err := appendItems(out[i], &s.arrays[i], k); err != nil {
			return 0, err
		}
		for range n - k {
			out[i].Null()
		}
	}
	return n, nil
}
