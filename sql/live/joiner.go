package live

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

// Limits of a member that is filled beside its group.
const (
	// joinBytes is what may wait of the group's changes for it. Past it the group goes no faster than it does, and nobody else
	// is held up: others do not wait for this group.
	joinBytes = 32 << 20
	// nearSteps and nearBytes are so little that the group may stand still while they are folded.
	nearSteps, nearBytes = 8, 1 << 20
)

// joiner fills a member that reads views of a group which goes on meanwhile:
//
//	group   ──fold E──┬── E+1 ── E+2 ── … ── E+n ──┬── E+n+1
//	                  pin       changes wait       joins, for it has folded all that waited
//	member            ╰── contents at E, E+1, … ───╯
//
// Until it has joined nobody reads the member, and its operators are the joiner's alone.
type joiner struct {
	g      *Group
	m      *Member
	at     stream.Progress // the epoch that the pins are of
	pins   []*Snapshot     // by input; nil: it does not read a member
	feeds  []*epoch.Feed   // by input; nil: it does not read the log
	reader []stream.Sink   // by input, among the readers of the view that it reads
	cancel context.CancelFunc
	ended  chan struct{} // closed when it has joined, or never will
	joined bool          // set before ended is closed, as is err
	err    error
	seen   atomic.Uint64 // the newest epoch of the log that it has read

	mu    sync.Mutex // guards what follows
	room  *sync.Cond // told when bytes falls, or over is set
	now   step       // the epoch under way
	steps []step
	bytes int  // of steps
	over  bool // nothing needs to wait any more
}

// step is an epoch that the group has folded.
type step struct {
	epoch   batch.Epoch
	marks   stream.Watermarks
	changes []changed
	bytes   int
}

// changed is rows for an input, with all columns of the view that it reads.
type changed struct {
	input int
	rows  *batch.Batch
}

// recorder is the Sink in the place of an input until the member joins.
type recorder struct {
	j     *joiner
	input int
}

func (r *recorder) Push(_ context.Context, b *batch.Batch) error {
	b = b.Clone()
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	r.j.now.changes = append(r.j.now.changes, changed{r.input, b})
	r.j.now.bytes += b.Bytes()
	return nil
}

func (r *recorder) Advance(context.Context, stream.Progress) error { return nil }
func (r *recorder) Close() error                                   { return nil }

// join begins to fill a member beside the group. The lock is held.
func (g *Group) join(m *Member) *joiner {
	g.wake() // it is to be told of every epoch
	ctx, cancel := context.WithCancel(context.Background())
	at := g.visible
	j := &joiner{g: g, m: m, at: stream.Progress{Epoch: &at, Watermarks: g.marks}, cancel: cancel, ended: make(chan struct{})}
	j.room = sync.NewCond(&j.mu)
	n := len(m.pipeline.Inputs)
	j.pins, j.feeds, j.reader = make([]*Snapshot, n), make([]*epoch.Feed, n), make([]stream.Sink, n)
	for i := range m.pipeline.Inputs {
		in := &m.pipeline.Inputs[i]
		if in.Relation != 0 && !g.isMember(in.Relation) {
			only := func(relation uint32) bool { return relation == in.Relation }
			j.feeds[i] = g.committer.Follow(max(m.Since, m.floors[in.Relation]), only)
		}
		for _, up := range g.members {
			if up.ID == in.Relation {
				j.pins[i], j.reader[i] = up.snapshot(g.committer.Poured), &recorder{j, i}
				up.tap.readers = append(up.tap.readers, j.reader[i])
				up.tap.update()
			}
		}
	}
	g.joiners = append(g.joiners, j)
	go j.run(ctx)
	return j
}

// end says that the group has folded an epoch, and waits while too much waits. The group's lock is held.
func (j *joiner) end(c *epoch.Commit) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now.epoch, j.now.marks = *c.Epoch, c.Marks
	j.steps, j.bytes = append(j.steps, j.now), j.bytes+j.now.bytes
	j.now = step{}
	for j.bytes > joinBytes && !j.over {
		j.room.Wait()
	}
}

// take gives what waits, and whether it is so little that the group may stand still for it.
func (j *joiner) take() (steps []step, near bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	near = len(j.steps) <= nearSteps && j.bytes <= nearBytes
	steps, j.steps, j.bytes = j.steps, nil, 0
	j.room.Broadcast()
	return steps, near
}

func (j *joiner) run(ctx context.Context) {
	defer close(j.ended)
	err := j.guard(func() error { return j.fill(ctx) })
	for err == nil && !j.joined {
		steps, near := j.take()
		if err = j.guard(func() error { return j.fold(ctx, steps) }); err == nil && near {
			err = j.finish(ctx)
		}
	}
	if err != nil {
		j.leave(ctx, err)
	}
}

// guard makes a panic in an operator an error of this member alone.
func (j *joiner) guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while filling %s: %v\n%s", j.m.name, p, debug.Stack())
		}
	}()
	return do()
}

// fill takes what there was at the epoch of the pins.
func (j *joiner) fill(ctx context.Context) error {
	for i := range j.m.pipeline.Inputs {
		in := &j.m.pipeline.Inputs[i]
		if s := j.pins[i]; s != nil {
			err := s.Rows(ctx, chosen{in.Sink, in.Columns, j.m.origin(in)})
			s.Release()
			if err != nil {
				return err
			}
		}
		if err := j.advance(ctx, i, j.at); err != nil {
			return err
		}
	}
	return j.m.settle(j.at.Epoch.No)
}

// advance takes an input's rows of the log up to an epoch, and ends that.
func (j *joiner) advance(ctx context.Context, input int, at stream.Progress) error {
	in := &j.m.pipeline.Inputs[input]
	if f := j.feeds[input]; f != nil {
		err := f.UpTo(ctx, at.Epoch.No, func(c *epoch.Commit) error {
			j.seen.Store(c.Epoch.No)
			_, err := j.m.take(ctx, in, c.Parts)
			return err
		})
		if err != nil {
			return err
		}
	}
	return in.Sink.Advance(ctx, at)
}

// fold takes epochs that the group has folded.
func (j *joiner) fold(ctx context.Context, steps []step) error {
	for k := range steps {
		s := &steps[k]
		for i := range j.m.pipeline.Inputs {
			in := &j.m.pipeline.Inputs[i]
			for _, c := range s.changes {
				if c.input != i {
					continue
				}
				if err := (chosen{in.Sink, in.Columns, j.m.origin(in)}).Push(ctx, c.rows); err != nil {
					return err
				}
			}
			if err := j.advance(ctx, i, stream.Progress{Epoch: &s.epoch, Watermarks: s.marks}); err != nil {
				return err
			}
		}
		if err := j.m.settle(s.epoch.No); err != nil {
			return err
		}
	}
	return nil
}

// finish makes the member one of the group, which stands still for what still waits: that is little, as what waited a moment
// ago was.
func (j *joiner) finish(ctx context.Context) error {
	j.g.mu.Lock()
	defer j.g.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if j.g.err != nil {
		return j.g.err
	}
	steps, _ := j.take()
	if err := j.guard(func() error { return j.fold(ctx, steps) }); err != nil {
		return err
	}
	j.replace(func(i int) stream.Sink {
		in := &j.m.pipeline.Inputs[i]
		return apart{chosen{in.Sink, in.Columns, j.m.origin(in)}, j.m}
	})
	j.g.members = append(j.g.members, j.m)
	j.m.count()
	j.m.filling.reach(j.g.visible.No)
	j.m.look(j.g.marks, j.g.visible.Time)
	j.joined = true
	return nil
}

// replace puts others in the place of the recorders, or nothing. The group's lock is held.
func (j *joiner) replace(by func(input int) stream.Sink) {
	for _, up := range j.g.members {
		readers := up.tap.readers[:0]
		for _, r := range up.tap.readers {
			if rec, ok := r.(*recorder); ok && rec.j == j {
				if r = by(rec.input); r == nil {
					continue
				}
			}
			readers = append(readers, r)
		}
		up.tap.readers = readers
		up.tap.update()
	}
	j.g.joiners = slices.DeleteFunc(j.g.joiners, func(x *joiner) bool { return x == j })
}

// leave gives the member up.
func (j *joiner) leave(ctx context.Context, err error) {
	j.mu.Lock()
	j.over = true
	j.room.Broadcast()
	j.mu.Unlock()
	for _, s := range j.pins {
		if s != nil {
			s.Release()
		}
	}
	j.g.mu.Lock()
	j.replace(func(int) stream.Sink { return nil })
	j.g.mu.Unlock()
	j.m.close()
	if j.err = err; ctx.Err() != nil {
		j.err = sqlerr.New(sqlerr.ObjectNotInState, "the materialized view was dropped while it was being filled")
	}
}

// joining is a member that is being filled beside the group; nil: there is none.
func (g *Group) joining() *Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.joiners) == 0 {
		return nil
	}
	return g.joiners[0].m
}

// stop ends it, and says whether the member has joined.
func (j *joiner) stop() (joined bool) {
	j.cancel()
	j.mu.Lock()
	j.over = true
	j.room.Broadcast()
	j.mu.Unlock()
	<-j.ended
	return j.joined
}

// pending says whether the member has not joined; err is why it never will.
func (j *joiner) pending() (yes bool, err error) {
	if j == nil {
		return false, nil
	}
	select {
	case <-j.ended:
		return false, j.err
	default:
		return true, nil
	}
}

// wait returns when the member has joined, or why it never will.
func (j *joiner) wait(ctx context.Context) error {
	if j == nil {
		return nil
	}
	select {
	case <-j.ended:
		return j.err
	case <-ctx.Done():
		return sqlerr.Wrap(sqlerr.QueryCanceled, ctx.Err(), "canceling statement due to user request")
	}
}
