package value

import (
	"math"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// localWriter gives the Writer of a type whose text the session's settings shape; nil for any other.
func localWriter(t types.Type, l *types.Locale) Writer {
	switch t.OID {
	case types.OIDFloat4:
		return func(dst []byte, c *batch.Column, row int) []byte { return l.AppendFloat4(dst, at[float32](c, row)) }
	case types.OIDFloat8:
		return func(dst []byte, c *batch.Column, row int) []byte { return l.AppendFloat8(dst, at[float64](c, row)) }
	case types.OIDDate:
		return func(dst []byte, c *batch.Column, row int) []byte { return l.AppendDate(dst, at[int32](c, row)) }
	case types.OIDTimestamp:
		return func(dst []byte, c *batch.Column, row int) []byte {
			return l.AppendTimestamp(dst, at[types.Micros](c, row))
		}
	case types.OIDTimestamptz:
		if zone := l.TimeZone(); zone != nil && zone != time.UTC && l.Dates == types.DatesISO {
			z := zoned{zone: zone}
			return z.text
		}
		return func(dst []byte, c *batch.Column, row int) []byte {
			return l.AppendTimestamptz(dst, at[types.Micros](c, row))
		}
	case types.OIDInterval:
		return func(dst []byte, c *batch.Column, row int) []byte {
			return l.AppendInterval(dst, types.SpanOf(at[[16]byte](c, row)))
		}
	case types.OIDBytea:
		return func(dst []byte, c *batch.Column, row int) []byte { return l.AppendBytea(dst, c.At(row)) }
	}
	if types.Reg(t) {
		return func(dst []byte, c *batch.Column, row int) []byte { return l.AppendReg(dst, t, at[int64](c, row)) }
	}
	return nil
}

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
