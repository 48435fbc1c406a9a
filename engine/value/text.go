package value

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Writer appends one form of a column's row to dst. The row is not null. The column is any of the type that the Writer
// was made for, dictionary-coded or not.
type Writer func(dst []byte, c *batch.Column, row int) []byte

// AppendText appends the text of a row that is not null.
func AppendText(dst []byte, c *batch.Column, row int, l *types.Locale) []byte {
	return NewTextWriter(c.Type, l)(dst, c, row)
}

// NewTextWriter gives the Writer of PostgreSQL's text form.
func NewTextWriter(t types.Type, l *types.Locale) Writer {
	switch t.OID {
	case types.OIDBool:
		return textBool
	case types.OIDTime:
		return textTime
	case types.OIDUUID:
		return textUUID
	case types.OIDNumeric:
		return textNumeric
	case types.OIDInet:
		return func(dst []byte, c *batch.Column, row int) []byte { return types.AppendInet(dst, c.At(row), false) }
	case types.OIDRecord:
		return func(dst []byte, c *batch.Column, row int) []byte {
			out, _ := types.AppendRecord(dst, c.At(row), l)
			return out
		}
	}
	if w := localWriter(t, l); w != nil {
		return w
	}
	if types.IsVector(t) {
		return func(dst []byte, c *batch.Column, row int) []byte {
			out, _ := types.AppendVector(dst, c.At(row), l)
			return out
		}
	}
	if t.Elem().OID != 0 {
		return func(dst []byte, c *batch.Column, row int) []byte {
			out, _ := types.AppendArray(dst, c.At(row), l)
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

func textTime(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendTime(dst, at[int64](c, row))
}

func textUUID(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendUUID(dst, at[[16]byte](c, row))
}

func textNumeric(dst []byte, c *batch.Column, row int) []byte {
	return types.AppendNumeric(dst, c.At(row))
}

func textBytes(dst []byte, c *batch.Column, row int) []byte { return append(dst, c.At(row)...) }
