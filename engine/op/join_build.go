package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxBuildBytes bounds the values of one column of rows that are kept side by side: their places are 32 bits.
const maxBuildBytes = 1<<31 - 1<<20

// Push keeps rows of the right side.
func (r *hashRight) Push(_ context.Context, b *batch.Batch) error {
	size := int64(0)
	if err := r.meter.foreseeColumns(b, r.cols); err != nil {
		return err
	}
	for i, c := range r.cols {
		before := c.Size()
		for row := range b.N {
			w := b.Weight(row)
			if w < 0 {
				return sqlerr.New(sqlerr.InternalError, "join: a row of weight %d", w)
			}
			for range w {
				c.Append(&b.Cols[i], row)
			}
		}
		size += int64(c.Size() - before)
	}
	r.built.N += weightOf(b)
	return r.meter.Grow(size)
}

func weightOf(b *batch.Batch) int {
	n := b.N
	for _, d := range b.Diff {
		n += int(d) - 1
	}
	return n
}

// build sorts the right rows by key. What the index takes is reserved as it grows.
func (j *hashJoin) build(ctx context.Context) error {
	for i, c := range j.cols {
		j.built.Cols = append(j.built.Cols, c.Finish())
		j.cols[i] = nil
	}
	n := j.built.N
	if err := j.meter.Grow(2 * 4 * int64(n)); err != nil { // the rows, and either their numbers of keys or nothing
		return err
	}
	if j.spec.Kind == Full {
		j.met = batch.NewBitmap(n)
	}
	if len(j.spec.RightKeys) == 0 {
		j.starts, j.rows = []uint32{0, uint32(n)}, make([]uint32, n)
		for i := range j.rows {
			j.rows[i] = uint32(i)
		}
		return nil
	}
	ids, keys, err := j.number(ctx)
	if err != nil {
		return err
	}
	j.starts = make([]uint32, keys+2)
	for _, id := range ids {
		if id != noKey {
			j.starts[id+2]++
		}
	}
	for i := 2; i < len(j.starts); i++ {
		j.starts[i] += j.starts[i-1]
	}
	j.rows = make([]uint32, j.starts[len(j.starts)-1])
	for i, id := range ids { // starts[id+1] walks from the begin of id to its end, where id+1 begins
		if id != noKey {
			j.rows[j.starts[id+1]] = uint32(i)
			j.starts[id+1]++
		}
	}
	return nil
}

// noKey is the number of a row whose key is null.
const noKey = ^uint32(0)

// number gives each right row the number of its key, and says how many keys there are.
func (j *hashJoin) number(ctx context.Context) (ids []uint32, keys uint32, err error) {
	ids = make([]uint32, 0, j.built.N)
	index := int64(0)
	for lo := 0; lo < j.built.N; lo += batch.MaxRows {
		if err := context.Cause(ctx); err != nil {
			return nil, 0, err
		}
		part := j.built.Slice(lo, min(lo+batch.MaxRows, j.built.N))
		j.right.read(part)
		for i := range part.N {
			key, ok := j.right.key(i)
			if !ok {
				j.nullRight = true
				ids = append(ids, noKey)
				continue
			}
			id, found := j.table.Find(key)
			if !found {
				id = keys
				keys++
				j.table.Insert(id, key)
			}
			ids = append(ids, id)
		}
		size := j.table.Bytes() + j.strings.Bytes() + 4*int64(keys)
		if err := j.meter.Grow(size - index); err != nil {
			return nil, 0, err
		}
		index = size
	}
	j.strings.Seal() // what only the left side has is not kept
	return ids, keys, nil
}
