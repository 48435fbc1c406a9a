package outbox_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/outbox"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

var errCut = errors.New("the power went")

// cutting is a store that fails before or after one of its transactions, after which nothing works until the next start.
type cutting struct {
	*memstore.Store
	left  int // transactions until the cut; negative: none is coming
	after bool
	cut   bool
}

func (c *cutting) View(read func(state.Reader) error) error {
	if c.cut {
		return errCut
	}
	return c.Store.View(read)
}

func (c *cutting) Update(write func(state.Writer) error) error {
	if c.cut {
		return errCut
	}
	if c.left--; c.left != -1 {
		return c.Store.Update(write)
	}
	c.cut = true
	if c.after {
		if err := c.Store.Update(write); err != nil {
			return err
		}
	}
	return errCut
}

// world is a Box, the log that it follows, and a receiver that counts.
type world struct {
	*rapid.T
	store  *cutting
	box    *outbox.Box
	limits outbox.Limits
	now    types.Micros
	log    [][]outbox.Entry // by epoch, from 1 on
	flying []outbox.Entry
	sent   map[outbox.ID]int // attempts that the receiver took
	never  map[outbox.ID]bool
}

// start opens a Box as a process does, and puts again what the log has behind its mark.
func (w *world) start() {
	w.store.cut, w.store.left = false, -1
	w.flying = nil
	var err error
	if w.box, err = outbox.Open(w.store, w.limits, func() float64 { return 0.5 }); err != nil {
		w.Fatal(err)
	}
	for no := int(w.box.Through()) + 1; no <= len(w.log); no++ {
		w.put(no)
	}
}

func (w *world) put(no int) {
	if w.box == nil {
		return
	}
	w.check(w.box.Put(uint64(no), w.now, w.log[no-1]))
}

// check takes the cut for the end of the process.
func (w *world) check(err error) {
	switch {
	case errors.Is(err, errCut):
		w.box = nil
	case err != nil:
		w.Fatal(err)
	}
}

func (w *world) take() {
	entries, err := w.box.Take(w.now)
	if err != nil {
		w.check(err)
		return
	}
	w.flying = append(w.flying, entries...)
	of := map[string]int{}
	for _, e := range w.flying {
		if of[e.Target]++; of[e.Target] > w.limits.PerTarget {
			w.Fatalf("%d attempts at once with %s", of[e.Target], e.Target)
		}
	}
	if len(w.flying) > w.limits.Total {
		w.Fatalf("%d attempts at once", len(w.flying))
	}
}

// end ends the attempt i in some way: 0 it is done, 1 it failed, 2 it will always fail.
func (w *world) end(i, how int) {
	e := w.flying[i]
	w.flying = slices.Delete(w.flying, i, i+1)
	r := outbox.Result{ID: e.ID}
	switch how {
	case 0:
		if want := fmt.Sprint("about ", e.ID); string(e.Payload) != want {
			w.Fatalf("the entry %s holds %q", e.ID, e.Payload)
		}
		w.sent[e.ID]++
	case 2:
		w.never[e.ID] = true
		fallthrough
	default:
		r.Err, r.Permanent = errors.New("refused"), how == 2
	}
	w.check(w.box.Settle(w.now, []outbox.Result{r}))
}

func (w *world) step() {
	switch rapid.IntRange(0, 9).Draw(w.T, "step") {
	case 0, 1, 2:
		no := len(w.log) + 1
		var list []outbox.Entry
		for k := range rapid.IntRange(0, 5).Draw(w.T, "entries") {
			id := outbox.ID{Trigger: uint32(k % 2), Origin: 1, Epoch: uint64(no), Seq: uint32(k)}
			list = append(list, outbox.Entry{ID: id, Kind: "webhook", Target: fmt.Sprint("t", rapid.IntRange(0, 2).Draw(w.T, "target")), Payload: fmt.Append(nil, "about ", id)})
		}
		w.log = append(w.log, list)
		w.put(no)
	case 3, 4, 5:
		w.take()
	case 6, 7:
		if len(w.flying) > 0 {
			w.end(rapid.IntRange(0, len(w.flying)-1).Draw(w.T, "attempt"), rapid.IntRange(0, 2).Draw(w.T, "how"))
		}
	case 8:
		w.now += types.Micros(rapid.IntRange(1, 100).Draw(w.T, "seconds")) * types.Second
	case 9:
		if rapid.Bool().Draw(w.T, "cut soon") {
			w.store.left, w.store.after = rapid.IntRange(0, 3).Draw(w.T, "transactions"), rapid.Bool().Draw(w.T, "after it")
		} else {
			w.box = nil // killed
		}
	}
	if w.box == nil {
		w.start()
	}
}

// settleAll has every receiver answer until nothing waits.
func (w *world) settleAll() {
	for range 1000 {
		w.take()
		for len(w.flying) > 0 {
			w.end(0, 0)
		}
		next := w.box.Next()
		if next == types.MaxTime {
			return
		}
		w.now = max(w.now, next)
	}
	w.Fatal("the box is never empty")
}

// TestEveryEntryIsDelivered crashes anywhere: in the end each entry was taken by its receiver, at least once, or is a dead
// letter that its receiver will never take; and nothing else was sent.
func TestEveryEntryIsDelivered(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{T: rt, store: &cutting{Store: memstore.NewStore(), left: -1}, sent: map[outbox.ID]int{}, never: map[outbox.ID]bool{}, now: types.Day}
		w.limits = outbox.DefaultLimits
		w.limits.PerTarget, w.limits.Total = 2, 3
		w.start()
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			w.step()
		}
		w.box = nil
		w.start()
		w.settleAll()
		dead, err := w.box.Dead()
		if err != nil {
			rt.Fatal(err)
		}
		given := map[outbox.ID]bool{}
		for _, d := range dead {
			given[d.ID] = true
			if !w.never[d.ID] {
				rt.Fatalf("entry %s is dead though its receiver would take it: %s", d.ID, d.Why)
			}
		}
		for _, list := range w.log {
			for _, e := range list {
				if w.sent[e.ID] == 0 && !given[e.ID] {
					rt.Fatalf("entry %s was lost", e.ID)
				}
				delete(w.sent, e.ID)
			}
		}
		if len(w.sent) > 0 {
			rt.Fatalf("what nobody asked for was sent: %v", slices.Collect(maps.Keys(w.sent)))
		}
		if done := w.box.DoneThrough(); done != uint64(len(w.log)) && !(done == 0 && w.box.Through() == 0) {
			rt.Fatalf("done through epoch %d of %d", done, len(w.log))
		}
	})
}

func entries(epoch uint64, n int, target string) (list []outbox.Entry) {
	for i := range n {
		list = append(list, outbox.Entry{ID: outbox.ID{Trigger: 1, Origin: 1, Epoch: epoch, Seq: uint32(i)}, Kind: "webhook", Target: target})
	}
	return list
}

func newBox(t *testing.T, limits outbox.Limits) *outbox.Box {
	t.Helper()
	b, err := outbox.Open(memstore.NewStore(), limits, func() float64 { return 0 })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func take(t *testing.T, b *outbox.Box, now types.Micros) []outbox.Entry {
	t.Helper()
	list, err := b.Take(now)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func settle(t *testing.T, b *outbox.Box, now types.Micros, id outbox.ID, o outbox.Outcome) {
	t.Helper()
	if err := b.Settle(now, []outbox.Result{{ID: id, Outcome: o}}); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, b *outbox.Box, epoch uint64, list []outbox.Entry) {
	t.Helper()
	if err := b.Put(epoch, 0, list); err != nil {
		t.Fatal(err)
	}
}

var failure = outbox.Outcome{Err: errors.New("away")}

// TestBackOff has an entry wait twice as long after each failure, and be given up when it is too old.
func TestBackOff(t *testing.T) {
	l := outbox.DefaultLimits
	l.MaxAge = types.Hour
	b := newBox(t, l)
	put(t, b, 1, entries(1, 1, "a"))
	now, last := types.Micros(0), types.Micros(0)
	for attempt := 1; ; attempt++ {
		list := take(t, b, now)
		if len(list) != 1 {
			t.Fatalf("attempt %d at %d: %d entries", attempt, now, len(list))
		}
		settle(t, b, now, list[0].ID, failure)
		next := b.Next()
		if next == types.MaxTime {
			break
		}
		waited := next - now
		if attempt > 1 && waited != min(2*last, l.Most/2) {
			t.Errorf("attempt %d: waits %d µs after %d", attempt, waited, last)
		}
		if got := take(t, b, next-1); len(got) > 0 {
			t.Errorf("attempt %d comes too early", attempt)
		}
		now, last = next, waited
	}
	if now < l.MaxAge {
		t.Errorf("given up after %d µs", now)
	}
	dead, err := b.Dead()
	if err != nil || len(dead) != 1 || dead[0].Why != "away" || dead[0].At != now {
		t.Errorf("dead letters %v, %v", dead, err)
	}
	if b.DoneThrough() != 1 {
		t.Errorf("done through %d", b.DoneThrough())
	}
}

// TestTargetsAreApart has a target that fails, and one that asks for patience, hold up none but themselves.
func TestTargetsAreApart(t *testing.T) {
	b := newBox(t, outbox.DefaultLimits)
	put(t, b, 1, append(entries(1, 100, "a"), outbox.Entry{ID: outbox.ID{Trigger: 2, Origin: 1, Epoch: 1}, Kind: "webhook", Target: "b"}))
	list := take(t, b, 0)
	if len(list) != outbox.DefaultLimits.PerTarget+1 {
		t.Fatalf("%d attempts", len(list))
	}
	settle(t, b, 0, list[0].ID, outbox.Outcome{Err: errors.New("busy"), After: types.Hour})
	settle(t, b, 0, list[1].ID, outbox.Outcome{})
	if got := take(t, b, types.Second); len(got) != 2 {
		t.Errorf("a success ends the pause of its target: %d attempts", len(got))
	}
	settle(t, b, types.Second, list[2].ID, outbox.Outcome{Err: errors.New("busy"), After: types.Hour})
	if got := take(t, b, types.Minute); len(got) != 0 {
		t.Errorf("%d attempts with a target that asked for patience", len(got))
	}
	put(t, b, 2, []outbox.Entry{{ID: outbox.ID{Trigger: 2, Origin: 1, Epoch: 2}, Kind: "webhook", Target: "b"}})
	if got := take(t, b, types.Minute); len(got) != 1 || got[0].Target != "b" {
		t.Errorf("the other target gets %v", got)
	}
}

// TestLimits has what is too much, or too long, be a dead letter at once, of which the newest are kept.
func TestLimits(t *testing.T) {
	l := outbox.DefaultLimits
	l.Waiting, l.All, l.Dead, l.Payload = 3, 4, 2, 10
	b := newBox(t, l)
	put(t, b, 1, entries(1, 5, "a"))
	put(t, b, 2, entries(2, 2, "b"))
	long := entries(3, 1, "c")
	long[0].Payload = make([]byte, 11)
	put(t, b, 3, long)
	targets, _ := b.Status()
	if len(targets) != 2 || targets[0].Waiting != 3 || targets[1].Waiting != 1 {
		t.Errorf("%+v", targets)
	}
	settle(t, b, 0, take(t, b, 0)[0].ID, outbox.Outcome{Err: errors.New("gone"), Permanent: true})
	dead, err := b.Dead()
	if err != nil || len(dead) != 2 || dead[1].Why != "the payload is too long" || len(dead[1].Payload) != 0 || dead[0].Why != "too much waits already" {
		t.Errorf("%v %v", dead, err)
	}
	if targets, dropped := b.Status(); dropped != 3 || targets[0].Dead != 1 || targets[0].LastError != "gone" {
		t.Errorf("%d were dropped; %+v", dropped, targets)
	}
}
