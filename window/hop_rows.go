package window

import (
	"cmp"
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// frozenPane is a pane held still.
type frozenPane struct {
	start, from types.Micros
	op.Frozen
	cold *coldPane // where the groups are, if they are not in memory
}

func (h *Hop) freeze() []frozenPane {
	out := make([]frozenPane, len(h.panes))
	for i, p := range h.panes {
		out[i] = frozenPane{start: p.start, from: p.from, cold: p.cold}
		if p.cold == nil {
			out[i].Frozen = p.groups.Freeze()
		}
	}
	return out
}

// group is one group of a window: the row of its only pane, or what several panes come to.
type group struct {
	row  []uint64
	sets []*agg.Set
}

func groupOf(f op.Frozen, r uint32) group {
	g := group{row: f.View.Row(r)}
	for i := range f.Shape.Layout.Sets {
		g.sets = append(g.sets, f.Sets(r)(i))
	}
	return g
}

// merged gives the sum of two groups of one key, without changing either.
func merged(a, b group, l *agg.Layout, f op.Frozen) group {
	if a.row == nil {
		return b
	}
	out := group{row: slices.Clone(a.row)}
	for _, s := range a.sets {
		out.sets = append(out.sets, s.Clone())
	}
	out.row[0] += b.row[0]
	l.Merge(out.row, b.row, out.sets, b.sets, f.Strings)
	f.Shape.Respell(out.row, out.sets, f.Strings)
	return out
}

// rows gathers results of a Hop into batches.
type rows struct {
	op.Outgoing
	h *Hop
}

func newRows(h *Hop) *rows {
	return &rows{Outgoing: op.NewOutgoing(h.spec.Schema()), h: h}
}

// add appends a group of the window that starts at start. When a result fails, nothing is appended.
func (o *rows) add(start types.Micros, g group, diff int64, f op.Frozen) error {
	s, k := f.Shape, 0
	for i, key := range o.h.spec.Keys {
		if key.Column >= 0 {
			s.AppendKey(o.Cols[i], k, g.row, f.Strings)
			k++
			continue
		}
		batch.Put(o.Cols[i], o.bound(start, key.Bound))
	}
	err := s.AppendResults(o.Cols[len(o.h.spec.Keys):], g.row, func(i int) *agg.Set { return g.sets[i] }, f.Strings)
	if err != nil {
		o.Truncate(len(o.Diff))
		return err
	}
	o.Diff = append(o.Diff, diff)
	return nil
}

func (o *rows) bound(start types.Micros, bound int) types.Micros {
	switch bound {
	case Start:
		return start
	case End:
		return o.h.spec.Frame.End(start)
	}
	return o.h.spec.Frame.End(start) - 1
}

// windows pushes the groups of every window whose end is in (after, upTo], by window and then by the first sight of
// their key.
func (o *rows) windows(ctx context.Context, panes []frozenPane, after, upTo types.Micros, to stream.Sink, ep *batch.Epoch) error {
	t := thawing{h: o.h}
	for _, start := range o.starts(panes, after, upTo) {
		in, err := t.panes(o.panesOf(panes, start), int64(start))
		if err == nil {
			err = o.window(ctx, in, start, to, ep)
		}
		if err != nil {
			return err
		}
	}
	return o.Flush(ctx, to, ep)
}

// starts gives the windows that hold a pane and end in (after, upTo], ascending.
func (o *rows) starts(panes []frozenPane, after, upTo types.Micros) []types.Micros {
	f := o.h.spec.Frame
	var out []types.Micros
	for _, p := range panes {
		first, last := f.WindowsOfPane(p.start)
		first = max(first, p.from)
		if len(out) > 0 {
			first = max(first, f.Next(out[len(out)-1]))
		}
		for w := first; w <= last; w = f.Next(w) {
			if end := f.End(w); end > after && end <= upTo {
				out = append(out, w)
			}
		}
	}
	return out
}

// panesOf gives the panes of the window that starts at start.
func (o *rows) panesOf(panes []frozenPane, start types.Micros) []frozenPane {
	lo, _ := slices.BinarySearchFunc(panes, start, func(p frozenPane, t types.Micros) int { return cmp.Compare(p.start, t) })
	hi := lo
	for hi < len(panes) && panes[hi].start < o.h.spec.Frame.End(start) {
		hi++
	}
	in := panes[lo:hi]
	late := func(p frozenPane) bool { return p.from > start }
	if !o.h.partly || !slices.ContainsFunc(in, late) {
		return in
	}
	return slices.DeleteFunc(slices.Clone(in), late)
}

func (o *rows) window(ctx context.Context, panes []frozenPane, start types.Micros, to stream.Sink, ep *batch.Epoch) error {
	emit := func(g group, f op.Frozen) error {
		if g.row[0] == 0 {
			return nil
		}
		if err := o.add(start, g, 1, f); err != nil {
			if o.h.env.Bounded {
				return err
			}
			return nil // absent while its result fails
		}
		if len(o.Diff) < batch.MaxRows {
			return nil
		}
		return o.Flush(ctx, to, ep)
	}
	if len(panes) == 1 {
		f := panes[0].Frozen
		for r := range uint32(f.View.Len()) {
			if f.Live(r) {
				if err := emit(groupOf(f, r), f); err != nil {
					return err
				}
			}
		}
		return nil
	}
	sum := map[string]int{}
	var groups []group
	var key []byte
	for _, p := range panes {
		for r := range uint32(p.View.Len()) {
			if !p.Live(r) {
				continue
			}
			g := groupOf(p.Frozen, r)
			key = p.Shape.KeyBytes(key[:0], g.row)
			at, ok := sum[string(key)]
			if !ok {
				sum[string(key)] = len(groups)
				groups = append(groups, g)
				continue
			}
			groups[at] = merged(groups[at], g, p.Shape.Layout, p.Frozen)
		}
	}
	for _, g := range groups {
		if err := emit(g, panes[len(panes)-1].Frozen); err != nil {
			return err
		}
	}
	return nil
}
