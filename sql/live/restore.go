package live

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Restore starts the views of a catalog, upstream ones first: each from the newest checkpoint if that knows it, else
// from the log. It returns when all of them stand where the log ends, but those that had not read what there was when they
// were made, and need not be waited for.
func (l *Live) Restore(ctx context.Context, defs []Definition, tell func(Progress)) error {
	stands, err := l.readCurrent()
	if err != nil {
		return fmt.Errorf("read the checkpoint: %w", err)
	}
	var all []restored
	anew := map[uint32]bool{} // views whose pages are of before what can be read
	for _, d := range inOrder(defs) {
		s, known := stands[d.ID]
		if known && (l.relaid(d) || slices.ContainsFunc(d.Upstream, func(id uint32) bool { return anew[id] })) {
			anew[d.ID], known = true, false
			l.journal.Warn("the checkpoint of a view is of an older format: it is made from the log again", "view", d.Name)
		}
		if known = known && s.made == d.Made; !known {
			s = standing{}
		}
		all = append(all, restored{d, l.newMember(d), s, known})
	}
	p := newProgress(tell, all)
	if err := l.load(all, p); err != nil {
		return err
	}
	for _, r := range all {
		if err := l.restore(ctx, r); err != nil {
			return r.failed(err)
		}
	}
	for _, g := range l.groups() {
		g.start()
	}
	last := l.committer.Last().No
	for _, g := range l.groups() {
		if g.filler() != nil {
			continue
		}
		if err := p.wait(ctx, g, last); err != nil {
			l.journal.Error("a group of views failed while it was restored", "err", err)
		}
	}
	return nil
}

// relaid says whether d keeps pages that are laid out in another way than those of the checkpoint.
func (l *Live) relaid(d Definition) bool {
	return slices.ContainsFunc(d.Pipeline.Stateful, func(k state.Keeper) bool {
		r, ok := k.(state.Relaid)
		return ok && r.PagesSince() > l.format
	})
}

// inOrder sorts definitions so that a view comes after those it reads.
func inOrder(defs []Definition) []Definition {
	placed := map[uint32]bool{}
	byID := map[uint32]Definition{}
	for _, d := range defs {
		byID[d.ID] = d
	}
	var out []Definition
	var place func(d Definition)
	place = func(d Definition) {
		if placed[d.ID] {
			return
		}
		placed[d.ID] = true
		for _, up := range d.Upstream {
			if u, ok := byID[up]; ok {
				place(u)
			}
		}
		out = append(out, d)
	}
	for _, d := range defs {
		place(d)
	}
	return out
}

// restored is a view on its way back, and what the checkpoint has of it, if that knows it.
type restored struct {
	Definition
	member *Member
	stands standing
	known  bool
}

func (r *restored) failed(err error) error {
	return fmt.Errorf("restore materialized view %q: %w", r.Name, err)
}

// load gives the views' operators their pages, as many operators at a time as there are cores.
func (l *Live) load(all []restored, p *progress) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range all {
		r := &all[i]
		if !r.known {
			continue
		}
		for i, k := range r.Pipeline.Stateful {
			g.Go(func() error { return l.loadPages(r, i, k, p) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range all {
		if r := &all[i]; r.known {
			g.Go(func() error { return r.loaded() })
		}
	}
	return g.Wait()
}

// loaded ends the loading of a view.
func (r *restored) loaded() error {
	at := stream.Progress{Epoch: &batch.Epoch{No: r.stands.epoch, Time: r.stands.time}, Watermarks: r.stands.marks}
	for _, k := range r.Pipeline.Stateful {
		if err := k.Loaded(at); err != nil {
			return r.failed(err)
		}
	}
	return nil
}

// restore puts one view into a group that has not started yet.
func (l *Live) restore(ctx context.Context, r restored) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, m, s, known := r.Definition, r.member, r.stands, r.known
	g, err := l.groupOf(ctx, d.Upstream)
	if err != nil {
		return err
	}
	if known {
		m.count()
		m.filling.reach(s.epoch)
		m.look(s.marks, s.time)
	}
	switch {
	case g == nil:
		from := d.Since
		if known {
			from = s.epoch + 1
		}
		if first, _ := l.committer.Log().Bounds(); from < first {
			if known || d.Created < first-1 { // it was there when the log forgot what it needs, so a checkpoint had it
				return sqlerr.New(sqlerr.DataCorrupted, "its newest checkpoint is lost, and the log begins with epoch %d, after its epoch %d", first, from).
					WithHint("Restore the data folder from a copy.")
			}
			from = first
		}
		g = newGroup(l.committer, []*Member{m}, from)
		g.visible, g.marks = batch.Epoch{No: max(from, 1) - 1, Time: s.time}, s.marks
	case known && g.visible.No == s.epoch:
		g.mu.Lock()
		g.connect(m)
		g.members = append(g.members, m)
		g.mu.Unlock()
	default:
		// The view is younger than the checkpoint: it joins when the group has come to where it began.
		m.joins = max(d.Created, 1)
		g.mu.Lock()
		g.waiting = append(g.waiting, m)
		g.admitWaiting(ctx)
		g.mu.Unlock()
	}
	l.register(d, g, m)
	return nil
}

// connect makes a member's inputs readers of the views that they read. The lock is held.
func (g *Group) connect(m *Member) {
	for i := range m.pipeline.Inputs {
		in := &m.pipeline.Inputs[i]
		for _, up := range g.members {
			if up.ID == in.Relation {
				up.tap.readers = append(up.tap.readers, apart{chosen{in.Sink, in.Columns, m.origin(in)}, m})
				up.tap.update()
			}
		}
	}
}

// loadPages gives operator i of a view its pages.
func (l *Live) loadPages(r *restored, i int, k state.Keeper, loaded *progress) error {
	if i >= len(r.stands.pages) {
		return r.failed(errDamaged)
	}
	pages := r.stands.pages[i]
	if x, ok := k.(state.Expecter); ok {
		x.Expect(func(yield func(key []byte) bool) {
			for _, p := range pages {
				if !yield([]byte(p.key)) {
					return
				}
			}
		})
	}
	err := l.store.View(func(tx state.Reader) error {
		for _, p := range pages {
			data, err := readPage(tx, r.ID, i, p)
			if err != nil {
				return err
			}
			if err := k.LoadPage([]byte(p.key), data); err != nil {
				return err
			}
			loaded.page()
		}
		return nil
	})
	if err != nil {
		return r.failed(err)
	}
	return nil
}

func readPage(r state.Reader, view uint32, keeper int, p ref) ([]byte, error) {
	var data []byte
	for c := range p.chunks {
		part, ok, err := r.Get(pageKey(view, keeper, p.key, p.gen, c))
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errDamaged
		}
		data = append(data, part...)
	}
	return data, nil
}

// readCurrent reads the generation that counts.
func (l *Live) readCurrent() (map[uint32]standing, error) {
	stands := map[uint32]standing{}
	err := l.store.View(func(r state.Reader) error {
		data, ok, err := r.Get(currentKey)
		if err != nil || !ok {
			return err
		}
		d := state.Decoder{Data: data}
		switch v := d.Byte(); {
		case v > formatVersion:
			return sqlerr.NotSupported("the format %d of checkpoints", v).
				WithHint("This program knows format %d: use the vexstream that wrote the data folder, or a newer one.", formatVersion)
		case v < oldestFormat: // its pages cannot be read any more, and the log has what they had
			l.journal.Warn("the newest checkpoint is of an older format: views are made from the log again", "format", v)
			return nil
		}
		l.gen, l.format = d.Uint(), data[0]
		var order []uint32
		for n := d.Uint(); n > 0 && !d.Bad; n-- {
			s := decodeStanding(&d)
			for i := range s.pages {
				if s.pages[i], err = readRefs(r, l.gen, s.view, i); err != nil {
					return err
				}
			}
			stands[s.view], order = s, append(order, s.view)
		}
		for i := 0; i < len(order) && len(d.Data) > 0; i++ { // a record of a version that no view was altered in ends before
			s := stands[order[i]]
			s.made = d.Uint()
			stands[order[i]] = s
		}
		if d.Bad {
			return errDamaged
		}
		return nil
	})
	l.saved = stands
	l.tell()
	return stands, err
}

func readRefs(r state.Reader, gen uint64, view uint32, keeper int) ([]ref, error) {
	prefix := manifestKey(gen, view, keeper, 0)
	prefix = prefix[:len(prefix)-4]
	var out []ref
	err := r.Scan(prefix, func(_, value []byte) error {
		d := state.Decoder{Data: value}
		for len(d.Data) > 0 && !d.Bad {
			key := d.Bytes(uint64(d.Byte()))
			out = append(out, ref{key: string(key), gen: d.Uint(), chunks: uint32(d.Uint())})
		}
		if d.Bad {
			return errDamaged
		}
		return nil
	})
	return out, err
}

// decodeStanding reads what encodeCurrent wrote of one view.
func decodeStanding(d *state.Decoder) standing {
	s := standing{view: uint32(d.Uint()), epoch: d.Uint()}
	keepers, marks := d.Uint(), d.Uint()
	s.time = types.Micros(d.Int())
	if keepers > 1<<16 || marks > 1<<16 {
		d.Bad = true
		return s
	}
	s.pages = make([][]ref, keepers)
	for range marks {
		s.marks = append(s.marks, stream.Mark{Relation: uint32(d.Uint()), At: types.Micros(d.Int())})
	}
	return s
}
