package pgwire

import (
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
)

// output sends what one statement gives.
type output struct {
	c       *conn
	schema  batch.Schema
	formats []int16
	rows    int64
	row     []byte // one DataRow's values
	ends    []int  // where each of them ends; -1: null
	writers []value.Writer
	msg     pgproto3.DataRow
	tag     []byte
	copying bool
	plain   []byte // a value in UTF-8
	failed  error  // what cannot be in the client's encoding
	in      *copyReader
}

func newOutput(c *conn, s batch.Schema, formats []int16) *output {
	o := &output{}
	o.serve(c, s, formats)
	return o
}

// serve makes o what sends the rows of a statement, in the memory that it has.
func (o *output) serve(c *conn, s batch.Schema, formats []int16) {
	row := o.row[:0]
	if cap(row) > flushBytes {
		row = nil
	}
	values := slices.Grow(o.msg.Values[:0], len(s))[:len(s)]
	*o = output{c: c, schema: s, formats: formats, row: row, ends: o.ends[:0], writers: o.writers[:0], tag: o.tag[:0], msg: pgproto3.DataRow{Values: values}}
}

// output gives the one that the statements of c which run to their end have in turn.
func (c *conn) output(s batch.Schema, formats []int16) *output {
	c.out.serve(c, s, formats)
	return &c.out
}

// Rows sends every row of b.
func (o *output) Rows(ctx context.Context, b *batch.Batch) error {
	if err := o.write(b, 0, b.N); err != nil {
		return err
	}
	return ctx.Err()
}

// write sends rows lo..hi. A row's values lie one after the other in o.row, so that a row costs no allocation.
func (o *output) write(b *batch.Batch, lo, hi int) error {
	o.choose(b)
	ends := o.ends
	for r := lo; r < hi; r++ {
		o.row = o.row[:0]
		for i := range b.Cols {
			c := &b.Cols[i]
			ends[i] = -1
			if c.Null(r) {
				continue
			}
			o.row = o.writers[i](o.row, c, r)
			ends[i] = len(o.row)
		}
		if o.failed != nil {
			return o.failed
		}
		start := 0
		for i, end := range ends {
			if end < 0 {
				o.msg.Values[i] = nil
				continue
			}
			o.msg.Values[i] = o.row[start:end:end]
			start = end
		}
		o.c.wire.Send(&o.msg)
		o.c.sent(len(o.row) + 8)
	}
	o.rows += int64(hi - lo)
	return nil
}

// choose finds the form of each column of b.
func (o *output) choose(b *batch.Batch) {
	locale, encoding := o.c.session.Locale(), o.c.session.Encoding()
	o.ends, o.writers = o.ends[:0], o.writers[:0]
	for i := range b.Cols {
		w := value.NewTextWriter(b.Cols[i].Type, locale)
		if formatOf(o.formats, i) == 1 {
			w = value.NewBinaryWriter(b.Cols[i].Type)
		}
		if encoding != nil {
			w = o.encoding(encoding, b.Cols[i].Type, formatOf(o.formats, i), w)
		}
		o.ends, o.writers = append(o.ends, -1), append(o.writers, w)
	}
}

// finish sends the command tag. A SELECT's is counted here.
func (o *output) finish(tag string) error {
	if o.copying {
		o.c.wire.Send(&pgproto3.CopyDone{})
	}
	o.tag = append(o.tag[:0], tag...)
	if o.schema != nil && tag == "SELECT" {
		o.tag = strconv.AppendInt(append(o.tag, ' '), o.rows, 10)
	}
	o.c.said.complete.CommandTag = o.tag
	o.c.wire.Send(&o.c.said.complete)
	return nil
}

// Flush sends what was written so far to the client. Only a statement that follows changes asks for it.
func (o *output) Flush() {
	o.c.follow()
	o.c.flush()
}

// Notice sends a notice.
func (o *output) Notice(severity string, e *sqlerr.Error) {
	if !o.c.session.Tells(severity) {
		return
	}
	o.c.wire.Send(noticeResponse(severity, e))
	o.c.sent(len(e.Message))
}

// Parameter tells the client of a changed setting.
func (o *output) Parameter(name, val string) {
	o.c.wire.Send(&pgproto3.ParameterStatus{Name: name, Value: val})
}

func copyFormats(columns int, isBinary bool) (byte, []uint16) {
	codes := make([]uint16, columns)
	if !isBinary {
		return 0, codes
	}
	for i := range codes {
		codes[i] = 1
	}
	return 1, codes
}

// CopyIn asks the client for data.
func (o *output) CopyIn(columns int, isBinary bool) (io.Reader, error) {
	overall, codes := copyFormats(columns, isBinary)
	o.c.wire.Send(&pgproto3.CopyInResponse{OverallFormat: overall, ColumnFormatCodes: codes})
	o.c.flush()
	o.in = &copyReader{c: o.c}
	return o.in, nil
}

// end gives back the message that a COPY which failed half-way still holds.
func (o *output) end() {
	if o.in != nil && o.in.held {
		o.in.held, o.in.rest = false, nil
		o.c.release()
	}
}

// CopyOut announces data to the client.
func (o *output) CopyOut(columns int, isBinary bool) (io.Writer, error) {
	overall, codes := copyFormats(columns, isBinary)
	o.c.wire.Send(&pgproto3.CopyOutResponse{OverallFormat: overall, ColumnFormatCodes: codes})
	o.copying = true
	return copyWriter{o.c}, nil
}

// copyWriter makes each Write one CopyData message, and sends it on: whoever copies out a subscription wants to see
// it at once.
type copyWriter struct{ c *conn }

func (w copyWriter) Write(p []byte) (int, error) {
	w.c.wire.Send(&pgproto3.CopyData{Data: p})
	w.c.sent(len(p))
	return len(p), w.c.ctx.Err()
}

// Flush sends what was written so far to the client.
func (w copyWriter) Flush() {
	w.c.follow()
	w.c.flush()
}

// copyReader reads the client's CopyData messages as one stream of bytes.
type copyReader struct {
	c    *conn
	rest []byte // of the message that is not released yet
	held bool
	err  error
}

func (r *copyReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.advance()
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) == 0 && r.held {
		r.held = false
		r.c.release()
	}
	return n, nil
}

// cutOff says why a statement gets no more of what its client was to send, if next gave err. It is never io.EOF, not even as a cause:
// data that breaks off has no end.
func (c *conn) cutOff(err error) error {
	if c.closing() {
		return adminShutdown()
	}
	if e, ok := sqlerr.As(err); ok {
		return e
	}
	return sqlerr.New(sqlerr.ConnectionFailure, "the client went away in the middle of COPY")
}

// advance takes the next message; the memory of a CopyData is held until it was read.
func (r *copyReader) advance() {
	m, err := r.c.next()
	if err != nil {
		r.err = r.c.cutOff(err)
		return
	}
	switch m := m.(type) {
	case *pgproto3.CopyData:
		if len(m.Data) == 0 {
			r.c.release()
			return
		}
		r.rest, r.held = m.Data, true
		return
	case *pgproto3.CopyDone:
		r.err = io.EOF
	case *pgproto3.CopyFail:
		r.err = sqlerr.New(sqlerr.QueryCanceled, "COPY from stdin failed: %s", m.Message)
	case *pgproto3.Flush, *pgproto3.Sync: // allowed by the protocol, and ignored, during COPY
	default:
		r.err = sqlerr.New(sqlerr.ProtocolViolation, "unexpected message %T during COPY from stdin", m)
	}
	r.c.release()
}
