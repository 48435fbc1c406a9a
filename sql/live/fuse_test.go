package live

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/memstore"
)

// fused is a store one of whose calls fails: before it has done anything, or behind it.
type fused struct {
	*limited
	left int // calls before that one; below 0: it is past
	done bool
}

var errFuse = errors.New("the fuse has blown")

// blows counts a call and says whether it is the one.
func (f *fused) blows() bool {
	f.left--
	return f.left == -1
}

func (f *fused) View(read func(state.Reader) error) error {
	if f.blows() {
		return errFuse
	}
	return f.limited.View(read)
}

func (f *fused) Update(write func(state.Writer) error) error {
	if !f.blows() {
		return f.limited.Update(write)
	}
	if f.done {
		return errors.Join(errFuse, f.limited.Update(write))
	}
	return errFuse
}

// pagesAt gives the pages of two views' operators at an epoch: some came, went and grew with it, others are older.
func pagesAt(epoch uint64) map[uint32][]paged {
	out := map[uint32][]paged{1: {{}, {}}, 2: {{}}}
	for view, ops := range out {
		for i, p := range ops {
			for k := range uint64(4) {
				changed := epoch - (epoch+k)%2
				if changed == 0 || (changed+k+uint64(i))%3 == 0 {
					continue
				}
				x := p[fmt.Sprint(k)]
				x.stamp, x.data = changed, fmt.Sprint(view, i, k, changed, ".")
				if k == 0 && i == 0 { // of several chunks, now more, now less
					x.data = strings.Repeat(x.data, 1+int(changed)%3*chunkBytes/len(x.data))
				}
				p[fmt.Sprint(k)] = x
			}
		}
	}
	return out
}

// run has l's views stand at an epoch.
func run(l *Live, epoch uint64) {
	for id, ops := range pagesAt(epoch) {
		m := &Member{ID: id, pipeline: &Pipeline{}}
		for _, p := range ops {
			m.pipeline.Stateful = append(m.pipeline.Stateful, p)
		}
		g := newGroup(l.committer, []*Member{m}, 1)
		g.visible.No = epoch
		l.views[id] = &entry{group: g, member: m}
	}
}

// restarted gives the epoch that a new start finds, and makes sure that it finds all of it and nothing else. 0: no checkpoint.
func restarted(t *testing.T, store state.Store) uint64 {
	t.Helper()
	l := &Live{store: store, views: map[uint32]*entry{}}
	stands, err := l.readCurrent()
	if err != nil {
		t.Fatal(err)
	}
	var epoch uint64
	for id, s := range stands {
		var loaded []paged
		r := restored{stands: s, known: true}
		r.ID, r.Pipeline = id, &Pipeline{}
		for range s.pages {
			loaded = append(loaded, paged{})
			r.Pipeline.Stateful = append(r.Pipeline.Stateful, loaded[len(loaded)-1])
		}
		if err := l.load([]restored{r}, &progress{}); err != nil {
			t.Fatalf("epoch %d of view %d: %v", s.epoch, id, err)
		}
		for i, want := range pagesAt(s.epoch)[id] {
			for key, x := range want {
				x.stamp = 0
				want[key] = x
			}
			if !maps.Equal(want, loaded[i]) {
				t.Fatalf("epoch %d of view %d: operator %d has other pages than it had", s.epoch, id, i)
			}
		}
		if epoch != 0 && epoch != s.epoch {
			t.Fatalf("a view is of epoch %d, another of %d", epoch, s.epoch)
		}
		epoch = s.epoch
	}
	return epoch
}

// life is a node whose second and third checkpoints may fail.
type life struct {
	t               *testing.T
	c               *epoch.Committer
	fuses           [2]int // calls of the store before those that fail
	done            [2]bool
	again           bool // a checkpoint that failed is followed by a new start
	blown           [2]bool
	failed, counted int // checkpoints that failed, and of these those that count all the same
}

// live goes through four epochs with a checkpoint each.
func (x *life) live() {
	t, store := x.t, &fused{limited: &limited{rows: map[string]string{}, left: 1 << 30}}
	start := func() *Live {
		l := &Live{committer: x.c, store: store.limited, views: map[uint32]*entry{}}
		if _, err := l.readCurrent(); err != nil {
			t.Fatal(err)
		}
		l.store = store
		return l
	}
	l, before := start(), uint64(0)
	for epoch := uint64(1); epoch < 5; epoch++ {
		run(l, epoch)
		i := int(epoch) - 2
		if store.left = 1 << 30; i == 0 || i == 1 {
			store.left, store.done = x.fuses[i], x.done[i]
		}
		err := l.Checkpoint(t.Context())
		blown := store.left < 0
		if i == 0 || i == 1 {
			x.blown[i] = blown
		}
		if err != nil && !(blown && errors.Is(err, errFuse)) {
			t.Fatalf("epoch %d: %v", epoch, err)
		}
		found := restarted(t, store.limited)
		if found != epoch && (err == nil || found != before) {
			t.Fatalf("%+v: after epoch %d (%v) a start finds %d, before it was %d", x, epoch, err, found, before)
		}
		if before = found; err == nil {
			continue
		}
		if x.failed++; found == epoch {
			x.counted++
		}
		if x.again {
			l = start()
		}
	}
	if dead, err := unnamed(store.limited, l.gen, l.saved); err != nil || len(dead) > 0 {
		t.Fatalf("%+v: %q is left (%v)", x, dead, err)
	}
}

// Two checkpoints fail, at each call of the store in turn, and what the call was to do is undone or done; behind them the
// process goes on or ends. Whatever they leave behind, a start finds a checkpoint whole, and the next one is stored well.
func TestCheckpointsThatFail(t *testing.T) {
	x := &life{t: t, c: committerOn(t, memstore.NewLog())}
	for mode := range 8 {
		x.done, x.again = [2]bool{mode&1 != 0, mode&2 != 0}, mode&4 != 0
		x.blown[0] = true
		for x.fuses[0] = 0; x.blown[0]; x.fuses[0]++ {
			x.blown[1] = true
			for x.fuses[1] = 0; x.blown[1]; x.fuses[1]++ {
				x.live()
			}
		}
	}
	if x.failed == 0 || x.counted == 0 {
		t.Errorf("%d checkpoints failed, %d of them counted: the fuse does not do what it should", x.failed, x.counted)
	}
	t.Logf("%d checkpoints failed, %d of them counted all the same", x.failed, x.counted)
}
