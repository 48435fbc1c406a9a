package expr

import (
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// appendItems appends the next n elements of a, which are in binary form, as values.
func appendItems(b *batch.Builder, a *types.Array, n int) error {
	switch b.Type().OID {
	case types.OIDText, types.OIDVarchar:
		for range n {
			if v, null, _ := a.Next(); null {
				b.Null()
			} else {
				b.Bytes(v)
			}
		}
	case types.OIDInt4:
		for range n {
			if v, null, _ := a.Next(); null {
				b.Null()
			} else {
				batch.Put(b, int32(binary.BigEndian.Uint32(v)))
			}
		}
	case types.OIDInt8:
		for range n {
			if v, null, _ := a.Next(); null {
				b.Null()
			} else {
				batch.Put(b, int64(binary.BigEndian.Uint64(v)))
			}
		}
	case types.OIDFloat8:
		for range n {
			if v, null, _ := a.Next(); null {
				b.Null()
			} else {
				batch.Put(b, math.Float64frombits(binary.BigEndian.Uint64(v)))
			}
		}
	default:
		for range n {
			v, null, _ := a.Next()
			if null {
				b.Null()
			} else if err := fromWire(b, v); err != nil {
				return err
			}
		}
	}
	return nil
}
