package format

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxArrowLive is how many bytes the records and dictionaries of one stream may have at a time.
const maxArrowLive = 4 * maxArrowBody

// arrowReader reads an Arrow IPC stream. Its columns are found by their names, as an object's keys are, and become what the
// relation's are by the casts of an assignment; text becomes anything whose text form it is.
//
//	Write ──> frames: one message ──> checked (arrow_check.go) ──> the library ──> record ──> columns of at most MaxRows rows
type arrowReader struct {
	want     batch.Schema // in the order of the batches
	relation string
	refuse   bool // names that no column has
	byPlace  bool
	emit     func(*batch.Batch) error

	frames frames
	queue  messages
	in     *ipc.Reader
	live   budget
	cols   []arrowColumn
	others int64 // columns of the stream that are nobody's
	eval   expr.Ctx
	ended  bool // by its own end mark

	row, good, sent, unknown int64
	err                      error
}

func newArrowReader(want batch.Schema, o Options, emit func(*batch.Batch) error) *arrowReader {
	r := &arrowReader{want: want, relation: o.Relation, refuse: o.RefuseUnknown, byPlace: o.ByPlace, emit: emit, live: budget{most: maxArrowLive}}
	r.eval.Locale = o.Locale
	if o.Locale != nil {
		r.eval.Now = o.Locale.Now
	}
	return r
}

// Rows is how many good rows were read.
func (r *arrowReader) Rows() int64 { return r.good }

// Delivered is how many rows the callback has got.
func (r *arrowReader) Delivered() int64 { return r.sent }

// Unknown is how many values had no column.
func (r *arrowReader) Unknown() int64 { return r.unknown }

func (r *arrowReader) Write(p []byte) error {
	if r.err == nil {
		r.err = r.write(p)
	}
	return r.err
}

// write takes all of p. What the library panics with over bytes that are no such stream is an error.
func (r *arrowReader) write(p []byte) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = r.damaged(fmt.Errorf("%v", x))
		}
	}()
	for len(p) > 0 {
		if r.ended {
			return r.placed(sqlerr.New(sqlerr.BadCopyFileFormat, "received data after the end of the Arrow stream"))
		}
		m, rest, err := r.frames.next(p)
		switch p = rest; {
		case err != nil:
			return r.placed(err)
		case r.frames.ended:
			r.ended = true
		case m == nil:
		default:
			if err := r.message(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// message takes a whole message. Dictionaries wait for the record that needs them.
func (r *arrowReader) message(m *ipc.Message) error {
	if r.in == nil {
		if m.Type() != ipc.MessageSchema {
			return r.placed(sqlerr.New(sqlerr.BadCopyFileFormat, "the Arrow stream does not begin with its schema"))
		}
		r.queue.add(m)
		in, err := ipc.NewReaderFromMessageReader(&r.queue, ipc.WithAllocator(&r.live))
		if err != nil {
			return r.damaged(err)
		}
		r.in = in
		return r.bind(in.Schema())
	}
	if r.queue.bytes += m.BodyLen(); r.queue.bytes > maxArrowLive {
		return r.placed(tooMuch())
	}
	r.queue.add(m)
	if m.Type() != ipc.MessageRecordBatch {
		return nil
	}
	r.queue.bytes = 0
	rec, err := r.in.Read()
	if err != nil {
		return r.damaged(err)
	}
	return r.record(rec)
}

// record gives a record's rows on.
func (r *arrowReader) record(rec arrow.Record) error {
	for lo := int64(0); lo < rec.NumRows(); lo += batch.MaxRows {
		hi := min(lo+batch.MaxRows, rec.NumRows())
		part := rec.NewSlice(lo, hi)
		err := r.rows(part)
		part.Release()
		if err != nil {
			return err
		}
		r.row += hi - lo
	}
	return nil
}

func (r *arrowReader) rows(rec arrow.Record) error {
	taken := batch.Batch{N: int(rec.NumRows()), Cols: make([]batch.Column, len(r.cols))}
	for i := range r.cols {
		c, err := r.cols[i].column(rec, taken.N)
		if err != nil {
			return r.inColumn(err, i, -1)
		}
		taken.Cols[i] = c
	}
	out := batch.Batch{N: taken.N, Cols: make([]batch.Column, len(r.cols))}
	r.eval.Reset()
	for i := range r.cols {
		out.Cols[i] = taken.Cols[i]
		if cast := r.cols[i].cast; cast != nil {
			out.Cols[i] = cast.Eval(&r.eval, &taken, nil)
			if f := r.eval.Failures(); len(f) > 0 {
				return r.inColumn(f[0].Err, i, f[0].Row)
			}
		}
	}
	r.good += int64(out.N)
	r.unknown += r.others * int64(out.N)
	if err := r.emit(&out); err != nil {
		return err
	}
	r.sent += int64(out.N)
	return nil
}

func (r *arrowReader) Close() error {
	if r.err == nil && !r.ended && (r.in == nil || r.frames.half() || r.queue.waiting() > 0) {
		r.err = r.placed(sqlerr.New(sqlerr.BadCopyFileFormat, "unexpected end of the Arrow stream"))
	}
	return r.err
}

// placed says where an error of the stream is.
func (r *arrowReader) placed(err error) error {
	if e, ok := sqlerr.As(err); ok {
		return e.In("COPY %s, after row %d", r.relation, r.row)
	}
	return err
}

// inColumn says where an error of a value is; row is counted in the batch at hand, -1 if it is not known.
func (r *arrowReader) inColumn(err error, col, row int) error {
	e, ok := sqlerr.As(err)
	switch {
	case !ok:
		return err
	case row < 0:
		return e.In("COPY %s, after row %d, column %s", r.relation, r.row, r.want[col].Name)
	}
	return e.In("COPY %s, row %d, column %s", r.relation, r.row+int64(row)+1, r.want[col].Name)
}

// damaged is the error for what the library cannot read.
func (r *arrowReader) damaged(err error) error {
	if e, ok := sqlerr.As(err); ok {
		return r.placed(e) // of the budget
	}
	return r.placed(sqlerr.Wrap(sqlerr.BadCopyFileFormat, err, "the Arrow stream is damaged"))
}

// messages is what the library reads its messages from: those that came and were not read yet.
type messages struct {
	list  []*ipc.Message
	bytes int64
}

func (q *messages) add(m *ipc.Message) { q.list = append(q.list, m) }

func (q *messages) waiting() int { return len(q.list) }

// Message gives the oldest.
func (q *messages) Message() (*ipc.Message, error) {
	if len(q.list) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	m := q.list[0]
	q.list[0] = nil
	q.list = q.list[1:]
	return m, nil
}

// Retain and Release count nothing: the memory is Go's.
func (q *messages) Retain() {}

// Release does nothing.
func (q *messages) Release() {}

// budget is an allocator of Go's memory that refuses to have too much of it out at a time. It panics with its error, as the
// library expects of an allocator.
type budget struct{ live, most int }

// Allocate gives n bytes, padded and aligned as the columns of batches are.
func (b *budget) Allocate(n int) []byte {
	if b.live += n; n < 0 || b.live > b.most {
		panic(error(tooMuch()))
	}
	return batch.MakeBytes(n)
}

// Reallocate gives n bytes that begin with those of p.
func (b *budget) Reallocate(n int, p []byte) []byte {
	if n <= len(p) {
		b.live -= len(p) - n
		return p[:n]
	}
	out := b.Allocate(n)
	copy(out, p)
	b.Free(p)
	return out
}

// Free counts the bytes of p as given back. They may be read further.
func (b *budget) Free(p []byte) { b.live -= len(p) }

func tooMuch() *sqlerr.Error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "a record and the dictionaries of an Arrow stream have more than %d bytes", maxArrowLive).
		WithHint("Send smaller records.")
}
