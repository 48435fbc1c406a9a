package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/storage/memstore"
)

// paged is an operator with pages of its test's making, by key: the epoch that wrote each, and what is in it.
type paged map[string]struct {
	stamp uint64
	data  string
}

type pagedPin struct{ pages paged }

func (p paged) Pin() state.Pin                             { return pagedPin{maps.Clone(p)} }
func (p paged) Loaded(stream.Progress) error               { return nil }
func (p pagedPin) Epoch() uint64                           { return 1 }
func (p pagedPin) Release()                                {}
func (p pagedPin) Rows(context.Context, stream.Sink) error { return nil }

func (p paged) LoadPage(key, data []byte) error {
	x := p[string(key)]
	x.data = string(data)
	p[string(key)] = x
	return nil
}

func (p pagedPin) Pages(visit func(state.Page) error) error {
	for _, key := range slices.Sorted(maps.Keys(p.pages)) {
		x := p.pages[key]
		err := visit(state.Page{Key: []byte(key), Stamp: x.stamp, Encode: func(dst []byte) ([]byte, error) {
			return append(dst, x.data...), nil
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// limited is a store in memory whose transactions fail once so many are done.
type limited struct {
	rows map[string]string
	left int
}

var errSpent = errors.New("no more transactions")

func (k *limited) View(read func(state.Reader) error) error { return read(k) }

func (k *limited) Update(write func(state.Writer) error) error {
	if k.left == 0 {
		return errSpent
	}
	k.left--
	return write(k)
}

func (k *limited) Get(key []byte) ([]byte, bool, error) {
	v, ok := k.rows[string(key)]
	return []byte(v), ok, nil
}

func (k *limited) Scan(prefix []byte, visit func(key, value []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(k.rows)) {
		if strings.HasPrefix(key, string(prefix)) {
			if err := visit([]byte(key), []byte(k.rows[key])); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *limited) Set(key, value []byte) error { k.rows[string(key)] = string(value); return nil }
func (k *limited) Delete(key []byte) error     { delete(k.rows, string(key)); return nil }

// After a checkpoint the store has what its generation names and nothing else, whatever failed before it.
func TestCheckpointsLeaveNothing(t *testing.T) {
	c := committerOn(t, memstore.NewLog())
	rapid.Check(t, func(t *rapid.T) {
		store := &limited{rows: map[string]string{}}
		start := func() *Live {
			return &Live{committer: c, store: store, saved: map[uint32]standing{}, views: map[uint32]*entry{}}
		}
		l := start()
		ops := map[uint32][]paged{1: {{}, {}}, 2: {{}}, 3: {{}}}
		for epoch := uint64(1); epoch < 12; epoch++ {
			if rapid.IntRange(0, 7).Draw(t, "restart") == 0 {
				l = start()
				if _, err := l.readCurrent(); err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range slices.Sorted(maps.Keys(ops)) {
				pages := ops[id]
				if rapid.IntRange(0, 9).Draw(t, "drop") == 0 {
					delete(l.views, id)
					continue
				}
				g := newGroup(c, nil, 1)
				g.visible.No = epoch
				m := &Member{ID: id, pipeline: &Pipeline{}}
				for _, p := range pages {
					for _, key := range []string{"a", "b", "c"} {
						switch rapid.IntRange(0, 3).Draw(t, "page") {
						case 0:
							delete(p, key)
						case 1:
							x := p[key]
							x.stamp, x.data = epoch, strings.Repeat("x", rapid.SampledFrom([]int{1, chunkBytes, 2*chunkBytes + 1}).Draw(t, "size"))
							p[key] = x
						}
					}
					m.pipeline.Stateful = append(m.pipeline.Stateful, p)
				}
				g.members = []*Member{m}
				l.views[id] = &entry{group: g, member: m}
			}
			store.left = rapid.SampledFrom([]int{0, 1, 2, 1000, 1000, 1000}).Draw(t, "transactions")
			if err := l.Checkpoint(t.Context()); err != nil {
				if !errors.Is(err, errSpent) {
					t.Fatal(err)
				}
				continue
			}
			if l.gen == 0 {
				continue // nothing was ever written whole: what there is goes with the first generation
			}
			dead, err := unnamed(store, l.gen, l.saved)
			if err != nil || len(dead) > 0 {
				t.Fatalf("the store has %q, which generation %d does not name (%v)", dead, l.gen, err)
			}
			stored := start()
			if stands, err := stored.readCurrent(); err != nil || len(stands) != len(l.saved) {
				t.Fatalf("generation %d is stored with %d views of %d (%v)", l.gen, len(stands), len(l.saved), err)
			}
			for _, s := range stored.saved {
				for i, pages := range s.pages {
					for _, p := range pages {
						for c := range p.chunks {
							if _, ok := store.rows[string(pageKey(s.view, i, p.key, p.gen, c))]; !ok {
								t.Fatalf("generation %d names page %q of view %d, and the store does not have it", l.gen, p.key, s.view)
							}
						}
					}
				}
			}
		}
	})
}
