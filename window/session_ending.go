package window

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// EndingGroups is SessionGroups that gives each session's group once, when the watermark has passed the session's end by what
// is allowed, and then forgets it. What is late, and when a session is over, is as ClosingSession has it; but rows are folded
// as they come, and none is kept.
type EndingGroups struct {
	*SessionGroups
	close CloseSpec
	env   *op.Env
	// floors are, by partition, the times that its rows must not be before: where its last session ended. MinTime: there is
	// none. The rows of parts have them too, behind the words and nulls of the key, for checkpoints.
	floors []types.Micros
	parts  *state.Pages
	dueOf  []types.Micros // by partition: the one alarm of due that counts; MaxTime: there is none
	due    *alarms        // when a partition's first session may be over
	stale  *alarms        // when a floor is of no use any more

	touched   []uint32 // partitions that rows of the epoch went to
	isTouched batch.Bitmap
	watermark types.Micros
	weighed   int // strings that there were when those nobody needs were last left behind
	good      []uint32
	ended     []ended
	gone      []uint32
	addr      []*uint64
}

// floorBit makes the word of no floor, MinTime, 0, as it is in a fresh row.
const floorBit = 1 << 63

// ended is a session that is over.
type ended struct {
	end   types.Micros
	group uint32
}

// NewEndingGroups makes EndingGroups. It fails with 0A000 for keys that cannot be grouped. ok is false for aggregates that keep
// more of a group than numbers.
func NewEndingGroups(spec SessionGroupsSpec, c CloseSpec, env *op.Env, next stream.Sink) (e *EndingGroups, ok bool, err error) {
	g, err := NewSessionGroups(spec, env, next)
	if err != nil || g.shape.Layout.Sets > 0 {
		return nil, false, err
	}
	e = &EndingGroups{
		SessionGroups: g, close: c, env: env, parts: state.NewPages(len(g.cols) + 2),
		due: newAlarms(spec.Gap), stale: newAlarms(spec.Gap), watermark: types.MinTime,
	}
	if len(g.cols) == 0 {
		e.newPartition()
	}
	return e, true, nil
}

// Listen does nothing: sessions that end are always sent.
func (e *EndingGroups) Listen(bool) {}

// Bytes is the memory of the state.
func (e *EndingGroups) Bytes() int64 {
	return e.SessionGroups.Bytes() + e.parts.Bytes() + int64(16*cap(e.floors)) + e.due.bytes() + e.stale.bytes()
}

// limit is the end of sessions that are over.
func (e *EndingGroups) limit() types.Micros { return e.watermark.Sub(e.close.Allowed) }

// newPartition gives a partition that has neither a session nor a floor.
func (e *EndingGroups) newPartition() uint32 {
	p := e.parts.New()
	e.spans.Reach(p)
	for uint32(len(e.floors)) <= p {
		e.floors, e.dueOf = append(e.floors, types.MinTime), append(e.dueOf, types.MaxTime)
	}
	return p
}

func (e *EndingGroups) setEpoch(no uint64) {
	e.groups.SetEpoch(no)
	e.parts.SetEpoch(no)
}

// Push folds the rows that are not late into their sessions.
func (e *EndingGroups) Push(ctx context.Context, b *batch.Batch) error {
	if b = e.times.only(ctx, b); b.N == 0 {
		return nil
	}
	if b.Epoch != nil && b.Epoch.No > e.groups.Pages.Epoch() {
		e.setEpoch(b.Epoch.No)
	}
	for len(e.partition) < b.N {
		e.partition, e.group = append(e.partition, 0), append(e.group, 0)
	}
	made := e.partitionsOf(b)
	b, err := e.judge(ctx, b)
	if err != nil {
		return err
	}
	if b.N > 0 {
		e.place(b)
		e.touch(e.partition[:b.N])
	}
	for _, p := range made { // late rows may have been all there was of one
		if _, open := e.spans.First(p); !open {
			e.dropPartition(p)
		}
	}
	return e.meter.Set(e.Bytes())
}

// partitionsOf finds the partitions of the rows of b, and gives those that it made.
func (e *EndingGroups) partitionsOf(b *batch.Batch) (made []uint32) {
	if len(e.cols) == 0 {
		return nil
	}
	e.keys.Read(b, e.cols)
	e.fresh = e.partitions.Lookup(e.keys, 0, b.N, e.partition, e.fresh[:0], e.newPartition)
	return e.writeKeys()
}

// writeKeys gives the partitions that were made for rows at e.fresh, after their keys have been written.
func (e *EndingGroups) writeKeys() (made []uint32) {
	made = e.gone[:0]
	for _, r := range e.fresh {
		made = append(made, e.partition[r])
	}
	e.addr = e.parts.Touch(made, e.addr)
	for i, r := range e.fresh {
		for k := range e.cols {
			*state.At[uint64](e.addr[i], k) = e.keys.Words(k)[r]
		}
		if !e.keys.Packed() {
			*state.At[uint64](e.addr[i], len(e.cols)) = e.keys.Nulls()[r]
		}
	}
	e.gone = made
	return made
}

// judge leaves out late rows, and lists them. What is left has its partitions in e.partition.
func (e *EndingGroups) judge(ctx context.Context, b *batch.Batch) (*batch.Batch, error) {
	limit := e.limit()
	if limit == types.MinTime {
		return b, nil
	}
	ts := batch.Values[types.Micros](&b.Cols[e.spec.Time])[:b.N]
	over := limit.Sub(e.spec.Gap) // a row at this time or before would be a session that is over
	r := 0
	for r < len(ts) && ts[r] > over && ts[r] >= e.floors[e.partition[r]] {
		r++
	}
	if r == len(ts) {
		return b, nil
	}
	good := e.good[:0]
	for i, t := range ts {
		p := e.partition[i]
		if t >= e.floors[p] && (t > over || e.spans.Near(p, t)) {
			good = append(good, uint32(i))
		} else if err := e.report(ctx, b, i, t); err != nil {
			return nil, err
		}
	}
	if e.good = good; len(good) == b.N {
		return b, nil
	}
	b = b.Take(good)
	if len(e.cols) > 0 && b.N > 0 {
		e.keys.Read(b, e.cols)
		e.partitions.Lookup(e.keys, 0, b.N, e.partition, nil, e.newPartition) // all are there
	}
	return b, nil
}

func (e *EndingGroups) report(ctx context.Context, b *batch.Batch, i int, t types.Micros) error {
	return e.close.report(ctx, b, i, t, e.spec.Gap, e.watermark)
}

// touch notes the partitions that rows went to.
func (e *EndingGroups) touch(partitions []uint32) {
	for len(e.isTouched)*64 < len(e.floors) {
		e.isTouched = append(e.isTouched, 0)
	}
	for _, p := range partitions {
		if w, bit := &e.isTouched[p>>6], uint64(1)<<(p&63); *w&bit == 0 {
			*w |= bit
			e.touched = append(e.touched, p)
		}
	}
}

// Advance gives the sessions that are over.
func (e *EndingGroups) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		e.epoch = p.Epoch.No
		e.setEpoch(e.epoch)
	}
	e.appoint()
	limit := types.MaxTime
	if !p.End {
		e.watermark = max(e.watermark, leastOf(e.close.Marks, p.Watermarks))
		limit = e.limit()
	}
	e.endUpTo(limit)
	if err := e.send(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	e.forget(limit)
	e.spans.Settle(e.touched)
	for _, p := range e.touched {
		e.isTouched[p>>6] = 0
	}
	e.touched = e.touched[:0]
	if err := e.forgetStrings(); err != nil {
		return err
	}
	if err := e.meter.Set(e.Bytes()); err != nil {
		return err
	}
	return e.next.Advance(ctx, p)
}

// appoint sets alarms for the partitions that have new rows. A session that began after others of its partition were forgotten
// reaches back no further than a gap before where time stood.
func (e *EndingGroups) appoint() {
	limit := e.limit()
	for _, p := range e.touched {
		x, open := e.spans.First(p)
		if !open {
			continue
		}
		e.schedule(p, x.Last+e.spec.Gap)
		if limit != types.MinTime && e.floors[p] == types.MinTime && !e.spans.Stood(p) {
			e.setFloor(p, limit.Sub(e.spec.Gap))
		}
	}
}

func (e *EndingGroups) schedule(p uint32, at types.Micros) {
	if e.dueOf[p] <= at {
		return
	}
	e.dueOf[p] = at
	e.due.add(alarm{at, p})
}

func (e *EndingGroups) setFloor(p uint32, at types.Micros) {
	e.floors[p] = at
	e.addr = e.parts.Touch([]uint32{p}, e.addr)
	*state.At[uint64](e.addr[0], len(e.cols)+1) = uint64(at) ^ floorBit
	e.stale.add(alarm{at + e.spec.Gap, p})
}

// endUpTo takes out the sessions that end at limit or before.
func (e *EndingGroups) endUpTo(limit types.Micros) {
	for {
		a, ok := e.due.next(limit)
		if !ok {
			return
		}
		p := a.partition
		if e.dueOf[p] != a.at {
			continue
		}
		e.dueOf[p] = types.MaxTime
		for {
			x, open := e.spans.First(p)
			if !open {
				break
			}
			end := x.Last + e.spec.Gap
			if end > limit {
				e.schedule(p, end)
				break
			}
			e.spans.Drop(p, x)
			e.touch([]uint32{p})
			e.setFloor(p, end)
			e.ended = append(e.ended, ended{end, x.Group})
		}
	}
}

// send pushes the groups of the sessions that are over, and frees them.
func (e *EndingGroups) send(ctx context.Context, ep *batch.Epoch) error {
	if len(e.ended) == 0 {
		return nil
	}
	slices.SortFunc(e.ended, func(a, b ended) int { return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.group, b.group)) })
	now := e.groups.Look()
	e.gone = e.gone[:0]
	var err error
	for _, x := range e.ended {
		e.gone = append(e.gone, x.group)
		if err != nil {
			continue // who takes them has enough
		}
		if e.out.add(now, x.group, 1); len(e.out.Diff) == batch.MaxRows {
			err = e.out.Flush(ctx, e.next, ep)
		}
	}
	if err == nil {
		err = e.out.Flush(ctx, e.next, ep)
	}
	e.groups.Drop(e.gone)
	e.ended = e.ended[:0]
	return err
}

// forget drops the partitions without an open session whose floor no row in time is below.
func (e *EndingGroups) forget(limit types.Micros) {
	for {
		a, ok := e.stale.next(limit)
		if !ok {
			return
		}
		p := a.partition
		if _, open := e.spans.First(p); open || e.floors[p] == types.MinTime || e.floors[p]+e.spec.Gap != a.at {
			continue // an open session sets another floor when it ends
		}
		if len(e.cols) == 0 {
			e.dropFloor(p)
			continue
		}
		e.touch([]uint32{p})
		e.dropPartition(p)
	}
}

func (e *EndingGroups) dropPartition(p uint32) {
	row := e.parts.Row(p)
	e.partitions.Remove(p, row[:len(e.cols)], row[len(e.cols)])
	e.dropFloor(p)
	e.parts.Free(p)
}

func (e *EndingGroups) dropFloor(p uint32) {
	e.floors[p] = types.MinTime
	e.addr = e.parts.Touch([]uint32{p}, e.addr)
	*state.At[uint64](e.addr[0], len(e.cols)+1) = 0
}

// Closing says what it waits for.
func (e *EndingGroups) Closing() (c Closing, ok bool) {
	c = Closing{Closes: e.due.first(), Marks: e.close.Marks}
	return Closing{Closes: c.Closes + min(e.close.Allowed, types.MaxTime-c.Closes), Marks: c.Marks}, true
}
