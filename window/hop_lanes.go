package window

import (
	"slices"

	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/types"
)

// Divide says whether rows may be folded in lanes, each a Hop of the same HopSpec.
func (h *Hop) Divide() bool {
	return h.spec.AppendOnly && !h.env.Bounded && h.shape.Divisible()
}

// laneOf is what a Hop is besides, while it folds rows for another one.
type laneOf struct {
	aparts   map[*op.Groups]*op.Apart
	words    op.Translation
	absorbed int // panes that have been added, while it is absorbed
}

func (h *Hop) toLane() {
	h.lane, h.panes, h.last = &laneOf{aparts: map[*op.Groups]*op.Apart{}}, nil, nil
}

// Begin has lanes judge rows by this Hop's watermark.
func (h *Hop) Begin(lanes []op.Divided) {
	h.debt.Lanes = lanes
	for _, d := range lanes {
		l := d.(*Hop)
		if l.lane == nil {
			l.toLane()
		}
		l.watermark = h.watermark
	}
}

// Owe says that the lanes have folded so many rows.
func (h *Hop) Owe(rows int) error { return h.debt.Owe(rows) }

// Owes says whether the lanes have rows.
func (h *Hop) Owes() bool { return h.debt.Owes() }

// Pays says whether lanes were worth it.
func (h *Hop) Pays() bool { return h.debt.Pays() }

// Collect adds the groups of the lanes.
func (h *Hop) Collect() error { return h.debt.Settle(h.absorb) }

// collected is Collect for who cannot fail.
func (h *Hop) collected() {
	if err := h.Collect(); err != nil {
		h.debt.Later(err)
	}
}

// newGroups makes the groups of a pane.
func (h *Hop) newGroups() *op.Groups {
	if h.lane == nil {
		return op.NewGroups(h.shape)
	}
	a := op.NewApart(h.shape)
	h.lane.aparts[a.Groups] = a
	return a.Groups
}

// absorb adds the panes of the lanes, in the order of time.
func (h *Hop) absorb() (groups int, err error) {
	for _, d := range h.debt.Lanes {
		l := d.(*Hop)
		h.epoch, l.lane.absorbed = max(h.epoch, l.epoch), 0
	}
	for {
		next := h.nextPane()
		if next == nil {
			return groups, h.resize()
		}
		var parts []*op.Apart
		var by []*op.Translation
		for _, d := range h.debt.Lanes {
			l := d.(*Hop)
			if at := l.lane.absorbed; at < len(l.panes) && order(l.panes[at], next.start, next.from) == 0 {
				parts, by = append(parts, l.lane.aparts[l.panes[at].groups]), append(by, &l.lane.words)
				l.lane.absorbed++
			}
		}
		p, err := h.paneOf(next.start, next.from)
		if err != nil {
			return 0, err
		}
		groups += p.groups.Absorb(parts, by)
	}
}

// resize reserves what the state is now, if need be after putting panes outside memory.
func (h *Hop) resize() error {
	err := h.meter.Set(h.Bytes())
	if err == nil {
		return nil
	}
	_, failed := h.coolDown(func() bool {
		err = h.meter.Set(h.Bytes())
		return err == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		err = h.meter.Set(h.Bytes()) // after the last one
	}
	return err
}

// nextPane is the first pane of the lanes that has not been absorbed.
func (h *Hop) nextPane() (next *pane) {
	for _, d := range h.debt.Lanes {
		l := d.(*Hop)
		if at := l.lane.absorbed; at < len(l.panes) {
			if p := l.panes[at]; next == nil || order(p, next.start, next.from) < 0 {
				next = p
			}
		}
	}
	return next
}

// collectDue collects if windows that end at limit or before, and have not been given, or shown for the last time, have rows in lanes.
func (h *Hop) collectDue(limit types.Micros) error {
	if !h.debt.Owes() {
		return nil
	}
	for _, d := range h.debt.Lanes {
		for _, p := range d.(*Hop).panes {
			first, last := h.spec.Frame.WindowsOfPane(p.start)
			if first <= last && h.spec.Frame.End(first) <= limit {
				return h.Collect()
			}
		}
	}
	return nil
}

// dropLanes forgets the panes of lanes, all of which have been collected, that start before horizon.
func (h *Hop) dropLanes(horizon types.Micros) {
	for _, d := range h.debt.Lanes {
		l := d.(*Hop)
		n := len(l.panes)
		l.panes = slices.DeleteFunc(l.panes, func(p *pane) bool {
			if p.start < horizon {
				delete(l.lane.aparts, p.groups)
			}
			return p.start < horizon
		})
		if l.last = nil; len(l.panes) < n {
			_ = l.meter.Set(l.Bytes()) // it is less than before
		}
	}
}

// Forget makes a lane's state new.
func (h *Hop) Forget() error {
	shape, err := h.newShape()
	if err != nil {
		return err
	}
	h.shape = shape
	h.toLane()
	return h.meter.Set(h.Bytes())
}
