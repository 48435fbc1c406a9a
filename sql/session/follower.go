package session

import (
	"context"
	"fmt"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
)

// followerOf is the ID by which what follows a view for its triggers runs. No relation has such a one.
func followerOf(view uint32) uint32 { return 1<<30 | view }

// follower has the triggers of a materialized view see what each epoch changes in it. What they add is written by a later epoch,
// once: a statement of its own has what one epoch gave, by whose number the committer knows it again.
type follower struct {
	*live.Feedback
	e     *Engine
	view  uint32
	keys  []int // columns that tell rows apart
	keyed bool  // they are known
	begun bool  // what comes is changes: before it were the contents
	rows  []*batch.Batch
	held  int64 // bytes of rows, reserved
}

// Loaded says that the view is restored to where its triggers have seen it.
func (f *follower) Loaded(p stream.Progress) error {
	f.begun = true
	return f.Feedback.Loaded(p)
}

// Pages and what else a checkpoint needs are those of the rows that wait.
var _ state.Keeper = (*follower)(nil)

// followerSink is the follower as the input of a pipeline.
type followerSink struct{ *follower }

// Push keeps rows until the epoch is there in full. It fails with 53200 when there is no memory for them.
func (f followerSink) Push(_ context.Context, b *batch.Batch) error {
	if !f.begun {
		return nil
	}
	b = b.Clone()
	size := int64(b.Bytes())
	if err := f.e.memory.Reserve(size); err != nil {
		return err
	}
	f.rows, f.held = append(f.rows, b), f.held+size
	return nil
}

// release lets the rows of an epoch go.
func (f *follower) release() {
	f.e.memory.Release(f.held)
	f.rows, f.held = nil, 0
}

// Advance has the triggers act on the net changes of the epoch.
func (f followerSink) Advance(_ context.Context, p stream.Progress) error {
	rows := f.rows
	defer f.release()
	f.begun = true
	l := f.e.gate.list(f.view)
	if len(rows) == 0 || l == nil || l.Len() == 0 {
		return nil
	}
	return newNet(rows, f.keys, f.keyed).each(func(as action.Change, b *batch.Batch) error {
		as.Epoch, as.Net = p.Epoch.No, true
		return l.After(p.Epoch.Time, f.e.clock, as, b, f.Feedback)
	})
}

// Close lets go of an epoch that is not there in full. The pipeline closes what waits.
func (f followerSink) Close() error {
	f.release()
	return nil
}

// followerDefinition is the follower of a view ready to run.
func (e *Engine) followerDefinition(r *catalog.Relation, snap *catalog.Snapshot) (live.Definition, error) {
	f := &follower{e: e, view: r.ID, Feedback: live.NewFeedback(e.Committer, target(r), fmt.Sprintf("triggers of view %d", r.ID), nil, e.memory, e.journal)}
	var err error
	if f.keys, f.keyed, err = e.viewKey(snap, r); err != nil {
		return live.Definition{}, err
	}
	in := live.Input{Relation: r.ID, Sink: followerSink{f}}
	for i := range r.Visible() {
		in.Columns = append(in.Columns, i)
	}
	made := uint64(0)
	for _, t := range snap.Triggers(r.ID) {
		if made == 0 || t.Since < made {
			made = t.Since
		}
	}
	run := &live.Pipeline{
		Inputs: []live.Input{in}, Stateful: []state.Keeper{f}, Root: f, Feedback: f.Feedback,
		Tail: func(next stream.Sink) stream.Sink { return next }, Listen: func(bool) {}, Out: func(stream.Sink) {}, Bytes: f.Bytes,
	}
	visible := func(uint32) int { return len(r.Visible()) }
	return live.Definition{ID: followerOf(r.ID), Name: "triggers of " + r.QualifiedName(), Created: made, Upstream: []uint32{r.ID}, Visible: visible, Pipeline: run}, nil
}

// followed are the views whose triggers have something to follow.
func (e *Engine) followed(snap *catalog.Snapshot) []*catalog.Relation {
	var out []*catalog.Relation
	for _, id := range snap.Triggered() {
		if r := snap.ByID(id); r.Kind == catalog.MaterializedView && !r.Paused && e.Live.Off(id) == nil {
			out = append(out, r)
		}
	}
	return out
}

// seen waits, but not for ever, until the triggers of views that change have seen what was committed before.
func (e *Engine) seen(ctx context.Context, old, snap *catalog.Snapshot) {
	for id := range e.followers {
		if !snap.SameTriggers(old, id) {
			e.Live.Await(ctx, []uint32{followerOf(id)}, e.Committer.Last().No, closeWait)
		}
	}
}

// follow has every view with triggers be followed, and no other. The lock of the catalog is held.
func (e *Engine) follow(ctx context.Context, snap *catalog.Snapshot) {
	want := map[uint32]bool{}
	for _, r := range e.followed(snap) {
		want[r.ID] = true
		if e.followers[r.ID] {
			continue
		}
		d, err := e.followerDefinition(r, snap)
		if err == nil {
			err = e.Live.Add(ctx, d)
		}
		if err != nil {
			e.journal.Error("the triggers of a materialized view do not run", "view", r.QualifiedName(), "err", err)
			continue
		}
		e.followers[r.ID] = true
	}
	for id := range e.followers {
		if want[id] {
			continue
		}
		e.Live.Remove(followerOf(id))
		delete(e.followers, id)
	}
}

// net is the net changes of an epoch, row by row.
type net struct {
	rows       []*batch.Batch
	gone, came []spot
	changed    [][2]spot // as it was, and as it becomes
}

// newNet finds out what has changed. A row that goes and one that comes are one that changes if they have the same keys.
func newNet(rows []*batch.Batch, keys []int, keyed bool) *net {
	n := &net{rows: rows}
	all := make([]int, len(rows[0].Cols))
	for i := range all {
		all[i] = i
	}
	weights, order := map[string]*spot{}, []*spot(nil)
	for i, b := range rows {
		for r := range b.N {
			key := wideKey(b, r, all)
			s := weights[key]
			if s == nil {
				s = &spot{batch: i, row: r}
				weights[key], order = s, append(order, s)
			}
			s.diff += b.Weight(r)
		}
	}
	gone := map[string][]spot{} // by key
	for _, s := range order {
		for k := s.diff; k < 0; k++ {
			if key := wideKey(rows[s.batch], s.row, keys); keyed {
				gone[key] = append(gone[key], *s)
			} else {
				n.gone = append(n.gone, *s)
			}
		}
	}
	for _, s := range order {
		for k := s.diff; k > 0; k-- {
			key := wideKey(rows[s.batch], s.row, keys)
			if was := gone[key]; len(was) > 0 {
				n.changed, gone[key] = append(n.changed, [2]spot{was[0], *s}), was[1:]
			} else {
				n.came = append(n.came, *s)
			}
		}
	}
	for _, s := range order {
		if key := wideKey(rows[s.batch], s.row, keys); len(gone[key]) > 0 {
			n.gone = append(n.gone, gone[key]...)
			delete(gone, key)
		}
	}
	return n
}

func wideKey(b *batch.Batch, row int, columns []int) string {
	var key []byte
	for _, c := range columns {
		key = value.WideKey(key, &b.Cols[c], row)
	}
	return string(key)
}

// each visits the changes: rows as they become, and behind those columns as they were.
func (n *net) each(visit func(as action.Change, rows *batch.Batch) error) error {
	width := len(n.rows[0].Cols)
	give := func(op action.Op, now, old []spot) error {
		for size := max(len(now), len(old)); size > 0; size = max(len(now), len(old)) {
			size = min(size, batch.MaxRows)
			b := &batch.Batch{N: size, Cols: append(n.columns(&now, size), n.columns(&old, size)...)}
			if err := visit(action.Change{Op: op, Width: width}, b); err != nil {
				return err
			}
		}
		return nil
	}
	var was, becomes []spot
	for _, p := range n.changed {
		was, becomes = append(was, p[0]), append(becomes, p[1])
	}
	if err := give(action.Delete, nil, n.gone); err != nil {
		return err
	}
	if err := give(action.Update, becomes, was); err != nil {
		return err
	}
	return give(action.Insert, n.came, nil)
}

// columns takes so many rows from the front of a list, which is empty for rows that are not there.
func (n *net) columns(from *[]spot, size int) []batch.Column {
	out := make([]batch.Column, 0, 2*len(n.rows[0].Cols))
	for c := range n.rows[0].Cols {
		to := batch.NewBuilder(n.rows[0].Cols[c].Type, size)
		for i := range size {
			if len(*from) == 0 {
				to.Null()
				continue
			}
			s := (*from)[i]
			to.Append(&n.rows[s.batch].Cols[c], s.row)
		}
		out = append(out, to.Finish())
	}
	if len(*from) > 0 {
		*from = (*from)[size:]
	}
	return out
}
