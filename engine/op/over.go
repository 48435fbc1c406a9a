package op

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// OverSpec says what window functions see: the rows of the same partition, in order.
type OverSpec struct {
	Input     batch.Schema
	Partition []int
	Order     []OrderKey
	Calls     []OverCall
}

// OverCall is one window function.
type OverCall struct {
	Name   string    // "row_number", "lag"; of an aggregate: empty
	Args   []int     // columns
	Agg    *agg.Call // over the frame
	Frame  OverFrame
	Result types.Type
	// Distance of lag and lead is how many rows away the row is that they look for, if it is the same for all rows.
	Distance *int64
}

// growing says whether rows that are folded for one row are so for all after it, but for those that a frame excludes.
func (c *OverCall) growing() bool { return c.Agg != nil && c.Frame.Start.Kind == UnboundedPreceding }

// OverFrame is the rows around a row that a function looks at.
type OverFrame struct {
	Unit       FrameUnit
	Start, End FrameBound
	Exclude    FrameExclude
}

// FrameUnit is what the bounds of a frame count.
type FrameUnit uint8

// The units: rows, values of the order's only key, and groups of rows that are equal in order.
const (
	FrameRange FrameUnit = iota
	FrameRows
	FrameGroups
)

// FrameExclude is what a frame leaves out.
type FrameExclude uint8

// What is left out: nothing, the row itself, it and its equals, its equals only.
const (
	ExcludeNone FrameExclude = iota
	ExcludeRow
	ExcludeGroup
	ExcludeTies
)

// FrameBound is where a frame begins or ends. With an offset, Column has it for every row: a bigint, or for FrameRange
// the value that the order's key is compared with. Most is what no row's bigint is greater than; 0: that is not known.
type FrameBound struct {
	Kind   BoundKind
	Column int
	Most   int64
}

// BoundKind is the kind of a bound, in the order of the rows.
type BoundKind uint8

// The kinds.
const (
	UnboundedPreceding BoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// Schema is the input's columns and the functions' results.
func (s *OverSpec) Schema() batch.Schema {
	out := append(batch.Schema(nil), s.Input...)
	for _, c := range s.Calls {
		out = append(out, batch.Field{Type: c.Result})
	}
	return out
}

// over computes window functions of a query that ends: it sorts all rows, and goes through each partition.
type over struct {
	spec  OverSpec
	env   *Env
	next  stream.Sink
	meter *Meter

	cols  []*batch.Builder
	keys  keyBlocks // of all rows: the partition's part, then the order's
	key   []byte    // of the row under way
	parts []overRow
	rows  batch.Batch // sorted
	done  bool
}

// overRow is where the key of a row lies, and where its partition's part ends.
type overRow struct {
	key keyAt
	mid uint32 // bytes of the partition's part
	row uint32
}

// overRowSize is the bytes of an overRow, and of its number in the order.
const overRowSize = 24

// NewOver gives every row with the results of window functions, when its input ends. It is for bounded queries. What
// it holds is reserved from env's budget: past that it fails with 53200.
func NewOver(spec OverSpec, env *Env, next stream.Sink) stream.Sink {
	o := &over{spec: spec, env: env, next: next, meter: NewMeter(env, "window functions")}
	for _, f := range spec.Input {
		o.cols = append(o.cols, batch.NewBuilder(f.Type, 64))
	}
	return o
}

func (o *over) Push(_ context.Context, b *batch.Batch) error {
	before := o.size()
	if err := o.meter.foreseeColumns(b, o.cols); err != nil {
		return err
	}
	for i := range b.N {
		if b.Weight(i) < 0 {
			return sqlerr.New(sqlerr.InternalError, "window functions: a row of weight %d", b.Weight(i))
		}
		for range b.Weight(i) {
			if err := o.addKey(b, i); err != nil {
				return err
			}
			for c := range b.Cols {
				o.cols[c].Append(&b.Cols[c], i)
			}
		}
	}
	return o.meter.Grow(o.size() - before)
}

// size is the memory that the rows take until they are sorted.
func (o *over) size() int64 {
	n := int(o.keys.size) + overRowSize*len(o.parts)
	for _, c := range o.cols {
		n += c.Size()
	}
	return int64(n)
}

func (o *over) addKey(b *batch.Batch, i int) error {
	r := overRow{row: uint32(len(o.parts))}
	o.key = o.key[:0]
	var err error
	for _, c := range o.spec.Partition {
		if o.key, err = appendOrderKey(o.key, &b.Cols[c], i, false, false); err != nil {
			return err
		}
	}
	r.mid = uint32(len(o.key))
	for _, k := range o.spec.Order {
		if o.key, err = appendOrderKey(o.key, &b.Cols[k.Col], i, k.Desc, k.NullsFirst); err != nil {
			return err
		}
	}
	r.key = o.keys.add(o.key)
	o.parts = append(o.parts, r)
	return nil
}

func (o *over) Advance(ctx context.Context, p stream.Progress) error {
	if p.End && !o.done {
		o.done = true
		if err := o.emit(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
		o.drop()
	}
	return o.next.Advance(ctx, p)
}

func (o *over) drop() {
	o.cols, o.keys, o.parts, o.rows = nil, keyBlocks{}, nil, batch.Batch{}
	o.meter.Close()
}

func (o *over) Close() error {
	o.drop()
	return o.next.Close()
}

// emit sorts the rows, computes every function, and pushes the result.
func (o *over) emit(ctx context.Context, ep *batch.Epoch) error {
	err := sortRows(ctx, o.parts, func(a, b overRow) int {
		if c := bytes.Compare(o.keys.key(a.key), o.keys.key(b.key)); c != 0 {
			return c
		}
		return cmp.Compare(a.row, b.row) // ties go by arrival
	})
	if err != nil {
		return err
	}
	sel := make([]uint32, len(o.parts))
	for i, p := range o.parts {
		sel[i] = p.row
	}
	o.rows = batch.Batch{Epoch: ep, N: len(sel)}
	for i, c := range o.cols {
		col := c.Finish()
		o.cols[i] = nil
		size := int64(col.Bytes()) // as long as one column is there twice
		if err := o.meter.Grow(size); err != nil {
			return err
		}
		o.rows.Cols = append(o.rows.Cols, col.Take(sel))
		if err := o.meter.Grow(-size); err != nil {
			return err
		}
	}
	guessed := 8 * int64(len(o.spec.Calls)) * int64(o.rows.N)
	if err := o.meter.Grow(guessed); err != nil {
		return err
	}
	results, err := o.results(ctx)
	if err != nil {
		return err
	}
	found := int64(0)
	for i := range results {
		found += int64(results[i].Bytes())
	}
	if err := o.meter.Grow(found - guessed); err != nil {
		return err
	}
	o.rows.Cols = append(o.rows.Cols, results...)
	for lo := 0; lo < o.rows.N; lo += batch.MaxRows {
		if err := o.next.Push(ctx, o.rows.Slice(lo, min(lo+batch.MaxRows, o.rows.N))); err != nil {
			return err
		}
	}
	return nil
}

// results computes the functions, partition by partition.
func (o *over) results(ctx context.Context) ([]batch.Column, error) {
	var out []batch.Column
	for i := range o.spec.Calls {
		c := &o.spec.Calls[i]
		b := batch.NewBuilder(c.Result, o.rows.N)
		for lo := 0; lo < len(o.parts); {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			hi := lo + 1
			for hi < len(o.parts) && o.samePartition(lo, hi) {
				hi++
			}
			p := &partition{o: o, lo: lo, hi: hi, from: lo, to: hi, pace: pace{ctx: ctx}}
			p.peers()
			if err := p.call(c, b); err != nil {
				return nil, err
			}
			if b.Size() > maxBuildBytes {
				return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "the results of a window function hold more than 2 GiB")
			}
			lo = hi
		}
		out = append(out, b.Finish())
	}
	return out, nil
}

// number is the place of one of the spec's calls.
func (o *over) number(c *OverCall) int {
	for i := range o.spec.Calls {
		if &o.spec.Calls[i] == c {
			return i
		}
	}
	return -1
}

func (o *over) samePartition(i, j int) bool {
	a, b := o.parts[i], o.parts[j]
	return bytes.Equal(o.keys.key(a.key)[:a.mid], o.keys.key(b.key)[:b.mid])
}

func (o *over) samePeers(i, j int) bool {
	a, b := o.parts[i], o.parts[j]
	return bytes.Equal(o.keys.key(a.key)[a.mid:], o.keys.key(b.key)[b.mid:])
}
