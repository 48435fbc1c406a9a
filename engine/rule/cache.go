package rule

import "github.com/vexfs/vexstream/engine/batch"

// slot says which conjunctions a value of a dictionary reaches: entries[off:off+n] of its cache.
type slot struct{ off, n uint32 }

// untried is the n of a slot whose value was not met yet.
const untried = ^uint32(0)

// reached is what a Matcher knows of the values of one dictionary: for each the conjunctions that it reaches.
type reached struct {
	id      uint64
	used    uint64
	slots   []slot
	entries []entry
}

func (c *reached) bytes() int { return 8*cap(c.slots) + entrySize*cap(c.entries) }

// begin makes room for the codes of d, and forgets everything where it has become too much.
func (c *reached) begin(d *batch.Dict) {
	if c.bytes() > MaxCached {
		c.slots, c.entries = nil, nil
	}
	c.slots = longer(c.slots, d.Len(), slot{n: untried})
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

// classes is which literal of a column each value of a dictionary is: the literal's number and classed, or noLiteral, or 0 where
// it was not looked up yet.
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
