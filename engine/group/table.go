package group

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Keys turns key columns into words, by one Strings.
type Keys struct {
	strings *Strings
	types   []types.Type
	coded   []bool // the word is a code plus 1
	floats  []bool
	packed  bool
	exact   bool // -0 is not 0
	canons  []*canon
	cols    [][]uint64
	nulls   []uint64 // per row: bit k set when key k is null and its word cannot say so
	ranks   [2]ranks // of the codes of the first two keys, for grids
}

// MaxKeys bounds the columns of a GROUP BY.
const MaxKeys = 60

// NewKeys makes Keys for columns of the given types. Of values that are equal and not identical, as numeric, interval
// and jsonb have them, the first one seen stands for all; Spelling tells them apart.
func NewKeys(strings *Strings, ts []types.Type) (*Keys, error) {
	if len(ts) > MaxKeys {
		return nil, sqlerr.New(sqlerr.TooManyColumns, "a grouping may have at most %d columns", MaxKeys)
	}
	k := &Keys{strings: strings, types: ts, coded: make([]bool, len(ts)), floats: make([]bool, len(ts)), canons: make([]*canon, len(ts)), cols: make([][]uint64, len(ts))}
	for i, t := range ts {
		l := t.Layout()
		k.coded[i] = l == types.LayoutBytes || l == types.LayoutFixed16
		k.floats[i] = l == types.LayoutFloat32 || l == types.LayoutFloat64
		if types.Respelled(t) {
			k.canons[i] = &canon{first: map[string]uint32{}}
		}
	}
	k.packed = len(ts) > 0 && len(ts) <= 2 && !slices.Contains(k.coded, false)
	return k, nil
}

// Exact makes -0 another key than 0, before anything is read.
func (k *Keys) Exact() { k.exact = true }

// Bytes is the memory held beside the Strings.
func (k *Keys) Bytes() int64 {
	n := int64(8 * cap(k.nulls))
	for _, c := range k.cols {
		n += int64(8 * cap(c))
	}
	for i := range k.ranks {
		n += int64(4*len(k.ranks[i].of) + 8*len(k.ranks[i].words))
	}
	return n
}

// Len is the number of key columns.
func (k *Keys) Len() int { return len(k.types) }

// Words gives column i's words of the batch that Read took in last.
func (k *Keys) Words(i int) []uint64 { return k.cols[i] }

// Nulls gives, for each row, a bit for each key that is null and not interned. There are none when Packed.
func (k *Keys) Nulls() []uint64 { return k.nulls }

// Read turns the columns at positions cols of b into words.
func (k *Keys) Read(b *batch.Batch, cols []int) {
	if !k.packed {
		k.nulls = slices.Grow(k.nulls[:0], b.N)[:b.N]
		clear(k.nulls)
	}
	for i, c := range cols {
		k.cols[i] = k.read(i, &b.Cols[c], k.cols[i][:0])
	}
}

func (k *Keys) read(i int, c *batch.Column, dst []uint64) []uint64 {
	switch {
	case k.canons[i] != nil:
		return k.canons[i].column(k.strings, c, dst)
	case k.coded[i]:
		return k.strings.Column(c, dst)
	}
	switch c.Type.Layout() {
	case types.LayoutBool:
		for r := range c.N {
			dst = append(dst, c.Bits[r>>6]>>(uint(r)&63)&1)
		}
	case types.LayoutInt16:
		for _, v := range batch.Values[int16](c) {
			dst = append(dst, uint64(v))
		}
	case types.LayoutInt32:
		for _, v := range batch.Values[int32](c) {
			dst = append(dst, uint64(v))
		}
	case types.LayoutInt64:
		dst = append(dst, batch.Values[uint64](c)...)
	case types.LayoutFloat32:
		for _, v := range batch.Values[float32](c) {
			dst = append(dst, k.floatWord(float64(v)))
		}
	case types.LayoutFloat64:
		for _, v := range batch.Values[float64](c) {
			dst = append(dst, k.floatWord(v))
		}
	}
	if c.Valid != nil {
		for r := range c.N {
			if !c.Valid.Get(r) {
				dst[r] = 0
				k.nulls[r] |= 1 << i
			}
		}
	}
	return dst
}

// floatWord gives the word of a float key.
func (k *Keys) floatWord(v float64) uint64 {
	if k.exact {
		return floatSpelling(v)
	}
	return floatWord(v)
}

// floatWord gives equal floats one word: -0 is 0, and every NaN is one.
func floatWord(v float64) uint64 {
	switch {
	case v == 0:
		return 0
	case v != v:
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(v)
}

// Append puts the key value behind word w into b. null says that its bit among the nulls is set.
func (k *Keys) Append(b *batch.Builder, i int, w uint64, null bool, strings Frozen) {
	switch {
	case null || k.coded[i] && w == 0:
		b.Null()
	case k.coded[i] && k.types[i].Layout() == types.LayoutFixed16:
		batch.Put(b, [16]byte(strings.At(uint32(w-1))))
	case k.coded[i]:
		b.Bytes(strings.At(uint32(w - 1)))
	default:
		AppendWord(b, k.types[i], w)
	}
}

// AppendWord puts the fixed-width value that a word stands for into b.
func AppendWord(b *batch.Builder, t types.Type, w uint64) {
	switch t.Layout() {
	case types.LayoutBool:
		b.Bool(w != 0)
	case types.LayoutInt16:
		batch.Put(b, int16(w))
	case types.LayoutInt32:
		batch.Put(b, int32(w))
	case types.LayoutInt64:
		batch.Put(b, w)
	case types.LayoutFloat32:
		batch.Put(b, float32(math.Float64frombits(w)))
	case types.LayoutFloat64:
		batch.Put(b, math.Float64frombits(w))
	}
}

// Packed says whether the words of the keys are all that tells them apart: one or two codes, whose 0 is null.
func (k *Keys) Packed() bool { return k.packed }

// Coded says whether key i's word is a code.
func (k *Keys) Coded(i int) bool { return k.coded[i] }

// Table finds the group of a key. Groups are numbered by whoever makes them.
type Table struct {
	width  int    // words of a key; 1 when it is packed
	packed bool   // two codes in one word, or one code
	slots  []slot // a power of two, at most three quarters full
	n      int
	keys   []uint64 // width+1 words a group (the last: nulls), unless packed
	grid   *grid    // in place of slots, while it pays
	of     *Keys
}

type slot struct {
	word  uint64 // packed: the key; else its hash
	group uint32 // plus 1; 0 is an empty slot
}

// NewTable makes a Table for keys.
func NewTable(k *Keys) *Table {
	return &Table{width: k.Len(), packed: k.packed, slots: make([]slot, 64), of: k}
}

// Bytes is the memory held.
func (t *Table) Bytes() int64 { return int64(16*len(t.slots)+8*len(t.keys)) + t.grid.bytes() }

// Lookup gives the group of rows lo..hi that k read, in out[lo:hi]. alloc numbers a group at first sight; the rows at
// which one was made are appended to fresh.
func (t *Table) Lookup(k *Keys, lo, hi int, out []uint32, fresh []int, alloc func() uint32) []int {
	if !t.packed {
		return t.lookupMany(k, lo, hi, out, fresh, alloc)
	}
	a, b := k.cols[0], []uint64(nil)
	if t.width == 2 {
		b = k.cols[1]
	}
	for lo < hi { // each stops where the table changes its form
		if t.grid != nil {
			lo, fresh = t.lookupGrid(a, b, lo, hi, out, fresh, alloc)
		} else {
			lo, fresh = t.lookupOne(a, b, lo, hi, out, fresh, alloc)
		}
	}
	return fresh
}

const mix = 0x9e3779b97f4a7c15

func (t *Table) lookupOne(a, b []uint64, lo, hi int, out []uint32, fresh []int, alloc func() uint32) (int, []int) {
	for r := lo; r < hi; r++ {
		if r = t.run(a, b, r, hi, out); r == hi {
			break
		}
		w := a[r]
		if b != nil {
			w = w<<32 | b[r]
		}
		g := alloc()
		out[r], fresh = g, append(fresh, r)
		if t.insert(slot{word: w, group: g + 1}); t.grid != nil {
			return r + 1, fresh
		}
	}
	return hi, fresh
}

// run looks rows up until one has no group, and gives that row.
func (t *Table) run(a, b []uint64, lo, hi int, out []uint32) int {
	slots := t.slots
	mask := uint64(len(slots) - 1)
	a, out = a[:hi], out[:hi]
	if b != nil {
		b = b[:hi]
	}
	for r := lo; r < hi; r++ {
		w := a[r]
		if b != nil {
			w = w<<32 | b[r]
		}
		e := &slots[fold(w^0x2545f4914f6cdd1d, mix)&mask]
		for at := fold(w^0x2545f4914f6cdd1d, mix); e.group != 0 && e.word != w; e = &slots[at&mask] {
			at++
		}
		if e.group == 0 {
			return r
		}
		out[r] = e.group - 1
	}
	return hi
}

func (t *Table) lookupMany(k *Keys, lo, hi int, out []uint32, fresh []int, alloc func() uint32) []int {
	var room [MaxKeys + 1]uint64
	key := room[:t.width+1]
	for ; lo < hi; lo += fetchRows {
		end := min(hi, lo+fetchRows)
		if len(t.slots) > fetchSlots {
			for r := lo; r < end; r++ {
				t.Fetch(k.key(key, r))
			}
		}
		for r := lo; r < end; r++ {
			g, added := t.obtain(hashWords(k.key(key, r)), key, alloc)
			if added {
				fresh = append(fresh, r)
			}
			out[r] = g
		}
	}
	return fresh
}

// key puts the words of row r, and its nulls behind them, into dst.
func (k *Keys) key(dst []uint64, r int) []uint64 {
	n := len(dst) - 1
	for i, c := range k.cols[:n] {
		dst[i] = c[r]
	}
	dst[n] = k.nulls[r]
	return dst
}

// obtain gives the group of a key that is not packed, and whether alloc has just numbered it.
func (t *Table) obtain(h uint64, key []uint64, alloc func() uint32) (g uint32, added bool) {
	mask := uint64(len(t.slots) - 1)
	at := h & mask
	for ; t.slots[at].group != 0; at = (at + 1) & mask {
		if t.slots[at].word == h && t.same(t.slots[at].group-1, key) {
			return t.slots[at].group - 1, false
		}
	}
	g = alloc()
	t.keep(g, key)
	if s := (slot{word: h, group: g + 1}); 4*(t.n+1) > 3*len(t.slots) {
		t.insert(s)
	} else {
		t.slots[at] = s
		t.n++
	}
	return g, true
}

// seed makes hashes differ from process to process, so that nobody can choose keys that collide.
var seed = rand.Uint64()

func hashWords(key []uint64) uint64 {
	h := seed
	for _, w := range key {
		h = fold(h^w, 0xd1342543de82ef95) + w
	}
	return h
}

func (t *Table) find(h uint64, key []uint64) (uint32, bool) {
	mask := uint64(len(t.slots) - 1)
	for at := h & mask; t.slots[at].group != 0; at = (at + 1) & mask {
		if t.slots[at].word == h && t.same(t.slots[at].group-1, key) {
			return t.slots[at].group - 1, true
		}
	}
	return 0, false
}

func (t *Table) same(g uint32, key []uint64) bool {
	have := t.keys[int(g)*len(key) : int(g+1)*len(key)]
	for i := range key {
		if have[i] != key[i] {
			return false
		}
	}
	return true
}

func (t *Table) keep(g uint32, key []uint64) {
	for end := int(g+1) * len(key); len(t.keys) < end; {
		t.keys = append(t.keys, make([]uint64, max(len(key), end-len(t.keys)))...)
	}
	copy(t.keys[int(g)*len(key):], key)
}

// Find gives the group of a key, given as its words and then, unless Packed, its nulls, and whether there is one.
func (t *Table) Find(key []uint64) (uint32, bool) {
	if !t.packed {
		return t.find(hashWords(key), key)
	}
	w := key[0]
	if t.width == 2 {
		w = w<<32 | key[1]
	}
	if t.grid != nil {
		g := t.grid.cells[t.grid.at(w)]
		return g - 1, g != 0
	}
	s := slot{word: w}
	mask := uint64(len(t.slots) - 1)
	for at := t.home(s); t.slots[at].group != 0; at = (at + 1) & mask {
		if t.slots[at].word == w {
			return t.slots[at].group - 1, true
		}
	}
	return 0, false
}

// Obtain gives the group of a key, given as to Find, and whether it is a new one, which alloc has numbered.
func (t *Table) Obtain(key []uint64, alloc func() uint32) (g uint32, added bool) {
	if !t.packed {
		return t.obtain(hashWords(key), key, alloc)
	}
	if g, ok := t.Find(key); ok {
		return g, false
	}
	g = alloc()
	t.Insert(g, key)
	return g, true
}

// Insert adds the group of a key that Find did not find.
func (t *Table) Insert(g uint32, key []uint64) {
	if t.packed {
		w := key[0]
		if t.width == 2 {
			w = w<<32 | key[1]
		}
		t.insert(slot{word: w, group: g + 1})
		return
	}
	t.keep(g, key)
	t.insert(slot{word: hashWords(key), group: g + 1})
}

// home is where a slot belongs.
func (t *Table) home(s slot) uint64 {
	if t.packed {
		return fold(s.word^0x2545f4914f6cdd1d, mix) & uint64(len(t.slots)-1)
	}
	return s.word & uint64(len(t.slots)-1)
}

func (t *Table) insert(s slot) {
	t.n++
	switch {
	case t.grid != nil:
		t.put(s)
		return
	case 4*t.n > 3*len(t.slots):
		if t.toGrid(s) {
			return
		}
		t.rehash(2 * len(t.slots))
	}
	t.place(s)
}

// rehash moves all into n slots, a power of two.
func (t *Table) rehash(n int) {
	old := t.slots
	t.slots = make([]slot, n)
	for _, o := range old {
		if o.group != 0 {
			t.place(o)
		}
	}
}

func (t *Table) place(s slot) {
	mask := uint64(len(t.slots) - 1)
	at := t.home(s)
	for t.slots[at].group != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = s
}

// Remove forgets the group of a key, given as the words and nulls that made it.
func (t *Table) Remove(g uint32, key []uint64, nulls uint64) {
	mask := uint64(len(t.slots) - 1)
	s := slot{group: g + 1}
	switch {
	case t.packed && t.width == 1:
		s.word = key[0]
	case t.packed:
		s.word = key[0]<<32 | key[1]
	default:
		s.word = hashWords(append(append(make([]uint64, 0, MaxKeys+1), key...), nulls))
	}
	if t.grid != nil {
		if at := t.grid.at(s.word); t.grid.cells[at] == s.group {
			t.grid.cells[at] = 0
			t.n--
		}
		return
	}
	at := t.home(s)
	for t.slots[at] != s {
		if t.slots[at].group == 0 {
			return
		}
		at = (at + 1) & mask
	}
	// Close the gap: move back what could not be found past an empty slot (Knuth 6.4, algorithm R).
	t.n--
	for hole := at; ; {
		t.slots[hole] = slot{}
		for {
			at = (at + 1) & mask
			if t.slots[at].group == 0 {
				return
			}
			if home := t.home(t.slots[at]); (at-home)&mask >= (at-hole)&mask {
				break
			}
		}
		t.slots[hole] = t.slots[at]
		hole = at
	}
}
