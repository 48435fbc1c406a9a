package group

import "slices"

// The rows of a table that no cache holds are fetched together, so many at a time: see Fetch.
const (
	fetchRows  = 128
	fetchSlots = 1 << 14
)

// Fetch reads the place where Obtain will look for a key first. Of keys that come in no order of the table's, many that are
// fetched one after the other wait for memory together, and Obtain no more.
func (t *Table) Fetch(key []uint64) (group uint32) {
	switch {
	case t.grid != nil:
		return 0
	case !t.packed:
		return t.slots[hashWords(key)&uint64(len(t.slots)-1)].group
	case t.width == 2:
		return t.slots[t.home(slot{word: key[0]<<32 | key[1]})].group
	}
	return t.slots[t.home(slot{word: key[0]})].group
}

// Reserve makes room for n groups in all, so that it need not grow while they come. A few are left to whichever form they turn
// out to fit best.
func (t *Table) Reserve(n int) {
	if t.grid != nil || t.packed && n <= maxCells {
		return
	}
	size := len(t.slots)
	for 4*n > 3*size {
		size *= 2
	}
	if size > len(t.slots) {
		t.rehash(size)
	}
	if words := n * (t.width + 1); !t.packed && words > len(t.keys) {
		t.keys = slices.Grow(t.keys, words-len(t.keys))
	}
}
