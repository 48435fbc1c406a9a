package live

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// Live is the continuous queries of a node.
type Live struct {
	committer *epoch.Committer
	store     state.Store
	journal   *slog.Logger

	mu     sync.Mutex // guards views and the forming of groups
	views  map[uint32]*entry
	off    map[uint32]error    // views that may not run, and why
	gen    uint64              // the newest checkpoint
	format byte                // of the one that was there at the start
	saving sync.Mutex          // held by the one checkpoint under way; guards gen, saved and swept
	saved  map[uint32]standing // by view, as of gen
	swept  bool                // the store has no pages and manifests but those of gen
	crew   *flow.Crew
	stands atomic.Pointer[map[uint32]Stand]
	sieves sieves
	relief func() // ends what Relieve began; nil: it did not
}

type entry struct {
	group   *Group
	member  *Member
	joiner  *joiner // fills the member, or has; nil: none did
	release func()  // of WantTicks
}

// New makes a Live without views. store keeps its checkpoints.
func New(c *epoch.Committer, store state.Store, journal *slog.Logger) *Live {
	return &Live{committer: c, store: store, journal: journal, views: map[uint32]*entry{}, off: map[uint32]error{}, crew: flow.NewCrew(journal)}
}

// Crew is who helps the views with large epochs.
func (l *Live) Crew() *flow.Crew { return l.crew }

// Definition is a view to be run.
type Definition struct {
	ID       uint32
	Name     string
	Since    uint64            // first epoch whose rows count; 0: all that the log holds
	Floors   map[uint32]uint64 // by relation of the log: the first epoch whose rows count, where that is after Since
	Created  uint64            // the catalog version that made it
	Made     uint64            // tells the definitions of one ID apart: a checkpoint of another one is not this view's
	Upstream []uint32
	History  types.Micros              // for how long changes are kept, for subscribers that come back
	MayFall  bool                      // it can be made anew from what is there, and nothing of it has left: see shed
	Async    bool                      // Add does not wait until the view has read what there was
	Every    types.Micros              // subscribers get the net changes of so long at once; 0: those of each epoch
	Visible  func(relation uint32) int // number of visible columns of a relation
	// Whole is told of the rows, with all columns of their relation, that the pipeline is being given a part of, and
	// nil when it has been; nil: nobody wants to know. The rows are borrowed.
	Whole    func(relation uint32, rows *batch.Batch)
	Budget   *mem.Budget // what the pipeline's memory is counted by
	Pipeline *Pipeline
}

// Add starts a view and returns when it stands at an epoch that includes every write acknowledged before the call, or, where
// the definition says so, before that: whoever reads it waits until it has come as far. A view that reads others which have
// not come that far yet is refused with 55000, unless it need not wait for them.
func (l *Live) Add(ctx context.Context, d Definition) error {
	g, err := l.add(ctx, d)
	if err != nil {
		return err
	}
	if d.Async {
		return nil
	}
	if err := g.wait(ctx, l.committer.Last().No); err != nil {
		l.Remove(d.ID)
		return failure(d.Name, err)
	}
	return nil
}

func (l *Live) add(ctx context.Context, d Definition) (*Group, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(d); err != nil {
		return nil, err
	}
	g, err := l.groupOf(ctx, d.Upstream)
	if err != nil {
		return nil, err
	}
	m := l.newMember(d)
	if g == nil {
		from := d.Since
		if first, _ := l.committer.Log().Bounds(); from < first {
			from = first
		}
		g = newGroup(l.committer, []*Member{m}, from)
		g.visible.No = max(from, 1) - 1
		g.start()
	} else if d.Async {
		g.mu.Lock()
		j := g.join(m)
		g.mu.Unlock()
		l.register(d, g, m).joiner = j
		return g, nil
	} else {
		g.mu.Lock()
		err = g.attach(ctx, m)
		g.mu.Unlock()
		if err != nil {
			m.close()
			return nil, failure(d.Name, err)
		}
	}
	l.register(d, g, m)
	return g, nil
}

func (l *Live) newMember(d Definition) *Member {
	m := &Member{ID: d.ID, name: d.Name, filling: newFilling(d, l.committer.Log()), mayFall: d.MayFall, made: d.Made, Since: d.Since, floors: d.Floors, Visible: d.Visible, whole: d.Whole, sieves: &l.sieves, budget: d.Budget, pipeline: d.Pipeline}
	m.tap = &tap{listen: d.Pipeline.Listen, history: d.History, every: interval(d.Every), due: l.committer.Due, budget: d.Budget}
	d.Pipeline.Out(m.tap)
	m.tap.update()
	for i := range d.Pipeline.Inputs {
		m.sieves.join(&d.Pipeline.Inputs[i])
	}
	return m
}

func (l *Live) register(d Definition, g *Group, m *Member) *entry {
	e := &entry{group: g, member: m, release: func() {}}
	if d.Pipeline.OnClose {
		e.release = l.committer.WantTicks()
	}
	l.views[d.ID] = e
	delete(l.off, d.ID)
	return e
}

// groupOf gives the one group that the upstream views are in, made of several if need be; nil when there are none.
func (l *Live) groupOf(ctx context.Context, upstream []uint32) (*Group, error) {
	var gs []*Group
	for _, id := range upstream {
		if why := l.off[id]; why != nil {
			return nil, why
		}
		if e := l.views[id]; e != nil && !slices.Contains(gs, e.group) { // others are streams
			gs = append(gs, e.group)
		}
	}
	switch len(gs) {
	case 0:
		return nil, nil
	case 1:
		return gs[0], nil
	}
	return l.merge(ctx, gs)
}

// Remove ends a view. The caller has made sure that no other reads it.
func (l *Live) Remove(id uint32) {
	l.end(id, sqlerr.New(sqlerr.UndefinedTable, "the materialized view was dropped"), nil)
}

// Disable ends a view that may not run, until Add starts it anew. Whoever reads it is told why.
func (l *Live) Disable(id uint32, why error) { l.end(id, why, why) }

// Off says why a view is disabled; nil: it is not.
func (l *Live) Off(id uint32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.off[id]
}

// end stops a view; told is what its subscribers get, off why it stays as it is.
func (l *Live) end(id uint32, told, off error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if delete(l.off, id); off != nil {
		l.off[id] = off
	}
	l.endEntry(id, told)
}

// endEntry is end with the lock held.
func (l *Live) endEntry(id uint32, told error) {
	e := l.views[id]
	if e == nil {
		return
	}
	delete(l.views, id)
	e.release()
	if e.joiner != nil && !e.joiner.stop() {
		e.member.tap.fail(told)
		return
	}
	g := e.group
	g.mu.Lock()
	if e.member.fallen() != nil {
		delete(g.gone, id)
		g.mu.Unlock()
		return
	}
	last := len(g.members) == 1 && len(g.waiting) == 0
	if !last {
		g.detach(e.member)
	}
	for _, m := range g.members { // subscriptions to queries over it
		if m != e.member && m.reads(id) {
			m.tap.fail(told)
		}
	}
	g.mu.Unlock()
	if last {
		g.stop()
	}
	e.member.tap.fail(told)
}

// reads says whether a member reads a relation.
func (m *Member) reads(id uint32) bool {
	return slices.ContainsFunc(m.pipeline.Inputs, func(in Input) bool { return in.Relation == id && id != m.ID })
}

// detach takes a member out. The lock is held.
func (g *Group) detach(m *Member) {
	g.members = slices.DeleteFunc(g.members, func(x *Member) bool { return x == m })
	for i := range m.pipeline.Inputs {
		sink := m.pipeline.Inputs[i].Sink
		for _, up := range g.members {
			up.tap.readers = slices.DeleteFunc(up.tap.readers, func(r stream.Sink) bool {
				c, ok := r.(apart)
				return ok && c.Sink == sink
			})
			up.tap.update()
		}
	}
	m.close()
}

// locked gives a view's entry with the lock of its group held. One that is no member of it yet is refused.
func (l *Live) locked(id uint32) (*entry, *Group, error) {
	for {
		e, g, err := l.entry(id)
		if err != nil {
			return nil, nil, err
		}
		if pending, err := e.joiner.pending(); err != nil {
			return nil, nil, failure(e.member.name, err)
		} else if pending {
			return nil, nil, StillFilled(e.member.name)
		}
		g.mu.Lock()
		if g.heir == nil {
			return e, g, nil
		}
		g.mu.Unlock()
	}
}

func (l *Live) entry(id uint32) (*entry, *Group, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.views[id]
	if e == nil {
		return nil, nil, l.notRunning(id)
	}
	if err := e.member.fallen(); err != nil {
		return nil, nil, err
	}
	return e, e.group, nil
}

// notRunning says why a view cannot be read. The lock is held.
func (l *Live) notRunning(id uint32) error {
	if why := l.off[id]; why != nil {
		return why
	}
	return sqlerr.New(sqlerr.ObjectNotInState, "the materialized view is not running").
		WithHint("It is being created or dropped; SELECT * FROM vex.views shows its state.")
}

// Subscribe gives a view's contents at an epoch that is atLeast or newer, and then each change. The caller releases
// the snapshot and closes the subscription. progress asks for epochs without changes, too.
func (l *Live) Subscribe(ctx context.Context, id uint32, atLeast uint64, progress bool) (*Snapshot, batch.Epoch, *Subscription, error) {
	if err := l.Reach(ctx, id, atLeast); err != nil {
		return nil, batch.Epoch{}, nil, err
	}
	e, g, err := l.locked(id)
	if err != nil {
		return nil, batch.Epoch{}, nil, err
	}
	defer g.mu.Unlock()
	g.wake()
	return e.member.snapshot(nil), g.visible, e.member.tap.add(progress), nil
}

// Resume gives a view's changes after an epoch that the subscriber has seen. It fails with 72000 when the view does not
// know them any more.
func (l *Live) Resume(ctx context.Context, id uint32, after, atLeast uint64, progress bool) (*Subscription, batch.Epoch, error) {
	if err := l.Reach(ctx, id, atLeast); err != nil {
		return nil, batch.Epoch{}, err
	}
	e, g, err := l.locked(id)
	if err != nil {
		return nil, batch.Epoch{}, err
	}
	defer g.mu.Unlock()
	g.wake()
	s, err := e.member.tap.resume(after, g.visible, progress)
	return s, g.visible, err
}

// Closing says what a view that is empty because no window has closed waits for; ok is false for every other.
func (l *Live) Closing(id uint32) (c window.Closing, ok bool) {
	e, _, err := l.entry(id)
	if err != nil || !e.member.pipeline.OnClose || e.member.pipeline.Closing == nil {
		return window.Closing{}, false
	}
	e, g, err := l.locked(id)
	if err != nil {
		return window.Closing{}, false
	}
	defer g.mu.Unlock()
	return e.member.pipeline.Closing()
}

// Await waits until views have made epoch no visible, and have written what streams are to have of it, but no longer than
// atMost, and says whether they have.
func (l *Live) Await(ctx context.Context, ids []uint32, no uint64, atMost time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	for _, id := range ids {
		if l.Reach(ctx, id, no) != nil {
			return false
		}
		if e, _, err := l.entry(id); err == nil && e.member.pipeline.Feedback != nil && e.member.pipeline.Feedback.await(ctx) != nil {
			return false
		}
	}
	return true
}

// Reach waits until a view has made epoch no visible.
func (l *Live) Reach(ctx context.Context, id uint32, no uint64) error {
	e, g, err := l.entry(id)
	if err != nil {
		return err
	}
	if err := e.joiner.wait(ctx); err != nil {
		return failure(e.member.name, err)
	}
	if err := g.wait(ctx, no); err != nil {
		return failure("view", err)
	}
	return nil
}

// Status is how a view stands.
type Status struct {
	ID      uint32
	Visible batch.Epoch
	Lagging bool
	RowsIn  int64
	Bytes   int64
	Cold    int64   // of the state, outside memory
	Filled  float64 // the share that has been read of what there was when the view was made: 1 from then on
	Lapsed  int64   // what was dropped by the state_ttl, since the view runs
	Members int     // views of its group
	Subs    int
	Err     error
	Since   uint64
	Marks   stream.Watermarks
	Waits   []window.Mark // the watermarks that its windows go by
	Holder  Holder
	Now     types.Micros
}

// Status gives every view's state, by ID.
func (l *Live) Status() []Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Status, 0, len(l.views))
	for id, e := range l.views {
		if pending, err := e.joiner.pending(); pending || err != nil { // its operators are not to be asked
			out = append(out, Status{
				ID: id, Lagging: true, Bytes: e.member.budget.Used(), Err: err, Since: e.member.Since,
				Filled: e.member.filling.share(e.joiner.seen.Load()),
			})
			continue
		}
		g := e.group
		g.mu.Lock()
		if err := e.member.fallen(); err != nil {
			out = append(out, Status{ID: id, Lagging: true, RowsIn: e.member.rowsIn, Err: err, Since: e.member.Since, Filled: 1})
			g.mu.Unlock()
			continue
		}
		e.member.tap.mu.Lock()
		out = append(out, Status{
			ID: id, Visible: g.visible, Lagging: g.feed.Behind(), RowsIn: e.member.rowsIn,
			Bytes: e.member.pipeline.Bytes(), Members: len(g.members), Subs: len(e.member.tap.subs), Err: g.err,
			Since: e.member.Since, Filled: e.member.filling.share(g.visible.No), Marks: g.marks, Waits: e.member.pipeline.Marks, Holder: e.member.holder,
		})
		e.member.tap.mu.Unlock()
		if cold := e.member.pipeline.Cold; cold != nil {
			out[len(out)-1].Cold = cold()
		}
		g.mu.Unlock()
		if lapsed := e.member.pipeline.Lapsed; lapsed != nil {
			out[len(out)-1].Lapsed = lapsed()
		}
	}
	slices.SortFunc(out, func(a, b Status) int { return int(a.ID) - int(b.ID) })
	return out
}

// Close stops every view. What was not checkpointed is folded again from the log at the next start.
func (l *Live) Close() {
	if l.relief != nil {
		l.relief()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	stopped := map[*Group]bool{}
	for _, e := range l.views {
		if e.joiner != nil {
			e.joiner.stop()
		}
	}
	for _, e := range l.views {
		e.release()
		if !stopped[e.group] {
			stopped[e.group] = true
			e.group.stop()
		}
	}
	l.views = map[uint32]*entry{}
	l.crew.Close()
}
