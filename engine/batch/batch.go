package batch

import (
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/types"
)

// MaxRows is the most rows a batch holds: large enough that the cost of a call disappears, small enough that a few
// columns stay in the second-level cache.
const MaxRows = 8192

// Epoch names a commit: fixed when it is sealed, and the same on every batch of it.
type Epoch struct {
	Origin   uint32       // the node that sealed it
	No       uint64       // dense per origin, from 1
	Time     types.Micros // max(clock, the time before + 1 µs): names the epoch, and is now() in a view
	Catalog  uint64       // the catalog's version it was bound to
	Triggers uint64       // the triggers' version that it ran
}

// Batch is up to MaxRows rows. See the package comment for who owns it.
type Batch struct {
	Epoch *Epoch
	N     int
	Cols  []Column
	// Diff is each row's weight: any integer but zero. nil means +1 for every row.
	Diff []int64
	// Seq is each row's place in its epoch. nil means Seq0, Seq0+1, ...: the case of rows straight from the log.
	Seq  []uint32
	Seq0 uint32
}

// Sel picks rows by position, ascending. nil means every row.
type Sel = []uint32

// Weight is row i's diff.
func (b *Batch) Weight(i int) int64 {
	if b.Diff == nil {
		return 1
	}
	return b.Diff[i]
}

// SeqAt is row i's place in its epoch.
func (b *Batch) SeqAt(i int) uint32 {
	if b.Seq == nil {
		return b.Seq0 + uint32(i)
	}
	return b.Seq[i]
}

// Bytes is the memory that b's buffers occupy, without shared dictionaries.
func (b *Batch) Bytes() int {
	n := 8*len(b.Diff) + 4*len(b.Seq)
	for i := range b.Cols {
		n += b.Cols[i].Bytes()
	}
	return n
}

// Clone copies b and every buffer of it, so that the copy outlives the loan. Dictionaries are shared: they never
// change.
func (b *Batch) Clone() *Batch {
	c := *b
	c.Cols = make([]Column, len(b.Cols))
	for i := range b.Cols {
		c.Cols[i] = b.Cols[i].Clone()
	}
	c.Diff = cloneSlice(b.Diff)
	c.Seq = cloneSlice(b.Seq)
	return &c
}

// Slice copies rows [lo, hi) into a batch of their own that shares what it can with b (values, bytes), so it lives
// as long as b does.
func (b *Batch) Slice(lo, hi int) *Batch {
	c := &Batch{Epoch: b.Epoch, N: hi - lo, Seq0: b.Seq0 + uint32(lo), Cols: make([]Column, len(b.Cols))}
	for i := range b.Cols {
		c.Cols[i] = b.Cols[i].Slice(lo, hi)
	}
	if b.Diff != nil {
		c.Diff = b.Diff[lo:hi]
	}
	if b.Seq != nil {
		c.Seq = b.Seq[lo:hi]
	}
	return c
}

// Take copies the rows of sel, in its order, into a new batch that shares nothing with b but dictionaries.
func (b *Batch) Take(sel Sel) *Batch {
	c := &Batch{Epoch: b.Epoch, N: len(sel), Cols: make([]Column, len(b.Cols)), Seq: make([]uint32, len(sel))}
	for i := range b.Cols {
		c.Cols[i] = b.Cols[i].Take(sel)
	}
	if b.Diff != nil {
		c.Diff = take(make([]int64, len(sel)), b.Diff, sel)
	}
	for i, r := range sel {
		c.Seq[i] = b.SeqAt(int(r))
	}
	return c
}

// Check panics under the invariants tag unless b's columns fit each other.
func (b *Batch) Check() {
	if !invariant.Enabled {
		return
	}
	invariant.Check(b.N >= 0 && b.N <= MaxRows, "batch of %d rows", b.N)
	invariant.Check(b.Diff == nil || len(b.Diff) == b.N, "%d diffs for %d rows", len(b.Diff), b.N)
	for i, d := range b.Diff {
		invariant.Check(d != 0, "row %d has weight 0", i)
	}
	for i := range b.Cols {
		b.Cols[i].check(i, b.N)
	}
}

// Poison overwrites b's own buffers under the invariants tag. The owner calls it when a loan ends.
func (b *Batch) Poison() {
	if !invariant.Enabled {
		return
	}
	for i := range b.Cols {
		c := &b.Cols[i]
		invariant.Poison(c.Valid)
		invariant.Poison(c.Bits)
		invariant.Poison(c.Fixed)
		invariant.Poison(c.Offsets)
		invariant.Poison(c.Data)
		invariant.Poison(c.Codes)
	}
	invariant.Poison(b.Diff)
	invariant.Poison(b.Seq)
}
