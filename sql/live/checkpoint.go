package live

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"time"

	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// A checkpoint is a generation. Its pages are written in as many transactions as it takes; one last small transaction
// names the generation and says at which epoch each view stands. Whatever no such record names is rubbish, and is
// removed at the next start.
//
//	p/ view keeper page-key generation chunk   a page, in chunks below state.MaxValueBytes
//	m/ generation view keeper n                which pages a view has at that generation, and from which one
//	current                                    the generation that counts, its epochs and watermarks
var (
	pagePrefix     = []byte("p/")
	manifestPrefix = []byte("m/")
	currentKey     = []byte("current")
)

const (
	chunkBytes    = 512 << 10
	manifestPages = 2048 // pages named by one manifest entry
	formatVersion = 4    // of this record, and of what operators write into pages: whoever changes either counts on
	oldestFormat  = 1    // that can still be read: rows that are only added were groups of one row each
)

// ref is a page in a manifest: its key and the generation whose bytes hold.
type ref struct {
	key    string
	gen    uint64
	chunks uint32
}

// standing is where a view stands at a checkpoint.
type standing struct {
	view  uint32
	made  uint64 // see Definition
	epoch uint64
	time  types.Micros
	marks stream.Watermarks
	pages [][]ref // by keeper
	// laid says that the pages lie in memory as they were stored. Those of a process before do not: a page is loaded
	// row by row into the places that are free, so what has its key in memory is something else.
	laid bool
}

// Checkpoint writes what changed since the last one. Groups go on folding meanwhile; a second call waits for the first.
func (l *Live) Checkpoint(ctx context.Context) error {
	l.saving.Lock()
	defer l.saving.Unlock()
	if err := l.sweep(ctx); err != nil {
		return fmt.Errorf("clean up before a checkpoint: %w", err)
	}
	w := &pageWriter{store: l.store, gen: l.gen + 1, ctx: ctx}
	var stands []standing
	spared := map[*Group]types.Micros{}
	groups := l.groups()
	l.rouse(ctx, groups)
	for _, g := range groups {
		held, folding, err := g.hold()
		if err != nil { // a failed group is folded again at the start, from where it was last stored
			stands = append(stands, l.storedOf(g)...)
			continue
		}
		spared[g] = folding
		for _, h := range held {
			s, err := w.view(h, l.saved[h.standing.view])
			if err != nil {
				release(held)
				return fmt.Errorf("write a checkpoint: %w", err)
			}
			stands = append(stands, s)
		}
	}
	if len(stands) == 0 && l.gen == 0 {
		return nil
	}
	if err := w.finish(stands); err != nil {
		return fmt.Errorf("write a checkpoint: %w", err)
	}
	gen, before := l.gen, l.saved
	l.gen, l.saved = w.gen, map[uint32]standing{}
	for _, s := range stands {
		l.saved[s.view] = s
	}
	for g, folding := range spared {
		g.mu.Lock()
		g.stored = folding
		g.mu.Unlock()
	}
	l.tell()
	if err := remove(ctx, l.store, outdated(gen, before, stands)); err != nil {
		return fmt.Errorf("clean up after a checkpoint: %w", err)
	}
	l.swept = true
	return nil
}

// Stand is where a view or a table stands in the newest checkpoint: a restart folds the log from there.
type Stand struct {
	Epoch uint64
	Time  types.Micros
}

// Stands gives by view where the newest checkpoint has it.
func (l *Live) Stands() map[uint32]Stand {
	if m := l.stands.Load(); m != nil {
		return *m
	}
	return nil
}

// Still calls f while no checkpoint is written.
func (l *Live) Still(f func() error) error {
	l.saving.Lock()
	defer l.saving.Unlock()
	return f()
}

// tell publishes saved. saving is held, or nobody else is there yet.
func (l *Live) tell() {
	m := make(map[uint32]Stand, len(l.saved))
	for id, s := range l.saved {
		m[id] = Stand{s.epoch, s.time}
	}
	l.stands.Store(&m)
}

// storedOf gives where the members of a group stand in the last checkpoint. The log before that may be gone, so what is
// stored must not be forgotten. saving is held.
func (l *Live) storedOf(g *Group) []standing {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []standing
	for _, m := range g.members {
		if s, ok := l.saved[m.ID]; ok && s.made == m.made {
			out = append(out, s)
		}
	}
	return out
}

func (l *Live) groups() []*Group {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*Group
	seen := map[*Group]bool{}
	for _, e := range l.views {
		if !seen[e.group] {
			seen[e.group] = true
			out = append(out, e.group)
		}
	}
	return out
}

// held is a view held still for a checkpoint.
type held struct {
	standing standing
	pins     []state.Pin
}

// release lets go of all pins, those that were let go before among them.
func release(views []held) {
	for _, h := range views {
		for _, pin := range h.pins {
			pin.Release()
		}
	}
}

// hold pins every member of the group at one epoch.
func (g *Group) hold() (out []held, folding types.Micros, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return nil, 0, g.err
	}
	for _, m := range g.members {
		h := held{standing: standing{view: m.ID, made: m.made, epoch: g.visible.No, time: g.visible.Time, marks: g.marks}}
		if invariant.Planted(invariant.EarlyCheckpoint) {
			h.standing.epoch++
		}
		for _, k := range m.pipeline.Stateful {
			h.pins = append(h.pins, k.Pin())
		}
		out = append(out, h)
	}
	return out, g.folding, nil
}

// Replay is about how long a restart would fold what lies behind the newest checkpoint: as long as the group that has most to
// fold took for it.
func (l *Live) Replay() time.Duration {
	var most types.Micros
	for _, g := range l.groups() {
		g.mu.Lock()
		most = max(most, g.folding-g.stored)
		g.mu.Unlock()
	}
	return time.Duration(most) * time.Microsecond
}

// pageWriter writes one generation.
type pageWriter struct {
	store state.Store
	gen   uint64
	ctx   context.Context
	keys  [][]byte
	vals  [][]byte
	bytes int
	room  []byte // what pages are encoded into, until they are written
}

// view writes the pages of one view that are newer than its last checkpoint.
func (w *pageWriter) view(h held, last standing) (standing, error) {
	s := h.standing
	s.laid = true
	for i, pin := range h.pins {
		old := map[string]ref{}
		if last.laid && last.made == s.made && i < len(last.pages) {
			for _, r := range last.pages[i] {
				old[r.key] = r
			}
		}
		var pages []ref
		err := pin.Pages(func(p state.Page) error {
			key := string(p.Key)
			if r, ok := old[key]; ok && p.Stamp <= last.epoch {
				pages = append(pages, r)
				return nil
			}
			data, err := w.encode(p)
			if err != nil {
				return err
			}
			runtime.Gosched() // who waits for a processor is not to wait for all pages
			pages = append(pages, ref{key: key, gen: w.gen, chunks: chunks(len(data))})
			return w.page(s.view, i, key, data)
		})
		pin.Release()
		if err != nil {
			return s, err
		}
		s.pages = append(s.pages, pages)
	}
	return s, nil
}

// encode gives a page's bytes, which are there until they are written.
func (w *pageWriter) encode(p state.Page) ([]byte, error) {
	switch {
	case len(w.keys) == 0: // all that was encoded is written
		w.room = w.room[:0]
	case len(w.room) > state.MaxTxnBytes:
		w.room = nil
	}
	from := len(w.room)
	room, err := p.Encode(w.room)
	if err != nil {
		return nil, err
	}
	w.room = room
	return room[from:], nil
}

func chunks(n int) uint32 { return uint32(max((n+chunkBytes-1)/chunkBytes, 1)) }

func pageKey(view uint32, keeper int, key string, gen uint64, chunk uint32) []byte {
	k := binary.BigEndian.AppendUint32(append([]byte(nil), pagePrefix...), view)
	k = binary.BigEndian.AppendUint16(k, uint16(keeper))
	k = append(append(k, byte(len(key))), key...)
	k = binary.BigEndian.AppendUint64(k, gen)
	return binary.BigEndian.AppendUint32(k, chunk)
}

func (w *pageWriter) page(view uint32, keeper int, key string, data []byte) error {
	for c := range chunks(len(data)) {
		part := data[int(c)*chunkBytes : min((int(c)+1)*chunkBytes, len(data))]
		if err := w.put(pageKey(view, keeper, key, w.gen, c), part); err != nil {
			return err
		}
	}
	return nil
}

// put gathers writes into transactions of a bounded size.
func (w *pageWriter) put(key, val []byte) error {
	w.keys, w.vals, w.bytes = append(w.keys, key), append(w.vals, val), w.bytes+len(key)+len(val)
	if w.bytes < state.MaxTxnBytes/2 && len(w.keys) < state.MaxTxnEntries/2 {
		return nil
	}
	return w.flush()
}

func (w *pageWriter) flush() error {
	if err := w.ctx.Err(); err != nil || len(w.keys) == 0 {
		return err
	}
	err := w.store.Update(func(tx state.Writer) error {
		for i := range w.keys {
			if err := tx.Set(w.keys[i], w.vals[i]); err != nil {
				return err
			}
		}
		return nil
	})
	w.keys, w.vals, w.bytes = w.keys[:0], w.vals[:0], 0
	return err
}

// finish writes the manifests, and then the record that makes the generation count.
func (w *pageWriter) finish(stands []standing) error {
	for _, s := range stands {
		for i, pages := range s.pages {
			for n := 0; n*manifestPages < len(pages); n++ {
				part := pages[n*manifestPages : min((n+1)*manifestPages, len(pages))]
				if err := w.put(manifestKey(w.gen, s.view, i, n), encodeRefs(part)); err != nil {
					return err
				}
			}
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.store.Update(func(tx state.Writer) error { return tx.Set(currentKey, encodeCurrent(w.gen, stands)) })
}

func manifestKey(gen uint64, view uint32, keeper, n int) []byte {
	k := binary.BigEndian.AppendUint64(append([]byte(nil), manifestPrefix...), gen)
	k = binary.BigEndian.AppendUint32(k, view)
	k = binary.BigEndian.AppendUint16(k, uint16(keeper))
	return binary.BigEndian.AppendUint32(k, uint32(n))
}

func encodeRefs(pages []ref) []byte {
	var b []byte
	for _, r := range pages {
		b = append(append(b, byte(len(r.key))), r.key...)
		b = binary.AppendUvarint(b, r.gen)
		b = binary.AppendUvarint(b, uint64(r.chunks))
	}
	return b
}

func encodeCurrent(gen uint64, stands []standing) []byte {
	b := binary.AppendUvarint([]byte{formatVersion}, gen)
	b = binary.AppendUvarint(b, uint64(len(stands)))
	for _, s := range stands {
		for _, v := range []uint64{uint64(s.view), s.epoch, uint64(len(s.pages)), uint64(len(s.marks))} {
			b = binary.AppendUvarint(b, v)
		}
		b = binary.AppendVarint(b, int64(s.time))
		for _, m := range s.marks {
			b = binary.AppendUvarint(b, uint64(m.Relation))
			b = binary.AppendVarint(b, int64(m.At))
		}
	}
	for _, s := range stands {
		b = binary.AppendUvarint(b, s.made)
	}
	return b
}

var errDamaged = sqlerr.New(sqlerr.DataCorrupted, "a checkpoint is damaged")

// Stored is the epoch up to which every view's rows are in a checkpoint: the log before it is not needed to restore
// them. It is 0 while a view has no checkpoint; without views it is the newest epoch.
func (l *Live) Stored() uint64 {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.committer.Last().No
	for id, e := range l.views {
		if e.member.fallen() != nil {
			continue // it is made anew, whenever that is
		}
		s, ok := l.saved[id]
		if !ok || s.made != e.member.made {
			return 0
		}
		at = min(at, s.epoch)
	}
	return at
}
