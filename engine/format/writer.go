package format

import (
	"encoding/binary"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Writer turns batches into bytes. Rows are written once each; weights are not looked at.
type Writer interface {
	// AppendStart appends what stands before the rows: CSV's and text's header, COPY binary's signature.
	AppendStart(dst []byte) []byte
	// AppendRow appends row i of b, with its end. Arrow is better off with AppendBatch: a row of its own is a record.
	AppendRow(dst []byte, b *batch.Batch, i int) []byte
	// AppendBatch appends every row of b.
	AppendBatch(dst []byte, b *batch.Batch) []byte
	// AppendEnd appends what stands after the rows: COPY binary's trailer.
	AppendEnd(dst []byte) []byte
}

// NewWriter makes a Writer of batches with the columns of schema. Errors: those of Options.Check.
func NewWriter(kind Kind, schema batch.Schema, o Options) (Writer, error) {
	if err := o.Check(kind, schema); err != nil {
		return nil, err
	}
	o = o.withDefaults(kind)
	switch kind {
	case CSV:
		return newCSVWriter(schema, o), nil
	case Text:
		return newTextWriter(schema, o), nil
	case Binary:
		w := &binaryWriter{}
		for _, f := range schema {
			w.cols = append(w.cols, value.NewBinaryWriter(f.Type))
		}
		return w, nil
	case Arrow:
		return newArrowWriter(schema, o)
	}
	return newJSONWriter(schema, o), nil
}

// binaryWriter writes COPY binary.
type binaryWriter struct{ cols []value.Writer }

func (w *binaryWriter) AppendStart(dst []byte) []byte {
	return append(append(dst, signature...), 0, 0, 0, 0, 0, 0, 0, 0)
}

func (w *binaryWriter) AppendEnd(dst []byte) []byte { return append(dst, 0xff, 0xff) }

func (w *binaryWriter) AppendBatch(dst []byte, b *batch.Batch) []byte {
	for i := range b.N {
		dst = w.AppendRow(dst, b, i)
	}
	return dst
}

func (w *binaryWriter) AppendRow(dst []byte, b *batch.Batch, i int) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(w.cols)))
	for k, write := range w.cols {
		c := &b.Cols[k]
		if c.Null(i) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(dst)
		dst = write(append(dst, 0, 0, 0, 0), c, i)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// fastWriter writes the frequent types by direct calls, the others through a value.Writer.
type fastWriter struct {
	how   how
	write value.Writer
}

func newFastWriter(t types.Type, o Options) fastWriter {
	w := fastWriter{write: value.NewTextWriter(t, o.Locale)}
	switch {
	case t.OID == types.OIDText || t.OID == types.OIDVarchar:
		w.how = asText
	case t.OID == types.OIDInt4:
		w.how = asInt4
	case t.OID == types.OIDInt8:
		w.how = asInt8
	}
	return w
}

func (w *fastWriter) append(dst []byte, c *batch.Column, i int) []byte {
	switch w.how {
	case asText:
		return append(dst, c.At(i)...)
	case asInt4:
		return types.AppendInt(dst, int64(batch.Values[int32](c)[i]))
	case asInt8:
		return types.AppendInt(dst, batch.Values[int64](c)[i])
	}
	return w.write(dst, c, i)
}

// csvWriter writes CSV with PostgreSQL's quoting: only where it is needed, or asked for.
type csvWriter struct {
	names                []string
	cols                 []csvColumn
	delim, quote, escape byte
	null                 string
	header               bool
	special              [4]uint64 // bytes that make quotes needed, eight times each
}

type csvColumn struct {
	fastWriter
	force bool // always in quotes
	safe  bool // never needs them: no value of the type has a special byte
}

func newCSVWriter(schema batch.Schema, o Options) *csvWriter {
	w := &csvWriter{delim: o.Delimiter, quote: o.Quote, escape: o.Escape, null: *o.Null, header: o.Header != NoHeader}
	for i, c := range []byte{'\n', '\r', o.Delimiter, o.Quote} {
		w.special[i] = ones * uint64(c)
	}
	usual := o.Null != nil && *o.Null == "" && strings.IndexByte("0123456789-+.: TabcdefinytNI", o.Delimiter) < 0 &&
		strings.IndexByte("0123456789-+.: TabcdefinytNI", o.Quote) < 0
	for _, f := range schema {
		c := csvColumn{fastWriter: newFastWriter(f.Type, o), force: lists(o.ForceQuote, f.Name)}
		switch f.Type.Layout() {
		case types.LayoutBool, types.LayoutInt16, types.LayoutInt32, types.LayoutInt64, types.LayoutFloat32, types.LayoutFloat64:
			c.safe = usual
		}
		w.cols = append(w.cols, c)
		w.names = append(w.names, f.Name)
	}
	return w
}

func (w *csvWriter) AppendStart(dst []byte) []byte {
	if !w.header {
		return dst
	}
	for i, name := range w.names {
		if i > 0 {
			dst = append(dst, w.delim)
		}
		at := len(dst)
		dst = w.quoted(append(dst, name...), at, false)
	}
	return append(dst, '\n')
}

func (w *csvWriter) AppendEnd(dst []byte) []byte { return dst }

func (w *csvWriter) AppendBatch(dst []byte, b *batch.Batch) []byte {
	for i := range b.N {
		dst = w.AppendRow(dst, b, i)
	}
	return dst
}

func (w *csvWriter) AppendRow(dst []byte, b *batch.Batch, i int) []byte {
	for k := range w.cols {
		if k > 0 {
			dst = append(dst, w.delim)
		}
		f, c := &w.cols[k], &b.Cols[k]
		if c.Null(i) {
			dst = append(dst, w.null...)
			continue
		}
		at := len(dst)
		dst = f.append(dst, c, i)
		if !f.safe || f.force {
			dst = w.quoted(dst, at, f.force)
		}
	}
	return append(dst, '\n')
}

// quoted puts the value that dst holds from at on in quotes if it must be: if it could be read as a null, as the end of the
// data, or as more than one value.
func (w *csvWriter) quoted(dst []byte, at int, force bool) []byte {
	v := dst[at:]
	need := force || string(v) == w.null || len(w.cols) == 1 && string(v) == `\.`
	if !need && !w.hasSpecial(v) {
		return dst
	}
	doubled := 0
	for _, c := range v {
		if c == w.quote || c == w.escape {
			doubled++
		}
	}
	// The value moves to the right, from its end on, so that it need not be copied out.
	n := len(v)
	dst = append(dst, make([]byte, doubled+2)...)
	to := len(dst) - 1
	dst[to] = w.quote
	for from := at + n - 1; from >= at; from-- {
		c := dst[from]
		to--
		dst[to] = c
		if c == w.quote || c == w.escape {
			to--
			dst[to] = w.escape
		}
	}
	dst[at] = w.quote
	return dst
}

// hasSpecial says whether v has a byte that makes quotes needed.
func (w *csvWriter) hasSpecial(v []byte) bool {
	s := w.special
	for len(v) >= 8 {
		x := binary.LittleEndian.Uint64(v)
		a, b, c, d := x^s[0], x^s[1], x^s[2], x^s[3]
		if ((a-ones)&^a|(b-ones)&^b|(c-ones)&^c|(d-ones)&^d)&highs != 0 {
			return true
		}
		v = v[8:]
	}
	for _, c := range v {
		if c == '\n' || c == '\r' || c == w.delim || c == w.quote {
			return true
		}
	}
	return false
}

// textWriter writes COPY's text format.
type textWriter struct {
	names  []string
	cols   []fastWriter
	delim  byte
	null   string
	header bool
}

func newTextWriter(schema batch.Schema, o Options) *textWriter {
	w := &textWriter{delim: o.Delimiter, null: *o.Null, header: o.Header != NoHeader}
	for _, f := range schema {
		w.cols = append(w.cols, newFastWriter(f.Type, o))
		w.names = append(w.names, f.Name)
	}
	return w
}

func (w *textWriter) AppendStart(dst []byte) []byte {
	if !w.header {
		return dst
	}
	for i, name := range w.names {
		if i > 0 {
			dst = append(dst, w.delim)
		}
		at := len(dst)
		dst = w.escaped(append(dst, name...), at)
	}
	return append(dst, '\n')
}

func (w *textWriter) AppendEnd(dst []byte) []byte { return dst }

func (w *textWriter) AppendBatch(dst []byte, b *batch.Batch) []byte {
	for i := range b.N {
		dst = w.AppendRow(dst, b, i)
	}
	return dst
}

func (w *textWriter) AppendRow(dst []byte, b *batch.Batch, i int) []byte {
	for k := range w.cols {
		if k > 0 {
			dst = append(dst, w.delim)
		}
		c := &b.Cols[k]
		if c.Null(i) {
			dst = append(dst, w.null...)
			continue
		}
		at := len(dst)
		dst = w.escaped(w.cols[k].append(dst, c, i), at)
	}
	return append(dst, '\n')
}

// escaped puts backslashes into the value that dst holds from at on.
func (w *textWriter) escaped(dst []byte, at int) []byte {
	more := 0
	for _, c := range dst[at:] {
		if c == '\\' || c == w.delim || c-'\b' < 6 {
			more++
		}
	}
	if more == 0 {
		return dst
	}
	n := len(dst)
	dst = append(dst, make([]byte, more)...)
	to := len(dst)
	for from := n - 1; from >= at; from-- {
		c := dst[from]
		to--
		switch {
		case c-'\b' < 6:
			dst[to] = "btnvfr"[c-'\b']
		case c == w.delim || c == '\\':
			dst[to] = c
		default:
			dst[to] = c
			continue
		}
		to--
		dst[to] = '\\'
	}
	return dst
}
