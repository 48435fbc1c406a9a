package epoch

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// MaxDedupKeys is how many keys a node remembers, of all relations; a key takes about 50 bytes. Past it statements that
// bring more are refused until the oldest ones are past their window.
const MaxDedupKeys = 8 << 20

// Dedup says which rows of a relation repeat another one: those that have its values in Columns, none of them null, and
// are added less than Window after it was committed. They are dropped. What a dropped row would have repeated is the first
// one, so a window does not begin again with each repetition.
type Dedup struct {
	Columns []int // positions among the stored columns
	Window  types.Micros
}

// Deduped is how the keys of one relation stand.
type Deduped struct {
	Relation uint32
	Keys     int          // that are remembered
	Oldest   types.Micros // when the oldest of them was committed; MaxTime: there is none
	Dropped  int64        // rows, ever since the relation has a key
}

// key is a row's values in the columns of a Dedup, as 128 bits of a hash with a seed of the process: that two different
// ones among MaxDedupKeys are the same has a chance of one in 10^24. The zero key is that of a row with a null.
type key = xxh3.Uint128

// seen is the keys of the rows of one relation that were committed within its window.
type seen struct {
	Dedup
	seed uint64

	mu    sync.Mutex // guards what follows
	has   map[key]struct{}
	order []keysOf // the oldest first
}

// keysOf is the keys that one epoch brought.
type keysOf struct {
	no   uint64
	at   types.Micros
	keys []key
}

// SetDedup has statements that are added from now on drop the rows that repeat others; no columns: none of them.
// It reads the log for what was committed within the window. While it does, rows that repeat those get through.
func (c *Committer) SetDedup(ctx context.Context, relation uint32, d Dedup) error {
	if len(d.Columns) == 0 {
		c.DropDedup(relation)
		return nil
	}
	s := &seen{Dedup: d, seed: rand.Uint64(), has: map[key]struct{}{}}
	since, err := c.Since(ctx, c.Now().Sub(d.Window)+1)
	if err != nil {
		return err
	}
	last := c.Last().No
	if err := c.remember(ctx, relation, s, since, last); err != nil {
		return err
	}
	c.mu.Lock()
	c.seen[relation] = s
	c.mu.Unlock()
	return c.remember(ctx, relation, s, last+1, c.Last().No)
}

// DropDedup has the rows of a relation repeat each other as they like.
func (c *Committer) DropDedup(relation uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, relation)
	delete(c.dropped, relation)
}

// remember takes in the keys of rows that the log has.
func (c *Committer) remember(ctx context.Context, relation uint32, s *seen, from, to uint64) error {
	all := make([]int, len(s.Columns))
	for i := range all {
		all[i] = i
	}
	room := MaxDedupKeys - c.dedupKeys()
	scan := Scan{Relation: relation, Columns: s.Columns, MinTime: types.MinTime, MaxTime: types.MaxTime, Since: from, NoWeights: true}
	var old []keysOf
	known := map[key]struct{}{}
	err := c.Scan(ctx, scan, to, func(p Part) error {
		e := keysOf{no: p.Rows.Epoch.No, at: p.Rows.Epoch.Time}
		for _, k := range s.hash(p.Rows, all) {
			if _, is := known[k]; !is && k != (key{}) {
				known[k] = struct{}{}
				e.keys = append(e.keys, k)
			}
		}
		old = append(old, e)
		if len(known) > room {
			return tooManyKeys()
		}
		return nil
	})
	if err == nil {
		s.precede(old)
	}
	return err
}

// precede takes in keys of epochs before the first that s was given, as far as it does not have them.
func (s *seen) precede(old []keysOf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range old {
		old[i].keys = slices.DeleteFunc(old[i].keys, func(k key) bool {
			_, is := s.has[k]
			s.has[k] = struct{}{}
			return is
		})
	}
	s.order = append(old, s.order...)
}

func tooManyKeys() error {
	return sqlerr.New(sqlerr.ConfigurationLimit, "more than %d keys would have to be remembered to know rows that come again", MaxDedupKeys).
		WithHint("A shorter dedup_window remembers fewer of them.")
}

// hash gives the keys of rows by some of their columns.
func (s *seen) hash(b *batch.Batch, cols []int) []key {
	out := make([]key, b.N)
	var buf []byte
rows:
	for i := range out {
		buf = buf[:0]
		for _, c := range cols {
			if b.Cols[c].Null(i) {
				continue rows
			}
			buf = value.Key(buf, &b.Cols[c], i)
		}
		out[i] = xxh3.Hash128Seed(buf, s.seed)
	}
	return out
}

// fresh picks the rows that repeat none that was committed, nor one of more; it adds them to that, unless more is nil.
func (s *seen) fresh(keys []key, more map[key]struct{}) batch.Sel {
	s.mu.Lock()
	defer s.mu.Unlock()
	sel := make(batch.Sel, 0, len(keys))
	for i, k := range keys {
		if k != (key{}) {
			if _, is := s.has[k]; is {
				continue
			}
			if _, is := more[k]; is {
				continue
			}
			if more != nil {
				more[k] = struct{}{}
			}
		}
		sel = append(sel, uint32(i))
	}
	return sel
}

// expire forgets the keys that are past the window.
func (s *seen) expire(now types.Micros) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.order) && now.Sub(s.order[n].at) >= s.Window {
		for _, k := range s.order[n].keys {
			delete(s.has, k)
		}
		n++
	}
	clear(s.order[:n]) // what is cut off at the front stays in memory until order grows
	s.order = s.order[n:]
}

// add remembers the keys of an epoch's rows.
func (s *seen) add(ep *batch.Epoch, keys []key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.order); n == 0 || s.order[n-1].no != ep.No {
		s.order = append(s.order, keysOf{no: ep.No, at: ep.Time})
	}
	e := &s.order[len(s.order)-1]
	for _, k := range keys {
		if k != (key{}) {
			s.has[k] = struct{}{}
			e.keys = append(e.keys, k)
		}
	}
}

// forget takes back what an epoch brought that could not be written.
func (s *seen) forget(no uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.order) - 1
	if last < 0 || s.order[last].no != no {
		return
	}
	for _, k := range s.order[last].keys {
		delete(s.has, k)
	}
	s.order = s.order[:last]
}

// keys is how many are remembered, and when the oldest was committed.
func (s *seen) keys() (n int, oldest types.Micros) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return 0, types.MaxTime
	}
	return len(s.has), s.order[0].at
}

// seenOf gives the keys of a relation; nil: its rows may repeat.
func (c *Committer) seenOf(relation uint32) *seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[relation]
}

func (c *Committer) dedupKeys() int {
	n := 0
	for _, d := range c.Dedups() {
		n += d.Keys
	}
	return n
}

// Dedups says how the keys of each relation stand that has some, by relation.
func (c *Committer) Dedups() []Deduped {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Deduped, 0, len(c.seen))
	for id, s := range c.seen {
		d := Deduped{Relation: id, Dropped: c.dropped[id]}
		d.Keys, d.Oldest = s.keys()
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Deduped) int { return int(a.Relation) - int(b.Relation) })
	return out
}
