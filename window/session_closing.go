package window

import (
	"container/heap"
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// CloseSpec says when a session is over, and what becomes of rows that come then.
type CloseSpec struct {
	Allowed types.Micros // lateness
	Marks   []Mark       // the least of them is the watermark
	View    string       // for the list of late rows
	Late    LateSink     // nil: late rows are dropped uncounted
}

// ClosingSession gives the rows of a session once, with its bounds, when the watermark has passed its end by what is
// allowed. Its input only adds rows.
//
//	gap 3, watermark 12    4  5        9     11       14
//	                       ├──┴─────┤  ├─────┴────────┤
//	                       [4, 8) is over, its rows are gone; [9, 14) is open
//
// A row is late if its session is over: if the session of it alone were, and no open one has its time between a gap
// before its first row and its end; and also if it would join one that is over, or reach back further than a gap before
// where the watermark stood when the session began. What decides is how things stood before the row's epoch, so the order
// of an epoch's rows makes no difference.
type ClosingSession struct {
	spec      SessionSpec
	close     CloseSpec
	input     batch.Schema
	env       *op.Env
	next      stream.Sink
	times     finite
	rows      *op.Partitions // of open sessions
	kept      op.Sorted      // the rows as of the last Advance
	floors    op.Records     // by partition, and the time that its rows must not be before
	due       schedule       // when a partition's first session may be over
	stale     schedule       // when a floor is of no use any more
	dueOf     map[string]types.Micros
	watermark types.Micros
	epoch     uint64
	good      []uint32
	out       *sessionRows
	meter     *op.Meter
}

// NewClosingSession makes a ClosingSession over input of the given schema.
func NewClosingSession(spec SessionSpec, c CloseSpec, input batch.Schema, env *op.Env, next stream.Sink) *ClosingSession {
	s := &ClosingSession{
		spec: spec, close: c, input: input, env: env, next: next, times: finite{col: spec.Time, gap: spec.Gap, env: env},
		rows: op.NewPartitions(spec.order(), len(spec.Keys), true), dueOf: map[string]types.Micros{}, watermark: types.MinTime,
		out: newSessionRows(&spec, input), meter: op.NewMeter(env, "session"),
	}
	s.kept = s.rows.Sorted()
	return s
}

// SetNext sets where closed sessions go.
func (s *ClosingSession) SetNext(next stream.Sink) { s.next = next }

// Listen does nothing: sessions that close are always sent.
func (s *ClosingSession) Listen(bool) {}

// Bytes is the memory of the state.
func (s *ClosingSession) Bytes() int64 { return s.rows.Bytes() + s.floors.Bytes() }

// limit is the end of sessions that are over.
func (s *ClosingSession) limit() types.Micros { return s.watermark.Sub(s.close.Allowed) }

// Push takes in the rows that are not late.
func (s *ClosingSession) Push(ctx context.Context, b *batch.Batch) error {
	if b.Epoch != nil {
		s.rows.SetEpoch(b.Epoch.No)
		s.floors.SetEpoch(b.Epoch.No)
	}
	b = s.times.only(ctx, b)
	b, err := s.judge(ctx, b)
	if err != nil || b.N == 0 {
		return err
	}
	if err := s.rows.Add(b); err != nil {
		return err
	}
	return s.meter.Set(s.Bytes())
}

// judge leaves out late rows, and lists them.
func (s *ClosingSession) judge(ctx context.Context, b *batch.Batch) (*batch.Batch, error) {
	if s.limit() == types.MinTime {
		return b, nil
	}
	good := s.good[:0]
	ts := batch.Values[types.Micros](&b.Cols[s.spec.Time])
	for i := range b.N {
		at, err := s.rows.PlaceOf(b, i)
		if err != nil {
			return nil, err
		}
		if s.inTime(at, ts[i]) {
			good = append(good, uint32(i))
		} else if err := s.report(ctx, b, i, ts[i]); err != nil {
			return nil, err
		}
	}
	if s.good = good; len(good) == b.N {
		return b, nil
	}
	return b.Take(good), nil
}

func (s *ClosingSession) inTime(at op.Place, t types.Micros) bool {
	if floor, ok := s.floor(at.Partition); ok && t < floor {
		return false
	}
	near := t+s.spec.Gap > s.limit()
	look := func(place string) bool {
		d := placeTime(place) - t
		near = near || d < s.spec.Gap && -d < s.spec.Gap
		return false
	}
	s.kept.Before(at, look)
	s.kept.After(at, look)
	return near
}

// floor gives the time that rows of a partition must not be before.
func (s *ClosingSession) floor(partition string) (types.Micros, bool) {
	r, ok := s.floors.First(partition)
	if !ok {
		return 0, false
	}
	return placeTime(r), true
}

func (s *ClosingSession) setFloor(partition string, at types.Micros) {
	if old, ok := s.floors.First(partition); ok {
		s.floors.Drop([]byte(old))
	}
	s.floors.Put(types.AppendOrderedInt([]byte(partition), int64(at)))
	heap.Push(&s.stale, appointment{at + s.spec.Gap, partition})
}

func (s *ClosingSession) report(ctx context.Context, b *batch.Batch, i int, t types.Micros) error {
	return s.close.report(ctx, b, i, t, s.spec.Gap, s.watermark)
}

// report lists row i of b, which came at t after the session of it alone was over.
func (c *CloseSpec) report(ctx context.Context, b *batch.Batch, i int, t, gap, watermark types.Micros) error {
	if c.Late == nil {
		return nil
	}
	late := Late{View: c.View, WindowStart: t, WindowEnd: t + gap, Windows: 1, Whole: true, Watermark: watermark, Batch: b, Row: i}
	if len(c.Marks) > 0 {
		late.Relation = c.Marks[0].Relation
	}
	return c.Late.Late(ctx, &late)
}

// Advance gives the sessions that are over.
func (s *ClosingSession) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		s.epoch = p.Epoch.No
		s.rows.SetEpoch(s.epoch)
		s.floors.SetEpoch(s.epoch)
	}
	s.settle()
	limit := types.MaxTime
	if !p.End {
		s.watermark = max(s.watermark, leastOf(s.close.Marks, p.Watermarks))
		limit = s.limit()
	}
	err := s.closeUpTo(ctx, limit, p.Epoch)
	if err == nil {
		err = s.out.Flush(ctx, s.next, p.Epoch)
	}
	if err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	s.forget(limit)
	s.kept = s.rows.Sorted()
	if err := s.meter.Set(s.Bytes()); err != nil {
		return err
	}
	return s.next.Advance(ctx, p)
}

// settle makes appointments for the partitions that have new rows.
func (s *ClosingSession) settle() {
	for _, at := range s.rows.TakeTouched() {
		s.schedule(at.Partition, placeTime(at.At)+s.spec.Gap)
		if _, ok := s.floor(at.Partition); ok || s.limit() == types.MinTime {
			continue
		}
		known := false
		s.kept.After(op.Place{Partition: at.Partition, At: at.Partition}, func(string) bool { known = true; return false })
		if !known {
			s.setFloor(at.Partition, s.limit().Sub(s.spec.Gap))
		}
	}
}

func (s *ClosingSession) schedule(partition string, at types.Micros) {
	if have, ok := s.dueOf[partition]; ok && have <= at {
		return
	}
	s.dueOf[partition] = at
	heap.Push(&s.due, appointment{at, partition})
}

// closeUpTo gives the sessions that end at limit or before.
func (s *ClosingSession) closeUpTo(ctx context.Context, limit types.Micros, ep *batch.Epoch) error {
	for len(s.due) > 0 && s.due[0].at <= limit {
		a := heap.Pop(&s.due).(appointment)
		if s.dueOf[a.partition] != a.at {
			continue
		}
		delete(s.dueOf, a.partition)
		for {
			place, end, ok := s.first(a.partition)
			if !ok {
				break
			}
			if end > limit {
				s.schedule(a.partition, end)
				break
			}
			r := s.rows.Take(s.input, a.partition, place)
			s.setFloor(a.partition, end)
			if err := s.out.add(ctx, r, s.next, ep); err != nil {
				return err
			}
		}
	}
	return nil
}

// first gives the last place and the end of a partition's first session.
func (s *ClosingSession) first(partition string) (last string, end types.Micros, ok bool) {
	s.rows.Now().After(op.Place{Partition: partition, At: partition}, func(place string) bool {
		if ok && placeTime(place)-placeTime(last) >= s.spec.Gap {
			return false
		}
		last, ok = place, true
		return true
	})
	if ok {
		end = placeTime(last) + s.spec.Gap
	}
	return last, end, ok
}

// forget drops the floors that no row in time is below, of partitions without an open session.
func (s *ClosingSession) forget(limit types.Micros) {
	for len(s.stale) > 0 && s.stale[0].at <= limit {
		a := heap.Pop(&s.stale).(appointment)
		floor, ok := s.floor(a.partition)
		if _, _, open := s.first(a.partition); !ok || open || floor+s.spec.Gap != a.at {
			continue // an open session sets another floor when it closes
		}
		s.floors.Drop(types.AppendOrderedInt([]byte(a.partition), int64(floor)))
	}
}

// Closing says what it waits for.
func (s *ClosingSession) Closing() (c Closing, ok bool) {
	c = Closing{Closes: types.MaxTime, Marks: s.close.Marks}
	if len(s.due) > 0 {
		c.Closes = s.due[0].at + min(s.close.Allowed, types.MaxTime-s.due[0].at)
	}
	return c, true
}

// Close gives the memory back and closes the next Sink.
func (s *ClosingSession) Close() error {
	s.meter.Close()
	return s.next.Close()
}

// leastOf gives the watermark of an input with those marks.
func leastOf(marks []Mark, w stream.Watermarks) types.Micros {
	if len(marks) == 0 {
		return types.MinTime
	}
	at := types.MaxTime
	for _, m := range marks {
		at = min(at, w.Of(m.Relation).Sub(m.Minus))
	}
	return at
}

// appointment is a time at which a partition is to be looked at.
type appointment struct {
	at        types.Micros
	partition string
}

// schedule is appointments, the next one first.
type schedule []appointment

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if s[i].at != s[j].at {
		return s[i].at < s[j].at
	}
	return s[i].partition < s[j].partition
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Push and Pop are for package heap.
func (s *schedule) Push(x any) { *s = append(*s, x.(appointment)) }

// Pop removes the last one.
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
