package parquet

import (
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Limits of a group of rows, which is in memory until it is full: about how many rows it has, and how many bytes they took
// in their batches.
const (
	groupRows  = 16 * batch.MaxRows
	groupBytes = 32 << 20
)

// maxDecimal is the most digits of a decimal that fits in an INT64.
const maxDecimal = 18

// Writer writes a file.
type Writer struct {
	w       *file.Writer
	columns []column
	group   file.BufferedRowGroupWriter // nil: none is begun
	rows    int                         // in it
	bytes   int64                       // that they took in their batches
	def     []int16
}

// column is how one column is written.
type column struct {
	name  string
	node  *schema.PrimitiveNode
	write func(w file.ColumnChunkWriter, c *batch.Column, def []int16) error
}

// NewWriter begins a file with these columns.
func NewWriter(to io.Writer, columns batch.Schema) (*Writer, error) {
	w := &Writer{}
	var fields schema.FieldList
	for _, f := range columns {
		c, err := newColumn(f)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "column %q cannot be in a Parquet file", f.Name)
		}
		w.columns = append(w.columns, c)
		fields = append(fields, c.node)
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "these columns cannot be in a Parquet file")
	}
	// The library closes what can be closed: it gets to see a writer only.
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCreatedBy("vexstream"))
	w.w = file.NewParquetWriter(struct{ io.Writer }{to}, root, file.WithWriterProps(props))
	return w, nil
}

// Write writes the rows of b, whatever their weights. b is borrowed.
func (w *Writer) Write(b *batch.Batch) error {
	if w.group == nil {
		w.group = w.w.AppendBufferedRowGroup()
	}
	for i := range w.columns {
		c := &b.Cols[i]
		w.def = w.def[:0]
		for r := range b.N {
			level := int16(1)
			if c.Null(r) {
				level = 0
			}
			w.def = append(w.def, level)
		}
		to, err := w.group.Column(i)
		if err == nil {
			err = w.columns[i].write(to, c, w.def)
		}
		if err != nil {
			if e, ok := sqlerr.As(err); ok {
				return e.In("column %s", w.columns[i].name)
			}
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot write column %q", w.columns[i].name)
		}
	}
	w.rows, w.bytes = w.rows+b.N, w.bytes+int64(b.Bytes())
	if w.rows >= groupRows || w.bytes >= groupBytes {
		return w.endGroup()
	}
	return nil
}

// Held is about how many bytes of rows are in memory, and not written yet.
func (w *Writer) Held() int64 { return w.bytes }

func (w *Writer) endGroup() error {
	if w.group == nil {
		return nil
	}
	err := w.group.Close()
	w.group, w.rows, w.bytes = nil, 0, 0
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot write the Parquet file")
	}
	return nil
}

// Close ends the file, and not what it was written to. A file that is not closed is none.
func (w *Writer) Close() error {
	if err := w.endGroup(); err != nil {
		return err
	}
	if err := w.w.Close(); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot write the Parquet file")
	}
	return nil
}

// newColumn says how a column is written.
func newColumn(f batch.Field) (c column, err error) {
	physical, logical, width := parquet.Types.ByteArray, schema.LogicalType(schema.StringLogicalType{}), -1
	c.name, c.write = f.Name, writeText
	set := func(p parquet.Type, l schema.LogicalType, write func(file.ColumnChunkWriter, *batch.Column, []int16) error) {
		physical, logical, c.write = p, l, write
	}
	none := schema.LogicalType(schema.NoLogicalType{})
	switch f.Type.OID {
	case types.OIDBool:
		set(parquet.Types.Boolean, none, writeBool)
	case types.OIDInt2:
		set(parquet.Types.Int32, schema.NewIntLogicalType(16, true), writeInt16)
	case types.OIDInt4:
		set(parquet.Types.Int32, none, writeInt32)
	case types.OIDDate:
		set(parquet.Types.Int32, schema.DateLogicalType{}, writeInt32)
	case types.OIDInt8:
		set(parquet.Types.Int64, none, writeInt64)
	case types.OIDTime:
		set(parquet.Types.Int64, schema.NewTimeLogicalType(false, schema.TimeUnitMicros), writeInt64)
	case types.OIDTimestamp, types.OIDTimestamptz:
		utc := f.Type.OID == types.OIDTimestamptz
		set(parquet.Types.Int64, schema.NewTimestampLogicalType(utc, schema.TimeUnitMicros), writeInt64)
	case types.OIDFloat4:
		set(parquet.Types.Float, none, writeFloat32)
	case types.OIDFloat8:
		set(parquet.Types.Double, none, writeFloat64)
	case types.OIDUUID:
		set(parquet.Types.FixedLenByteArray, schema.UUIDLogicalType{}, writeUUID)
		width = 16
	case types.OIDText, types.OIDVarchar, types.OIDBPChar, types.OIDName:
		c.write = writeBytes
	case types.OIDBytea:
		set(parquet.Types.ByteArray, none, writeBytes)
	case types.OIDJSON, types.OIDJSONB:
		set(parquet.Types.ByteArray, schema.JSONLogicalType{}, writeBytes)
	case types.OIDNumeric:
		if p, s := (f.Type.Mod-4)>>16, (f.Type.Mod-4)&0xffff; f.Type.Mod > 0 && p <= maxDecimal && s <= p {
			set(parquet.Types.Int64, schema.NewDecimalLogicalType(p, s), writeDecimal)
		}
	}
	c.node, err = schema.NewPrimitiveNodeLogical(f.Name, parquet.Repetitions.Optional, logical, physical, width, -1)
	return c, err
}

// present gives the values of a fixed-width column that are not null.
func present[S batch.Value, T any](c *batch.Column, as func(S) T) []T {
	out := make([]T, 0, c.N)
	for i, v := range batch.Values[S](c) {
		if !c.Null(i) {
			out = append(out, as(v))
		}
	}
	return out
}

func same[T any](v T) T { return v }

func writeBool(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	vals := make([]bool, 0, c.N)
	for i := range c.N {
		if !c.Null(i) {
			vals = append(vals, c.Bits.Get(i))
		}
	}
	_, err := w.(*file.BooleanColumnChunkWriter).WriteBatch(vals, def, nil)
	return err
}

func writeInt16(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	_, err := w.(*file.Int32ColumnChunkWriter).WriteBatch(present(c, func(v int16) int32 { return int32(v) }), def, nil)
	return err
}

func writeInt32(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	_, err := w.(*file.Int32ColumnChunkWriter).WriteBatch(present(c, same[int32]), def, nil)
	return err
}

func writeInt64(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	_, err := w.(*file.Int64ColumnChunkWriter).WriteBatch(present(c, same[int64]), def, nil)
	return err
}

func writeFloat32(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	_, err := w.(*file.Float32ColumnChunkWriter).WriteBatch(present(c, same[float32]), def, nil)
	return err
}

func writeFloat64(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	_, err := w.(*file.Float64ColumnChunkWriter).WriteBatch(present(c, same[float64]), def, nil)
	return err
}

func writeUUID(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	vals := present(c, func(v [16]byte) parquet.FixedLenByteArray { return v[:] })
	_, err := w.(*file.FixedLenByteArrayColumnChunkWriter).WriteBatch(vals, def, nil)
	return err
}

func writeBytes(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	vals := make([]parquet.ByteArray, 0, c.N)
	for i := range c.N {
		if !c.Null(i) {
			vals = append(vals, c.At(i))
		}
	}
	_, err := w.(*file.ByteArrayColumnChunkWriter).WriteBatch(vals, def, nil)
	return err
}

func writeText(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	vals := make([]parquet.ByteArray, 0, c.N)
	for i := range c.N {
		if !c.Null(i) {
			vals = append(vals, value.AppendText(nil, c, i, nil))
		}
	}
	_, err := w.(*file.ByteArrayColumnChunkWriter).WriteBatch(vals, def, nil)
	return err
}

// writeDecimal writes numerics with a fixed number of digits behind the point: all of their digits as an integer.
func writeDecimal(w file.ColumnChunkWriter, c *batch.Column, def []int16) error {
	vals := make([]int64, 0, c.N)
	for i := range c.N {
		if c.Null(i) {
			continue
		}
		text := string(value.AppendText(nil, c, i, nil))
		v, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
		if err != nil {
			return sqlerr.New(sqlerr.NumericValueOutOfRange, "a decimal cannot be %s", text).WithHint("Cast the column to text or double precision.")
		}
		vals = append(vals, v)
	}
	_, err := w.(*file.Int64ColumnChunkWriter).WriteBatch(vals, def, nil)
	return err
}
