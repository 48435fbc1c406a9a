package batch

import (
	"strconv"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// The metadata of an Arrow field that say which SQL type it was: several share one Arrow type.
const (
	metaOID = "vex.oid"
	metaMod = "vex.mod"
)

// Arrow's types for ours. Dictionary-coded columns are dictionaries of these.
var (
	arrowTimestamptz = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	arrowTimestamp   = &arrow.TimestampType{Unit: arrow.Microsecond}
	arrowFixed16     = &arrow.FixedSizeBinaryType{ByteWidth: 16}
)

// ArrowType gives the Arrow type of a column of t that is not dictionary-coded; nil if t has no layout.
func ArrowType(t types.Type) arrow.DataType {
	switch t.OID {
	case types.OIDTimestamptz:
		return arrowTimestamptz
	case types.OIDTimestamp:
		return arrowTimestamp
	case types.OIDDate:
		return arrow.FixedWidthTypes.Date32
	case types.OIDTime:
		return arrow.FixedWidthTypes.Time64us
	case types.OIDJSON, types.OIDJSONB:
		return arrow.BinaryTypes.String
	}
	switch t.Layout() {
	case types.LayoutBool:
		return arrow.FixedWidthTypes.Boolean
	case types.LayoutInt16:
		return arrow.PrimitiveTypes.Int16
	case types.LayoutInt32:
		return arrow.PrimitiveTypes.Int32
	case types.LayoutInt64:
		return arrow.PrimitiveTypes.Int64
	case types.LayoutFloat32:
		return arrow.PrimitiveTypes.Float32
	case types.LayoutFloat64:
		return arrow.PrimitiveTypes.Float64
	case types.LayoutFixed16:
		return arrowFixed16
	case types.LayoutBytes:
		if t.Category() == 'S' {
			return arrow.BinaryTypes.String
		}
		return arrow.BinaryTypes.Binary
	}
	return nil
}

// ToRecord gives b as an Arrow record that shares b's buffers, so b must not be overwritten while the record is in
// use. Diffs and sequence are left out. It costs microseconds: it is for the edges.
func ToRecord(schema Schema, b *Batch) (arrow.Record, error) {
	if len(schema) != len(b.Cols) {
		return nil, sqlerr.New(sqlerr.InternalError, "a schema of %d columns for a batch of %d", len(schema), len(b.Cols))
	}
	fields, cols := make([]arrow.Field, len(schema)), make([]arrow.Array, len(schema))
	for i := range schema {
		f, c := &schema[i], &b.Cols[i]
		dt := ArrowType(c.Type)
		if dt == nil || f.Type.OID != c.Type.OID {
			return nil, sqlerr.New(sqlerr.InternalError, "column %q of type %d cannot be given as type %d", f.Name, c.Type.OID, f.Type.OID)
		}
		var data *array.Data
		if c.Dict != nil {
			coded := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: dt}
			values := array.NewData(dt, c.Dict.Len(), []*memory.Buffer{nil, buffer(rawOf(c.Dict.Offsets)), buffer(c.Dict.Data)}, nil, 0, 0)
			data = array.NewDataWithDictionary(coded, b.N, []*memory.Buffer{validity(c), buffer(rawOf(c.Codes))}, c.Nulls(), 0, values)
			dt = coded
		} else {
			data = array.NewData(dt, b.N, plainBuffers(c), nil, c.Nulls(), 0)
		}
		cols[i] = array.MakeFromData(data)
		fields[i] = arrow.Field{Name: f.Name, Type: dt, Nullable: !f.NotNull, Metadata: arrow.NewMetadata(
			[]string{metaOID, metaMod}, []string{strconv.Itoa(int(f.Type.OID)), strconv.Itoa(int(f.Type.Mod))})}
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(b.N)), nil
}

func plainBuffers(c *Column) []*memory.Buffer {
	switch {
	case c.Type.Layout() == types.LayoutBool:
		return []*memory.Buffer{validity(c), buffer(rawOf(c.Bits))}
	case c.Type.Layout().Width() > 0:
		return []*memory.Buffer{validity(c), buffer(c.Fixed)}
	}
	return []*memory.Buffer{validity(c), buffer(rawOf(c.Offsets)), buffer(c.Data)}
}

func validity(c *Column) *memory.Buffer {
	if c.Valid == nil {
		return nil
	}
	return buffer(rawOf(c.Valid))
}

func buffer(b []byte) *memory.Buffer { return memory.NewBufferBytes(b) }

func rawOf[T Value, S ~[]T](s S) []byte {
	var zero T
	size := int(unsafe.Sizeof(zero))
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), cap(s)*size)[:len(s)*size]
}

// FromRecord gives an Arrow record of up to MaxRows rows (cut a longer one with its NewSlice) as a batch, and its
// schema. It shares the buffers that are aligned and padded as ours are, so their memory must live as long as the
// batch: Go's own does, whatever Release says. Offsets and indices are checked, because a record may come from
// outside. A type that has no counterpart is 0A000.
func FromRecord(rec arrow.Record) (Schema, *Batch, error) {
	if rec.NumRows() > MaxRows {
		return nil, nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "an Arrow record of %d rows is beyond %d", rec.NumRows(), MaxRows)
	}
	b := &Batch{N: int(rec.NumRows()), Cols: make([]Column, rec.NumCols())}
	schema := make(Schema, rec.NumCols())
	for i := range schema {
		f := rec.Schema().Field(i)
		t, err := TypeOfArrow(f)
		if err != nil {
			return nil, nil, err
		}
		schema[i] = Field{Name: f.Name, Type: t, NotNull: !f.Nullable}
		var last Taken
		if b.Cols[i], err = FromArray(t, rec.Column(i).Data(), f.Name, &last); err != nil {
			return nil, nil, err
		}
		if b.Cols[i].N != b.N {
			return nil, nil, badArrow(f.Name, "has %d rows of %d", b.Cols[i].N, b.N)
		}
	}
	return schema, b, nil
}

func badArrow(column, format string, args ...any) error {
	e := sqlerr.New(sqlerr.InvalidBinary, format, args...)
	e.Message = "Arrow column " + strconv.Quote(column) + " " + e.Message
	return e
}

// natural is the SQL type of an Arrow field that does not say which one it was.
var natural = map[arrow.Type]types.Type{
	arrow.BOOL: types.Bool, arrow.INT16: types.Int2, arrow.INT32: types.Int4, arrow.INT64: types.Int8,
	arrow.FLOAT32: types.Float4, arrow.FLOAT64: types.Float8, arrow.DATE32: types.Date, arrow.TIME64: types.Time,
	arrow.STRING: types.Text, arrow.BINARY: types.Bytea, arrow.FIXED_SIZE_BINARY: types.UUID,
}

// TypeOfArrow gives the type as which FromArray takes a field's columns over. It believes what the field says of itself beside
// its Arrow type, so a field from outside must come without metadata. Errors: 0A000 for what has no counterpart.
func TypeOfArrow(f arrow.Field) (types.Type, error) {
	dt := f.Type
	if d, ok := dt.(*arrow.DictionaryType); ok {
		if id := d.IndexType.ID(); id != arrow.UINT32 && id != arrow.INT32 {
			return types.Type{}, sqlerr.NotSupported("the Arrow type %s of column %q", dt, f.Name)
		}
		dt = d.ValueType
	}
	t, ok := natural[dt.ID()]
	if ts, is := dt.(*arrow.TimestampType); is {
		if t, ok = types.Timestamptz, true; ts.TimeZone == "" {
			t = types.Timestamp
		}
	}
	if oid, err := strconv.ParseUint(metaOf(f, metaOID), 10, 32); err == nil {
		mod, _ := strconv.ParseInt(metaOf(f, metaMod), 10, 32)
		if said := (types.Type{OID: types.OID(oid), Mod: int32(mod)}); said.Known() {
			t, ok = said, true
		}
	}
	want := ArrowType(t)
	if !ok || want == nil || !arrow.TypeEqual(want, dt) && !sameInstant(want, dt) {
		return types.Type{}, sqlerr.NotSupported("the Arrow type %s of column %q", f.Type, f.Name)
	}
	if f.Type.ID() == arrow.DICTIONARY && t.Layout() != types.LayoutBytes {
		return types.Type{}, sqlerr.NotSupported("the Arrow type %s of column %q", f.Type, f.Name)
	}
	return t, nil
}

// sameInstant: the zone of an Arrow timestamp is only for display.
func sameInstant(a, b arrow.DataType) bool {
	x, isX := a.(*arrow.TimestampType)
	y, isY := b.(*arrow.TimestampType)
	return isX && isY && x.Unit == y.Unit && (x.TimeZone == "") == (y.TimeZone == "")
}

func metaOf(f arrow.Field, key string) string {
	v, _ := f.Metadata.GetValue(key)
	return v
}
