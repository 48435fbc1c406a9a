package expr

import (
	"strconv"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// borrow gives b as a string that lives as long as b does unchanged.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// typeName is the name of t in messages.
func typeName(t types.Type) string {
	for i := range types.Table {
		if types.Table[i].OID == t.OID {
			return types.Table[i].SQL
		}
	}
	return t.Name()
}

// parseInto appends the value that text stands for.
func parseInto(b *batch.Builder, text string) error {
	t := b.Type()
	switch t.OID {
	case types.OIDInt8:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type %s: %q", typeName(t), text)
		}
		batch.Put(b, v)
	case types.OIDInt4:
		v, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type %s: %q", typeName(t), text)
		}
		batch.Put(b, int32(v))
	case types.OIDText, types.OIDVarchar, types.OIDName, types.OIDBPChar:
		b.String(text)
	default:
		return sqlerr.NotSupported("a literal of type %s", typeName(t))
	}
	return nil
}

// sqlText is a constant as SQL.
func sqlText(c *batch.Column) string {
	if c.Null(0) {
		return "NULL"
	}
	if c.Type.Layout() == types.LayoutBytes {
		return quote(string(c.At(0)))
	}
	return "?"
}

func castToText(f *frame)                                 {}
func castFromText(f *frame)                               {}
func withMod(x Expr, to types.Type, how CastContext) Expr { return retype(x, to) }

var numberCasts, textCasts, timeCasts, jsonCasts []conversion
