package window

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
)

// sessionOut gathers groups of a SessionGroups into batches.
type sessionOut struct {
	op.Outgoing
	s *SessionGroups
}

func newSessionOut(s *SessionGroups) *sessionOut {
	return &sessionOut{Outgoing: op.NewOutgoing(s.spec.Schema()), s: s}
}

// add appends group r of f. When a result fails, nothing is appended: the group is absent until it does not.
func (o *sessionOut) add(f op.Frozen, r uint32, diff int64) {
	row, k := f.View.Row(r), 0
	first, last := o.s.bounds(row)
	for i, key := range o.s.spec.Keys {
		switch {
		case key.Column >= 0:
			f.Shape.AppendKey(o.Cols[i], k, row, f.Strings)
			k++
		case key.Bound == Start:
			batch.Put(o.Cols[i], first)
		case key.Bound == End:
			batch.Put(o.Cols[i], last+o.s.spec.Gap)
		default:
			batch.Put(o.Cols[i], last+o.s.spec.Gap-1)
		}
	}
	if err := f.Shape.AppendResults(o.Cols[len(o.s.spec.Keys):], row, f.Sets(r), f.Strings); err != nil {
		o.Truncate(len(o.Diff))
		return
	}
	o.Diff = append(o.Diff, diff)
}

// all pushes every group.
func (o *sessionOut) all(ctx context.Context, f op.Frozen, to stream.Sink) error {
	for r := range uint32(f.View.Len()) {
		if !f.Live(r) {
			continue
		}
		if o.add(f, r, 1); len(o.Diff) < batch.MaxRows {
			continue
		}
		if err := o.Flush(ctx, to, nil); err != nil {
			return err
		}
	}
	return o.Flush(ctx, to, nil)
}

// changes pushes -1 for what each group was and +1 for what it is.
func (o *sessionOut) changes(ctx context.Context, old, now op.Frozen, groups []uint32, to stream.Sink, ep *batch.Epoch) error {
	for _, r := range groups {
		was, is := old.Live(r), now.Live(r)
		if was && is && slices.Equal(old.View.Row(r), now.View.Row(r)) && sameSets(old.Sets(r), now.Sets(r), now.Shape.Layout.Sets) {
			continue
		}
		at := len(o.Diff)
		if was {
			o.add(old, r, -1)
		}
		if is {
			o.add(now, r, 1)
		}
		if len(o.Diff) == at+2 && o.Same(at) {
			o.Truncate(at)
		}
		if len(o.Diff) >= batch.MaxRows-1 {
			if err := o.Flush(ctx, to, ep); err != nil {
				return err
			}
		}
	}
	return o.Flush(ctx, to, ep)
}

func sameSets(old, now func(int) *agg.Set, n int) bool {
	for i := range n {
		if old(i) != now(i) {
			return false
		}
	}
	return true
}
