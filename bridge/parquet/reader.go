package parquet

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Reader reads a file.
type Reader struct {
	r       *file.Reader
	columns []source
	group   int   // the next one
	left    int64 // rows of the current one
	chunks  []file.ColumnChunkReader
	def     []int16
}

// source is how one column is read.
type source struct {
	field  batch.Field
	levels int16 // the level of a value that is not null
	read   func(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error
	scale  int // of decimals: the digits behind the point
}

// NewReader reads a file, which must stay open. Errors: 22P03 for what is no Parquet file, 0A000 for columns that cannot be read.
func NewReader(from parquet.ReaderAtSeeker) (r *Reader, err error) {
	defer broken(&err)
	r = &Reader{def: make([]int16, batch.MaxRows)}
	if r.r, err = file.NewParquetReader(from); err != nil {
		return nil, sqlerr.Wrap(sqlerr.InvalidBinary, err, "this is no Parquet file that can be read")
	}
	sc := r.r.MetaData().Schema
	for i := range sc.NumColumns() {
		s, err := newSource(sc.Column(i))
		if err != nil {
			return nil, err
		}
		r.columns = append(r.columns, s)
	}
	return r, nil
}

// broken makes an error of what the library panics with over damaged files.
func broken(err *error) {
	if p := recover(); p != nil {
		*err = sqlerr.Wrap(sqlerr.InvalidBinary, fmt.Errorf("%v", p), "the Parquet file is damaged")
	}
}

// Schema is the columns of the batches.
func (r *Reader) Schema() batch.Schema {
	out := make(batch.Schema, len(r.columns))
	for i := range r.columns {
		out[i] = r.columns[i].field
	}
	return out
}

// Rows is how many rows the file has.
func (r *Reader) Rows() int64 { return r.r.NumRows() }

// Next gives the next rows, or io.EOF.
func (r *Reader) Next() (b *batch.Batch, err error) {
	defer broken(&err)
	for r.left == 0 {
		if r.group == r.r.NumRowGroups() {
			return nil, io.EOF
		}
		g := r.r.RowGroup(r.group)
		r.left, r.chunks = g.NumRows(), r.chunks[:0]
		for i := range r.columns {
			c, err := g.Column(i)
			if err != nil {
				return nil, sqlerr.Wrap(sqlerr.InvalidBinary, err, "column %q cannot be read", r.columns[i].field.Name)
			}
			r.chunks = append(r.chunks, c)
		}
		r.group++
	}
	n := int(min(r.left, batch.MaxRows))
	b = &batch.Batch{N: n}
	for i := range r.columns {
		s := &r.columns[i]
		to := batch.NewBuilder(s.field.Type, n)
		if err := s.read(s, r.chunks[i], to, n, r.def); err != nil {
			if e, ok := sqlerr.As(err); ok {
				return nil, e.In("column %s", s.field.Name)
			}
			return nil, sqlerr.Wrap(sqlerr.InvalidBinary, err, "column %q cannot be read", s.field.Name)
		}
		b.Cols = append(b.Cols, to.Finish())
	}
	r.left -= int64(n)
	return b, nil
}

// newSource says how a column is read.
func newSource(c *schema.Column) (source, error) {
	s := source{field: batch.Field{Name: c.Name()}, levels: c.MaxDefinitionLevel()}
	if c.MaxRepetitionLevel() > 0 || s.levels > 1 || c.Path() != c.Name() {
		return s, sqlerr.NotSupported("the Parquet column %q, which is within another or repeated,", c.Path()).WithHint("Write a file of flat columns.")
	}
	logical := c.LogicalType()
	if d, ok := logical.(*schema.DecimalLogicalType); ok {
		s.scale = int(d.Scale())
	}
	set := func(t types.Type, read func(*source, file.ColumnChunkReader, *batch.Builder, int, []int16) error) (source, error) {
		s.field.Type, s.read = t, read
		return s, nil
	}
	_, decimal := logical.(*schema.DecimalLogicalType)
	switch c.PhysicalType() {
	case parquet.Types.Boolean:
		return set(types.Bool, readBool)
	case parquet.Types.Float:
		return set(types.Float4, readFloat32)
	case parquet.Types.Double:
		return set(types.Float8, readFloat64)
	case parquet.Types.Int32:
		return int32Source(s, logical, set)
	case parquet.Types.Int64:
		return int64Source(s, logical, set)
	case parquet.Types.ByteArray:
		switch logical.(type) {
		case schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType:
			return set(types.Text, readBytes)
		case *schema.DecimalLogicalType:
			return set(types.Text, readByteDecimal)
		}
		return set(types.Bytea, readBytes)
	case parquet.Types.FixedLenByteArray:
		_, uuid := logical.(schema.UUIDLogicalType)
		_, half := logical.(schema.Float16LogicalType)
		switch {
		case decimal:
			return set(types.Text, readFixedDecimal)
		case uuid && c.TypeLength() == 16:
			return set(types.UUID, readUUID)
		case !half:
			return set(types.Bytea, readFixed)
		}
	}
	return s, sqlerr.NotSupported("the Parquet column %q of type %s %s", c.Name(), c.PhysicalType(), logical).WithHint("Write it in another type, such as TIMESTAMP(micros) or DOUBLE.")
}

// setting is what a source is to be read as.
type setting func(types.Type, func(*source, file.ColumnChunkReader, *batch.Builder, int, []int16) error) (source, error)

func int32Source(s source, logical schema.LogicalType, set setting) (source, error) {
	switch l := logical.(type) {
	case schema.DateLogicalType:
		return set(types.Date, readInt32)
	case *schema.DecimalLogicalType:
		return set(types.Text, readInt32Decimal)
	case *schema.TimeLogicalType:
		return set(types.Time, readMillis)
	case *schema.IntLogicalType:
		if !l.IsSigned() && l.BitWidth() == 32 {
			return set(types.Int8, readUint32)
		}
	}
	return set(types.Int4, readInt32)
}

func int64Source(s source, logical schema.LogicalType, set setting) (source, error) {
	unit := func(u schema.TimeUnitType) func(*source, file.ColumnChunkReader, *batch.Builder, int, []int16) error {
		switch u {
		case schema.TimeUnitMillis:
			return readInt64Millis
		case schema.TimeUnitNanos:
			return readNanos
		}
		return readInt64
	}
	switch l := logical.(type) {
	case *schema.DecimalLogicalType:
		return set(types.Text, readInt64Decimal)
	case *schema.TimeLogicalType:
		return set(types.Time, unit(l.TimeUnit()))
	case *schema.TimestampLogicalType:
		if l.IsAdjustedToUTC() {
			return set(types.Timestamptz, unit(l.TimeUnit()))
		}
		return set(types.Timestamp, unit(l.TimeUnit()))
	case *schema.IntLogicalType:
		if !l.IsSigned() && l.BitWidth() == 64 {
			return set(types.Text, readUint64)
		}
	}
	return set(types.Int8, readInt64)
}
