package op

import (
	"runtime"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/state"
)

// Pieces that are full never change, so when memory is short the oldest of them go elsewhere, as the blocks that a checkpoint has of
// them. A reader decodes them, one at a time.

// coldRows is where the rows of a piece are. When nobody knows it any more, its room is given up.
type coldRows struct {
	in coldPlace
}

type coldPlace struct {
	scratch state.Scratch
	at      int64
	n       int
}

// coldRowsBytes is the memory of a piece whose rows are elsewhere.
const coldRowsBytes = 96

// newColdRows puts rows outside memory. block is room for their block.
func newColdRows(rows *batch.Batch, to state.Scratch, block []byte) (*coldRows, []byte, error) {
	block, err := codec.EncodeBlock(block[:0], rows)
	if err != nil {
		return nil, block, err
	}
	at, err := to.Put(block)
	if err != nil {
		return nil, block, err
	}
	c := &coldRows{coldPlace{to, at, len(block)}}
	runtime.AddCleanup(c, func(p coldPlace) { p.scratch.Free(p.at, p.n) }, c.in)
	return c, block, nil
}

// block gives the rows as a block, appended to dst.
func (c *coldRows) block(dst []byte) ([]byte, error) {
	n := len(dst)
	dst = slices.Grow(dst, c.in.n)[:n+c.in.n]
	err := c.in.scratch.Get(dst[n:], c.in.at)
	runtime.KeepAlive(c)
	return dst, err
}

// batch gives the rows of a piece.
func (p *piece) batch(schema batch.Schema) (*batch.Batch, error) {
	if p.cold == nil {
		return p.rows, nil
	}
	data, err := p.cold.block(nil)
	if err != nil {
		return nil, err
	}
	b, err := codec.DecodeBlock(data, nil)
	if err != nil || len(b.Cols) != len(schema) {
		return nil, damagedPage()
	}
	for i := range b.Cols {
		b.Cols[i].Type = schema[i].Type
	}
	return b, nil
}

// encode gives a piece as a block.
func (p *piece) encode(dst []byte) ([]byte, error) {
	if p.cold != nil {
		return p.cold.block(dst)
	}
	return codec.EncodeBlock(dst, p.rows)
}

// Cold is how many bytes of the rows lie outside memory.
func (a *Appended) Cold() (n int64) {
	for _, p := range a.pieces[:a.cooled] {
		n += int64(p.cold.in.n)
	}
	return n
}

// reserve has the meter hold what there is, if need be after putting pieces outside memory.
func (a *Appended) reserve() error {
	err := a.meter.Set(a.Bytes())
	if err == nil || a.env.Scratch == nil || a.env.Bounded {
		return err
	}
	a.coolDown(func() bool { err = a.meter.Set(a.Bytes()); return err == nil })
	return err
}

// relieve puts pieces outside memory while that is short.
func (a *Appended) relieve() error {
	if !a.env.Short() {
		return nil
	}
	var err error
	a.coolDown(func() bool { err = a.meter.Set(a.Bytes()); return err != nil || a.env.Eased() })
	return err
}

// coolDown puts pieces outside memory, the oldest first, until it is enough, which it asks after each. Where there is no room for one
// it stays.
func (a *Appended) coolDown(enough func() bool) {
	if a.cooled == len(a.pieces) {
		return
	}
	a.pieces = slices.Clone(a.pieces) // pins have the array
	var block []byte
	for a.cooled < len(a.pieces) {
		p := a.pieces[a.cooled]
		var c *coldRows
		var err error
		if c, block, err = newColdRows(p.rows, a.env.Scratch, block); err != nil {
			return
		}
		a.pieces[a.cooled] = &piece{no: p.no, stamp: p.stamp, cold: c}
		a.cooled++
		a.bytes -= int64(p.rows.Bytes()) - coldRowsBytes
		if a.cooled == len(a.pieces) { // nor are dictionaries needed any more
			a.bytes = coldRowsBytes * int64(a.cooled)
			clear(a.dicts)
		}
		if enough() {
			return
		}
	}
}
