package rule

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
)

// slot says which entries of a list of them a row reaches: entries[off:off+n].
type slot struct{ off, n uint32 }

// packed is a slot in four bytes, so that those of 100,000 values stay in the cache of a core: off in 22 bits, n in 10. A list that
// is longLists long or longer has its length before it, as the arg of an entry.
type packed uint32

const (
	longLists = 1<<10 - 1
	// untried is the slot of a value whose text was not looked up yet.
	untried packed = 1<<32 - 1
	// maxEntries is how many entries there may be before another list begins.
	maxEntries = MaxCached / entrySize
)

func (p packed) slot() slot { return slot{uint32(p >> 10), uint32(p & longLists)} }

// reached is what a Matcher knows of the values of one dictionary: for each the conjunctions that it reaches.
type reached struct {
	id      uint64
	used    uint64
	slots   []packed
	entries []entry
}

// begin prepares for the codes of d, and forgets everything where room is too small for it.
func (c *reached) begin(d *batch.Dict, room int) {
	if len(c.entries) >= room {
		c.slots, c.entries = nil, nil
	}
	c.slots = longer(c.slots, d.Len(), untried)
}

// put takes entries[from:], the list of code, in.
func (c *reached) put(code uint32, from int) {
	n := len(c.entries) - from
	if n == 0 {
		from = 0
	}
	if n >= longLists {
		c.entries = slices.Insert(c.entries, from, entry{arg: int64(n)})
		n = longLists
	}
	c.slots[code] = packed(from)<<10 | packed(n)
}

// slot is the slot of a code that was put.
func (c *reached) slot(code uint32) slot {
	s := c.slots[code].slot()
	if s.n == longLists {
		return slot{s.off + 1, uint32(c.entries[s.off].arg)}
	}
	return s
}

// longer is s with fill up to n.
func longer[T any](s []T, n int, fill T) []T {
	if len(s) >= n {
		return s
	}
	if cap(s) < n {
		s = append(make([]T, 0, n+n/4), s...)
	}
	for len(s) < n {
		s = append(s, fill)
	}
	return s
}

// classes is the class of each value of a dictionary, or 0 where it was not looked up yet. The class of a text is classed and the number of
// the literal that it is, or noLiteral.
type classes struct {
	id   uint64
	used uint64
	of   []uint32
}

const (
	noLiteral = 1
	classed   = 2
)

// aged is a thing known of a dictionary.
type aged interface {
	key() *uint64
	last() *uint64
}

func (c *reached) key() *uint64  { return &c.id }
func (c *reached) last() *uint64 { return &c.used }
func (c *classes) key() *uint64  { return &c.id }
func (c *classes) last() *uint64 { return &c.used }

// knownOf finds what is known of the dictionary id, or begins it in the place of what was used longest ago.
func knownOf[T any, P interface {
	*T
	aged
}](all []P, id, now uint64,
) ([]P, P) {
	var oldest P
	for _, c := range all {
		if *c.key() == id {
			*c.last() = now
			return all, c
		}
		if oldest == nil || *c.last() < *oldest.last() {
			oldest = c
		}
	}
	if len(all) < MaxDicts {
		oldest = P(new(T))
		all = append(all, oldest)
	} else {
		var zero T
		*oldest = zero
	}
	*oldest.key(), *oldest.last() = id, now
	return all, oldest
}
