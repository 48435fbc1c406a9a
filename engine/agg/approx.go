package agg

import (
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// approx_count_distinct keeps a sketch of each group where rows only come, and counts exactly where they can be taken back. Hashes of
// values are the same in every process, as sketches are kept in checkpoints.

// hasher hashes the values of a column.
type hasher struct {
	dicts  []hashes
	key    []byte
	hashed []uint64
}

// hashes are those of a dictionary's entries.
type hashes struct {
	id uint64
	of []uint64
}

// maxHashed is how many dictionaries a hasher remembers; the oldest goes first.
const maxHashed = 16

// column gives the hash of each row of c; of a null some hash.
func (h *hasher) column(c *batch.Column) []uint64 {
	dst := h.hashed[:0]
	switch layout := c.Type.Layout(); {
	case types.Respelled(c.Type):
		for r := range c.N {
			if h.key = h.key[:0]; !c.Null(r) {
				h.key = value.Key(h.key, c, r)
			}
			dst = append(dst, xxh3.Hash(h.key))
		}
	case c.Dict != nil:
		of := h.dict(c.Dict)
		for _, code := range c.Codes {
			dst = append(dst, of[code])
		}
	case layout == types.LayoutBytes:
		for r := range c.N {
			dst = append(dst, xxh3.Hash(c.Data[c.Offsets[r]:c.Offsets[r+1]]))
		}
	case layout == types.LayoutFixed16:
		for r := range c.N {
			dst = append(dst, xxh3.Hash(c.Fixed[16*r:16*r+16]))
		}
	default:
		dst = appendScattered(dst, c, layout)
	}
	h.hashed = dst
	return dst
}

func (h *hasher) dict(d *batch.Dict) []uint64 {
	at := 0
	for at < len(h.dicts) && h.dicts[at].id != d.ID {
		at++
	}
	if at == maxHashed {
		h.dicts = append(h.dicts[:0], h.dicts[1:]...)
		at--
	}
	if at == len(h.dicts) {
		h.dicts = append(h.dicts, hashes{id: d.ID})
	}
	of := &h.dicts[at].of
	for code := len(*of); code < d.Len(); code++ {
		*of = append(*of, xxh3.Hash(d.At(uint32(code))))
	}
	return *of
}

func appendScattered(dst []uint64, c *batch.Column, layout types.Layout) []uint64 {
	switch layout {
	case types.LayoutBool:
		for r := range c.N {
			dst = append(dst, scattered(c.Bits[r>>6]>>(uint(r)&63)&1))
		}
	case types.LayoutInt16:
		return scatteredInts(dst, batch.Values[int16](c))
	case types.LayoutInt32:
		return scatteredInts(dst, batch.Values[int32](c))
	case types.LayoutInt64:
		return scatteredInts(dst, batch.Values[int64](c))
	case types.LayoutFloat32:
		for _, v := range batch.Values[float32](c) {
			dst = append(dst, scattered(floatWord(float64(v))))
		}
	case types.LayoutFloat64:
		for _, v := range batch.Values[float64](c) {
			dst = append(dst, scattered(floatWord(v)))
		}
	}
	return dst
}

func scatteredInts[T int16 | int32 | int64](dst []uint64, v []T) []uint64 {
	for _, x := range v {
		dst = append(dst, scattered(uint64(int64(x))))
	}
	return dst
}

// scattered gives each word one of its own, in which every bit depends on all of its bits (Stafford's variant 13).
func scattered(w uint64) uint64 {
	w = (w ^ w>>30) * 0xbf58476d1ce4e5b9
	w = (w ^ w>>27) * 0x94d049bb133111eb
	return w ^ w>>31
}

// foldApprox takes the rows of a column into the sketches of their groups.
func (l *Layout) foldApprox(i int, pages *state.Pages, groups []uint32, b *batch.Batch, lo int, w []int64) {
	col := b.Cols[l.Calls[i].Column].Slice(lo, lo+len(groups))
	hs := l.hasher.column(&col)
	grown := int64(0)
	for r := 0; r < len(groups); {
		g, end := groups[r], r+1
		for end < len(groups) && groups[end] == g {
			end++
		}
		s := l.setOf(pages, g, l.Set[i])
		var weights []int64
		if w != nil {
			weights = w[r:end]
		}
		grown += s.addHashes(hs[r:end], weights)
		r = end
	}
	pages.Boxed(grown)
}

// addHashes takes hashes in whose weight is not 0, and says by how many bytes that made the set larger.
func (s *Set) addHashes(hs []uint64, w []int64) (grown int64) {
	for len(hs) > 0 && s.sketch != nil && s.sketch.many != nil && w == nil { // most change nothing
		n := s.sketch.known(hs)
		if n == len(hs) {
			return grown
		}
		grown += s.ownSketch().add(hs[n])
		hs = hs[n+1:]
	}
	for i, h := range hs {
		if w == nil || w[i] != 0 {
			grown += s.ownSketch().add(h)
		}
	}
	return grown
}

// known says how many of the hashes at the front would change no register.
func (s *sketch) known(hs []uint64) int {
	many := (*[registers]uint8)(s.many)
	for i, h := range hs {
		if bits.LeadingZeros64(h<<manyBits|1<<(manyBits-1)) >= int(many[h>>(64-manyBits)]) {
			return i
		}
	}
	return len(hs)
}

// ownSketch gives the sketch for writing: a copy, if a clone of the set has it too.
func (s *Set) ownSketch() *sketch {
	switch {
	case s.sketch == nil:
		s.sketch = &sketch{}
	case s.lent:
		s.sketch = s.sketch.clone()
	}
	s.lent = false
	return s.sketch
}

func (s *Set) estimate() int64 {
	if s == nil || s.sketch == nil {
		return 0
	}
	return s.sketch.estimate()
}

// Loaded makes of the records in a set that a checkpoint had what call i keeps, and says whether they were such.
func (l *Layout) Loaded(i int, s *Set) bool {
	if l.Calls[i].Kind != ApproxCount {
		return true
	}
	ok := s.weights.Len() == 0
	s.records.Scan(func(record string, _ int64) bool {
		one, good := sketchOf(record)
		ok = ok && good
		s.ownSketch().merge(one)
		return ok
	})
	s.records.Clear()
	return ok
}

// resolveApprox gives approx_count_distinct, of every type.
func resolveApprox(t types.Type) Func {
	return Func{Name: "approx_count_distinct", Kind: ApproxCount, Arg: t, Result: types.Int8}
}
