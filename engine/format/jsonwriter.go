package format

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// jsonWriter writes an object a line, with every column as a key. Numbers and booleans are JSON's; NaN, the infinities and
// all else that JSON has no word for are strings, times as ISO 8601 has them; json and jsonb stand as they are.
type jsonWriter struct{ cols []jsonColumn }

// jsonForm is how a column's values appear.
type jsonForm uint8

const (
	jsonQuoted jsonForm = iota // a string of the text form
	jsonBare                   // the text form as it is
	jsonNumber                 // the text form as it is, but NaN and the infinities as strings
	jsonBool
	jsonTime // a string with a T between date and time
	jsonArray
)

type jsonColumn struct {
	fastWriter
	key    string // "name": with its comma
	form   jsonForm
	t      types.Type
	locale *types.Locale
}

func newJSONWriter(schema batch.Schema, o Options) *jsonWriter {
	w := &jsonWriter{}
	o.Locale = o.Locale.ISO()
	for i, f := range schema {
		key := []byte{'{'}
		if i > 0 {
			key[0] = ','
		}
		key = append(types.AppendJSONString(key, f.Name), ':')
		c := jsonColumn{fastWriter: newFastWriter(f.Type, o), key: string(key), t: f.Type, locale: o.Locale, form: formOf(f.Type)}
		w.cols = append(w.cols, c)
	}
	return w
}

func formOf(t types.Type) jsonForm {
	switch t.OID {
	case types.OIDBool:
		return jsonBool
	case types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDOid, types.OIDJSON, types.OIDJSONB:
		return jsonBare
	case types.OIDFloat4, types.OIDFloat8, types.OIDNumeric:
		return jsonNumber
	case types.OIDTimestamp, types.OIDTimestamptz:
		return jsonTime
	}
	if t.Elem().OID != 0 {
		return jsonArray
	}
	return jsonQuoted
}

func (w *jsonWriter) AppendStart(dst []byte) []byte { return dst }

func (w *jsonWriter) AppendEnd(dst []byte) []byte { return dst }

func (w *jsonWriter) AppendBatch(dst []byte, b *batch.Batch) []byte {
	for i := range b.N {
		dst = w.AppendRow(dst, b, i)
	}
	return dst
}

func (w *jsonWriter) AppendRow(dst []byte, b *batch.Batch, i int) []byte {
	if len(w.cols) == 0 {
		dst = append(dst, '{')
	}
	for k := range w.cols {
		f, c := &w.cols[k], &b.Cols[k]
		dst = append(dst, f.key...)
		if c.Null(i) {
			dst = append(dst, "null"...)
			continue
		}
		dst = f.json(dst, c, i)
	}
	return append(dst, '}', '\n')
}

// AppendJSON appends a row that is not null as JSON, in the form that NDJSON gives it.
func AppendJSON(dst []byte, c *batch.Column, row int, locale *types.Locale) []byte {
	o := Options{Locale: locale.ISO()}
	f := jsonColumn{fastWriter: newFastWriter(c.Type, o), t: c.Type, locale: o.Locale, form: formOf(c.Type)}
	return f.json(dst, c, row)
}

func (f *jsonColumn) json(dst []byte, c *batch.Column, i int) []byte {
	switch f.form {
	case jsonBare:
		return f.append(dst, c, i)
	case jsonBool:
		if c.Bits.Get(i) {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case jsonArray:
		return f.array(dst, c.At(i))
	case jsonQuoted:
		if f.how == asText {
			return types.AppendJSONString(dst, c.Str(i))
		}
		var room [128]byte
		return types.AppendJSONString(dst, types.View(f.append(room[:0], c, i)))
	}
	return f.spell(dst, c, i)
}

// spell appends numbers and times.
func (f *jsonColumn) spell(dst []byte, c *batch.Column, i int) []byte {
	at := len(dst)
	dst = f.append(append(dst, '"'), c, i)
	v := dst[at+1:]
	if f.form == jsonTime {
		for k, b := range v {
			if b == ' ' {
				v[k] = 'T'
				break
			}
		}
		if n := len(v); n > 3 && (v[n-3] == '+' || v[n-3] == '-') && f.t.OID == types.OIDTimestamptz {
			dst = append(dst, ':', '0', '0')
		}
		return append(dst, '"')
	}
	if last := v[len(v)-1]; last == 'N' || last == 'y' {
		return append(dst, '"')
	}
	copy(dst[at:], v)
	return dst[:len(dst)-1]
}

// array appends an array in binary form as JSON arrays.
func (f *jsonColumn) array(dst, array []byte) []byte {
	a, err := types.OpenArray(array)
	if err != nil || len(a.Dims) == 0 {
		return append(dst, '[', ']')
	}
	elem := f.t.Elem()
	one := batch.NewBuilder(elem, 1)
	item := jsonColumn{fastWriter: newFastWriter(elem, Options{Locale: f.locale}), t: elem, locale: f.locale, form: formOf(elem)}
	return item.dimension(dst, &a, one, 0)
}

func (f *jsonColumn) dimension(dst []byte, a *types.Array, one *batch.Builder, dim int) []byte {
	dst = append(dst, '[')
	for n := range a.Dims[dim] {
		if n > 0 {
			dst = append(dst, ',')
		}
		if dim+1 < len(a.Dims) {
			dst = f.dimension(dst, a, one, dim+1)
			continue
		}
		v, null, _ := a.Next()
		one.Reset()
		if null || value.ParseBinary(one, v) != nil {
			dst = append(dst, "null"...)
			continue
		}
		c := one.Finish()
		dst = f.json(dst, &c, 0)
	}
	return append(dst, ']')
}
