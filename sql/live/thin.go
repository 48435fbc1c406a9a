package live

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

const (
	// maxHeldBytes is what one view holds back for subscribers that came at one epoch: past it, it is sent early.
	maxHeldBytes = 16 << 20
	// heldRowBytes is what a row costs that is held back, beside its values.
	heldRowBytes = 64
)

// hold is the net changes that subscribers are yet to get. The tap's lock guards it.
type hold struct {
	after  uint64 // what came with later epochs is in it
	types  []types.Type
	rows   map[string]int64 // weights, by the row as its values lie in their columns; 0: it came and went
	order  []string         // of rows, as they came first
	none   int              // rows whose weight is 0
	bytes  int64            // all of it reserved
	budget *mem.Budget
	key    []byte
}

// add takes changes, and says whether there was room for them: what there was none for is held all the same.
func (h *hold) add(bs []*batch.Batch) (room bool) {
	room = true
	for _, b := range bs {
		if h.types == nil {
			for i := range b.Cols {
				h.types = append(h.types, b.Cols[i].Type)
			}
		}
		for i := range b.N {
			room = h.row(b, i) && room
		}
	}
	if h.none > len(h.order)/2 {
		h.prune()
	}
	return room && h.bytes <= maxHeldBytes
}

func (h *hold) row(b *batch.Batch, row int) (room bool) {
	h.key = h.key[:0]
	for i := range b.Cols {
		h.key = value.AppendRaw(h.key, &b.Cols[i], row)
	}
	was, there := h.rows[string(h.key)]
	now, room := was+b.Weight(row), true
	if !there {
		key := string(h.key)
		h.order = append(h.order, key)
		if n := int64(len(key)) + heldRowBytes; h.budget.Reserve(n) == nil {
			h.bytes += n
		} else {
			room = false
		}
	}
	switch {
	case there && was == 0 && now != 0:
		h.none--
	case now == 0 && (was != 0 || !there):
		h.none++
	}
	h.rows[string(h.key)] = now
	return room
}

// prune forgets rows that came and went, so that what is held is no more than twice what differs.
func (h *hold) prune() {
	var bytes int64
	h.order = slices.DeleteFunc(h.order, func(key string) bool {
		if h.rows[key] != 0 {
			return false
		}
		delete(h.rows, key)
		bytes += int64(len(key)) + heldRowBytes
		return true
	})
	bytes = min(bytes, h.bytes) // there are rows that no memory was reserved for only until they are sent, with this epoch
	h.budget.Release(bytes)
	h.bytes -= bytes
	h.none = 0
}

// differs says whether there is anything to send.
func (h *hold) differs() bool { return len(h.order) > h.none }

// take gives what is held and holds nothing any more.
func (h *hold) take(ep *batch.Epoch) (u Update, bytes int) {
	u = Update{Epoch: ep, Rows: h.batches(ep)}
	for _, b := range u.Rows {
		bytes += b.Bytes()
	}
	h.empty()
	h.after = ep.No
	return u, bytes
}

// batches makes rows of all that is held.
func (h *hold) batches(ep *batch.Epoch) (out []*batch.Batch) {
	h.prune()
	for part := range slices.Chunk(h.order, batch.MaxRows) {
		out = append(out, h.batch(ep, part))
	}
	return out
}

// batch makes rows of what is held.
func (h *hold) batch(ep *batch.Epoch, order []string) *batch.Batch {
	cols := make([]*batch.Builder, len(h.types))
	for i, t := range h.types {
		cols[i] = batch.NewBuilder(t, len(order))
	}
	out := &batch.Batch{Epoch: ep, N: len(order), Diff: make([]int64, len(order)), Cols: make([]batch.Column, len(cols))}
	for r, key := range order {
		out.Diff[r] = h.rows[key]
		raw := []byte(key)
		for _, c := range cols {
			raw = value.TakeRaw(c, raw)
		}
	}
	for i, c := range cols {
		out.Cols[i] = c.Finish()
	}
	return out
}

func (h *hold) empty() {
	h.budget.Release(h.bytes)
	h.rows, h.order, h.none, h.bytes = map[string]int64{}, nil, 0, 0
}

// interval is how long changes are held back: µs; 0: they are not.
type interval types.Micros

// edge says whether subscribers get what there is with an epoch: it is the first one in its interval. That depends on
// recorded times alone, so it is the same whenever the log is read again.
func (i interval) edge(before, now types.Micros) bool {
	return i == 0 || i.next(before) <= now
}

// next is when the interval ends that a time is in.
func (i interval) next(at types.Micros) types.Micros {
	into := at % types.Micros(i)
	if into < 0 {
		into += types.Micros(i)
	}
	return at - into + types.Micros(i)
}

// thin takes an epoch's changes into what is held back, and sends that at an edge. The lock is held.
func (t *tap) thin(ep *batch.Epoch, edge bool) {
	used := map[*hold]bool{}
	for _, s := range t.subs {
		used[s.hold] = true
	}
	t.holds = slices.DeleteFunc(t.holds, func(h *hold) bool {
		if !used[h] {
			h.empty()
		}
		return !used[h]
	})
	waits := false
	for _, h := range t.holds {
		if room := h.add(t.rows); edge || !room {
			u, bytes := h.take(ep)
			t.send(h, u, bytes)
		}
		waits = waits || h.differs()
	}
	if edge && len(t.holds) > 1 { // all have had the same now
		t.holds = t.holds[:1]
		for _, s := range t.subs {
			s.hold = t.holds[0]
		}
	}
	if waits {
		t.due(t.every.next(ep.Time))
	}
}

// fresh is a hold that has nothing yet. The lock is held.
func (t *tap) fresh() *hold {
	for _, h := range t.holds {
		if h.after == t.at {
			return h
		}
	}
	h := &hold{after: t.at, rows: map[string]int64{}, budget: t.budget}
	t.holds = append(t.holds, h)
	return h
}

// thinned gives what a subscriber that comes back has missed as it would have got it, and holds what it would not have got
// yet.
func (t *tap) thinned(s *Subscription, missed []kept, visible types.Micros) (out []kept) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := &hold{rows: map[string]int64{}, budget: t.budget}
	for _, k := range missed {
		if room := h.add(k.Rows); k.edge || !room {
			if u, bytes := h.take(k.Epoch); len(u.Rows) > 0 {
				out = append(out, kept{Update: u, bytes: bytes})
			}
		}
	}
	if h.differs() {
		s.hold = h
		t.holds = append(t.holds, h)
		t.due(t.every.next(visible))
	} else {
		h.empty()
	}
	return out
}
