package window

import (
	"cmp"
	"hash/crc32"
	"runtime"
	"slices"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// coldPane is a pane whose groups lie outside memory, as the pages of a checkpoint, packed. It does not change, so that readers share
// it; when nobody knows it any more, its room is given up.
type coldPane struct {
	scratch state.Scratch
	pages   []coldPage
	stored  int64
}

type coldPage struct {
	stamp  uint64
	at     int64
	packed int32
	size   int32
	sum    uint32
}

// coldPageBytes is the memory of a coldPage.
const coldPageBytes = 32

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newColdPane puts the groups of f outside memory.
func newColdPane(f op.Frozen, to state.Scratch) (*coldPane, error) {
	c := &coldPane{scratch: to}
	var raw, packed []byte
	for no := range f.View.Pages() {
		raw = f.EncodePage(raw[:0], no)
		packed = codec.Pack(packed[:0], raw)
		at, err := to.Put(packed)
		if err != nil {
			freeCold(coldRoom{to, c.pages})
			return nil, err
		}
		c.pages = append(c.pages, coldPage{f.View.Stamp(no), at, int32(len(packed)), int32(len(raw)), crc32.Checksum(packed, castagnoli)})
		c.stored += int64(len(packed))
	}
	runtime.AddCleanup(c, freeCold, coldRoom{to, c.pages})
	return c, nil
}

type coldRoom struct {
	scratch state.Scratch
	pages   []coldPage
}

func freeCold(r coldRoom) {
	for _, p := range r.pages {
		r.scratch.Free(p.at, int(p.packed))
	}
}

// load gives page no, in room if that is large enough.
func (c *coldPane) load(room []byte, no int) ([]byte, error) {
	p := c.pages[no]
	packed := make([]byte, p.packed)
	if err := c.scratch.Get(packed, p.at); err != nil {
		return nil, err
	}
	if crc32.Checksum(packed, castagnoli) != p.sum {
		return nil, sqlerr.New(sqlerr.DataCorrupted, "a page that was put aside for want of memory is damaged")
	}
	return codec.Unpack(room[:0], packed, int(p.size))
}

// loadInto reads all groups into g.
func (c *coldPane) loadInto(g *op.Groups) error {
	var room []byte
	for no := range c.pages {
		var err error
		if room, err = c.load(room, no); err == nil {
			err = g.LoadPage(room)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bytes is the memory of a pane.
func (p *pane) bytes() int64 {
	if p.cold != nil {
		return coldPageBytes * int64(len(p.cold.pages))
	}
	return p.groups.Bytes()
}

// Cold is how many bytes of the state lie outside memory.
func (h *Hop) Cold() (n int64) {
	for _, p := range h.panes {
		if p.cold != nil {
			n += p.cold.stored
		}
	}
	return n
}

// coolDown puts panes outside memory until it is enough: those that were touched least lately, of these the oldest, and none
// that the epoch under way has touched, or that is being loaded. Where there is no room for them they stay, and the limit of memory holds.
func (h *Hop) coolDown(enough func() bool) (cooled bool, err error) {
	if h.env.Scratch == nil || h.env.Bounded {
		return false, nil
	}
	var idle []*pane
	for _, p := range h.panes {
		if p.cold == nil && (p.used < h.epoch || h.loading != nil && p != h.loading) {
			idle = append(idle, p)
		}
	}
	slices.SortFunc(idle, func(a, b *pane) int { return cmp.Or(cmp.Compare(a.used, b.used), cmp.Compare(a.start, b.start)) })
	for _, p := range idle {
		if enough() {
			break
		}
		was := p.bytes()
		c, err := newColdPane(p.groups.Look(), h.env.Scratch)
		if err != nil {
			break
		}
		p.cold, p.groups, p.old = c, nil, op.Frozen{}
		if h.last == p {
			h.last = nil
		}
		cooled = true
		if err := h.meter.Grow(p.bytes() - was); err != nil {
			return cooled, err
		}
	}
	return cooled, nil
}

// relieve is coolDown between two epochs, when the strings of panes that are cold then can be left behind.
func (h *Hop) relieve() error {
	var cooled bool
	var err error
	if h.env.Short() {
		cooled, err = h.coolDown(h.env.Eased)
	}
	if err == nil && cooled {
		err = h.forget()
	}
	if err == nil && (cooled || h.warmed) {
		h.warmed = false
		err = h.meter.Set(h.Bytes())
	}
	return err
}

// grow reserves n bytes more, if need be after putting panes outside memory.
func (h *Hop) grow(n int64) error {
	err := h.meter.Grow(n)
	if err == nil {
		return nil
	}
	_, failed := h.coolDown(func() bool { err = h.meter.Grow(n); return err == nil })
	if failed != nil {
		return failed
	}
	if err != nil {
		err = h.meter.Grow(n) // after the last one
	}
	return err
}

// warm has a pane's groups in memory. Its pages are then those of the epoch under way, for checkpoints.
func (h *Hop) warm(p *pane) error {
	if p.cold == nil {
		return nil
	}
	g := op.NewGroups(h.shape)
	if h.listening && h.epoch > 0 {
		g.SetEpoch(h.epoch - 1) // so that what is written now leaves p.old as it is
	} else {
		g.SetEpoch(h.epoch)
	}
	was := p.bytes()
	if err := p.cold.loadInto(g); err != nil {
		return err
	}
	if g.Track = h.tracks(); h.listening {
		p.old = g.Freeze()
		g.SetEpoch(h.epoch)
		g.TouchAll()
	}
	p.cold, p.groups, p.used, h.warmed = nil, g, h.epoch, true
	return h.grow(p.bytes() - was)
}

// thawing reads windows that lie outside memory in part, in strings of its own: their panes, in order, each once.
type thawing struct {
	h      *Hop
	shape  *op.Shape
	groups map[paneID]*op.Groups
}

type paneID struct{ start, from int64 }

// maxThawedStrings is how many strings a reader keeps for the next pane.
const maxThawedStrings = 1 << 16

// panes gives the panes of the window that starts at start with all their groups in memory.
func (t *thawing) panes(in []frozenPane, start int64) ([]frozenPane, error) {
	if !slices.ContainsFunc(in, func(p frozenPane) bool { return p.cold != nil }) {
		return in, nil
	}
	for id := range t.groups {
		if id.start < start {
			delete(t.groups, id)
		}
	}
	if t.shape == nil || len(t.groups) == 0 && t.shape.Strings.Len() > maxThawedStrings {
		shape, err := t.h.newShape()
		if err != nil {
			return nil, err
		}
		t.shape, t.groups = shape, map[paneID]*op.Groups{}
	}
	out := slices.Clone(in)
	for _, p := range in {
		id := paneID{int64(p.start), int64(p.from)}
		if t.groups[id] != nil {
			continue
		}
		g := op.NewGroups(t.shape)
		var err error
		if p.cold != nil {
			err = p.cold.loadInto(g)
		} else {
			err = copyGroups(g, p.Frozen)
		}
		if err != nil {
			return nil, err
		}
		t.groups[id] = g
	}
	for i, p := range in {
		out[i].Frozen, out[i].cold = t.groups[paneID{int64(p.start), int64(p.from)}].Look(), nil
	}
	return out, nil
}

// copyGroups copies f into g, value by value.
func copyGroups(g *op.Groups, f op.Frozen) error {
	var page []byte
	for no := range f.View.Pages() {
		page = f.EncodePage(page[:0], no)
		if err := g.LoadPage(page); err != nil {
			return err
		}
	}
	return nil
}
