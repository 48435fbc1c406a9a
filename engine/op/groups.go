package op

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// Shape is what every Groups of one operator shares: which columns are keys, what is folded, and the strings.
//
// A group's row of words is its weight (the sum of its rows' diffs), its keys' words, the bits of its null keys unless
// the words say that themselves, the spellings of keys that have several, and the accumulators. Rows are short where they can be: a group of two text keys with
// count, sum, avg and max is a line of the processor's cache.
type Shape struct {
	KeyCols []int
	Keys    *group.Keys
	Layout  *agg.Layout
	Strings *group.Strings

	base  int // words of a row before the accumulators
	known int // words of a row before the spellings: the weight, and what Tables know it by

	spellings spellings

	out   []uint32
	addr  []*uint64
	fresh []int
}

// NewShape makes a Shape for input columns of the given schema.
func NewShape(in batch.Schema, keyCols []int, calls []agg.Call, appendOnly bool, rule Spelling) (*Shape, error) {
	s := &Shape{KeyCols: keyCols, Strings: group.NewStrings()}
	var ts []types.Type
	for _, c := range keyCols {
		ts = append(ts, in[c].Type)
	}
	var err error
	if s.Keys, err = group.NewKeys(s.Strings, ts); err != nil {
		return nil, err
	}
	s.base = 1 + len(keyCols)
	if !s.Keys.Packed() {
		s.base++
	}
	s.known = s.base
	s.spell(rule)
	s.Layout = agg.NewLayout(s.base, calls, appendOnly, s.Strings)
	if n := len(s.spellings.keys); n > 0 && rule == LeastSpelling {
		s.spellings.sets = s.Layout.MoreSets(n)
	}
	return s, nil
}

// key gives the part of a row that Tables know it by: the keys' words, and the bits of null keys if there are any.
func (s *Shape) key(row []uint64) []uint64 { return row[1:s.known] }

// nulls gives the bits of null keys.
func (s *Shape) nulls(row []uint64) uint64 {
	if s.Keys.Packed() {
		return 0
	}
	return row[s.known-1]
}

// Bytes is the memory that all Groups share.
func (s *Shape) Bytes() int64 { return s.Strings.Bytes() + s.Keys.Bytes() }

// Groups is the groups of one Shape: all of an aggregation's, or one pane's.
type Groups struct {
	shape *Shape
	table *group.Table
	Pages *state.Pages
	// touched are the groups written since TakeTouched, while Track is set.
	Track   bool
	touched batch.Bitmap
	indexes []*index
	places  []uint64 // of the first rows of the groups that came last, in their order; nil: nobody asks. See Apart

	expected expected
}

// NewGroups makes empty Groups.
func NewGroups(s *Shape) *Groups {
	return &Groups{shape: s, table: group.NewTable(s.Keys), Pages: state.NewPages(s.Layout.Width)}
}

// Bytes is the memory held, without the shape's strings.
func (g *Groups) Bytes() int64 {
	n := g.Pages.Bytes() + g.table.Bytes()
	for _, x := range g.indexes {
		n += x.bytes()
	}
	return n
}

// SetEpoch says which epoch the writes from now on belong to.
func (g *Groups) SetEpoch(no uint64) {
	g.Pages.SetEpoch(no)
	for _, x := range g.indexes {
		x.words.SetEpoch(no)
	}
}

// Fold takes rows lo..hi of b into their groups. The shape's Keys have read b.
func (g *Groups) Fold(b *batch.Batch, lo, hi int) {
	s := g.shape
	for len(s.out) < b.N {
		s.out = append(s.out, 0)
	}
	if s.Keys.Len() == 0 {
		g.single()
		clear(s.out[lo:hi])
	} else {
		s.fresh = g.table.Lookup(s.Keys, lo, hi, s.out, s.fresh[:0], g.Pages.New)
	}
	groups := s.out[lo:hi]
	s.addr = g.Pages.Touch(groups, s.addr)
	for _, r := range s.fresh {
		g.writeKey(s.addr[r-lo], r)
		s.writeSpellings(s.addr[r-lo], b, r)
		if g.places != nil {
			g.places = append(g.places, placeOf(b, r))
		}
	}
	for _, x := range g.indexes {
		x.fold(b, s.fresh, s.out)
	}
	s.fresh = s.fresh[:0]
	s.Layout.Fold(g.Pages, s.addr, groups, b, lo, hi)
	g.countSpellings(b, lo, hi, groups)
	if g.Track {
		g.mark(groups)
	}
}

// Add makes a group without rows of a key that has none, given as Key gives it. It is for shapes whose keys have one
// spelling each.
func (g *Groups) Add(key []uint64) uint32 {
	r := g.Pages.New()
	g.table.Insert(r, key)
	copy(g.Pages.Row(r)[1:], key)
	return r
}

// FoldInto takes rows lo..hi of b into groups that Add has made: that of row r is groups[r].
func (g *Groups) FoldInto(b *batch.Batch, lo, hi int, groups []uint32) {
	if lo == hi {
		return
	}
	s := g.shape
	groups = groups[lo:hi]
	s.addr = g.Pages.Touch(groups, s.addr)
	s.Layout.Fold(g.Pages, s.addr, groups, b, lo, hi)
	if g.Track {
		g.mark(groups)
	}
}

// Merge adds group src to group dst, and frees src. Both are groups that Add has made.
func (g *Groups) Merge(dst, src uint32) {
	s, both := g.shape, []uint32{dst, src}
	s.addr = g.Pages.Touch(both, s.addr)
	s.Layout.MergeGroups(g.Pages, dst, src, s.Strings.Freeze())
	if g.Track {
		g.mark(both)
	}
	g.Pages.Row(src)[0] = 0
	g.Release(both[1:])
}

// single makes the one group of an aggregation without keys.
func (g *Groups) single() {
	if g.Pages.Len() == 0 {
		g.Pages.New()
	}
}

func (g *Groups) writeKey(row *uint64, r int) {
	for k := range g.shape.Keys.Len() {
		*state.At[uint64](row, 1+k) = g.shape.Keys.Words(k)[r]
	}
	if s := g.shape; !s.Keys.Packed() {
		*state.At[uint64](row, s.known-1) = s.Keys.Nulls()[r]
	}
}

func (g *Groups) mark(groups []uint32) {
	for _, r := range groups {
		for int(r>>6) >= len(g.touched) {
			g.touched = append(g.touched, 0)
		}
		g.touched[r>>6] |= 1 << (r & 63)
	}
}

// TakeTouched gives the groups that were written since the last call, ascending, and forgets them.
func (g *Groups) TakeTouched(dst []uint32) []uint32 {
	dst = g.touched.Select(dst[:0], 64*len(g.touched))
	clear(g.touched)
	return dst
}

// Release frees the groups among rows whose weight has fallen to zero.
func (g *Groups) Release(rows []uint32) {
	s := g.shape
	g.unindex(rows)
	for _, r := range rows {
		row := g.Pages.Row(r)
		if row[0] == 0 && s.Keys.Len() > 0 {
			g.table.Remove(r, row[1:1+len(s.KeyCols)], s.nulls(row))
			g.Pages.Free(r)
		}
	}
}

// unindex takes the groups among rows whose weight has fallen to zero out of the indexes.
func (g *Groups) unindex(rows []uint32) {
	if len(g.indexes) == 0 {
		return
	}
	var gone []uint32
	for _, r := range rows {
		if g.Pages.Row(r)[0] == 0 {
			gone = append(gone, r)
		}
	}
	for _, x := range g.indexes {
		x.each(g, gone, x.remove)
	}
}

// Key gives the key of group r as Find takes it, borrowed.
func (g *Groups) Key(r uint32) []uint64 { return g.shape.key(g.Pages.Row(r)) }

// Find gives the group whose key is that of row (words as in a group's row), and whether there is one.
func (g *Groups) Find(key []uint64) (uint32, bool) {
	if g.shape.Keys.Len() == 0 {
		return 0, g.Pages.Len() > 0
	}
	return g.table.Find(key)
}

// Frozen is groups held still for readers in other goroutines.
type Frozen struct {
	Shape   *Shape
	View    *state.View
	Strings group.Frozen
}

// Freeze holds g still.
func (g *Groups) Freeze() Frozen {
	return Frozen{Shape: g.shape, View: g.Pages.View(), Strings: g.shape.Strings.Freeze()}
}

// Look gives g as it is until it is written to, without holding it still.
func (g *Groups) Look() Frozen {
	return Frozen{Shape: g.shape, View: g.Pages.Look(), Strings: g.shape.Strings.Freeze()}
}

// TouchAll makes every page one of the epoch under way.
func (g *Groups) TouchAll() {
	for r := 0; r < g.Pages.Len(); r += state.PageRows {
		g.shape.addr = g.Pages.Touch([]uint32{uint32(r)}, g.shape.addr)
	}
}

// Drop frees the groups of rows, whatever they have.
func (g *Groups) Drop(rows []uint32) {
	g.shape.addr = g.Pages.Touch(rows, g.shape.addr)
	for _, row := range g.shape.addr {
		*row = 0
	}
	g.Release(rows)
}

// Live says whether row r is a group with rows: a freed one is not.
func (f Frozen) Live(r uint32) bool { return int(r) < f.View.Len() && f.View.Row(r)[0] != 0 }

// AppendKey puts key k of a group into b.
func (s *Shape) AppendKey(b *batch.Builder, k int, row []uint64, strings group.Frozen) {
	s.Keys.Append(b, k, s.shown(k, row), s.nulls(row)>>k&1 != 0, strings)
}

// KeyBytes appends bytes that tell the keys of this shape apart: a group's key words and nulls.
func (s *Shape) KeyBytes(dst []byte, row []uint64) []byte {
	for _, w := range s.key(row) {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// AppendKeys puts a group's keys into the builders.
func (s *Shape) AppendKeys(bs []*batch.Builder, row []uint64, strings group.Frozen) {
	for k := range s.KeyCols {
		s.AppendKey(bs[k], k, row, strings)
	}
}

// AppendResults puts a group's aggregates into the builders, as many as there are. When one fails, the earlier ones have been appended.
func (s *Shape) AppendResults(bs []*batch.Builder, row []uint64, set func(i int) *agg.Set, strings group.Frozen) error {
	for i := range bs {
		var st *agg.Set
		if at := s.Layout.Box(i); at >= 0 {
			st = set(at)
		}
		if err := s.Layout.Append(bs[i], i, row, st, strings); err != nil {
			return err
		}
	}
	return nil
}

// Sets gives access to the Sets of row r.
func (f Frozen) Sets(r uint32) func(i int) *agg.Set {
	return func(i int) *agg.Set {
		s, _ := f.View.Box(r, i, f.Shape.Layout.Sets).(*agg.Set)
		return s
	}
}
