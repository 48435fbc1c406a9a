package op

import (
	"encoding/binary"
	"slices"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/state"
)

// A page of a checkpoint holds groups by value, so that it can be loaded into another table, in any order and at any
// parallelism:
//
//	page  = count group... spelling...
//	group = weight nulls key... accumulator... set...
//	key   = a word, or for an interned one 0 (null) or length+1 and the bytes
//	set   = count (value weight)... count (record weight)...
//	spelling = number of the group in the page, number of the key, count (value weight)...
//
// Spellings stand there for the groups that have several of one key, or another than the key's.
// Numbers are varints. A string's code stands nowhere: codes are the process's own.

// PagesSince is the format of checkpoints from which on pages are such: approximate counts were sets before 4.
func (s *Shape) PagesSince() byte {
	if slices.ContainsFunc(s.Layout.Calls, func(c agg.Call) bool { return c.Kind == agg.ApproxCount }) {
		return 4
	}
	return 0
}

// EncodePage appends page no of f to dst.
func (f Frozen) EncodePage(dst []byte, no int) []byte {
	lo := uint32(no * state.PageRows)
	hi := min(lo+state.PageRows, uint32(f.View.Len()))
	var n uint64
	for r := lo; r < hi; r++ {
		if f.kept(r) {
			n++
		}
	}
	dst = binary.AppendUvarint(dst, n)
	for r := lo; r < hi; r++ {
		if f.kept(r) {
			dst = f.encodeGroup(dst, r)
		}
	}
	if f.Shape.spellings.sets < 0 {
		return dst
	}
	n = 0
	for r := lo; r < hi; r++ {
		if f.kept(r) {
			dst = f.encodeSpellings(dst, r, n)
			n++
		}
	}
	return dst
}

// kept says whether row r belongs into a checkpoint: the one group of an aggregation without keys always does.
func (f Frozen) kept(r uint32) bool { return f.Live(r) || len(f.Shape.KeyCols) == 0 }

func (f Frozen) encodeGroup(dst []byte, r uint32) []byte {
	s, row := f.Shape, f.View.Row(r)
	dst = binary.AppendVarint(dst, int64(row[0]))
	dst = binary.AppendUvarint(dst, s.nulls(row))
	for k := range s.KeyCols {
		dst = f.encodeWord(dst, s.shown(k, row), s.Keys.Coded(k))
	}
	l := s.Layout
	for i, c := range l.Calls {
		first, end := l.Words(i)
		extreme := l.Coded(i) && (c.Kind == agg.Min || c.Kind == agg.Max)
		for at := first; at < end; at++ {
			dst = f.encodeWord(dst, row[at], extreme && at == first)
		}
		if set := l.Box(i); set >= 0 {
			dst = f.encodeSet(dst, f.Sets(r)(set), l.Coded(i))
		}
	}
	return dst
}

func (f Frozen) encodeWord(dst []byte, w uint64, coded bool) []byte {
	switch {
	case !coded:
		return binary.AppendUvarint(dst, w)
	case w == 0:
		return append(dst, 0)
	}
	v := f.Strings.At(uint32(w - 1))
	dst = binary.AppendUvarint(dst, uint64(len(v))+1)
	return append(dst, v...)
}

func (f Frozen) encodeSet(dst []byte, set *agg.Set, coded bool) []byte {
	var n uint64
	set.Each(func(uint64, int64) { n++ })
	if n == 0 {
		return encodeRecords(dst, set)
	}
	dst = binary.AppendUvarint(dst, n)
	set.Each(func(w uint64, weight int64) {
		dst = f.encodeWord(dst, w, coded)
		dst = binary.AppendVarint(dst, weight)
	})
	return binary.AppendUvarint(dst, 0)
}

func encodeRecords(dst []byte, set *agg.Set) []byte {
	var n uint64
	set.EachRecord(func(string, int64) bool { n++; return true })
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, 0), n)
	set.EachRecord(func(record string, weight int64) bool {
		dst = binary.AppendUvarint(dst, uint64(len(record))+1)
		dst = binary.AppendVarint(append(dst, record...), weight)
		return true
	})
	return dst
}

// expected is what is known of pages to come.
type expected struct {
	pages  int // in all
	seen   int
	groups int      // in those seen
	room   []loaded // what a page is read into
}

// judgedBy is how many pages say how many groups the others will have.
const judgedBy = 16

// Expect says that pages will be loaded, how many in all.
func (g *Groups) Expect(pages int) { g.expected = expected{pages: pages} }

// begin gives the empty groups that a page is read into. Once enough pages have said how full they are, it makes room for
// what is still to come.
func (g *Groups) begin(groups int) []loaded {
	x := &g.expected
	if x.pages <= judgedBy {
		return newLoaded(g.shape.Layout, groups)
	}
	if x.seen, x.groups = x.seen+1, x.groups+groups; x.seen == judgedBy && g.shape.Keys.Len() > 0 {
		g.table.Reserve(int(int64(x.groups) * int64(x.pages) / judgedBy))
	}
	if x.room == nil {
		x.room = newLoaded(g.shape.Layout, state.PageRows)
	}
	room := x.room[:groups]
	if x.seen == x.pages {
		g.expected = expected{}
	}
	for _, l := range room {
		clear(l.row)
		clear(l.sets)
	}
	return room
}

func newLoaded(l *agg.Layout, n int) []loaded {
	groups, rows, sets := make([]loaded, n), make([]uint64, n*l.Width), make([]*agg.Set, n*l.Sets)
	for i := range groups {
		groups[i] = loaded{rows[i*l.Width : (i+1)*l.Width], sets[i*l.Sets : (i+1)*l.Sets]}
	}
	return groups
}

// LoadPage takes in a page that EncodePage wrote. A group that is there already is merged.
func (g *Groups) LoadPage(data []byte) error {
	d := pageReader{data: data, shape: g.shape}
	n := d.uvarint()
	if n > state.PageRows {
		return damagedPage()
	}
	groups := g.begin(int(n))
	for i := range groups {
		d.group(groups[i])
	}
	for len(d.data) > 0 && g.shape.spellings.sets >= 0 {
		d.spelling(groups)
	}
	if d.bad || len(d.data) != 0 {
		return damagedPage()
	}
	if g.shape.Keys.Len() > 0 {
		for i := range groups {
			g.table.Fetch(g.shape.key(groups[i].row))
		}
	}
	alloc := g.Pages.New
	for i := range groups {
		g.admit(groups[i].row, groups[i].sets, alloc)
	}
	return nil
}

// loaded is a group of a page.
type loaded struct {
	row  []uint64
	sets []*agg.Set
}

// group reads a group into one that is zero.
func (d *pageReader) group(to loaded) {
	s, row, sets := d.shape, to.row, to.sets
	l := s.Layout
	row[0] = uint64(d.varint())
	if nulls := d.uvarint(); !s.Keys.Packed() {
		row[s.known-1] = nulls
	}
	for k := range s.KeyCols {
		var shown uint64
		row[1+k], shown = d.key(k)
		s.loadSpelling(k, row, sets, shown)
	}
	for i, c := range l.Calls {
		first, end := l.Words(i)
		extreme := l.Coded(i) && (c.Kind == agg.Min || c.Kind == agg.Max)
		for at := first; at < end; at++ {
			row[at] = d.word(extreme && at == first)
		}
		if set := l.Box(i); set >= 0 {
			sets[set] = d.set(l.Coded(i))
			d.bad = !l.Loaded(i, sets[set]) || d.bad
		}
	}
}

// admit adds a group's row to the group of the same key.
func (g *Groups) admit(row []uint64, sets []*agg.Set, alloc func() uint32) {
	s := g.shape
	r, added := uint32(0), g.Pages.Len() == 0
	switch {
	case s.Keys.Len() > 0:
		r, added = g.table.Obtain(s.key(row), alloc)
	case added:
		r = alloc()
	}
	if added {
		copy(g.Pages.Row(r), row)
		for i, set := range sets {
			if set != nil {
				g.Pages.SetBox(r, i, len(sets), set)
			}
		}
		return
	}
	have := make([]*agg.Set, len(sets))
	for i := range have {
		if have[i], _ = g.Pages.Box(r, i, len(sets)).(*agg.Set); have[i] == nil {
			have[i] = new(agg.Set) // the one group of an aggregation without keys is there before its page
			g.Pages.SetBox(r, i, len(sets), have[i])
		}
	}
	dst := g.Pages.Row(r)
	dst[0] += row[0]
	s.Layout.Merge(dst, row, have, sets, s.Strings.Freeze())
	s.Respell(dst, have, s.Strings.Freeze())
}

// pageReader reads a page; bad is set at the first thing that does not fit.
type pageReader struct {
	data  []byte
	shape *Shape
	bad   bool
}

func (d *pageReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	return d.took(v, n)
}

func (d *pageReader) varint() int64 {
	v, n := binary.Varint(d.data)
	return int64(d.took(uint64(v), n))
}

func (d *pageReader) took(v uint64, n int) uint64 {
	if n <= 0 {
		d.bad, d.data = true, nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *pageReader) word(coded bool) uint64 {
	if !coded {
		return d.uvarint()
	}
	v, ok := d.bytes()
	if !ok {
		return 0
	}
	return uint64(d.shape.Strings.Code(v)) + 1
}

// key reads the words of key k: the one that stands for all spellings, and that of the spelling that is there.
func (d *pageReader) key(k int) (word, shown uint64) {
	keys := d.shape.Keys
	if !keys.Coded(k) {
		w := d.uvarint()
		return keys.Standing(k, w), w
	}
	v, ok := d.bytes()
	if !ok {
		return 0, 0
	}
	return keys.Admit(k, v), uint64(d.shape.Strings.Code(v)) + 1
}

// bytes reads a value that was interned; ok is false for null.
func (d *pageReader) bytes() (v []byte, ok bool) {
	n := d.uvarint()
	if n == 0 {
		return nil, false
	}
	if n-1 > uint64(len(d.data)) {
		d.bad, d.data = true, nil
		return nil, false
	}
	v, d.data = d.data[:n-1], d.data[n-1:]
	return v, true
}

func (d *pageReader) set(coded bool) *agg.Set {
	s := &agg.Set{}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		w := d.word(coded)
		s.Add(w, d.varint())
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		r, _ := d.bytes()
		s.AddRecord(string(r), d.varint())
	}
	return s
}
