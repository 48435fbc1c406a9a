package group

import "math/bits"

// A grid is a Table's other form, for one or two interned keys of few values: the group's number stands at a place that
// is computed, in an array of a quarter to the half of what slots would take.
//
//	first key \ second    -   user7  user1  user9
//	-                     .     .      .      .
//	create                .     1      .      4
//	delete                .     .      2      3
//
// Codes of the two keys are mixed, as they come from one Strings, so each key ranks those that it has: from 1 on, in
// the order of first sight. Rank 0 is what was not seen yet; its row and column stay empty.
type grid struct {
	a, b   *ranks // b is nil with one key
	rows   int
	stride int
	cells  []uint32 // group plus 1, 0: none
}

// ranks are the words that one key has had. All Tables of a Keys share them.
type ranks struct {
	of    []uint32 // by word; 0: none yet
	words []uint64 // by rank; the first is none
}

// Limits of a grid, beyond which, or when fewer than one cell in sparse holds a group, a Table is slots.
const (
	maxRanked = 1 << 17 // words of a key
	maxCells  = 1 << 18
	sparse    = 8
)

func (r *ranks) len() int { return max(len(r.words), 1) }

// rank gives the rank of a word, 0 when it has none.
func (r *ranks) rank(w uint64) uint32 {
	if w < uint64(len(r.of)) {
		return r.of[w]
	}
	return 0
}

// admit ranks a word, unless it is beyond what is ranked.
func (r *ranks) admit(w uint64) bool {
	if w >= maxRanked {
		return false
	}
	if w >= uint64(len(r.of)) {
		size := 1 << bits.Len64(max(w, 63))
		r.of = append(r.of, make([]uint32, size-len(r.of))...)
	}
	if r.of[w] == 0 {
		if r.words == nil {
			r.words = append(r.words, 0)
		}
		r.of[w] = uint32(len(r.words))
		r.words = append(r.words, w)
	}
	return true
}

func (g *grid) bytes() int64 {
	if g == nil {
		return 0
	}
	return int64(4 * len(g.cells))
}

// at gives the cell of a packed word: one that stays empty if there is none for it.
func (g *grid) at(w uint64) int {
	if g.b == nil {
		if x := int(g.a.rank(w)); x < g.rows {
			return x
		}
		return 0
	}
	x, y := int(g.a.rank(w>>32)), int(g.b.rank(w&(1<<32-1)))
	if x >= g.rows || y >= g.stride {
		return 0
	}
	return x*g.stride + y
}

// lookupGrid is lookupOne while the table is a grid. It gives the row at which it ceased to be one.
func (t *Table) lookupGrid(a, b []uint64, lo, hi int, out []uint32, fresh []int, alloc func() uint32) (int, []int) {
	for r := lo; r < hi; r++ {
		g := t.grid
		if r = g.run(a, b, r, hi, out); r == hi {
			break
		}
		n := alloc()
		w := a[r]
		if b != nil {
			w = w<<32 | b[r]
		}
		out[r], fresh = n, append(fresh, r)
		if t.insert(slot{word: w, group: n + 1}); t.grid == nil {
			return r + 1, fresh
		}
	}
	return hi, fresh
}

// run looks rows up until one has no group, and gives that row.
func (g *grid) run(a, b []uint64, lo, hi int, out []uint32) int {
	cells, ra := g.cells, g.a.of
	a, out = a[:hi], out[:hi]
	if g.b == nil {
		for r := lo; r < hi; r++ {
			w := a[r]
			if w >= uint64(len(ra)) || int(ra[w]) >= len(cells) || cells[ra[w]] == 0 {
				return r
			}
			out[r] = cells[ra[w]] - 1
		}
		return hi
	}
	b = b[:hi]
	rb, rows, stride := g.b.of, uint32(g.rows), uint32(g.stride)
	for r := lo; r < hi; r++ {
		wa, wb := a[r], b[r]
		if wa >= uint64(len(ra)) || wb >= uint64(len(rb)) {
			return r
		}
		x, y := ra[wa], rb[wb]
		if x >= rows || y >= stride {
			return r
		}
		n := cells[x*stride+y]
		if n == 0 {
			return r
		}
		out[r] = n - 1
	}
	return hi
}

// put adds a group whose place may lie outside the grid: it grows, or the table goes back to slots.
func (t *Table) put(s slot) {
	g := t.grid
	if !admit(g.a, g.b, s.word) {
		t.toSlots()
		t.place(s)
		return
	}
	if at := g.at(s.word); at != 0 {
		g.cells[at] = s.group
		return
	}
	wider := newGrid(g.a, g.b, t.n)
	if wider == nil {
		t.toSlots()
		t.place(s)
		return
	}
	for x := range g.rows {
		copy(wider.cells[x*wider.stride:], g.cells[x*g.stride:][:g.stride])
	}
	wider.cells[wider.at(s.word)] = s.group
	t.grid = wider
}

// newGrid makes an empty grid with room for the words that are ranked and some more, so that growing it is rare. It is
// nil if n groups fill too little of it.
func newGrid(a, b *ranks, n int) *grid {
	g := &grid{a: a, b: b, rows: a.len() + a.len()/4 + 1, stride: 1}
	if b != nil {
		g.stride = b.len() + b.len()/4 + 1
	}
	cells := g.rows * g.stride
	if cells > maxCells || cells > sparse*n {
		return nil
	}
	g.cells = make([]uint32, cells)
	return g
}

// toGrid makes the table a grid that has s too, if that pays.
func (t *Table) toGrid(s slot) bool {
	if !t.packed {
		return false
	}
	a, b := &t.of.ranks[0], (*ranks)(nil)
	if t.width == 2 {
		b = &t.of.ranks[1]
	}
	if !admit(a, b, s.word) {
		return false
	}
	for _, o := range t.slots {
		if o.group != 0 && !admit(a, b, o.word) {
			return false
		}
	}
	g := newGrid(a, b, t.n)
	if g == nil {
		return false
	}
	for _, o := range t.slots {
		if o.group != 0 {
			g.cells[g.at(o.word)] = o.group
		}
	}
	g.cells[g.at(s.word)] = s.group
	t.grid, t.slots = g, nil
	return true
}

// admit ranks the words of a packed word.
func admit(a, b *ranks, w uint64) bool {
	if b == nil {
		return a.admit(w)
	}
	return a.admit(w>>32) && b.admit(w&(1<<32-1))
}

// toSlots makes the table slots again.
func (t *Table) toSlots() {
	g := t.grid
	t.grid = nil
	t.slots = make([]slot, max(64, 1<<bits.Len(uint(2*t.n))))
	for i, n := range g.cells {
		if n == 0 {
			continue
		}
		w := g.a.words[i/g.stride]
		if g.b != nil {
			w = w<<32 | g.b.words[i%g.stride]
		}
		t.place(slot{word: w, group: n})
	}
}
