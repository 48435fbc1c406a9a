package window

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Listen switches the sending of changes on or off, between two epochs. Windows that close are always sent.
func (h *Hop) Listen(on bool) {
	if on == h.listening {
		return
	}
	h.collected()
	h.listening = on
	for _, p := range h.panes {
		if p.cold != nil {
			continue
		}
		p.groups.Track = h.tracks()
		p.old = op.Frozen{}
		if on {
			h.touched = p.groups.TakeTouched(h.touched)
			p.old = p.groups.Freeze()
		}
	}
}

// change is a group of a window that an epoch touched.
type change struct {
	start types.Micros
	key   []uint64
}

// settle sends the changes of the epoch and frees groups that are empty now.
func (h *Hop) settle(ctx context.Context, ep *batch.Epoch) error {
	if !h.tracks() {
		return nil
	}
	if err := h.Collect(); err != nil {
		return err
	}
	var changed []change
	seen := map[string]bool{}
	var id []byte
	touched := make([][]uint32, len(h.panes))
	for i, p := range h.panes {
		if p.cold != nil {
			continue
		}
		touched[i] = p.groups.TakeTouched(nil)
		if !h.listening {
			continue
		}
		first, last := h.spec.Frame.WindowsOfPane(p.start)
		first = max(first, p.from)
		for _, r := range touched[i] {
			key := p.groups.Key(r)
			for w := first; w <= last; w = h.spec.Frame.Next(w) {
				id = h.shape.KeyBytes(binary.LittleEndian.AppendUint64(id[:0], uint64(w)), p.groups.Pages.Row(r))
				if !seen[string(id)] {
					seen[string(id)] = true
					changed = append(changed, change{w, slices.Clone(key)})
				}
			}
		}
	}
	if err := h.send(ctx, changed, ep); err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	for i, p := range h.panes {
		if len(touched[i]) == 0 {
			continue
		}
		if !h.spec.AppendOnly {
			p.groups.Release(touched[i])
		}
		if h.listening {
			p.old = p.groups.Freeze()
		}
	}
	return nil
}

// send pushes -1 for what each changed group was and +1 for what it is.
func (h *Hop) send(ctx context.Context, changed []change, ep *batch.Epoch) error {
	for _, c := range changed {
		was, is, f, err := h.around(c)
		if err != nil {
			return err
		}
		if was.row != nil && is.row != nil && slices.Equal(was.row, is.row) && len(was.sets) == 0 {
			continue
		}
		at := len(h.out.Diff)
		// A result that fails makes its group absent: there is nothing to take back or to add for it.
		if was.row != nil && was.row[0] != 0 {
			_ = h.out.add(c.start, was, -1, f)
		}
		if is.row != nil && is.row[0] != 0 {
			_ = h.out.add(c.start, is, 1, f)
		}
		if len(h.out.Diff) == at+2 && h.out.Same(at) {
			h.out.Truncate(at)
		}
		if len(h.out.Diff) >= batch.MaxRows-1 {
			if err := h.out.Flush(ctx, h.next, ep); err != nil {
				return err
			}
		}
	}
	return h.out.Flush(ctx, h.next, ep)
}

// around gives a group of a window as it was at the last Advance and as it is now.
func (h *Hop) around(c change) (was, is group, f op.Frozen, err error) {
	end := h.spec.Frame.End(c.start)
	lo, _ := slices.BinarySearchFunc(h.panes, c.start, func(p *pane, t types.Micros) int { return cmp.Compare(p.start, t) })
	for _, p := range h.panes[lo:] {
		if p.start >= end {
			break
		}
		if p.from > c.start {
			continue
		}
		if err := h.warm(p); err != nil {
			return was, is, f, err
		}
		r, ok := p.groups.Find(c.key)
		if !ok {
			continue
		}
		f = p.groups.Freeze()
		if p.old.View != nil && p.old.Live(r) {
			was = merged(was, groupOf(p.old, r), h.shape.Layout, f)
		}
		if f.Live(r) {
			is = merged(is, groupOf(f, r), h.shape.Layout, f)
		}
	}
	return was, is, f, nil
}

// Pin holds the windows as of the last Advance.
func (h *Hop) Pin() state.Pin {
	h.collected()
	return &hopPin{h: h, panes: h.freeze(), epoch: h.epoch, mark: h.watermark, closed: h.closed, gone: h.gone()}
}

type hopPin struct {
	h            *Hop
	panes        []frozenPane
	epoch        uint64
	mark, closed types.Micros
	gone         types.Micros
}

func (p *hopPin) Epoch() uint64 { return p.epoch }

func (p *hopPin) Rows(ctx context.Context, to stream.Sink) error {
	err := newRows(p.h).windows(ctx, p.panes, p.gone, types.MaxTime, to, nil)
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

// clockKey is the page that holds where time stands. Pages of panes begin with wholePane and the pane's start, or with
// latePane, the start, and the first window that the pane counts in.
var clockKey = []byte{0}

const (
	wholePane = 1
	latePane  = 2
)

func (p *hopPin) Pages(visit func(state.Page) error) error {
	clock := state.Page{Key: clockKey, Stamp: p.epoch, Encode: func(dst []byte) ([]byte, error) {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(p.mark))
		return binary.LittleEndian.AppendUint64(dst, uint64(p.closed)), nil
	}}
	if err := visit(clock); err != nil {
		return err
	}
	for _, f := range p.panes {
		prefix := binary.BigEndian.AppendUint64([]byte{wholePane}, uint64(f.start))
		if f.from != types.MinTime {
			prefix[0] = latePane
			prefix = binary.BigEndian.AppendUint64(prefix, uint64(f.from))
		}
		if err := f.pages(prefix, visit); err != nil {
			return err
		}
	}
	return nil
}

// pages visits the pages of a pane.
func (p *frozenPane) pages(prefix []byte, visit func(state.Page) error) error {
	if p.cold == nil {
		return p.Pages(prefix, visit)
	}
	for no, c := range p.cold.pages {
		err := visit(state.Page{
			Key:   binary.BigEndian.AppendUint32(slices.Clip(prefix), uint32(no)),
			Stamp: c.stamp,
			Encode: func(dst []byte) ([]byte, error) {
				data, err := p.cold.load(nil, no)
				return append(dst, data...), err
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *hopPin) Release() { p.panes = nil }

// Expect makes room for the pages of a checkpoint.
func (h *Hop) Expect(keys iter.Seq[[]byte]) {
	n := map[*pane]int{}
	for key := range keys {
		if p, err := h.paneAt(key); p != nil && err == nil {
			n[p]++
		}
	}
	for p, pages := range n {
		p.groups.Expect(pages)
	}
}

// paneAt gives the pane that a page's key names; nil: none.
func (h *Hop) paneAt(key []byte) (*pane, error) {
	switch {
	case len(key) == 13 && key[0] == wholePane:
		return h.paneOf(types.Micros(binary.BigEndian.Uint64(key[1:])), types.MinTime)
	case len(key) == 21 && key[0] == latePane:
		return h.paneOf(types.Micros(binary.BigEndian.Uint64(key[1:])), types.Micros(binary.BigEndian.Uint64(key[9:])))
	}
	return nil, nil
}

// PagesSince is the format of checkpoints from which on its pages are as they are.
func (h *Hop) PagesSince() byte { return h.shape.PagesSince() }

// LoadPage takes in a page of a checkpoint.
func (h *Hop) LoadPage(key, data []byte) error {
	if len(key) == 1 && len(data) == 16 {
		h.watermark = types.Micros(binary.LittleEndian.Uint64(data))
		h.closed = types.Micros(binary.LittleEndian.Uint64(data[8:]))
		return nil
	}
	p, err := h.paneAt(key)
	if p == nil && err == nil {
		err = sqlerr.New(sqlerr.DataCorrupted, "a page of a window's checkpoint has a key of %d bytes", len(key))
	}
	if err != nil {
		return err
	}
	if h.loading != p { // the one before is whole
		if h.loading = p; h.meter.Set(h.Bytes()) != nil || h.env.Short() {
			if err := h.relieve(); err != nil {
				return err
			}
		}
	}
	return p.groups.LoadPage(data)
}

// Loaded ends the loading.
func (h *Hop) Loaded(p stream.Progress) error {
	h.epoch, h.loading = p.Epoch.No, nil
	for _, pn := range h.panes {
		if pn.used = 0; pn.cold != nil {
			continue
		}
		pn.groups.Pages.SetEpoch(h.epoch)
		if h.listening {
			pn.old = pn.groups.Freeze() // what was loaded is known to who listens
		}
	}
	return nil
}
