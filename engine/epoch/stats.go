package epoch

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
)

// A block's statistics are a list of columns, ascending: how far each lies behind the one before, doubled, plus 1 for one
// with a zone (varints); then the zone's least value (signed varint) and how far the greatest lies above it, or how many
// values the column's dictionary has (varints). A column of nothing but nulls has the zone that is empty.
const (
	// minStatsRows is the fewest rows of a block whose columns are described: below, the description is as long as the rows.
	minStatsRows = minKeptRows
	// maxStatsBytes bounds what is said of one block: columns behind it are not described.
	maxStatsBytes = 4 << 10
)

// appendStats describes the columns of b, whose encoded form is data.
func appendStats(dst []byte, b *batch.Batch, data []byte) []byte {
	if b.N < minStatsRows {
		return dst
	}
	words := codec.DictLens(data)
	last := 0
	for i := range b.Cols {
		c := &b.Cols[i]
		zoned := Zoned(c.Type)
		if len(dst) > maxStatsBytes || !zoned && words[i] == 0 {
			continue
		}
		gap := uint64(i-last) << 1
		last = i
		if !zoned {
			dst = binary.AppendUvarint(binary.AppendUvarint(dst, gap), uint64(words[i]))
			continue
		}
		z := zoneOf(c)
		dst = binary.AppendUvarint(dst, gap|1)
		dst = binary.AppendVarint(dst, z.min)
		dst = binary.AppendUvarint(dst, uint64(z.max)-uint64(z.min))
	}
	return dst
}

// columnStats is what a block's statistics say of one column.
type columnStats struct {
	column int
	zoned  bool
	zone   zone
	words  uint64 // without a zone: values of the dictionary
}

// eachStats gives what is said of each column, until f says false. What cannot be read says nothing.
func eachStats(d []byte, f func(columnStats) bool) {
	column := 0
	for len(d) > 0 {
		head, n := binary.Uvarint(d)
		if n <= 0 {
			return
		}
		d = d[n:]
		column += int(head >> 1)
		s := columnStats{column: column, zoned: head&1 != 0}
		if s.zoned {
			if s.zone.min, n = binary.Varint(d); n <= 0 {
				return
			}
			d = d[n:]
		}
		v, n := binary.Uvarint(d)
		if n <= 0 {
			return
		}
		d = d[n:]
		if s.words = v; s.zoned {
			s.words, s.zone.max = 0, int64(uint64(s.zone.min)+v)
		}
		if !f(s) {
			return
		}
	}
}

// zoneIn gives the zone that a block's statistics have for a column.
func zoneIn(d []byte, column int) (z zone, known bool) {
	eachStats(d, func(s columnStats) bool {
		if s.column == column && s.zoned {
			z, known = s.zone, true
		}
		return s.column < column
	})
	return z, known
}
