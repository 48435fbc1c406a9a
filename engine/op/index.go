package op

import (
	"context"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// index finds groups by the values of some of their columns. It is a hash table of words in pages, so that a pin holds
// it still together with the groups, at the price of the pages that change:
//
//	word   32 bits of the values' hash, the group's number + 1; 0: free
//
// A group is found when its hash is: whoever asks filters what he gets.
type index struct {
	cols  []int
	types []types.Type // as SQL has them: the groups may hold their bytes only
	words *state.Pages
	used  int
	mask  uint32

	addr []*uint64
	at   [1]uint32
	key  []byte
	vals []*batch.Builder
}

const (
	minIndex = state.PageRows
	hashBits = 32
)

func newIndex(cols []int, ts []types.Type, held batch.Schema, epoch uint64) *index {
	x := &index{cols: cols, types: ts}
	for _, c := range cols {
		x.vals = append(x.vals, batch.NewBuilder(held[c].Type, 64))
	}
	x.reset(minIndex, epoch)
	return x
}

func (x *index) reset(n int, epoch uint64) {
	x.words, x.mask = state.NewPages(1), uint32(n-1)
	x.words.SetEpoch(epoch)
	for range n {
		x.words.New()
	}
}

func (x *index) bytes() int64 { return x.words.Bytes() }

func (x *index) set(i uint32, w uint64) {
	x.at[0] = i
	x.addr = x.words.Touch(x.at[:], x.addr)
	*x.addr[0] = w
}

func (x *index) put(w uint64) {
	i := uint32(w>>hashBits) & x.mask
	for x.words.Row(i)[0] != 0 {
		i = (i + 1) & x.mask
	}
	x.set(i, w)
}

func (x *index) insert(hash, group uint32) {
	x.used++
	if 2*x.used > int(x.mask) {
		old := x.words
		x.reset(2*(int(x.mask)+1), old.Epoch())
		for i := range uint32(old.Len()) {
			if w := old.Row(i)[0]; w != 0 {
				x.put(w)
			}
		}
	}
	x.put(wordOf(hash, group))
}

func wordOf(hash, group uint32) uint64 { return uint64(hash)<<hashBits | uint64(group+1) }

// remove closes the gap that the group leaves, so that what was put after it is still found.
func (x *index) remove(hash, group uint32) {
	gap, w := hash&x.mask, wordOf(hash, group)
	for x.words.Row(gap)[0] != w {
		if x.words.Row(gap)[0] == 0 {
			return
		}
		gap = (gap + 1) & x.mask
	}
	for i := (gap + 1) & x.mask; ; i = (i + 1) & x.mask {
		w := x.words.Row(i)[0]
		if w == 0 {
			break
		}
		if home := uint32(w>>hashBits) & x.mask; (i-home)&x.mask >= (i-gap)&x.mask {
			x.set(gap, w)
			gap = i
		}
	}
	x.set(gap, 0)
	x.used--
}

// fold adds the groups of rows of b, which are out's.
func (x *index) fold(b *batch.Batch, rows []int, out []uint32) {
	cols := make([]batch.Column, len(x.cols))
	for k, c := range x.cols {
		cols[k] = b.Cols[c]
		cols[k].Type = x.types[k]
	}
	for _, r := range rows {
		x.insert(x.hash(cols, r), out[r])
	}
}

func (x *index) hash(cols []batch.Column, row int) uint32 {
	x.key = x.key[:0]
	for k := range cols {
		x.key = value.WideKey(x.key, &cols[k], row)
	}
	return hashOf(x.key)
}

func hashOf(key []byte) uint32 { return uint32(xxh3.Hash(key) >> hashBits) }

// each visits groups of g with their hashes.
func (x *index) each(g *Groups, groups []uint32, visit func(hash, group uint32)) {
	strings := g.shape.Strings.Freeze()
	for len(groups) > 0 {
		n := min(len(groups), batch.MaxRows)
		for k, c := range x.cols {
			x.vals[k].Reset()
			for _, r := range groups[:n] {
				g.shape.AppendKey(x.vals[k], c, g.Pages.Row(r), strings)
			}
		}
		cols := make([]batch.Column, len(x.cols))
		for k := range cols {
			cols[k] = x.vals[k].Finish()
			cols[k].Type = x.types[k]
		}
		for i, r := range groups[:n] {
			visit(x.hash(cols, i), r)
		}
		groups = groups[n:]
	}
}

// indexView is an index held still.
type indexView struct {
	cols  []int
	words *state.View
	mask  uint32
}

// find appends the groups that may have the key.
func (v *indexView) find(dst []uint32, key []byte) []uint32 {
	h := hashOf(key)
	for i := h & v.mask; ; i = (i + 1) & v.mask {
		w := v.words.Row(i)[0]
		if w == 0 {
			return dst
		}
		if uint32(w>>hashBits) == h {
			dst = append(dst, uint32(w)-1)
		}
	}
}

// Index makes the contents findable by the columns at positions cols, which are keys of the groups and in SQL of types
// ts. It is called between two epochs, as Pin is; what is there already stays.
func (a *Aggregate) Index(cols []int, ts []types.Type) {
	g := a.groups
	if len(a.spec.Calls) > 0 || slices.ContainsFunc(g.indexes, func(x *index) bool { return slices.Equal(x.cols, cols) }) {
		return
	}
	x := newIndex(cols, ts, a.spec.Schema(), g.Pages.Epoch())
	f := g.Freeze()
	var live []uint32
	for r := range uint32(f.View.Len()) {
		if f.Live(r) {
			live = append(live, r)
		}
	}
	x.each(g, live, x.insert)
	g.indexes = append(g.indexes, x)
}

// Find pushes the rows whose columns cols have one of the keys, and maybe others. A key is value.WideKey of each column,
// one after the other. It says false, and pushes nothing, where reading all is as good.
func (p *aggregatePin) Find(ctx context.Context, cols []int, keys [][]byte, to stream.Sink) (found bool, err error) {
	at := slices.IndexFunc(p.indexes, func(v indexView) bool { return slices.Equal(v.cols, cols) })
	if at < 0 || len(keys) > p.f.View.Len()/fewRows {
		return false, nil
	}
	var groups []uint32
	for _, k := range keys {
		groups = p.indexes[at].find(groups, k)
	}
	slices.Sort(groups)
	return true, quiet(p.a.some(ctx, p.f, slices.Values(slices.Compact(groups)), p.shown(to), nil))
}

// fewRows is the share of the rows up to which finding them is better than reading all: one in so many.
const fewRows = 4
