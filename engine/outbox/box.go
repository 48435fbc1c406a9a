package outbox

import (
	"container/heap"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// Limits bound a Box.
type Limits struct {
	PerTarget int          // attempts at once with one target
	Total     int          // attempts at once
	Waiting   int          // entries that wait for one target; past it new ones are dead letters
	All       int          // entries that wait; past it new ones are dead letters
	Payload   int          // bytes of an entry; a larger one is a dead letter without its payload
	Targets   int          // targets that are remembered though nothing waits for them
	Dead      int          // dead letters that are kept, the newest
	MaxAge    types.Micros // since its epoch, after which an entry is not tried again
	Least     types.Micros // the first wait after a failure; each is about twice the one before
	Most      types.Micros // the longest wait
}

// DefaultLimits are those of a node.
var DefaultLimits = Limits{
	PerTarget: 4, Total: 64, Waiting: 50_000, All: 200_000, Payload: 256 << 10, Targets: 1024, Dead: 10_000,
	MaxAge: types.Day, Least: types.Second, Most: 5 * types.Minute,
}

// Box is the entries that wait.
type Box struct {
	store   state.Store
	limits  Limits
	chance  func() float64 // in [0, 1): so that those who failed together do not come again together
	through uint64
	items   map[ID]*item
	targets map[string]*target
	dead    []ID // that are kept, by ID
	dropped int64
	flying  int
}

// item is an entry that waits or is being tried.
type item struct {
	id     ID
	of     *target
	put    types.Micros // the time of its epoch
	due    types.Micros
	tries  int
	flying bool
}

// target is who gets entries.
type target struct {
	kind, name string
	ready      queue
	flying     int
	failures   int          // one after the other
	pause      types.Micros // no attempt before
	done, dead int64        // since the start
	last       string       // the newest failure
}

// Open makes a Box of what the store has. chance gives numbers in [0, 1).
func Open(store state.Store, limits Limits, chance func() float64) (*Box, error) {
	b := &Box{store: store, limits: limits, chance: chance, items: map[ID]*item{}, targets: map[string]*target{}}
	err := store.View(func(r state.Reader) error {
		mark, ok, err := r.Get([]byte(throughKey))
		if err != nil {
			return err
		}
		if ok {
			if len(mark) != 8 {
				return damaged([]byte(throughKey))
			}
			b.through = binary.BigEndian.Uint64(mark)
		}
		err = r.Scan([]byte(waitingPrefix), func(k, v []byte) error {
			e, err := readEntry(k, v)
			if err == nil {
				b.wait(&e.Entry, e.At)
			}
			return err
		})
		if err != nil {
			return err
		}
		return r.Scan([]byte(deadPrefix), func(k, _ []byte) error {
			id, err := idOf(k)
			b.dead = append(b.dead, id)
			return err
		})
	})
	return b, err
}

// Through is the last epoch that was taken in.
func (b *Box) Through() uint64 { return b.through }

// DoneThrough is the last epoch all of whose entries, and all before them, are done or dead.
func (b *Box) DoneThrough() uint64 {
	done := b.through
	for id := range b.items {
		done = min(done, id.Epoch-1)
	}
	return done
}

// wait has an entry wait for its first attempt.
func (b *Box) wait(e *Entry, put types.Micros) {
	name := e.Kind + " " + e.Target
	t := b.targets[name]
	if t == nil {
		if len(b.targets) >= b.limits.Targets {
			maps.DeleteFunc(b.targets, func(_ string, t *target) bool { return len(t.ready)+t.flying == 0 })
		}
		t = &target{kind: e.Kind, name: e.Target}
		b.targets[name] = t
	}
	it := &item{id: e.ID, of: t, put: put}
	b.items[e.ID] = it
	heap.Push(&t.ready, it)
}

// Put takes in the entries of an epoch, which is durable, at the time of the epoch. Epochs come in order; one that was taken in
// before changes nothing. When Put fails, the Box is of no use any more: another is opened, and the epoch put again.
func (b *Box) Put(epoch uint64, at types.Micros, entries []Entry) error {
	if epoch <= b.through {
		return nil
	}
	var fresh, refused []Dead
	more := map[string]int{}
	for _, e := range entries {
		if b.items[e.ID] != nil { // a put that a crash has cut short
			continue
		}
		name := e.Kind + " " + e.Target
		d := Dead{Entry: e, At: at}
		switch t := b.targets[name]; {
		case len(e.Payload) > b.limits.Payload:
			d.Why, d.Payload = "the payload is too long", nil
		case len(b.items)+len(fresh) >= b.limits.All, more[name] >= b.limits.Waiting, t != nil && len(t.ready)+t.flying+more[name] >= b.limits.Waiting:
			d.Why = "too much waits already"
		default:
			more[name]++
			fresh = append(fresh, d)
			continue
		}
		refused = append(refused, d)
	}
	if err := b.keep(epoch, fresh, refused); err != nil {
		return err
	}
	b.through = epoch
	for i := range fresh {
		b.wait(&fresh[i].Entry, at)
	}
	for i := range refused {
		b.buried(refused[i].ID)
	}
	return nil
}

// keep stores new entries in as many transactions as they need, the mark in the last one.
func (b *Box) keep(epoch uint64, fresh, refused []Dead) error {
	both := []struct {
		prefix string
		list   []Dead
	}{{waitingPrefix, fresh}, {deadPrefix, refused}}
	for {
		last := false
		err := b.store.Update(func(w state.Writer) error {
			room := state.MaxTxnBytes / 2
			for i := range both {
				list := both[i].list
				for len(list) > 0 && room > 0 {
					v := appendEntry(nil, &list[0].Entry, list[0].At, list[0].Why)
					if err := w.Set(key(both[i].prefix, list[0].ID), v); err != nil {
						return err
					}
					room -= len(v) + 128 // the key, and what a key costs beside its bytes
					list = list[1:]
				}
				both[i].list = list
			}
			if last = len(both[0].list)+len(both[1].list) == 0; !last {
				return nil
			}
			return w.Set([]byte(throughKey), binary.BigEndian.AppendUint64(nil, epoch))
		})
		if err != nil || last {
			return err
		}
	}
}

// buried counts a dead letter in.
func (b *Box) buried(id ID) {
	if i, found := slices.BinarySearchFunc(b.dead, id, ID.compare); !found {
		b.dead = slices.Insert(b.dead, i, id)
	}
}

// Take gives the entries that are to be tried now, each with what it holds. Settle is to be called for each of them.
func (b *Box) Take(now types.Micros) ([]Entry, error) {
	var taken []*item
	for _, name := range slices.Sorted(maps.Keys(b.targets)) {
		t := b.targets[name]
		for b.flying < b.limits.Total && t.flying < b.limits.PerTarget && now >= t.pause && len(t.ready) > 0 && t.ready[0].due <= now {
			it := heap.Pop(&t.ready).(*item)
			it.flying = true
			t.flying++
			b.flying++
			taken = append(taken, it)
		}
	}
	if taken == nil {
		return nil, nil
	}
	out := make([]Entry, len(taken))
	err := b.store.View(func(r state.Reader) error {
		for i, it := range taken {
			e, err := b.read(r, it.id)
			if err != nil {
				return err
			}
			out[i] = e.Entry
		}
		return nil
	})
	return out, err
}

func (b *Box) read(r state.Reader, id ID) (Dead, error) {
	k := key(waitingPrefix, id)
	v, ok, err := r.Get(k)
	switch {
	case err != nil:
		return Dead{}, err
	case !ok:
		return Dead{}, sqlerr.New(sqlerr.DataCorrupted, "the outbox has lost entry %s", id)
	}
	return readEntry(k, v)
}

// Next is when Take may give something again, if nothing else happens; MaxTime: never.
func (b *Box) Next() types.Micros {
	next := types.MaxTime
	for _, t := range b.targets {
		if len(t.ready) > 0 && t.flying < b.limits.PerTarget && b.flying < b.limits.Total {
			next = min(next, max(t.pause, t.ready[0].due))
		}
	}
	return next
}

// queue is a heap of what waits, by when it is due and then by its ID.
type queue []*item

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].due != q[j].due {
		return q[i].due < q[j].due
	}
	return q[i].id.compare(q[j].id) < 0
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push appends.
func (q *queue) Push(x any) { *q = append(*q, x.(*item)) }

// Pop takes the last one away.
func (q *queue) Pop() any {
	old := *q
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return it
}
