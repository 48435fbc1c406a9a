package build

import (
	"bytes"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
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
