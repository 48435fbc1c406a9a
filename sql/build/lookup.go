package build

import (
	"bytes"
	"math"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/plan"
)

// maxKeys is how many keys a scan looks up at most: from there on it reads all rows.
const maxKeys = 1 << 16

// find computes the keys that a scan looks up: each value of a column with each of the next one. It gives nil where that
// cannot be done: the filter that the values came from reports why.
func (b *builder) find(lookup []plan.KeyValues) *Find {
	if lookup == nil || !b.ops.Bounded {
		return nil
	}
	f := &Find{Keys: [][]byte{nil}}
	for _, k := range lookup {
		parts, ok := b.keyParts(k)
		if !ok || len(parts)*len(f.Keys) > maxKeys {
			return nil
		}
		f.Columns = append(f.Columns, k.Column)
		var longer [][]byte
		for _, head := range f.Keys {
			for _, p := range parts {
				longer = append(longer, append(slices.Clip(head), p...))
			}
		}
		f.Keys = longer
	}
	return f
}

// keyParts is the key of each value of a column, each once.
func (b *builder) keyParts(k plan.KeyValues) (parts [][]byte, ok bool) {
	add := func(c *batch.Column, row int) {
		if !c.Null(row) { // which equals nothing
			parts = append(parts, value.WideKey(nil, c, row))
		}
	}
	if k.Array != nil {
		c, err := b.constant(k.Array)
		if err != nil {
			return nil, false
		}
		if !c.Null(0) {
			items := expr.Items(c.At(0), k.Array.Type())
			for i := range items.N {
				add(&items, i)
			}
		}
	}
	for _, v := range k.Values {
		c, err := b.constant(v)
		if err != nil {
			return nil, false
		}
		add(&c, 0)
	}
	slices.SortFunc(parts, bytes.Compare)
	return slices.CompactFunc(parts, bytes.Equal), true
}

// valueRanges computes the limits of columns whose values are integers in memory. One that cannot be computed is none.
func (b *builder) valueRanges(limits []plan.ColumnLimit) (out []ValueRange) {
	if !b.ops.Bounded {
		return nil
	}
	for _, l := range limits {
		r := ValueRange{Column: l.Column, Min: math.MinInt64, Max: math.MaxInt64}
		c, err := b.constant(l.X)
		v, ok := wide(&c)
		if err != nil || !ok {
			continue
		}
		switch l.Op {
		case "=":
			r.Min, r.Max = v, v
		case ">=":
			r.Min = v
		case "<=":
			r.Max = v
		case ">":
			r.Min = max(v, v+1)
		case "<":
			r.Max = min(v, v-1)
		}
		out = append(out, r)
	}
	return out
}

// wide is a constant as an integer of 64 bits; false for null, and for what is none in memory.
func wide(c *batch.Column) (v int64, ok bool) {
	if c.N == 0 || c.Null(0) {
		return 0, false
	}
	switch c.Type.Layout() {
	case types.LayoutInt16:
		return int64(batch.Values[int16](c)[0]), true
	case types.LayoutInt32:
		return int64(batch.Values[int32](c)[0]), true
	case types.LayoutInt64:
		return batch.Values[int64](c)[0], true
	}
	return 0, false
}
