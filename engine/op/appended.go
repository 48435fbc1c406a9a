package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// Limits of the piece that small batches gather in: a pin copies it.
const (
	gatherRows  = 1024
	gatherBytes = 1 << 20
	// wholeRows is from how many rows on a batch is a piece by itself.
	wholeRows = 512
)

// Appended holds a relation that never takes a row back, as it is: rows in pieces, in no particular order, duplicates
// included. Nothing is looked up, so nothing is hashed: a row costs its copy. Pieces that are full never change, so a
// pin shares them.
type Appended struct {
	env    *Env
	next   stream.Sink
	schema batch.Schema
	pieces []*piece // full ones, in the order in which they got full
	cooled int      // so many of them are not in memory
	open   gathering
	made   uint32 // pieces so far: their numbers
	rows   int
	bytes  int64 // of the full pieces, and of the dictionaries that they hold
	dicts  []*batch.Dict

	listening bool
	epoch     uint64 // of the last Advance
	writing   uint64 // the epoch that rows belong to now
	meter     *Meter
}

// piece is rows that do not change any more.
type piece struct {
	no    uint32
	stamp uint64
	rows  *batch.Batch
	cold  *coldRows // where the rows are, if they are not in memory
}

// gathering is the piece that small batches are copied into, row by row.
type gathering struct {
	no    uint32
	stamp uint64
	cols  []*batch.Builder
	n     int
	bytes int
	seen  *piece // a copy for pins, nil once a row has come since
}

// NewAppended makes an Appended of schema's columns. Its state is reserved from env's budget: past that it fails with 53200.
func NewAppended(schema batch.Schema, env *Env, next stream.Sink) *Appended {
	a := &Appended{env: env, next: next, schema: schema, dicts: make([]*batch.Dict, len(schema)), meter: NewMeter(env, "rows")}
	for _, f := range schema {
		a.open.cols = append(a.open.cols, batch.NewBuilder(f.Type, 0))
	}
	return a
}

// SetNext sets where rows go on to.
func (a *Appended) SetNext(next stream.Sink) { a.next = next }

// Bytes is the memory of the rows.
func (a *Appended) Bytes() int64 { return a.bytes + int64(a.open.bytes) }

// Empty says whether there is no row.
func (a *Appended) Empty() bool { return a.rows == 0 }

// Len is the number of rows.
func (a *Appended) Len() int { return a.rows }

// Listen switches the sending of rows on or off, between two epochs.
func (a *Appended) Listen(on bool) { a.listening = on }

// Push keeps a copy of the rows, and sends them on to who listens.
func (a *Appended) Push(ctx context.Context, b *batch.Batch) error {
	if b.Epoch != nil {
		a.writing = b.Epoch.No
	}
	if err := a.keep(b); err != nil {
		return err
	}
	if a.listening {
		return quiet(a.next.Push(ctx, b))
	}
	return nil
}

// keep copies b.
func (a *Appended) keep(b *batch.Batch) error {
	if b.N >= wholeRows && b.Diff == nil {
		rows := b.Clone()
		rows.Epoch, rows.Seq, rows.Seq0 = nil, nil, 0
		a.spell(rows)
		a.add(&piece{no: a.number(), stamp: a.writing, rows: rows})
		a.rows += b.N
		return a.reserve()
	}
	for i := range b.N {
		w := b.Weight(i)
		if w < 0 {
			return sqlerr.New(sqlerr.InternalError, "a row is taken back from a relation that only grows")
		}
		for ; w > 0; w-- {
			a.gather(b, i)
		}
	}
	return a.reserve()
}

func (a *Appended) number() uint32 {
	a.made++
	return a.made - 1
}

func (a *Appended) add(p *piece) {
	a.pieces = append(a.pieces, p)
	a.bytes += int64(p.rows.Bytes())
	for i := range p.rows.Cols {
		if d := p.rows.Cols[i].Dict; d != nil && d != a.dicts[i] {
			a.bytes += int64(len(d.Data) + 4*len(d.Offsets))
			a.dicts[i] = d
		}
	}
}

// spell writes the values of large dictionaries out: one that has much more than the rows need is not to be held by them.
func (a *Appended) spell(rows *batch.Batch) {
	for i := range rows.Cols {
		c := &rows.Cols[i]
		if c.Dict == nil || c.Dict == a.dicts[i] || c.Dict.Len() <= c.N {
			continue
		}
		out := batch.NewBuilder(c.Type, c.N)
		for r := range c.N {
			out.Append(c, r)
		}
		*c = out.Finish()
	}
}

// gather appends row i of b to the open piece.
func (a *Appended) gather(b *batch.Batch, i int) {
	o := &a.open
	if o.n == 0 {
		o.no = a.number()
	}
	o.seen, o.stamp = nil, a.writing
	size := 0
	for k, c := range o.cols {
		c.Append(&b.Cols[k], i)
		size += c.Size()
	}
	o.n, o.bytes = o.n+1, size
	a.rows++
	if o.n >= gatherRows || o.bytes >= gatherBytes {
		a.add(o.copied())
		o.reset()
	}
}

// copied gives the open piece as it is now, as a copy.
func (o *gathering) copied() *piece {
	if o.seen == nil {
		rows := &batch.Batch{N: o.n}
		for _, c := range o.cols {
			col := c.Finish()
			rows.Cols = append(rows.Cols, col.Clone())
		}
		o.seen = &piece{no: o.no, stamp: o.stamp, rows: rows}
	}
	return o.seen
}

func (o *gathering) reset() {
	for _, c := range o.cols {
		c.Reset()
	}
	o.n, o.bytes, o.seen = 0, 0, nil
}

// Advance ends the epoch.
func (a *Appended) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		a.epoch = p.Epoch.No
	}
	if err := a.relieve(); err != nil {
		return err
	}
	return a.next.Advance(ctx, p)
}

// Close gives the memory back and closes the next Sink.
func (a *Appended) Close() error {
	a.meter.Close()
	return a.next.Close()
}

// Pin holds the rows as of the last Advance.
func (a *Appended) Pin() state.Pin {
	p := &appendedPin{schema: a.schema, pieces: a.pieces[:len(a.pieces):len(a.pieces)], epoch: a.epoch}
	if a.open.n > 0 {
		p.open = a.open.copied()
	}
	return p
}

// Loaded ends the loading.
func (a *Appended) Loaded(p stream.Progress) error {
	a.epoch = p.Epoch.No
	return a.reserve()
}
