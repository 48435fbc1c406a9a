package live

import (
	"context"
	"log/slog"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// piecesOf is how many statements the rows of one epoch may become: each has a number of its own.
const piecesOf = 256

// Feedback is rows that come of a view and that streams are to have: late ones, and those of its triggers. They are committed by later epochs, each
// once, whatever crashes in between. A statement has the rows of one epoch, and its number says of which, so that the
// committer knows those that it has when the epoch is folded again; a checkpoint has those that are not committed yet.
//
//	fold ──Column, End──► open ──settle──► pending ──writer──► committer
//	                                          └──Pages──► checkpoint
//
// Nobody waits for the writer: what it has not written counts towards the budget.
type Feedback struct {
	committer *epoch.Committer
	target    epoch.Target
	producer  string
	budget    *mem.Budget
	journal   *slog.Logger
	cols      []*batch.Builder // rows of the epoch under way, which the goroutine that folds has to itself
	open      []outgoing
	epoch     uint64 // the newest that is complete

	writing sync.WaitGroup
	ctx     context.Context // of the writer
	cancel  context.CancelFunc

	mu      sync.Mutex // guards what follows
	pending []returned // oldest first
	busy    bool       // the writer runs
	written chan struct{}
}

// returned is one statement of it.
type returned struct {
	sequence uint64
	rows     []outgoing
	bytes    int64 // reserved
}

// outgoing is rows and where they go.
type outgoing struct {
	to   epoch.Target
	rows *batch.Batch
}

// NewFeedback makes one for the stream that target names. Its rows have the columns of schema; nil: all come by Beside. No two that are written
// for different reasons have the same producer. budget counts what waits; nil: nothing does.
func NewFeedback(c *epoch.Committer, target epoch.Target, producer string, schema batch.Schema, budget *mem.Budget, journal *slog.Logger) *Feedback {
	f := &Feedback{committer: c, target: target, producer: producer, budget: budget, journal: journal, written: make(chan struct{})}
	for _, col := range schema {
		f.cols = append(f.cols, batch.NewBuilder(col.Type, 16))
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Column is where the next row's value of a column goes. Every column has one when End is called.
func (f *Feedback) Column(i int) *batch.Builder { return f.cols[i] }

// End ends a row. It fails with 53200 when there is no memory for what waits.
func (f *Feedback) End() error {
	if f.cols[0].Len() < batch.MaxRows {
		return nil
	}
	return f.flush()
}

// flush makes a batch of the rows so far.
func (f *Feedback) flush() error {
	if len(f.cols) == 0 || f.cols[0].Len() == 0 {
		return nil
	}
	b := &batch.Batch{N: f.cols[0].Len(), Cols: make([]batch.Column, len(f.cols))}
	for i, c := range f.cols {
		b.Cols[i] = c.Finish()
	}
	err := f.Beside(f.target, b)
	for _, c := range f.cols {
		c.Reset()
	}
	return err
}

// Beside adds rows for a stream. b is borrowed. It fails with 53200 when there is no memory for what waits.
func (f *Feedback) Beside(to epoch.Target, b *batch.Batch) error {
	b = b.Clone()
	if err := f.budget.Reserve(int64(b.Bytes())); err != nil {
		return err
	}
	f.open = append(f.open, outgoing{to, b})
	return nil
}

// settle ends an epoch: its rows are the writer's.
func (f *Feedback) settle(no uint64) error {
	if err := f.flush(); err != nil {
		return err
	}
	f.epoch = no
	f.mu.Lock()
	defer f.mu.Unlock()
	const most = epoch.AtomicRows / batch.MaxRows
	if len(f.open) > piecesOf*most {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "an epoch of a view has more than %d rows for streams", piecesOf*epoch.AtomicRows)
	}
	for piece := uint64(0); len(f.open) > 0; piece++ {
		n := min(len(f.open), most)
		r := returned{sequence: no*piecesOf + piece, rows: f.open[:n:n]}
		for _, o := range r.rows {
			r.bytes += int64(o.rows.Bytes())
		}
		f.pending, f.open = append(f.pending, r), f.open[n:]
	}
	f.open = nil
	f.wake()
	return nil
}

// wake has the writer run while there is something for it. The lock is held.
func (f *Feedback) wake() {
	if f.busy || len(f.pending) == 0 || f.ctx.Err() != nil {
		return
	}
	f.busy = true
	f.writing.Add(1)
	go f.write()
}

// write commits what waits, one statement after the other: one that cannot be stored comes again before the next, or
// that one's number would hide it. It ends when nothing waits, or with the first error; the next epoch wakes it again.
func (f *Feedback) write() {
	defer f.writing.Done()
	for {
		f.mu.Lock()
		if len(f.pending) == 0 {
			f.rest()
			f.mu.Unlock()
			return
		}
		next := f.pending[0]
		f.mu.Unlock()
		err := f.commit(next)
		f.mu.Lock()
		if err != nil {
			f.rest()
			f.mu.Unlock()
			if f.ctx.Err() == nil {
				f.journal.Warn("rows of a view wait: they cannot be written to their streams", "producer", f.producer, "err", err)
			}
			return
		}
		f.pending[0] = returned{}
		f.pending = f.pending[1:]
		f.mu.Unlock()
		f.budget.Release(next.bytes)
	}
}

// rest says that the writer ends. The lock is held.
func (f *Feedback) rest() {
	f.busy = false
	close(f.written)
	f.written = make(chan struct{})
}

func (f *Feedback) commit(r returned) error {
	st := f.committer.Begin()
	defer st.Abort()
	if err := st.As(f.target.Relation, f.producer, r.sequence); err != nil {
		return err
	}
	for _, o := range r.rows {
		if err := st.Add(o.to, o.rows); err != nil {
			return err
		}
	}
	_, err := st.Commit(f.ctx)
	return err
}

// await waits until what has settled is written, or cannot be for now.
func (f *Feedback) await(ctx context.Context) error {
	for {
		f.mu.Lock()
		busy, written := f.busy, f.written
		f.mu.Unlock()
		if !busy {
			return nil
		}
		select {
		case <-written:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Bytes is the memory of what waits.
func (f *Feedback) Bytes() (n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.pending {
		n += r.bytes
	}
	return n
}

// Close ends the writer. What was not written is in a checkpoint, or comes again. It may come twice.
func (f *Feedback) Close() error {
	f.cancel()
	f.writing.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.pending {
		f.budget.Release(r.bytes)
	}
	f.pending = nil
	return nil
}
