package value

import (
	"math"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Writer appends one form of a column's row to dst. The row is not null. The column is any of the type that the Writer
// was made for, dictionary-coded or not.
type Writer func(dst []byte, c *batch.Column, row int) []byte

// AppendText appends the text of a row that is not null; zone is for timestamptz, nil is UTC.
func AppendText(dst []byte, c *batch.Column, row int, zone *time.Location) []byte {
	return NewTextWriter(c.Type, zone)(dst, c, row)
}

// NewTextWriter gives the Writer of PostgreSQL's text form. zone is for timestamptz; nil is UTC.
func NewTextWriter(t types.Type, zone *time.Location) Writer {
	switch t.OID {
	case types.OIDBool:
		return textBool
	case types.OIDFloat4:
		return textFloat4
	case types.OIDFloat8:
		return textFloat8
	case types.OIDDate:
		return textDate
	case types.OIDTime:
		return textTime
	case types.OIDTimestamp:
		return textTimestamp
	case types.OIDTimestamptz:
		if zone == nil || zone == time.UTC {
			return textUTC
		}
		z := zoned{zone: zone}
		return z.text
	case types.OIDInterval:
		return textInterval
	case types.OIDUUID:
		return textUUID
	case types.OIDBytea:
		return textBytea
	case types.OIDNumeric:
		return textNumeric
	case types.OIDRecord:
		return func(dst []byte, c *batch.Column, row int) []byte {
			out, _ := types.AppendRecord(dst, c.At(row), zone)
			return out
		}
	}
	if types.IsVector(t) {
		return func(dst []byte, c *batch.Column, row int) []byte {
			out, _ := types.AppendVector(dst, c.At(row), zone)
			return out
		}
	}
	if t.Elem().OID != 0 {
		return func(dst []byte, c *batch.Column, row int) []byte {
			out, _ := types.AppendArray(dst, c.At(row), zone)
			return out
		}
	}
	switch t.Layout() {
	case types.LayoutInt16:
		return textInt[int16]
	case types.LayoutInt32:
		return textInt[int32]
	case types.LayoutInt64:
		return textInt[int64]
	}
	return textBytes
}

func at[T batch.Value](c *batch.Column, row int) T { return batch.Values[T](c)[row] }

func textBool(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendBool(dst, c.Bits.Get(row))
}

func textInt[T int16 | int32 | int64](dst []byte, c *batch.Column, row int) []byte {
	return types.AppendInt(dst, int64(at[T](c, row)))
}

func textFloat4(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendFloat4(dst, at[float32](c, row))
}

func textFloat8(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendFloat8(dst, at[float64](c, row))
}

func textDate(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendDate(dst, at[int32](c, row))
}

func textTime(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendTime(dst, at[int64](c, row))
}

func textTimestamp(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendTimestamp(dst, at[types.Micros](c, row))
}

func textUTC(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendTimestamptz(dst, at[types.Micros](c, row), nil)
}

func textInterval(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendInterval(dst, types.SpanOf(at[[16]byte](c, row)))
}

func textUUID(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendUUID(dst, at[[16]byte](c, row))
}

func textBytea(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendBytea(dst, c.At(row))
}

func textNumeric(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendNumeric(dst, c.At(row))
}

func textBytes(dst []byte, c *batch.Column, row int) []byte { return append(dst, c.At(row)...) }

// zoned remembers the offset of the last row, and from when to when it is true: neighbours in time share it.
type zoned struct {
	zone     *time.Location
	from, to types.Micros
	offset   int
}

func (z *zoned) text(dst []byte, c *batch.Column, row int) []byte {
	t := at[types.Micros](c, row)
	if t == types.MinTime || t == types.MaxTime {
		return types.AppendTimestamptz(dst, t, nil)
	}
	if t < z.from || t >= z.to {
		z.look(t)
	}
	return types.AppendTimestampOffset(dst, t, z.offset)
}

func (z *zoned) look(t types.Micros) {
	local := time.UnixMicro(int64(t)).In(z.zone)
	_, z.offset = local.Zone()
	from, to := local.ZoneBounds()
	z.from, z.to = math.MinInt64, math.MaxInt64
	// A change may lie beyond what µs can count.
	const most = math.MaxInt64 / 1_000_000
	if !from.IsZero() && from.Unix() > -most {
		z.from = types.Micros(from.UnixMicro())
	}
	if !to.IsZero() && to.Unix() < most {
		z.to = types.Micros(to.UnixMicro())
	}
}
