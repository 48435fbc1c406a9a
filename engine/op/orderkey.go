package op

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// appendOrderKey appends bytes whose order is the order of row i's value.
func appendOrderKey(dst []byte, c *batch.Column, i int, desc, nullsFirst bool) ([]byte, error) {
	switch c.Type.OID {
	case types.OIDJSON, types.OIDVoid:
		return dst, sqlerr.New(sqlerr.UndefinedFunction, "could not identify an ordering operator for type %s", c.Type.Name())
	case types.OIDInet:
		return dst, sqlerr.NotSupported("an order of inet").WithHint("Order by its text: ::text.")
	}
	return value.AppendOrderKey(dst, c, i, desc, nullsFirst), nil
}
