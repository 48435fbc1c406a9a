package value

import (
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// ParseBinary appends a value in PostgreSQL's binary form, without its length word. It trusts nothing: lengths, ranges, text
// and nested lengths are checked, and the type's modifier is applied. After an error b is as it was before. Errors: 22P03
// for a wrong form, 22021, 22001, 22003, 22008.
func ParseBinary(b *batch.Builder, data []byte) error {
	t := b.Type()
	if t.Layout() == types.LayoutBytes {
		return binaryBytes(b, t, data)
	}
	if len(data) != int(t.Len()) {
		return types.BadLength(t, len(data))
	}
	be := binary.BigEndian
	switch t.OID {
	case types.OIDBool:
		b.Bool(data[0] != 0)
	case types.OIDFloat4:
		batch.Put(b, math.Float32frombits(be.Uint32(data)))
	case types.OIDFloat8:
		batch.Put(b, math.Float64frombits(be.Uint64(data)))
	case types.OIDDate:
		d, err := types.FromPGDate(int32(be.Uint32(data)))
		if err != nil {
			return err
		}
		batch.Put(b, d)
	case types.OIDTime:
		us := int64(be.Uint64(data))
		if us < 0 || us > int64(types.Day) {
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "time out of range")
		}
		batch.Put(b, types.RoundMicros(us, types.Digits(t)))
	case types.OIDTimestamp, types.OIDTimestamptz:
		us, err := types.CheckedFromPGTime(int64(be.Uint64(data)))
		if err != nil {
			return err
		}
		batch.Put(b, types.RoundTimestamp(us, types.Digits(t)))
	case types.OIDInterval:
		batch.Put(b, types.FitSpan(types.SpanFromWire(data), t).Fixed16())
	case types.OIDUUID:
		batch.Put(b, [16]byte(data))
	case types.OIDInt2:
		batch.Put(b, int16(be.Uint16(data)))
	case types.OIDInt4:
		batch.Put(b, int32(be.Uint32(data)))
	case types.OIDInt8:
		batch.Put(b, int64(be.Uint64(data)))
	default:
		batch.Put(b, int64(be.Uint32(data))) // oid and its kin
	}
	return nil
}

func binaryBytes(b *batch.Builder, t types.Type, data []byte) error {
	switch t.OID {
	case types.OIDText:
		if err := types.CheckText(types.View(data)); err != nil {
			return err
		}
		b.Bytes(data)
		return nil
	case types.OIDBytea:
		b.Bytes(data)
		return nil
	case types.OIDNumeric:
		var room [64]byte
		out, err := types.NumericFromBinary(room[:0], data, t.Mod)
		if err != nil {
			return err
		}
		b.Bytes(out)
		return nil
	case types.OIDJSONB, types.OIDJSONPath:
		text, err := types.Unversioned(data, t)
		switch {
		case err != nil:
			return err
		case t.OID == types.OIDJSONPath:
			return parsePath(b, text)
		}
		data = text
	case types.OIDName:
		if len(data) >= int(t.Len()) {
			return sqlerr.New(sqlerr.NameTooLong, "identifier too long").WithDetail("Identifier must be less than %d characters.", t.Len())
		}
	case types.OIDChar:
		switch {
		case len(data) != 1:
			return types.BadLength(t, len(data))
		case data[0] == 0:
			data = nil // the empty text
		}
	case types.OIDInet:
		if err := types.CheckInet(data); err != nil {
			return err
		}
		b.Bytes(data)
		return nil
	case types.OIDRecord, types.OIDVoid:
		return sqlerr.NotSupported("binary input of type %s", types.FormatType(t))
	}
	if t.Elem().OID != 0 {
		return binaryArray(b, t, data)
	}
	out, err := types.AppendBytesForm(nil, types.View(data), t, nil)
	if err != nil {
		return err
	}
	b.Bytes(out)
	return nil
}

// binaryArray reads every element as its own type does, and writes it anew.
func binaryArray(b *batch.Builder, t types.Type, data []byte) error {
	a, err := types.OpenArray(data)
	if err != nil {
		return err
	}
	if a.Elem.OID != t.Elem().OID {
		return sqlerr.New(sqlerr.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			a.Elem.OID, types.FormatType(a.Elem), t.Elem().OID, types.FormatType(t.Elem()))
	}
	elem := types.Type{OID: t.Elem().OID, Mod: t.Mod}
	one := batch.NewBuilder(elem, 1)
	out := append([]byte(nil), data[:12+8*len(a.Dims)]...)
	if a.Len() == 0 {
		out = types.AppendArrayHeader(nil, t.Elem(), 0, false)
	}
	write := NewBinaryWriter(elem)
	var item []byte
	nulls := uint32(0)
	for i := 1; ; i++ {
		v, null, ok := a.Next()
		if !ok {
			break
		}
		if null {
			out, nulls = types.AppendArrayNull(out), 1
			continue
		}
		one.Reset()
		if err := ParseBinary(one, v); err != nil {
			if e, ok := sqlerr.As(err); ok && e.Message == types.BadFormat {
				return sqlerr.New(sqlerr.InvalidBinary, "improper binary format in array element %d", i)
			}
			return err
		}
		c := one.Finish()
		item = write(item[:0], &c, 0)
		out = types.AppendArrayItem(out, item)
	}
	binary.BigEndian.PutUint32(out[4:], nulls)
	b.Bytes(out)
	return nil
}
