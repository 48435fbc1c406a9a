package bridge

import (
	"hash/maphash"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
)

// maxKeyLen is the longest value that goes into a dictionary; a longer one makes its batch's column plain.
const maxKeyLen = 4096

// judgeRows is how many rows of a generation must have passed before it is judged by its share of distinct values.
const judgeRows = batch.MaxRows

// dictSeed makes it impossible to choose values that meet in one slot.
var dictSeed = maphash.MakeSeed()

// dictionary gives codes to strings: append-only within a generation, an open-addressing table over an arena. Views
// that were given out stay true while it grows, because only memory past their end is written.
type dictionary struct {
	id     uint64
	offs   []int32
	data   []byte
	slots  []uint32 // code+1, 0: empty; a power of two long, at most half full
	hashes []uint64 // by code
	rows   int      // coded in this generation
	view   *batch.Dict
	plain  bool // more than half of the values were distinct: codes do not pay
	recent [recentKeys]recentKey
}

// recentKey remembers what a few kinds of strings were coded to, so that most of a busy column needs no hash.
type recentKey struct {
	s    string
	code uint32
}

const recentKeys = 16

// recentSlot picks a place by length and two bytes: enough to tell the handful of words of a key column apart.
func recentSlot(s string) int {
	if len(s) == 0 {
		return 0
	}
	return (len(s)*5 + int(s[len(s)-1])*3 + int(s[len(s)/2])) & (recentKeys - 1)
}

func newDictionary() *dictionary {
	d := &dictionary{}
	d.reset()
	return d
}

func (d *dictionary) reset() {
	plain := d.plain
	*d = dictionary{id: batch.NewDictID(), offs: []int32{0}, slots: make([]uint32, 64), plain: plain}
}

// intern gives the code of s, and false when s cannot get one in this generation.
func (d *dictionary) intern(s string) (uint32, bool) {
	d.rows++
	k := &d.recent[recentSlot(s)]
	if k.s == s && len(s) > 0 {
		return k.code, true
	}
	h := maphash.String(dictSeed, s)
	mask := uint64(len(d.slots) - 1)
	i := h & mask
	for ; d.slots[i] != 0; i = (i + 1) & mask {
		c := d.slots[i] - 1
		if d.hashes[c] == h && string(d.data[d.offs[c]:d.offs[c+1]]) == s {
			d.remember(k, c)
			return c, true
		}
	}
	return d.insert(k, s, h, i)
}

func (d *dictionary) insert(k *recentKey, s string, h, slot uint64) (uint32, bool) {
	n := len(d.hashes)
	if n >= batch.MaxDictLen || len(s) > maxKeyLen || len(d.data)+len(s) > batch.MaxDictBytes {
		return 0, false
	}
	d.data = append(d.data, s...)
	d.offs = append(d.offs, int32(len(d.data)))
	d.hashes = append(d.hashes, h)
	d.slots[slot] = uint32(n) + 1
	if 2*(n+1) > len(d.slots) {
		d.grow()
	}
	d.remember(k, uint32(n))
	return uint32(n), true
}

func (d *dictionary) remember(k *recentKey, c uint32) {
	k.s, k.code = view(d.data[d.offs[c]:d.offs[c+1]]), c
}

func (d *dictionary) grow() {
	d.slots = make([]uint32, 2*len(d.slots))
	mask := uint64(len(d.slots) - 1)
	for c, h := range d.hashes {
		i := h & mask
		for d.slots[i] != 0 {
			i = (i + 1) & mask
		}
		d.slots[i] = uint32(c) + 1
	}
}

// snapshot gives an immutable view of all entries so far: the same one while nothing was added.
func (d *dictionary) snapshot() *batch.Dict {
	if d.view == nil || d.view.Len() != len(d.hashes) {
		d.data = slices.Grow(d.data, batch.Padding)
		n := len(d.offs)
		d.view = &batch.Dict{ID: d.id, Offsets: d.offs[:n:n], Data: d.data[:len(d.data):len(d.data)]}
	}
	return d.view
}

// turn ends the generation where that is due: at its limits, or when codes do not pay.
func (d *dictionary) turn() {
	n := len(d.hashes)
	if d.rows >= judgeRows && 2*n > d.rows {
		d.plain = true
	}
	if d.plain || n > batch.MaxDictLen-batch.MaxRows || len(d.data) > batch.MaxDictBytes-FlushBytes {
		d.reset()
	}
}
