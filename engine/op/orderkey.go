package op

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// appendOrderKey appends bytes whose order is the order of row i's value: a byte for null or not, then the value
// big-endian with its sign turned, or bytes ended by 00 00 (00 becomes 00 ff). desc turns every bit of the value.
func appendOrderKey(dst []byte, c *batch.Column, i int, desc, nullsFirst bool) ([]byte, error) {
	if c.Null(i) {
		if nullsFirst {
			return append(dst, 0), nil
		}
		return append(dst, 2), nil
	}
	dst = append(dst, 1)
	from := len(dst)
	switch c.Type.Layout() {
	case types.LayoutBool:
		dst = append(dst, byte(c.Bits[i>>6]>>(uint(i)&63)&1))
	case types.LayoutInt16:
		dst = binary.BigEndian.AppendUint16(dst, uint16(batch.Values[int16](c)[i])^1<<15)
	case types.LayoutInt32:
		dst = binary.BigEndian.AppendUint32(dst, uint32(batch.Values[int32](c)[i])^1<<31)
	case types.LayoutInt64:
		dst = binary.BigEndian.AppendUint64(dst, uint64(batch.Values[int64](c)[i])^1<<63)
	case types.LayoutFloat32:
		dst = appendFloat(dst, float64(batch.Values[float32](c)[i]))
	case types.LayoutFloat64:
		dst = appendFloat(dst, batch.Values[float64](c)[i])
	default:
		switch c.Type.OID {
		case types.OIDUUID:
			dst = append(dst, c.Fixed[16*i:16*i+16]...)
		case types.OIDText, types.OIDVarchar, types.OIDName, types.OIDBytea, types.OIDChar, types.OIDUnknown:
			dst = appendEscaped(dst, c.At(i))
		case types.OIDNumeric:
			dst = types.AppendNumericOrderKey(dst, c.At(i))
		default:
			return dst, sqlerr.NotSupported("ORDER BY on type %s", c.Type.Name())
		}
	}
	if desc {
		for k := from; k < len(dst); k++ {
			dst[k] = ^dst[k]
		}
	}
	return dst, nil
}

// appendFloat puts NaN above all numbers and makes the two zeros one, as PostgreSQL does.
func appendFloat(dst []byte, f float64) []byte {
	u := math.Float64bits(f)
	switch {
	case f != f:
		u = math.MaxUint64
	case f == 0:
		u = 1 << 63
	case u>>63 != 0:
		u = ^u
	default:
		u |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, u)
}

func appendEscaped(dst, v []byte) []byte {
	for {
		k := bytes.IndexByte(v, 0)
		if k < 0 {
			return append(append(dst, v...), 0, 0)
		}
		dst = append(append(dst, v[:k]...), 0, 0xff)
		v = v[k+1:]
	}
}
