package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// endStep is how far apart the times may be of rows that go together.
const endStep = types.Second

// joinEnds is a JoinEnd at work: the rows of its side by when they go. Nil is that of a side whose rows stay.
type joinEnds struct {
	*JoinEnd
	until types.Micros              // as of the last Advance
	rows  map[types.Micros][]uint32 // by time in steps
	least types.Micros              // no step before has rows
	held  int
	sel   []uint32
}

func newJoinEnds(e *JoinEnd) *joinEnds {
	return &joinEnds{JoinEnd: e, until: types.MinTime, rows: map[types.Micros][]uint32{}, least: types.MaxTime}
}

func (e *joinEnds) bytes() int64 {
	if e == nil {
		return 0
	}
	return int64(8*e.held + 64*len(e.rows))
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

// lasting gives the rows of a batch, whose keys have been read, that a later one may meet. Those without a time or a key
// meet none.
func (s *deltaSide) lasting(b *batch.Batch) *batch.Batch {
	e := s.ends
	if e == nil {
		return b
	}
	c := &b.Cols[e.Column]
	e.sel = e.sel[:0]
	for i, at := range batch.Values[types.Micros](c)[:b.N] {
		if at.Sub(-e.Plus) < e.until || c.Null(i) {
			continue
		}
		if _, ok := s.keys.key(i); ok || len(s.keys.cols) == 0 {
			e.sel = append(e.sel, uint32(i))
		}
	}
	if len(e.sel) == b.N {
		return b
	}
	return b.Take(e.sel)
}

// add says that row i of b is kept as r.
func (e *joinEnds) add(b *batch.Batch, i int, r uint32) {
	if e == nil {
		return
	}
	step := batch.Values[types.Micros](&b.Cols[e.Column])[i] / endStep
	e.rows[step] = append(e.rows[step], r)
	e.least = min(e.least, step)
	e.held++
}

func (e *joinEnds) clear() {
	if e != nil {
		clear(e.rows)
		e.least, e.held = types.MaxTime, 0
	}
}

// passed takes in watermarks.
func (e *joinEnds) passed(w stream.Watermarks) {
	if e != nil {
		e.until = max(e.until, e.Until(w))
	}
}

// over gives the rows whose time has passed, and forgets them.
func (e *joinEnds) over() (gone []uint32) {
	end := e.until.Sub(e.Plus) / endStep // steps before it are over, all of their rows
	if e.until == types.MinTime || e.least >= end-1 {
		return nil
	}
	least := types.MaxTime
	for step, rows := range e.rows {
		if step >= end-1 { // a division rounds towards zero: the step before may have rows that are not over
			least = min(least, step)
			continue
		}
		gone = append(gone, rows...)
		delete(e.rows, step)
	}
	e.least = least
	e.held -= len(gone)
	return gone
}

// expire ends an epoch: rows that no later one can meet go.
func (s *deltaSide) expire(p stream.Progress) {
	if s.ends == nil || p.End {
		return
	}
	s.ends.passed(p.Watermarks)
	gone := s.ends.over()
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
