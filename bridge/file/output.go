package file

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// Limits of one output.
const (
	spillBytes = 8 << 20  // a segment that grows beyond this goes on in its file
	rollBytes  = 64 << 20 // a file ends with the epoch that makes it larger than this
	maxWaiting = 64 << 20 // of rows in memory that could not be written
)

// Options say what an output writes, and where.
type Options struct {
	Dir     string // absolute; it is made
	Name    string // the files' names begin with it
	ID      uint32 // and go on with this: no two outputs that write into a folder, ever, have the same
	Format  string // NDJSON, CSV or Parquet, and the end of the files' names
	Schema  batch.Schema
	Journal *slog.Logger
}

// The formats of files.
const (
	NDJSON  = "ndjson"
	CSV     = "csv" // with a header
	Parquet = "parquet"
)

// Status is how an output stands.
type Status struct {
	tally
	Waiting int64 // bytes of rows that are in no file yet
	Err     error // why they are not, or why the output has failed
}

// tally counts what is in files, since the output was made.
type tally struct {
	Epoch uint64 // the newest that is
	Files int64
	Rows  int64
	Bytes int64
}

// with is the tally once a segment is in a file, too.
func (t tally) with(s *segment) tally {
	return tally{Epoch: s.last, Files: t.Files + 1, Rows: t.Rows + s.rows, Bytes: t.Bytes + s.size + int64(len(s.buf))}
}

// Output is a Sink whose rows end up in files.
type Output struct {
	o      Options
	enc    encoder
	base   string       // of the files' names
	open   *segment     // the rows since the last cut; nil: none
	epoch  uint64       // the newest that is complete
	opened atomic.Int64 // bytes of open, as of the newest epoch
	failed atomic.Bool

	sealing sync.Mutex // one at a time writes files

	mu      sync.Mutex // guards what follows
	waiting []*segment // oldest first
	status  Status
	known   bool // what is in files, and not only what a checkpoint says of that
}

// Open makes an output, and finishes what one before it, of the same ID, was about when it crashed. A folder that cannot be
// used is no error here: Check tells, and the output waits for it.
func Open(o Options) (*Output, error) {
	enc, err := newEncoder(o)
	if err != nil {
		return nil, err
	}
	out := &Output{o: o, enc: enc, base: fmt.Sprintf("%s.%d", url.PathEscape(o.Name), o.ID)}
	_ = out.find(true) // Check tells
	return out, nil
}

// Check says whether the folder can be used.
func (o *Output) Check() error {
	o.sealing.Lock()
	defer o.sealing.Unlock()
	return o.find(false)
}

// find learns what is in files. The lock of sealing is held, or nobody else knows the output.
func (o *Output) find(first bool) error {
	o.mu.Lock()
	known := o.known
	o.mu.Unlock()
	if known {
		return nil
	}
	found, err := recoverFiles(o.o.Dir, o.base, first)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.status.Err = err; err != nil {
		return err
	}
	if o.known = true; found.Epoch > o.status.Epoch {
		o.status.tally = found
	}
	o.waiting = slices.DeleteFunc(o.waiting, func(s *segment) bool {
		done := s.last <= o.status.Epoch
		if done {
			s.discard()
		}
		return done
	})
	return nil
}

// Push takes the rows of the epoch under way, each as often as its weight says; none is negative.
func (o *Output) Push(_ context.Context, b *batch.Batch) error {
	if b.N == 0 || o.over() {
		return nil
	}
	err := o.take(b)
	if err == nil && len(o.open.buf) >= spillBytes {
		err = o.open.spill(filepath.Join(o.o.Dir, o.temp()))
	}
	if err != nil {
		o.fail(err)
	}
	return nil
}

// take appends rows to the open segment, or to a new one.
func (o *Output) take(b *batch.Batch) (err error) {
	s := o.open
	if s == nil {
		s = &segment{}
		if s.buf, err = o.enc.start(nil); err != nil {
			return err
		}
		o.open = s
	}
	for i := range b.N {
		s.rows += b.Weight(i)
	}
	s.buf, err = o.enc.rows(s.buf, b)
	return err
}

// Advance ends an epoch: its rows may go into a file.
func (o *Output) Advance(_ context.Context, p stream.Progress) error {
	o.epoch = p.Epoch.No
	s := o.open
	if o.over() || s == nil {
		return nil
	}
	if o.epoch <= o.Status().Epoch { // it was folded before, and so was all that stands before it
		s.discard()
		o.open = nil
		return nil
	}
	if s.last = o.epoch; s.first == 0 {
		s.first = o.epoch
	}
	grown := s.size + int64(len(s.buf)) + o.enc.held()
	o.opened.Store(grown)
	if grown >= rollBytes || o.single() {
		o.cut()
	}
	if o.inMemory() > maxWaiting {
		o.cut()
		if err := o.seal(); err != nil {
			o.fail(err)
		}
	}
	return nil
}

// inMemory is how many bytes wait there.
func (o *Output) inMemory() (n int64) {
	if o.open != nil {
		n = int64(len(o.open.buf)) + o.enc.held()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.waiting {
		n += int64(len(s.buf))
	}
	return n
}

// single says whether each epoch needs a segment of its own: while nobody knows what is in files, a longer one could have
// rows that are, and others.
func (o *Output) single() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.known
}

// over says whether the output has failed. Then it gives up what it has.
func (o *Output) over() bool {
	if !o.failed.Load() {
		return false
	}
	if o.open != nil {
		o.open.discard()
		o.open = nil
	}
	o.opened.Store(0)
	return true
}

// Close gives up rows that are in no file: a checkpoint has them, or they come again.
func (o *Output) Close() error {
	if o.open != nil {
		o.open.discard()
		o.open = nil
	}
	o.drop()
	return nil
}

// Status says how the output stands.
func (o *Output) Status() Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.status
	s.Waiting = o.opened.Load()
	for _, w := range o.waiting {
		s.Waiting += w.size + int64(len(w.buf))
	}
	return s
}

// cut ends the open segment. Nothing of an epoch that is not complete may be in it.
func (o *Output) cut() {
	if o.open == nil {
		return
	}
	var err error
	if o.open.buf, err = o.enc.end(o.open.buf); err != nil {
		o.fail(err)
		o.over()
		return
	}
	o.opened.Store(0)
	o.mu.Lock()
	o.waiting = append(o.waiting, o.open)
	o.mu.Unlock()
	o.open = nil
}

// fail ends the output for good. Who pushes notices it by itself.
func (o *Output) fail(err error) {
	o.failed.Store(true)
	o.drop()
	o.mu.Lock()
	o.status.Err = fmt.Errorf("the output has failed, and writes nothing any more: %w", err)
	o.mu.Unlock()
	o.o.Journal.Error("an output has failed and lacks rows from here on: drop it and make it again", "output", o.o.Name, "err", err)
}

// drop gives up the segments that wait.
func (o *Output) drop() {
	o.sealing.Lock()
	defer o.sealing.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.waiting {
		s.discard()
	}
	o.waiting = nil
}

// temp names a file that is not finished. No two have the same name, over restarts too: a marker may still name one that
// is long gone.
func (o *Output) temp() string { return fmt.Sprintf(".%s.%016x.tmp", o.base, rand.Uint64()) }
