package format

import (
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Reader takes bytes as they arrive and gives rows. After an error every further call gives the same error.
type Reader interface {
	// Write takes a chunk, which may end anywhere, and keeps no part of it.
	//
	// Errors: those of the callback as they are; of the input, with the place in Where: 22P04 for what is no row, 22P02,
	// 22007, 22008, 22003, 22001, 22021 for what is no value, 54000 for a row longer than MaxRow, 0A000 and 42804
	// for Arrow types that do not become a column's.
	Write(p []byte) error
	// Close ends the input: it reads the last row if that has no line end, and gives the last batch.
	Close() error
	// Rows is how many good rows were read so far. After an error it is how many stood before the bad one.
	Rows() int64
	// Delivered is how many of them the callback has got.
	Delivered() int64
	// Unknown is how many values of NDJSON and Arrow were left out because no column has their name.
	Unknown() int64
}

// NewReader makes a Reader of rows with the given columns of schema, by position and in the order in which they come; nil is
// all of them. The batches have these columns, in this order, no epoch, and weight one. Errors: those of Options.Check.
func NewReader(kind Kind, schema batch.Schema, columns []int, o Options, emit func(*batch.Batch) error) (Reader, error) {
	if err := o.Check(kind, schema); err != nil {
		return nil, err
	}
	if columns == nil {
		for i := range schema {
			columns = append(columns, i)
		}
	}
	o = o.withDefaults(kind)
	if kind == Arrow {
		return newArrowReader(chosen(schema, columns), o, emit), nil
	}
	r := newRows(schema, columns, o, emit)
	switch kind {
	case CSV:
		return &csvReader{rows: r, delim: o.Delimiter, quote: o.Quote, escape: o.Escape, null: *o.Null, header: o.Header}, nil
	case Text:
		return &textReader{rows: r, delim: o.Delimiter, null: *o.Null, header: o.Header}, nil
	case Binary:
		return &binaryReader{rows: r}, nil
	}
	return newJSONReader(r, o.RefuseUnknown), nil
}

func chosen(schema batch.Schema, columns []int) batch.Schema {
	out := make(batch.Schema, len(columns))
	for i, c := range columns {
		out[i] = schema[c]
	}
	return out
}

// fewRows is how many rows a Reader makes room for before it knows that there are more: most statements are small, and the room for a
// whole batch is some hundred kilobytes that are to be zeroed and collected.
const fewRows = 1024

// rows is what all Readers have in common: builders, and how many rows went into them.
type rows struct {
	cols     []column
	emit     func(*batch.Batch) error
	relation string
	maxRow   int
	line     int64 // of the row at hand, from 1
	begin    int64 // of the row at hand, in bytes of all that was read
	next     int64 // of the row behind it
	n        int   // rows in the builders
	room     int   // rows that they have room for
	good     int64
	sent     int64
	unknown  int64
	err      error
	aside    func(line int64, row []byte, err error) error // nil: the first bad row ends it
	taker    error                                         // what the callback failed with: no row is to blame
	out      batch.Batch
}

func newRows(schema batch.Schema, columns []int, o Options, emit func(*batch.Batch) error) *rows {
	r := &rows{emit: emit, relation: o.Relation, maxRow: o.MaxRow, aside: o.Aside, room: fewRows, cols: make([]column, len(columns))}
	for i, c := range columns {
		r.cols[i] = newColumn(schema[c], o, r.room)
	}
	r.out.Cols = make([]batch.Column, len(columns))
	return r
}

// Rows is how many good rows were read.
func (r *rows) Rows() int64 { return r.good }

// Delivered is how many rows the callback has got.
func (r *rows) Delivered() int64 { return r.sent }

// Unknown is how many values had no column.
func (r *rows) Unknown() int64 { return r.unknown }

// added counts a row whose values are all in the builders.
func (r *rows) added() error {
	r.n++
	r.good++
	if r.n < r.room && (r.n&255 != 0 || !r.full()) {
		return nil
	}
	return r.filled()
}

// filled makes room for a whole batch, if that is not there yet, or gives the callback what is there.
func (r *rows) filled() error {
	if r.room == batch.MaxRows || r.full() {
		return r.flush()
	}
	r.room = batch.MaxRows
	for i := range r.cols {
		r.cols[i].grow(r.room)
	}
	return nil
}

func (r *rows) full() bool {
	size := 0
	for i := range r.cols {
		size += r.cols[i].size()
	}
	return size >= maxBatchBytes
}

// flush gives the callback what is there.
func (r *rows) flush() error {
	if r.n == 0 {
		return nil
	}
	b := &r.out
	b.N = r.n
	for i := range r.cols {
		b.Cols[i] = r.cols[i].finish()
	}
	err := r.emit(b)
	if r.taker = err; err == nil {
		r.sent += int64(r.n)
	}
	b.Poison()
	for i := range r.cols {
		r.cols[i].reset()
	}
	r.n = 0
	return err
}

// undo takes back the values of the row at hand.
func (r *rows) undo() {
	for i := range r.cols {
		if r.cols[i].n > r.n {
			r.cols[i].truncate(r.n)
		}
	}
}

// fail ends the reading.
func (r *rows) fail(err error) error {
	r.undo()
	r.err = err
	return err
}

// step goes on to a row of so many bytes, without its newline.
func (r *rows) step(size int) {
	r.line++
	r.begin, r.next = r.next, r.next+int64(size)+1
}

// unended goes on to a row that has not ended.
func (r *rows) unended() {
	r.line++
	r.begin = r.next
}

// badValue gives err the place of a column's value.
func (r *rows) badValue(err error, name string, text []byte) error {
	if e, ok := sqlerr.As(types.CheckText(types.View(text))); ok {
		e.Byte = r.begin + 1
		return e.In("COPY %s, line %d, column %s", r.relation, r.line, name) // a client could not show the value
	}
	if e, ok := sqlerr.As(err); ok {
		e.Byte = r.begin + 1
		e.In("COPY %s, line %d, column %s: \"%s\"", r.relation, r.line, name, clip(text))
	}
	return err
}

// badLine gives err the place of a row.
func (r *rows) badLine(err *sqlerr.Error, line []byte) error {
	err.Byte = r.begin + 1
	if line == nil || types.CheckText(types.View(line)) != nil {
		return err.In("COPY %s, line %d", r.relation, r.line)
	}
	return err.In("COPY %s, line %d: \"%s\"", r.relation, r.line, clip(line))
}

// maxContext is the most bytes of input that an error shows.
const maxContext = 100

func clip(s []byte) string {
	if len(s) <= maxContext {
		return string(s)
	}
	n := maxContext
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return string(s[:n]) + "..."
}

func (r *rows) tooLong() error {
	return r.badLine(sqlerr.New(sqlerr.ProgramLimitExceeded, "row is longer than %d bytes", r.maxRow).
		WithHint("Look for a quote that is never closed, or send smaller rows."), nil)
}

func (r *rows) missing(k int, line []byte) error {
	return r.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "missing data for column \"%s\"", r.cols[k].name), line)
}

func (r *rows) extra(line []byte) error {
	return r.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "extra data after last expected column"), line)
}

// matchHeader compares the names of a header line.
func (r *rows) matchHeader(names []string, line []byte) error {
	if len(names) != len(r.cols) {
		return r.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d",
			len(names), len(r.cols)), line)
	}
	for i, name := range names {
		if name != r.cols[i].name {
			return r.badLine(sqlerr.New(sqlerr.BadCopyFileFormat,
				"column name mismatch in header line field %d: got \"%s\", expected \"%s\"", i+1, name, r.cols[i].name), line)
		}
	}
	return nil
}
