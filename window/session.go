package window

import (
	"bytes"
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// SessionSpec says what a session is: rows of equal keys, each less than Gap after the one before. It ends Gap after
// its last row.
type SessionSpec struct {
	Time int // column of the event time, never null
	Keys []int
	Gap  types.Micros
	Drop int // that many columns at the end of the input are for the keys only: they are not passed on
}

// session goes through rows that are in order and holds those of the session that the last one lies in: its end is not
// known before a row of another comes.
//
//	gap 3        1  2     4        9  10
//	             ├──┴─────┴─────┤  ├──┴─────┤
//	             [1, 7)            [9, 13)
type session struct {
	spec   SessionSpec
	next   stream.Sink
	budget *mem.Budget

	open        []*batch.Batch // rows of the session that goes on, owned
	held        int64
	begun       bool
	first, last types.Micros // of the session that goes on
	key, probe  []byte

	starts, ends, lasts []types.Micros
	out                 batch.Batch
}

// NewSession adds the columns window_start, window_end and window_time to rows that come ordered by keys and then by
// time. It is for bounded queries. The rows of one session are held, and reserved from env's budget: past that it fails
// with 53200. A time that is out of range fails with 22008.
func NewSession(spec SessionSpec, env *op.Env, next stream.Sink) stream.Sink {
	return &session{
		spec: spec, next: next, budget: env.Budget.Child("session", 0),
		starts: batch.MakeValues[types.Micros](batch.MaxRows),
		ends:   batch.MakeValues[types.Micros](batch.MaxRows),
		lasts:  batch.MakeValues[types.Micros](batch.MaxRows),
	}
}

func (s *session) Push(ctx context.Context, b *batch.Batch) error {
	ts := batch.Values[types.Micros](&b.Cols[s.spec.Time])
	begin := 0 // where the session that goes on begins in b
	for i, t := range ts[:b.N] {
		if t < MinEventTime || t > MaxEventTime-s.spec.Gap {
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range for a window").
				WithHint("Leave out rows with infinite timestamps: WHERE isfinite(...).")
		}
		if s.goesOn(b, i, t) {
			s.last = t
			continue
		}
		if err := s.release(ctx); err != nil {
			return err
		}
		s.bound(begin, i)
		begin = i
		s.begun, s.first, s.last = true, t, t
		s.key = append(s.key[:0], s.probe...)
	}
	if begin > 0 {
		if err := s.emit(ctx, b.Slice(0, begin)); err != nil {
			return err
		}
	}
	return s.hold(b.Slice(begin, b.N))
}

// goesOn says whether row i of b lies in the session of the row before it. The row's key is in probe then.
func (s *session) goesOn(b *batch.Batch, i int, t types.Micros) bool {
	s.probe = s.probe[:0]
	for _, k := range s.spec.Keys {
		s.probe = value.Key(s.probe, &b.Cols[k], i)
	}
	return s.begun && t-s.last < s.spec.Gap && bytes.Equal(s.key, s.probe)
}

// bound fills in the bounds of the session for rows lo to hi of a batch.
func (s *session) bound(lo, hi int) {
	for i := lo; i < hi; i++ {
		s.starts[i], s.ends[i], s.lasts[i] = s.first, s.last+s.spec.Gap, s.last+s.spec.Gap-1
	}
}

func (s *session) hold(b *batch.Batch) error {
	if b.N == 0 {
		return nil
	}
	n := int64(b.Bytes())
	if err := s.budget.Reserve(n); err != nil {
		return err
	}
	s.held += n
	s.open = append(s.open, b.Clone())
	return nil
}

// release gives the rows that were held: their session is over.
func (s *session) release(ctx context.Context) error {
	for _, b := range s.open {
		s.bound(0, b.N)
		if err := s.emit(ctx, b); err != nil {
			return err
		}
	}
	s.drop()
	return nil
}

func (s *session) emit(ctx context.Context, b *batch.Batch) error {
	t := b.Cols[s.spec.Time].Type
	cols := append(s.out.Cols[:0], b.Cols[:len(b.Cols)-s.spec.Drop]...)
	s.out = *b
	s.out.Cols = append(cols, batch.FixedOf(t, s.starts[:b.N], nil), batch.FixedOf(t, s.ends[:b.N], nil), batch.FixedOf(t, s.lasts[:b.N], nil))
	return s.next.Push(ctx, &s.out)
}

func (s *session) drop() {
	s.open = s.open[:0]
	s.budget.Release(s.held)
	s.held = 0
}

func (s *session) Advance(ctx context.Context, p stream.Progress) error {
	if p.End {
		if err := s.release(ctx); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	return s.next.Advance(ctx, p)
}

func (s *session) Close() error {
	s.drop()
	return s.next.Close()
}
