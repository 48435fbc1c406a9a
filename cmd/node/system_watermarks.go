package node

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/window"
)

// watermarks gives a row for each stream, and one for each view and stream that it reads, directly or through others.
// The stream's own row says since when its lane holds it; that of a view since when its stream holds the view's windows.
func (s *system) watermarks(ctx context.Context, out *rows) error {
	snap, standing := s.n.engine.Catalog(), map[uint32]window.Standing{}
	for _, w := range s.n.engine.Times.Explain() {
		standing[w.Relation] = w
	}
	for _, r := range snap.Relations() {
		w, ok := standing[r.ID]
		if !ok {
			continue
		}
		var lane, since any
		if w.Held {
			lane, since = int64(w.HeldBy), w.HeldSince
		}
		if err := out.add(ctx, nil, r.QualifiedName(), w.At, nil, since, lane, w.Moved, w.Idle); err != nil {
			return err
		}
	}
	for _, st := range s.n.engine.Live.Status() {
		v := snap.ByID(st.ID)
		if v == nil || v.Kind != catalog.MaterializedView {
			continue
		}
		for _, id := range behind(snap, v) {
			w, ok := standing[id]
			r := snap.ByID(id)
			if !ok || r == nil {
				continue
			}
			if err := s.inputRow(ctx, out, v, r, &st, &w); err != nil {
				return err
			}
		}
	}
	return nil
}

// behind gives the relations that a view reads, directly or through others, in the order of their IDs.
func behind(snap *catalog.Snapshot, v *catalog.Relation) []uint32 {
	var all []uint32
	var visit func(r *catalog.Relation)
	visit = func(r *catalog.Relation) {
		for _, id := range r.DependsOn {
			if up := snap.ByID(id); up != nil && !slices.Contains(all, id) {
				all = append(all, id)
				visit(up)
			}
		}
	}
	visit(v)
	slices.Sort(all)
	return all
}

// inputRow is the row of one stream that a view reads. Where the stream stands is as of the view's epoch.
func (s *system) inputRow(ctx context.Context, out *rows, v, r *catalog.Relation, st *live.Status, w *window.Standing) error {
	at := st.Marks.Of(r.ID)
	var holds, since, lane any
	i := slices.IndexFunc(st.Waits, func(m window.Mark) bool { return m.Relation == r.ID })
	if i >= 0 {
		at = at.Sub(st.Waits[i].Minus)
		is := st.Holder.Relation == r.ID
		if holds = is; is {
			since = st.Holder.Since
		}
	}
	if w.Held {
		lane = int64(w.HeldBy)
	}
	return out.add(ctx, v.QualifiedName(), r.QualifiedName(), at, holds, since, lane, w.Moved, w.Idle)
}
