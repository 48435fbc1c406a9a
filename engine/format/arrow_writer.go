package format

import (
	"bytes"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Records gives batches as Arrow records. Types that Arrow has as they are here keep theirs; numeric, interval, arrays and the
// rest are their text, which loses nothing. One goroutine uses it.
type Records struct {
	schema batch.Schema
	cols   []value.Writer // nil: the column goes as it is
	arrow  *arrow.Schema
}

// NewRecords makes Records of batches with the columns of schema.
func NewRecords(schema batch.Schema, l *types.Locale) (*Records, error) {
	r := &Records{schema: make(batch.Schema, len(schema)), cols: make([]value.Writer, len(schema))}
	none := batch.Batch{Cols: make([]batch.Column, len(schema))}
	for i, f := range schema {
		if !sameInArrow(f.Type) {
			r.cols[i] = value.NewTextWriter(f.Type, l)
			f.Type = types.Text
		}
		r.schema[i] = batch.Field{Name: f.Name, Type: f.Type}
		b := batch.NewBuilder(f.Type, 0)
		none.Cols[i] = b.Finish()
	}
	rec, err := batch.ToRecord(r.schema, &none)
	if err != nil {
		return nil, err
	}
	r.arrow = rec.Schema()
	return r, nil
}

// Schema is what all records have.
func (r *Records) Schema() *arrow.Schema { return r.arrow }

// Record gives b as a record, which shares buffers of b.
func (r *Records) Record(b *batch.Batch) (arrow.Record, error) {
	out := batch.Batch{N: b.N, Cols: make([]batch.Column, len(r.cols))}
	for i, write := range r.cols {
		out.Cols[i] = inOneForm(&b.Cols[i], r.schema[i].Type, write)
	}
	return batch.ToRecord(r.schema, &out)
}

// inOneForm gives a column in the one form that all records have: its texts, without a dictionary.
func inOneForm(c *batch.Column, as types.Type, write value.Writer) batch.Column {
	if write == nil && c.Dict == nil {
		out := *c
		out.Type = as
		return out
	}
	b := batch.NewBuilder(as, c.N)
	var text []byte
	for i := range c.N {
		switch {
		case c.Null(i):
			b.Null()
		case write == nil:
			b.Bytes(c.At(i))
		default:
			text = write(text[:0], c, i)
			b.Bytes(text)
		}
	}
	return b.Finish()
}

// sameInArrow says whether values of type t lie in Arrow as they do here, and mean the same.
func sameInArrow(t types.Type) bool {
	switch t.OID {
	case types.OIDBool, types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDFloat4, types.OIDFloat8, types.OIDDate, types.OIDTime,
		types.OIDTimestamp, types.OIDTimestamptz, types.OIDText, types.OIDVarchar, types.OIDBPChar, types.OIDBytea, types.OIDUUID,
		types.OIDJSON, types.OIDJSONB:
		return true
	}
	return false
}

// arrowWriter writes an Arrow IPC stream: each batch is a record.
type arrowWriter struct {
	*Records
	to  *ipc.Writer
	buf bytes.Buffer
}

func newArrowWriter(schema batch.Schema, o Options) (*arrowWriter, error) {
	r, err := NewRecords(schema, o.Locale)
	if err != nil {
		return nil, err
	}
	w := &arrowWriter{Records: r}
	w.to = ipc.NewWriter(&w.buf, ipc.WithSchema(r.arrow))
	return w, nil
}

func (w *arrowWriter) AppendStart(dst []byte) []byte { return dst } // the library writes the schema before the first record

func (w *arrowWriter) AppendRow(dst []byte, b *batch.Batch, i int) []byte {
	return w.AppendBatch(dst, b.Slice(i, i+1))
}

func (w *arrowWriter) AppendBatch(dst []byte, b *batch.Batch) []byte {
	rec, err := w.Record(b)
	if err == nil {
		err = w.to.Write(rec)
	}
	return w.taken(dst, err)
}

func (w *arrowWriter) AppendEnd(dst []byte) []byte { return w.taken(dst, w.to.Close()) }

// taken moves what the library wrote to dst. It writes to memory, and the columns are of the schema's types, so an error is a
// fault of ours.
func (w *arrowWriter) taken(dst []byte, err error) []byte {
	if err != nil {
		panic(sqlerr.Wrap(sqlerr.InternalError, err, "cannot write Arrow"))
	}
	dst = append(dst, w.buf.Bytes()...)
	w.buf.Reset()
	return dst
}
