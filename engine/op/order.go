package op

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

// OrderKey is one expression of an ORDER BY, already computed: a column of the input.
type OrderKey struct {
	Col        int
	Desc       bool
	NullsFirst bool // PostgreSQL's default is true for DESC, false for ASC: build says it
}

type order struct {
	keys   []OrderKey
	limit  int64
	budget *mem.Budget
	next   stream.Sink

	rows    []*batch.Batch // owned copies
	entries []orderEntry
	sorted  keyBlocks
	cutoff  []byte // with a limit: a row whose key is not below it cannot be among the first
	held    int64  // bytes reserved
	sel     []uint32
	buf     []byte // the key of the row under way
	done    bool
}

// orderEntry is one row: where its key lies, and where the row lies in rows.
type orderEntry struct {
	key   keyAt
	batch int32
	row   int32
}

// keepSlack is how many rows an Order with a limit gathers beyond the limit before it throws away those that are not
// among the first: each time costs a sort, so it is worth a batch or two.
const keepSlack = 2 * batch.MaxRows

// NewOrder gives its input in order when it ends; ties go by (epoch, seq). Of limit rows or more only the first limit
// are given, and little more than those is held; NoLimit: all. It is for bounded queries, whose rows have positive
// weights. What it holds is reserved from env's budget: past that it fails with 53200.
func NewOrder(keys []OrderKey, limit int64, env *Env, next stream.Sink) stream.Sink {
	return &order{keys: keys, limit: limit, budget: env.Budget.Child("order by", 0), next: next}
}

func (o *order) Push(ctx context.Context, b *batch.Batch) error {
	if o.limit == 0 {
		return stream.ErrStop
	}
	size, entries := o.sorted.size, len(o.entries)
	o.sel = o.sel[:0]
	for i := range b.N {
		if w := b.Weight(i); w < 0 {
			return sqlerr.New(sqlerr.InternalError, "order: a row of weight %d", w)
		}
		if n := o.sorted.size - size; n > smallBatch {
			if err := o.reserve(n); err != nil {
				return err
			}
			size = o.sorted.size
		}
		var err error
		if o.buf, err = o.appendKey(o.buf[:0], b, i); err != nil {
			return err
		}
		if o.cutoff != nil && bytes.Compare(o.buf, o.cutoff) >= 0 {
			continue
		}
		o.entries = append(o.entries, orderEntry{o.sorted.add(o.buf), int32(len(o.rows)), int32(len(o.sel))})
		o.sel = append(o.sel, uint32(i))
	}
	if len(o.sel) == 0 {
		return nil
	}
	kept := b.Take(o.sel)
	o.rows = append(o.rows, kept)
	if err := o.reserve(o.sorted.size - size + int64(kept.Bytes()+orderEntrySize*(len(o.entries)-entries))); err != nil {
		return err
	}
	if o.limit > 0 && int64(len(o.entries)) > o.limit+max(o.limit, keepSlack) {
		return o.prune(ctx)
	}
	return nil
}

// orderEntrySize is the bytes of an orderEntry.
const orderEntrySize = 20

func (o *order) appendKey(dst []byte, b *batch.Batch, row int) ([]byte, error) {
	var err error
	for _, k := range o.keys {
		if dst, err = appendOrderKey(dst, &b.Cols[k.Col], row, k.Desc, k.NullsFirst); err != nil {
			return dst, err
		}
	}
	dst = binary.BigEndian.AppendUint64(dst, epochNo(b.Epoch))
	return binary.BigEndian.AppendUint32(dst, b.SeqAt(row)), nil
}

func (o *order) reserve(n int64) error {
	if err := o.budget.Reserve(n); err != nil {
		return err
	}
	o.held += n
	return nil
}

func (o *order) key(e orderEntry) []byte { return o.sorted.key(e.key) }

func (o *order) sort(ctx context.Context) error {
	return sortRows(ctx, o.entries, func(a, b orderEntry) int { return bytes.Compare(o.key(a), o.key(b)) })
}

// prune keeps the first limit rows and forgets the rest.
func (o *order) prune(ctx context.Context) error {
	if err := o.sort(ctx); err != nil {
		return err
	}
	o.entries = o.entries[:o.limit]
	var rows []*batch.Batch
	var keys keyBlocks
	var size int64
	for at := 0; at < len(o.entries); {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		part := o.part(at)
		at += len(part)
		b := o.collect(part)
		size += int64(b.Bytes())
		for i, e := range part {
			part[i] = orderEntry{keys.add(o.key(e)), int32(len(rows)), int32(i)}
		}
		rows = append(rows, b)
	}
	o.rows, o.sorted = rows, keys
	o.cutoff = bytes.Clone(o.key(o.entries[len(o.entries)-1]))
	o.budget.Release(o.held)
	o.held = 0
	return o.reserve(size + keys.size + int64(orderEntrySize*len(o.entries)))
}

// part is the entries from at on that make one batch: no more bytes than a batch should have, and at least one row.
func (o *order) part(at int) []orderEntry {
	end, size := at, 0
	for ; end < min(at+batch.MaxRows, len(o.entries)); end++ {
		e := o.entries[end]
		if size += o.rows[e.batch].RowBytes(int(e.row)); size > maxPushed && end > at {
			break
		}
	}
	return o.entries[at:end]
}

// collect copies the rows of at most batch.MaxRows entries into one batch, in their order.
func (o *order) collect(entries []orderEntry) *batch.Batch {
	first := o.rows[entries[0].batch]
	out := &batch.Batch{Epoch: first.Epoch, N: len(entries), Cols: make([]batch.Column, len(first.Cols)), Seq: make([]uint32, len(entries))}
	for c := range out.Cols {
		bld := batch.NewBuilder(first.Cols[c].Type, len(entries))
		for _, e := range entries {
			bld.Append(&o.rows[e.batch].Cols[c], int(e.row))
		}
		out.Cols[c] = bld.Finish()
	}
	for i, e := range entries {
		from := o.rows[e.batch]
		out.Seq[i] = from.Seq[e.row]
		if w := from.Weight(int(e.row)); w != 1 && out.Diff == nil {
			out.Diff = make([]int64, len(entries))
			for k := range out.Diff {
				out.Diff[k] = 1
			}
		}
		if out.Diff != nil {
			out.Diff[i] = from.Weight(int(e.row))
		}
	}
	return out
}

func (o *order) Advance(ctx context.Context, p stream.Progress) error {
	if p.End && !o.done {
		o.done = true
		if err := o.emit(ctx); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	return o.next.Advance(ctx, p)
}

// emit pushes the rows in order and lets go of them.
func (o *order) emit(ctx context.Context) error {
	if err := o.sort(ctx); err != nil {
		return err
	}
	if o.limit >= 0 && int64(len(o.entries)) > o.limit {
		o.entries = o.entries[:o.limit]
	}
	defer o.drop()
	for at := 0; at < len(o.entries); {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		part := o.part(at)
		at += len(part)
		if err := o.next.Push(ctx, o.collect(part)); err != nil {
			return err
		}
	}
	return nil
}

func (o *order) drop() {
	o.rows, o.entries, o.sorted, o.cutoff = nil, nil, keyBlocks{}, nil
	o.budget.Release(o.held)
	o.held = 0
}

func (o *order) Close() error {
	o.drop()
	return o.next.Close()
}
