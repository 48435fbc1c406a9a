package value

import (
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// NaN as PostgreSQL has it; Go's own and the processor's have other bits.
const (
	nan4 = 0x7fc00000
	nan8 = 0x7ff8000000000000
)

// AppendBinary appends a row that is not null in the form that PostgreSQL's send functions give, without a length word.
func AppendBinary(dst []byte, c *batch.Column, row int) []byte {
	return NewBinaryWriter(c.Type)(dst, c, row)
}

// NewBinaryWriter gives the Writer of PostgreSQL's binary form.
func NewBinaryWriter(t types.Type) Writer {
	switch t.OID {
	case types.OIDBool:
		return binaryBool
	case types.OIDDate:
		return binaryDate
	case types.OIDTimestamp, types.OIDTimestamptz:
		return binaryTime
	case types.OIDInterval:
		return binaryInterval
	case types.OIDUUID:
		return binaryUUID
	case types.OIDJSONB, types.OIDJSONPath:
		return binaryJSONB
	case types.OIDChar:
		return binaryChar
	case types.OIDOid, types.OIDXid, types.OIDRegclass, types.OIDRegtype, types.OIDRegproc, types.OIDRegprocedure, types.OIDRegoper,
		types.OIDRegoperator, types.OIDRegnamespace, types.OIDRegrole:
		return binaryOid
	}
	switch t.Layout() {
	case types.LayoutInt16:
		return binaryInt16
	case types.LayoutInt32:
		return binaryInt32
	case types.LayoutInt64:
		return binaryInt64
	case types.LayoutFloat32:
		return binaryFloat4
	case types.LayoutFloat64:
		return binaryFloat8
	}
	return textBytes
}

// binaryChar gives the empty "char" as the zero byte that it is in PostgreSQL.
func binaryChar(dst []byte, c *batch.Column, row int) []byte {
	if s := c.At(row); len(s) > 0 {
		return append(dst, s...)
	}
	return append(dst, 0)
}

func binaryBool(dst []byte, c *batch.Column, row int) []byte {
	if c.Bits.Get(row) {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func binaryInt16(dst []byte, c *batch.Column, row int) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(at[int16](c, row)))
}

func binaryInt32(dst []byte, c *batch.Column, row int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(at[int32](c, row)))
}

func binaryInt64(dst []byte, c *batch.Column, row int) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(at[int64](c, row)))
}

func binaryOid(dst []byte, c *batch.Column, row int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(at[int64](c, row)))
}

func binaryFloat4(dst []byte, c *batch.Column, row int) []byte {
	v := at[float32](c, row)
	if v != v {
		return binary.BigEndian.AppendUint32(dst, nan4)
	}
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(v))
}

func binaryFloat8(dst []byte, c *batch.Column, row int) []byte {
	v := at[float64](c, row)
	if v != v {
		return binary.BigEndian.AppendUint64(dst, nan8)
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(v))
}

func binaryDate(dst []byte, c *batch.Column, row int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(types.PGDate(at[int32](c, row))))
}

func binaryTime(dst []byte, c *batch.Column, row int) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(types.ToPGTime(at[types.Micros](c, row))))
}

func binaryInterval(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendSpanWire(dst, types.SpanOf(at[[16]byte](c, row)))
}

func binaryUUID(dst []byte, c *batch.Column, row int) []byte {
	u := at[[16]byte](c, row)
	return append(dst, u[:]...)
}

func binaryJSONB(dst []byte, c *batch.Column, row int) []byte {
	return append(append(dst, types.JSONBVersion), c.At(row)...)
}
