package pgcatalog

import (
	"context"
	"net/netip"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// rows gathers the rows of one relation and pushes them in batches.
type rows struct {
	ctx  context.Context
	d    *definition
	to   stream.Sink
	cols []*batch.Builder
	n    int
	err  error // the first; after it add does nothing
}

func newRows(ctx context.Context, d *definition, to stream.Sink) *rows {
	r := &rows{ctx: ctx, d: d, to: to, cols: make([]*batch.Builder, len(d.rel.Columns))}
	for i, c := range d.rel.Columns {
		r.cols[i] = batch.NewBuilder(c.Type, 64)
	}
	return r
}

// add appends a row from pairs of a column's name and its value: nil, bool, string, an integer, types.Micros, an address or a list
// of texts. A column that is not named is null or, where it may not be, zero or empty.
func (r *rows) add(pairs ...any) {
	if r.err != nil {
		return
	}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		at, ok := r.d.at[name]
		invariant.Check(ok && r.cols[at].Len() == r.n, "%s has no column %q, or it is named twice", r.d.rel.Name, name)
		if err := put(r.cols[at], pairs[i+1]); err != nil && r.err == nil {
			r.err = err
		}
	}
	for i, c := range r.d.rel.Columns {
		if r.cols[i].Len() > r.n {
			continue
		}
		if c.Hidden {
			putInt(r.cols[i], int64(r.d.rel.ID))
		} else if !c.NotNull {
			r.cols[i].Null()
		} else if err := put(r.cols[i], zero(c.Type)); err != nil && r.err == nil {
			r.err = err
		}
	}
	if r.n++; r.n == batch.MaxRows {
		r.flush()
	}
}

// zero is what stands in a column that may not be null and of which nothing is known.
func zero(t types.Type) any {
	switch {
	case types.IsVector(t):
		return ""
	case t.Elem() != types.Type{}:
		return "{}"
	case t.Layout() == types.LayoutBool:
		return false
	case t.Layout() == types.LayoutBytes:
		return ""
	}
	return 0
}

// put appends a value to a column. Text for a column of another type is read as the type's text form.
func put(b *batch.Builder, v any) error {
	switch v := v.(type) {
	case nil:
		b.Null()
	case bool:
		b.Bool(v)
	case string:
		switch b.Type().OID {
		case types.OIDText, types.OIDName, types.OIDVarchar, types.OIDChar, types.OIDPGNodeTree, types.OIDACLItem:
			b.String(v)
		default:
			return value.ParseText(b, []byte(v), nil)
		}
	case netip.Addr:
		b.Bytes(types.AppendHost(nil, v.AsSlice()))
	case []string:
		return value.ParseText(b, []byte(arrayText(v)), nil)
	case float64:
		batch.Put(b, float32(v))
	case int:
		putInt(b, int64(v))
	case int64:
		putInt(b, v)
	case uint32:
		putInt(b, int64(v))
	case types.OID:
		putInt(b, int64(v))
	case int32:
		putInt(b, int64(v))
	case int16:
		putInt(b, int64(v))
	case types.Micros:
		batch.Put(b, v)
	default:
		return sqlerr.New(sqlerr.InternalError, "no column of a catalog takes %T", v)
	}
	return nil
}

func putInt(b *batch.Builder, v int64) {
	switch b.Type().Layout() {
	case types.LayoutInt16:
		batch.Put(b, int16(v))
	case types.LayoutInt32:
		batch.Put(b, int32(v))
	case types.LayoutInt64:
		batch.Put(b, v)
	case types.LayoutFloat32:
		batch.Put(b, float32(v))
	case types.LayoutFloat64:
		batch.Put(b, float64(v))
	}
}

// arrayText is a one-dimensional array of texts as PostgreSQL writes it.
func arrayText(items []string) string {
	var sb strings.Builder
	sb.WriteByte('{')
	for i, s := range items {
		if i > 0 {
			sb.WriteByte(',')
		}
		sb.WriteByte('"')
		sb.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s))
		sb.WriteByte('"')
	}
	sb.WriteByte('}')
	return sb.String()
}

// flush pushes what there is.
func (r *rows) flush() {
	if r.n == 0 || r.err != nil {
		return
	}
	out := &batch.Batch{N: r.n, Cols: make([]batch.Column, len(r.cols))}
	for i, c := range r.cols {
		out.Cols[i] = c.Finish()
		c.Reset()
	}
	r.n = 0
	r.err = r.to.Push(r.ctx, out)
}
