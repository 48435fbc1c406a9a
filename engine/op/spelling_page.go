package op

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/agg"
)

// encodeSpellings appends, for group no of a page, the spellings of keys that have several.
func (f Frozen) encodeSpellings(dst []byte, r uint32, no uint64) []byte {
	s, row := f.Shape, f.View.Row(r)
	for j, k := range s.spellings.keys {
		set := f.Sets(r)(s.spellings.sets + j)
		if set.Len() == 0 {
			continue
		}
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, no), uint64(k))
		dst = binary.AppendUvarint(dst, uint64(set.Len())+1)
		each := func(w uint64, n int64) {
			dst = binary.AppendVarint(f.encodeWord(dst, w, s.Keys.Coded(k)), n)
		}
		each(row[1+k], standingWeight(row, set))
		set.Each(each)
	}
	return dst
}

// loadSpelling takes in the spelling of key k that a group of a page shows, as the only one of its rows.
func (s *Shape) loadSpelling(k int, row []uint64, sets []*agg.Set, shown uint64) {
	for j, loose := range s.spellings.keys {
		if loose != k {
			continue
		}
		row[s.spellings.at+j] = shown
		if s.spellings.sets >= 0 && shown != row[1+k] {
			set := new(agg.Set)
			set.Add(shown, int64(row[0]))
			sets[s.spellings.sets+j] = set
		}
	}
}

// spelling reads what encodeSpellings wrote of one key of one group.
func (d *pageReader) spelling(groups []loaded) {
	s, no, k := d.shape, d.uvarint(), d.uvarint()
	for j, loose := range s.spellings.keys {
		if uint64(loose) != k || no >= uint64(len(groups)) {
			continue
		}
		g := groups[no]
		set := new(agg.Set)
		for n := d.uvarint(); n > 0 && !d.bad; n-- {
			w := d.word(s.Keys.Coded(loose))
			if weight := d.varint(); w != g.row[1+loose] {
				set.Add(w, weight)
			}
		}
		g.sets[s.spellings.sets+j] = set
		return
	}
	d.bad = true
}
