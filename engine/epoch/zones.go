package epoch

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// ColumnRange is which values of a column of integers, dates or timestamps matter to a Scan, both ends included.
type ColumnRange struct {
	Column   int // among the stored ones; OffsetColumn: the rows' places
	Min, Max int64
}

// OffsetColumn stands for the places of rows in their relation.
const OffsetColumn = -1

// zone is the least and the greatest value that a column has in a block. They stand in its statistics. Of a block that has
// none they are learned when the column is decoded, so it is left out from the second scan on. Places are in its header.
type zone struct{ min, max int64 }

// maxZones bounds how many are remembered; then all are forgotten.
const maxZones = 1 << 18

// Zoned says whether blocks can be told apart by the values of a column of type t.
func Zoned(t types.Type) bool {
	switch t.OID {
	case types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDDate, types.OIDTimestamp, types.OIDTimestamptz:
		return true
	}
	return false
}

// zoneOf is the zone of a column; a column of nothing but nulls has the empty one.
func zoneOf(c *batch.Column) zone {
	switch c.Type.Layout() {
	case types.LayoutInt16:
		return extremes(batch.Values[int16](c), c)
	case types.LayoutInt32:
		return extremes(batch.Values[int32](c), c)
	}
	return extremes(batch.Values[int64](c), c)
}

func extremes[T int16 | int32 | int64](vals []T, c *batch.Column) zone {
	var lo, hi T
	none := true
	for i, v := range vals[:c.N] {
		switch {
		case c.Valid != nil && !c.Valid.Get(i):
		case none:
			lo, hi, none = v, v, false
		default:
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if none {
		return zone{1, 0}
	}
	return zone{int64(lo), int64(hi)}
}

// learn remembers the zone of a column of a block.
func (d *decoded) learn(b *Block, column int, c *batch.Column) {
	if b.Rows < minKeptRows || len(b.Stats) > 0 || !Zoned(c.Type) {
		return
	}
	z := zoneOf(c)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.zones == nil || len(d.zones) >= maxZones {
		d.zones = map[columnOf]zone{}
	}
	d.zones[columnOf{b.Relation, int32(column), b.Offset0}] = z
}

// without says that no row of the block is in all ranges.
func (d *decoded) without(b *Block, ranges []ColumnRange) bool {
	if len(ranges) == 0 {
		return false
	}
	for _, r := range ranges {
		z, known := zone{b.Offset0, b.Offset0 + int64(b.Rows) - 1}, true
		switch {
		case r.Column == OffsetColumn:
		case len(b.Stats) > 0:
			z, known = zoneIn(b.Stats, r.Column)
		default:
			z, known = d.learned(b, r.Column)
		}
		if known && (z.min > z.max || z.max < r.Min || z.min > r.Max) {
			return true
		}
	}
	return false
}

func (d *decoded) learned(b *Block, column int) (zone, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	z, known := d.zones[columnOf{b.Relation, int32(column), b.Offset0}]
	return z, known
}
