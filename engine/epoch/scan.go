package epoch

import (
	"context"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Scan is which rows of one relation a reader wants from the log.
type Scan struct {
	Relation uint32
	Columns  []int // positions among the stored columns, in any order
	// MinTime and MaxTime bound, both included, the event times that matter: blocks that have none of them are not
	// read. Rows outside come with those of their block.
	MinTime, MaxTime types.Micros
	// Since is the first epoch whose rows matter; 0: all.
	Since uint64
	// Ranges bound values likewise: a block without a row that is in all of them may be left out.
	Ranges []ColumnRange
	// NoWeights says that no row of the relation has a weight, so that a scan of no columns need not read blocks.
	NoWeights bool
	Stats     *ScanStats // counts what the scan does; nil: nobody asks
}

// ScanStats is how many of a relation's blocks a scan met, by what became of them.
type ScanStats struct {
	Outside int // not of the ranges of time and of values
	Headers int // only their rows were counted
	Kept    int // all columns were there, decoded
	Read    int // columns were read and decoded
}

// outside says that none of the block's event times matters.
func (s *Scan) outside(b *Block) bool {
	return b.MinTime <= b.MaxTime && (b.MaxTime < s.MinTime || b.MinTime > s.MaxTime)
}

// minLateRows is the fewest rows of a block whose columns are read one by one: a smaller one is read whole, at once.
const minLateRows = 512

// A scan reads and decodes on a goroutine of its own, if its relation has so many rows that a hand-over between cores is
// nothing beside them. Rows are handed over by the thousand; so many hand-overs wait for the reader while it works on one.
const (
	minAheadRows = 2 * batch.MaxRows
	handOverRows = batch.MaxRows / 2
	handOverMost = 256 // parts
	waitingMost  = 4
)

// Scan visits the rows that the log holds up to epoch to, in order, a block at a time: Rows has s.Columns. It decodes
// no other columns, keeps those it decoded as far as memory allows, and reads and decodes on another core while visit works.
// Parts are shared with other scans and must not be written to.
func (c *Committer) Scan(ctx context.Context, s Scan, to uint64, visit func(Part) error) error {
	if s.Stats == nil {
		s.Stats = &ScanStats{}
	}
	r := &scanning{Scan: s, decoded: &c.decoded, no: c.decoded.begin(), give: visit, decoder: codec.Decoder{Give: true}}
	if c.Rows(s.Relation) < minAheadRows {
		return r.read(ctx, c.log, to)
	}
	return r.ahead(ctx, c.log, to, visit)
}

// read reads the log, and gives its parts.
func (r *scanning) read(ctx context.Context, log Log, to uint64) error {
	for {
		from, _ := log.Bounds()
		if from = max(from, r.Since, 1); from > to {
			return nil
		}
		begun := false
		err := log.Read(ctx, from, to, r.want, func(e *Entry) error {
			begun = true
			return r.epoch(e)
		})
		if begun || !errors.Is(err, ErrTruncated) { // else the log forgot its first epoch just now
			return err
		}
	}
}

// ahead reads on a goroutine of its own, and visits on the caller's.
func (r *scanning) ahead(ctx context.Context, log Log, to uint64, visit func(Part) error) error {
	ctx, cancel := context.WithCancel(ctx)
	ready := make(chan []Part, waitingMost)
	var failed error // of the reader, once ready is closed
	go func() {
		defer close(ready)
		h := handOver{ctx: ctx, ready: ready}
		r.give = h.add
		failed = r.read(ctx, log, to)
		if err := h.flush(); failed == nil { // what lies before damage is visited, too
			failed = err
		}
	}()
	defer func() {
		cancel()
		for range ready {
		}
	}()
	for parts := range ready {
		for _, p := range parts {
			if err := visit(p); err != nil {
				return err
			}
		}
	}
	return failed
}

// handOver gathers parts until they are worth handing to another goroutine.
type handOver struct {
	ctx   context.Context
	ready chan<- []Part
	parts []Part
	rows  int
}

func (h *handOver) add(p Part) error {
	h.parts, h.rows = append(h.parts, p), h.rows+p.Rows.N
	if h.rows < handOverRows && len(h.parts) < handOverMost {
		return nil
	}
	return h.flush()
}

func (h *handOver) flush() error {
	if len(h.parts) == 0 {
		return nil
	}
	select {
	case h.ready <- h.parts:
		h.parts, h.rows = nil, 0
		return nil
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

// scanning is one Scan under way.
type scanning struct {
	Scan
	decoded *decoded
	no      uint64
	give    func(Part) error
	decoder codec.Decoder
	found   []scanBlock // those of the epoch that is about to be visited, in order
}

// scanBlock is a block on its way: its header, and what is known of its columns.
type scanBlock struct {
	head Block
	cols []batch.Column
	read bool // some column is not there
	diff []int64
}

// want looks at a block's header before its bytes are read: with everything at hand they need not be.
func (r *scanning) want(b *Block) bool {
	if b.Relation != r.Relation {
		return false
	}
	if r.outside(b) || r.decoded.without(b, r.Ranges) {
		r.Stats.Outside++
		return false
	}
	f := scanBlock{head: *b, cols: make([]batch.Column, len(r.Columns))}
	f.read = !r.NoWeights || !(len(r.Columns) == 0 || r.decoded.get(r.no, b, r.Columns, f.cols))
	switch {
	case f.read:
		r.Stats.Read++
	case len(r.Columns) == 0:
		r.Stats.Headers++
	default:
		r.Stats.Kept++
	}
	b.Late = f.read && b.Rows >= minLateRows
	r.found = append(r.found, f)
	return f.read
}

// epoch gives the blocks of one epoch. What the entry lends does not leave it: columns are made anew.
func (r *scanning) epoch(e *Entry) error {
	defer func() { r.found = r.found[:0] }()
	ep, blocks := e.Epoch, e.Blocks
	for i := range r.found {
		f := &r.found[i]
		if f.read {
			at := slices.IndexFunc(blocks, func(b Block) bool { return b.Relation == f.head.Relation && b.Offset0 == f.head.Offset0 })
			if at < 0 {
				return sqlerr.New(sqlerr.InternalError, "the log does not give a block of epoch %d that it was asked for", ep.No)
			}
			f.head, blocks = blocks[at], blocks[at+1:]
			if err := r.decode(f); err != nil {
				return err
			}
		}
		rows := &batch.Batch{Epoch: &ep, N: int(f.head.Rows), Cols: f.cols, Diff: f.diff, Seq0: f.head.Seq0}
		if err := r.give(Part{Relation: f.head.Relation, Offset0: f.head.Offset0, Rows: rows}); err != nil {
			return err
		}
	}
	return nil
}

// decode makes the columns that are not there yet.
func (r *scanning) decode(f *scanBlock) error {
	missing := make([]int, 0, len(r.Columns))
	for i, c := range r.Columns {
		if f.cols[i].N == 0 {
			missing = append(missing, c)
		}
	}
	b, err := r.bytes(&f.head, missing)
	if err != nil {
		return err
	}
	f.diff = b.Diff
	k := 0
	for i, c := range r.Columns {
		if f.cols[i].N == 0 {
			f.cols[i] = b.Cols[k]
			r.decoded.put(r.no, &f.head, c, &f.cols[i])
			r.decoded.learn(&f.head, c, &f.cols[i])
			k++
		}
	}
	return nil
}

func (r *scanning) bytes(b *Block, cols []int) (*batch.Batch, error) {
	if b.Bytes != nil {
		return r.decoder.DecodeAt(b.Bytes, b.Len, cols)
	}
	return r.decoder.Decode(b.Data, cols)
}

// ForgetDecoded drops the columns that are kept decoded.
func (c *Committer) ForgetDecoded() { c.decoded.forget() }
