package outbox

import (
	"container/heap"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// Result is what became of an entry that Take gave.
type Result struct {
	ID ID
	Outcome
}

// Settle takes in results: what is done is forgotten, what failed is tried again later or becomes a dead letter. When it fails,
// the Box is of no use any more: another is opened, which tries again what was not settled.
func (b *Box) Settle(now types.Micros, results []Result) error {
	var over []Result // that are not tried again
	for _, r := range results {
		it := b.items[r.ID]
		if it == nil || !it.flying {
			continue
		}
		it.flying = false
		it.of.flying--
		b.flying--
		switch t := it.of; {
		case r.Err == nil:
			t.failures, t.pause = 0, 0
			t.done++
			over = append(over, r)
		case r.Permanent || now-it.put >= b.limits.MaxAge:
			t.last = r.Err.Error()
			t.dead++
			over = append(over, r)
		default:
			t.last = r.Err.Error()
			it.tries++
			t.failures++
			it.due = now + max(b.backOff(it.tries), r.After)
			t.pause = max(t.pause, now+max(b.backOff(t.failures)/2, r.After))
			heap.Push(&t.ready, it)
		}
	}
	if over == nil {
		return nil
	}
	if err := b.store.Update(func(w state.Writer) error { return b.write(w, now, over) }); err != nil {
		return err
	}
	for _, r := range over {
		delete(b.items, r.ID)
		if r.Err != nil {
			b.buried(r.ID)
		}
	}
	return b.trim()
}

// backOff is how long to wait after so many failures: twice as long each time, and at random between half of that and all.
func (b *Box) backOff(failures int) types.Micros {
	d := b.limits.Most
	if shift := failures - 1; shift < 30 {
		d = min(d, b.limits.Least<<shift)
	}
	return d/2 + types.Micros(float64(d-d/2)*b.chance())
}

func (b *Box) write(w state.Writer, now types.Micros, over []Result) error {
	for _, r := range over {
		if r.Err != nil {
			e, err := b.read(w, r.ID)
			if err != nil {
				return err
			}
			if err := w.Set(key(deadPrefix, r.ID), appendEntry(nil, &e.Entry, now, r.Err.Error())); err != nil {
				return err
			}
		}
		if err := w.Delete(key(waitingPrefix, r.ID)); err != nil {
			return err
		}
	}
	return nil
}

// trim forgets the oldest dead letters past the limit.
func (b *Box) trim() error {
	n := min(len(b.dead)-b.limits.Dead, state.MaxTxnEntries)
	if n <= 0 {
		return nil
	}
	err := b.store.Update(func(w state.Writer) error {
		for _, id := range b.dead[:n] {
			if err := w.Delete(key(deadPrefix, id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		b.dead = slices.Delete(b.dead, 0, n)
		b.dropped += int64(n)
	}
	return err
}

// Status is how a target stands.
type Status struct {
	Kind, Target string
	Waiting      int   // entries, those under way included
	Under        int   // way: attempts
	Done, Dead   int64 // since the start
	Oldest       types.Micros
	Failures     int    // one after the other
	LastError    string // "" for none
}

// Status gives how the targets stand that something waits for, or waited since the start, by kind and name, and how many dead
// letters were forgotten since the start.
func (b *Box) Status() (targets []Status, dropped int64) {
	oldest := map[*target]types.Micros{}
	for _, it := range b.items {
		if at, ok := oldest[it.of]; !ok || it.put < at {
			oldest[it.of] = it.put
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.targets)) {
		t := b.targets[name]
		targets = append(targets, Status{
			Kind: t.kind, Target: t.name, Waiting: len(t.ready) + t.flying, Under: t.flying, Done: t.done, Dead: t.dead, Oldest: oldest[t],
			Failures: t.failures, LastError: t.last,
		})
	}
	return targets, b.dropped
}

// Dead gives the dead letters that are kept, by ID.
func (b *Box) Dead() (list []Dead, err error) {
	err = b.store.View(func(r state.Reader) error {
		return r.Scan([]byte(deadPrefix), func(k, v []byte) error {
			d, err := readEntry(k, v)
			list = append(list, d)
			return err
		})
	})
	return list, err
}
