package op

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// joinEnds is a JoinEnd at work: the rows of its side by when they go. Nil is that of a side whose rows stay.
type joinEnds struct {
	*JoinEnd
	until types.Micros // as of the last Advance
	ended bool         // no row comes any more
	kept  *timedRows
	lone  *timedRows // of a join that gives rows once: those that may still meet one; nil: it does not ask
	other *joinEnds  // of a join that gives rows once: that of the other side
	sel   []uint32
}

func newJoinEnds(e *JoinEnd) *joinEnds {
	return &joinEnds{JoinEnd: e, until: types.MinTime, kept: newTimedRows()}
}

func (e *joinEnds) bytes() int64 {
	if e == nil {
		return 0
	}
	return e.kept.bytes() + e.lone.bytes()
}

// decided says whether no later row of the other side can meet one with this time.
func (e *joinEnds) decided(at types.Micros) bool { return e.ended || at.Sub(-e.Plus) < e.until }

// gone says whether a row with this time need not be kept. Where rows are given once, it is kept as long as rows of the other
// side that it has met have not been decided: a checkpoint has the rows of both sides, and not which of them have met.
func (e *joinEnds) gone(at types.Micros) bool {
	return e.decided(at) && (e.other == nil || e.other.decided(at.Sub(-e.Plus)))
}

// end is the time before which rows are gone.
func (e *joinEnds) end() types.Micros {
	end := e.until.Sub(e.Plus)
	if e.other != nil {
		end = min(end, e.other.until.Sub(e.other.Plus).Sub(e.Plus))
	}
	return end
}

// inTime leaves out late rows of the other side.
func (e *joinEnds) inTime(ctx context.Context, b *batch.Batch) (*batch.Batch, error) {
	if e == nil || e.until == types.MinTime {
		return b, nil
	}
	c := &b.Cols[e.Partner]
	e.sel = e.sel[:0]
	for i, at := range batch.Values[types.Micros](c)[:b.N] {
		if at >= e.until || c.Null(i) {
			e.sel = append(e.sel, uint32(i))
		} else if e.Late != nil {
			if err := e.Late(ctx, b, i, e.until); err != nil {
				return nil, err
			}
		}
	}
	if len(e.sel) == b.N {
		return b, nil
	}
	return b.Take(e.sel), nil
}

// lasting gives the rows of a batch, whose keys have been read, that a later one may meet, or that must be there for what they
// have met; met goes with the rows. Those without a time or a key meet none.
func (s *deltaSide) lasting(b *batch.Batch, met []int64) *batch.Batch {
	e := s.ends
	if e == nil {
		return b
	}
	c := &b.Cols[e.Column]
	e.sel = e.sel[:0]
	for i, at := range batch.Values[types.Micros](c)[:b.N] {
		if c.Null(i) || e.gone(at) {
			continue
		}
		if s.keyed(i) {
			e.sel = append(e.sel, uint32(i))
		}
	}
	if len(e.sel) == b.N {
		return b
	}
	for n, i := range e.sel {
		met[n] = met[i]
	}
	return b.Take(e.sel)
}

// keyed says whether row i of a batch, whose keys have been read, has a key that may be met.
func (s *deltaSide) keyed(i int) bool {
	_, ok := s.keys.key(i)
	return ok || len(s.keys.cols) == 0
}

// decided says whether no later row can meet row i of b, whose keys have been read.
func (s *deltaSide) decided(b *batch.Batch, i int) bool {
	c := &b.Cols[s.ends.Column]
	return c.Null(i) || s.ends.decided(batch.Values[types.Micros](c)[i]) || !s.keyed(i)
}

// add says that row i of b is kept as r.
func (e *joinEnds) add(b *batch.Batch, i int, r uint32) {
	if e == nil {
		return
	}
	at := batch.Values[types.Micros](&b.Cols[e.Column])[i]
	e.kept.add(at, r)
	if e.lone != nil && !e.decided(at) {
		e.lone.add(at, r)
	}
}

func (e *joinEnds) clear() {
	if e != nil {
		e.kept.clear()
		e.lone.clear()
	}
}

// passed takes in an epoch's progress. After the last one no row comes.
func (e *joinEnds) passed(p stream.Progress) {
	switch {
	case e == nil:
	case !p.End:
		e.until = max(e.until, e.Until(p.Watermarks))
	default:
		e.ended = true
	}
}

// expire ends an epoch: rows that no later one can meet go.
func (s *deltaSide) expire(p stream.Progress) {
	if s.ends == nil || p.End {
		return
	}
	gone := s.ends.kept.over(s.ends.end())
	if len(gone) == 0 {
		return
	}
	for _, weight := range s.groups.Pages.Touch(gone, nil) {
		*state.At[uint64](weight, 0) = 0
	}
	for _, r := range gone {
		s.unlink(r)
	}
	s.groups.Release(gone)
}

// decide gives the rows of a side that have met none and cannot any more.
func (j *DeltaJoin) decide(ctx context.Context, side int, p stream.Progress) error {
	s := j.sides[side]
	if s.ends == nil || s.ends.lone == nil {
		return nil
	}
	rows := s.ends.lone.before(s.ends.decided)
	rows = slices.DeleteFunc(rows, func(r uint32) bool { return s.met[r] != 0 })
	for part := range slices.Chunk(rows, batch.MaxRows) {
		cols := s.columns(part, s.shape.Strings.Freeze())
		for i, r := range part {
			if err := j.alone(ctx, side, cols, i, 0, s.weight(r), p.Epoch); err != nil {
				return err
			}
		}
	}
	return j.out.Flush(ctx, j.next, p.Epoch)
}
